#include <algorithm>
#include <cmath>

#include "lineman/media.h"
#include "lineman/media_summary.h"

namespace lineman {
namespace {

std::string audio_word(const AudioSummary& a) {
  switch (a.kind) {
    case AudioSummary::Kind::kNone: return "none";
    case AudioSummary::Kind::kSilence: return "silence";
    case AudioSummary::Kind::kSpeech: return "speech";
    case AudioSummary::Kind::kTone: return "tone:" + std::to_string(std::lround(a.tone_hz));
  }
  return "none";
}

void set_mos(MediaSummary& out, CodecId codec, double loss_fraction, Duration delay) {
  // Random loss is assumed (BurstR 1): the reports do not say how losses were spread.
  if (const auto mos = mos_emodel(codec, loss_fraction, 1, delay)) {
    out.mos = mos->value;
    out.mos_model = mos->model;
  }
}

}  // namespace

MediaSummary summarise_rx(const CallMediaStats& stats, CodecId codec, Duration ptime) {
  const auto& rx = stats.leg.rx;
  MediaSummary s;
  s.packets = static_cast<std::int64_t>(rx.packets);
  s.lost = std::max<std::int64_t>(0, rx.lost);
  s.late = static_cast<std::int64_t>(rx.late);
  s.concealed_ms = to_ms(rx.concealed);
  s.audio = audio_word(stats.heard);
  if (rx.packets == 0) return s;
  const double expected = static_cast<double>(s.packets + s.lost);
  s.loss_pct = 100.0 * static_cast<double>(s.lost) / expected;
  s.jitter_ms = to_ms(rx.jitter);
  s.delay_ms = to_ms(rx.delay_mean);
  s.level_db = stats.heard.level_db;
  if (stats.leg.tx.rtt) s.rtt_ms = to_ms(*stats.leg.tx.rtt);
  const double gone = static_cast<double>(s.lost + s.late) / expected;
  const Duration network = stats.leg.tx.rtt ? *stats.leg.tx.rtt / 2 : Duration{};
  set_mos(s, codec, std::min(1.0, gone), network + rx.delay_mean + ptime);
  return s;
}

MediaSummary summarise_tx(const CallMediaStats& stats, CodecId codec, Duration ptime) {
  const auto& tx = stats.leg.tx;
  MediaSummary s;
  s.packets = static_cast<std::int64_t>(tx.packets);
  s.audio = audio_word(stats.sent);
  s.heard_by_peer = tx.heard_by_peer;
  if (tx.packets > 0) s.level_db = stats.sent.level_db;
  if (tx.rtt) s.rtt_ms = to_ms(*tx.rtt);
  if (tx.reports > 0) {
    s.lost = std::max<std::int64_t>(0, tx.reported_lost);
    s.jitter_ms = to_ms(tx.reported_jitter);
    const double sent = static_cast<double>(std::max<std::int64_t>(1, s.packets));
    const double fraction = std::min(1.0, static_cast<double>(s.lost) / sent);
    s.loss_pct = 100.0 * fraction;
    const Duration network = tx.rtt ? *tx.rtt / 2 : Duration{};
    set_mos(s, codec, fraction, network + ptime);
  }
  return s;
}

}  // namespace lineman
