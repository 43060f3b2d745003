#include "check_report.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "layout.h"
#include "lineman/text.h"

namespace lineman {
namespace {

constexpr std::size_t kColumn = 14;

std::string row(std::string_view name, std::string_view text) {
  return entry(name, printable(text), kColumn);
}

std::string heard(const CallResult& r, double test_tone) {
  const std::string_view audio = r.rx.audio;
  const std::string level = r.rx.level_db ? fmt::format(", {:.1f} dBov", *r.rx.level_db) : "";
  if (audio.rfind("tone:", 0) == 0) {
    double hz = 0;
    std::from_chars(audio.data() + 5, audio.data() + audio.size(), hz);
    // The detector's own tolerance: 2 %.
    const bool ours = std::abs(hz - test_tone) <= test_tone * 0.02;
    return fmt::format("{} ({:.0f} Hz{})", ours ? "our own tone" : "another tone", hz, level);
  }
  if (audio == "speech") return "speech or music, not our tone" + level;
  if (audio == "silence") return "silence";
  return r.rx.packets > 0 ? "nothing that could be named" : "nothing at all";
}

std::string received(const CallResult& r) {
  std::string text = fmt::format("{} packets", r.rx.packets);
  if (r.rx.loss_pct) text += fmt::format(", {:.1f} % lost", *r.rx.loss_pct);
  if (r.rx.late > 0) text += fmt::format(", {} too late", r.rx.late);
  if (r.rx.jitter_ms) text += fmt::format(", jitter {:.1f} ms", *r.rx.jitter_ms);
  if (r.rx.delay_ms) text += fmt::format(", buffer delay {:.0f} ms", *r.rx.delay_ms);
  return text;
}

std::string sent(const CallResult& r) {
  std::string text = fmt::format("{} packets", r.tx.packets);
  if (r.tx.loss_pct) text += fmt::format(", {:.1f} % lost", *r.tx.loss_pct);
  if (!r.tx.heard_by_peer) return text + ", no RTCP report says whether the peer heard us";
  return text + (*r.tx.heard_by_peer ? ", heard by the peer (RTCP)" : ", NOT heard by the peer");
}

std::string call(const CallResult& r) {
  std::string text = r.status;
  std::string said = r.sip_code ? std::to_string(*r.sip_code) : "";
  if (!r.reason.empty()) said += (said.empty() ? "" : " ") + r.reason;
  if (!said.empty()) text += " (" + said + ")";
  if (r.setup_ms) text += fmt::format(" after {:.0f} ms", *r.setup_ms);
  if (r.duration_ms) text += fmt::format(", lasted {:.1f} s", *r.duration_ms / 1000);
  return r.codec.empty() ? text : text + ", " + r.codec;
}

}  // namespace

std::string check_report(const CallResult& r, double test_tone) {
  const ExitRow& exit = exit_row(r.exit);
  std::string out =
      row("verdict", r.exit == Exit::kOk ? "OK: the call works"
                                         : fmt::format("{} ({}): {}", verdict_name(r.exit),
                                                       static_cast<int>(r.exit), exit.meaning));
  if (!r.remote.empty()) out += row("peer", r.remote);
  out += row("call", call(r));
  if (r.status == "answered") {
    out += row("heard", heard(r, test_tone));
    out += row("received", received(r));
    out += row("sent", sent(r));
    const auto& rtt = r.tx.rtt_ms ? r.tx.rtt_ms : r.rx.rtt_ms;
    if (rtt) out += row("round trip", fmt::format("{:.1f} ms", *rtt));
    if (r.rx.mos) {
      const std::string model = r.rx.mos_model.empty() ? "" : ", " + r.rx.mos_model;
      out += row("quality", fmt::format("MOS {:.1f}", *r.rx.mos) + model);
    }
  }
  for (const std::string& cause : r.causes) out += row("found", cause);
  if (!r.diagnosis.empty()) out += row("diagnosis", r.diagnosis);
  if (r.exit != Exit::kOk) out += row("look at", exit.advice);
  return out;
}

}  // namespace lineman
