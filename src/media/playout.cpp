#include "playout.h"

#include <algorithm>
#include <array>
#include <utility>

#include "comfort_noise.h"
#include "jitter_buffer.h"
#include "stretch.h"

namespace lineman {

namespace {

constexpr std::size_t kMaxPacket = 48000 / 5;             // 200 ms
constexpr std::size_t kMaxStretched = 48000 / 1000 * 40;  // of a packet, its beginning
constexpr std::size_t kMaxPeriod = 48000 / 1000 * 15;
// Less than a frame is left when a packet comes; gathering for a stretch adds one short packet.
constexpr std::size_t kPending = AudioFrame::kMaxSamples * 4 + kMaxPacket + kMaxPeriod;
constexpr int kFadeFrom = 100, kFadeTo = 200;  // ms of a gap, for codecs that conceal

constexpr std::size_t samples(MediaTime t, SampleRate rate) {
  return static_cast<std::size_t>(t * rate / kMediaRate);
}
constexpr Duration duration(std::size_t n, SampleRate rate) {
  return Duration(static_cast<std::int64_t>(n) * 1'000'000'000 / rate);
}

class PlayoutImpl final : public Playout {
 public:
  explicit PlayoutImpl(const JitterOptions& options) : buffer_(options) {}

  void exchange(std::vector<Coder>& coders, SampleRate rate) override;
  bool knows(std::uint8_t payload_type) const override { return index_of(payload_type) >= 0; }
  void push(const RtpPayload& payload) override;
  void other(TimePoint arrival) override { buffer_.other(arrival); }
  void pull(TimePoint now, AudioFrame& out) override;
  void reset() override;
  void stats(MediaStats::Rx& out) const override;

 private:
  using Samples = std::span<std::int16_t>;

  int index_of(std::uint8_t payload_type) const;
  Coder* current() { return current_ < 0 ? nullptr : &coders_[static_cast<std::size_t>(current_)]; }
  void step(TimePoint now);
  void play(const Decision& decision);
  void play_fec(const Decision& decision);
  void conceal(std::size_t count, bool counts = true);
  void comfort_noise(const Decision& decision);
  void silence(std::size_t count);
  void heard(Samples good);
  void change_rate(SampleRate rate);
  void apply_stretch();
  Samples room(std::size_t count);  // at the end of what is pending

  JitterBuffer buffer_;
  std::vector<Coder> coders_;
  int current_ = -1;  // coder of the newest audio
  SampleRate rate_ = 8000;
  int clock_rate_ = 8000;  // of the newest audio, for comfort noise (RFC 3389 section 4)

  // Decoded and not yet heard, at the current coder's rate.
  std::array<std::int16_t, kPending> pending_{};
  std::size_t size_ = 0;
  SampleRate pending_rate_ = 8000;
  std::array<std::int16_t, kMaxStretched + kMaxPeriod> stretched_{};
  int want_ = 0;                  // samples, of a stretch that has been asked for
  std::size_t stretch_from_ = 0;  // in pending_

  ComfortNoise noise_;
  bool codec_noise_ = false;  // the codec itself makes the noise of a pause (Opus DTX)
  std::size_t gap_ = 0;       // samples concealed in a row

  Duration concealed_{}, stretched_total_{};
  std::uint64_t fec_recovered_ = 0, comfort_noise_ = 0;
};

int PlayoutImpl::index_of(std::uint8_t payload_type) const {
  for (std::size_t i = 0; i < coders_.size(); i++)
    if (coders_[i].payload_type == payload_type) return static_cast<int>(i);
  return -1;
}

void PlayoutImpl::exchange(std::vector<Coder>& coders, SampleRate rate) {
  prepare(coders, rate);
  const auto rate_of = [](const Coder& c) { return c.decoder ? c.decoder->rate() : 0; };
  const int playing = current_ < 0 ? -1 : coders_[static_cast<std::size_t>(current_)].payload_type;
  coders_.swap(coders);
  current_ = -1;
  for (const Coder& old : coders) {
    const int i = index_of(old.payload_type);
    const Coder* now = i < 0 ? nullptr : &coders_[static_cast<std::size_t>(i)];
    if (!now || rate_of(*now) != rate_of(old) || now->clock_rate != old.clock_rate)
      buffer_.drop(old.payload_type);
    else if (old.payload_type == playing)
      current_ = i;
  }
  rate_ = rate;
  if (current_ < 0) change_rate(rate);
}

void PlayoutImpl::push(const RtpPayload& payload) {
  const int i = index_of(payload.payload_type);
  if (i < 0) return;
  const Coder& coder = coders_[static_cast<std::size_t>(i)];
  JitterPacket p;
  p.sequence = payload.sequence;
  p.timestamp = payload.timestamp;
  p.payload_type = payload.payload_type;
  p.data = payload.data;
  if (coder.decoder) {
    const std::size_t count = coder.decoder->samples_in(payload.data);
    const auto rate = static_cast<std::size_t>(coder.decoder->rate());
    if (count == 0 || count > rate / 5) return;
    p.length = static_cast<MediaTime>(count * kMediaRate / rate);
    p.fec = coder.decoder->has_fec(payload.data);
    p.silence = payload.data.size() <= 2 && count >= rate / 100;  // RFC 7587 section 3.1.3
    clock_rate_ = coder.clock_rate;
  } else {
    comfort_noise_++;
  }
  p.clock_rate = clock_rate_;
  buffer_.push(p, payload.arrival);
}

void PlayoutImpl::pull(TimePoint now, AudioFrame& out) {
  while (size_ < static_cast<std::size_t>(pending_rate_) / 100) {
    step(now);
    if (want_ == 0) continue;
    // A short packet is stretched together with its successor.
    const std::size_t enough = static_cast<std::size_t>(pending_rate_) / 50;
    if (size_ - stretch_from_ < enough && buffer_.ready()) step(now);
    apply_stretch();
  }
  out.rate = pending_rate_;
  const std::size_t n = out.size();
  std::copy_n(pending_.begin(), n, out.samples.begin());
  std::copy(pending_.begin() + static_cast<long>(n), pending_.begin() + static_cast<long>(size_),
            pending_.begin());
  size_ -= n;
  if (pending_rate_ != rate_) {
    AudioFrame resampled;
    current()->resampler->frame(out, resampled);
    out = resampled;
  }
}

void PlayoutImpl::step(TimePoint now) {
  const Decision d = buffer_.pull(now, duration(size_, pending_rate_));
  switch (d.kind) {
    case Decision::Kind::kPlay:
    case Decision::Kind::kStretch: play(d); break;
    case Decision::Kind::kPlayFec: play_fec(d); break;
    case Decision::Kind::kConceal: conceal(samples(d.length, pending_rate_), !d.pause); break;
    case Decision::Kind::kComfortNoise: comfort_noise(d); break;
    case Decision::Kind::kIdle:
      silence(static_cast<std::size_t>(pending_rate_) / 100 - size_);
      break;
  }
}

PlayoutImpl::Samples PlayoutImpl::room(std::size_t count) {
  count = std::min(count, kPending - size_);
  const Samples span{pending_.data() + size_, count};
  size_ += count;
  return span;
}

void PlayoutImpl::play(const Decision& d) {
  const int index = index_of(d.packet->payload_type);
  if (index < 0) return silence(std::max<std::size_t>(1, samples(d.length, pending_rate_)));
  if (index != current_) {
    current_ = index;
    change_rate(current()->decoder->rate());
  }
  const std::size_t begin = size_;
  const std::size_t most = std::min(kMaxPacket, kPending - size_);
  const std::size_t count =
      current()->decoder->decode(d.packet->data, Samples{pending_.data() + size_, most});
  const std::size_t skip = std::min(samples(d.skip, pending_rate_), count);
  if (count == skip) return conceal(std::max<std::size_t>(1, samples(d.length, pending_rate_)));
  std::copy(pending_.begin() + static_cast<long>(begin + skip),
            pending_.begin() + static_cast<long>(begin + count),
            pending_.begin() + static_cast<long>(begin));
  size_ = begin + count - skip;
  heard({pending_.data() + begin, count - skip});
  if (d.packet->silence) codec_noise_ = true;
  if (d.stretch != 0 && want_ == 0) {
    want_ = static_cast<int>(d.stretch * pending_rate_ / kMediaRate);
    stretch_from_ = begin;
  }
}

void PlayoutImpl::play_fec(const Decision& d) {
  const std::size_t wanted = samples(d.length, pending_rate_);
  const int index = index_of(d.packet->payload_type);
  if (index < 0 || index != current_) return conceal(std::max<std::size_t>(1, wanted));
  const Samples out = room(wanted);
  const std::size_t count = current()->decoder->decode_fec(d.packet->data, out);
  size_ -= out.size() - std::min(count, out.size());
  if (count > 0) {
    fec_recovered_++;
    heard(out.first(std::min(count, out.size())));
  }
  if (count < wanted) conceal(wanted - count);
}

// Good audio: merged with what was made up before it.
void PlayoutImpl::heard(Samples good) {
  Coder* coder = current();
  if (coder->plc) {
    coder->plc->good(good);
  } else if (gap_ > static_cast<std::size_t>(pending_rate_) * kFadeFrom / 1000) {
    const std::size_t ramp = std::min(good.size(), static_cast<std::size_t>(pending_rate_) / 200);
    for (std::size_t i = 0; i < ramp; i++)
      good[i] = static_cast<std::int16_t>(good[i] * static_cast<int>(i) / static_cast<int>(ramp));
  }
  gap_ = 0;
}

void PlayoutImpl::conceal(std::size_t count, bool counts) {
  const Samples out = room(count);
  if (counts) concealed_ += duration(out.size(), pending_rate_);
  Coder* coder = current();
  if (coder && coder->decoder->conceal(out)) {
    // Codecs go on for long; after 100 ms nothing of it is true any more.
    const auto from = static_cast<int>(pending_rate_ / 1000 * kFadeFrom);
    const auto to = static_cast<int>(pending_rate_ / 1000 * kFadeTo);
    for (std::size_t i = 0; i < out.size(); i++) {
      const int at = static_cast<int>(std::min<std::size_t>(gap_ + i, INT16_MAX));
      if (at > from)
        out[i] = static_cast<std::int16_t>(out[i] * std::max(0, to - at) / (to - from));
    }
  } else if (coder && coder->plc) {
    coder->plc->conceal(out);
  } else {
    std::fill(out.begin(), out.end(), std::int16_t{0});
  }
  gap_ = std::min<std::size_t>(gap_ + out.size(), 1 << 20);
}

void PlayoutImpl::comfort_noise(const Decision& d) {
  if (d.packet) {
    noise_.update(d.packet->data);
    codec_noise_ = false;
  }
  const Samples out = room(samples(d.length, pending_rate_));
  Coder* coder = current();
  if (!(codec_noise_ && coder && coder->decoder->conceal(out))) noise_.generate(out);
  gap_ = 0;
}

void PlayoutImpl::silence(std::size_t count) {
  const Samples out = room(count);
  std::fill(out.begin(), out.end(), std::int16_t{0});
}

// What is left of the old rate, less than a frame, is interpolated: it is rarely anything at all.
void PlayoutImpl::change_rate(SampleRate rate) {
  want_ = 0;
  gap_ = 0;
  if (rate == pending_rate_) return;
  std::array<std::int16_t, AudioFrame::kMaxSamples> old;
  const std::size_t have = std::min(size_, old.size());
  std::copy_n(pending_.begin(), have, old.begin());
  size_ = have * static_cast<std::size_t>(rate) / static_cast<std::size_t>(pending_rate_);
  for (std::size_t i = 0; i < size_; i++) {
    const double at = static_cast<double>(i) * pending_rate_ / rate;
    const auto k = static_cast<std::size_t>(at);
    const double next = old[std::min(k + 1, have - 1)];
    pending_[i] =
        static_cast<std::int16_t>(old[k] + (next - old[k]) * (at - static_cast<double>(k)));
  }
  pending_rate_ = rate;
}

void PlayoutImpl::apply_stretch() {
  const int want = std::exchange(want_, 0);
  const std::size_t most = static_cast<std::size_t>(pending_rate_) / 25;  // the first 40 ms
  const std::size_t taken = std::min(size_ - std::min(stretch_from_, size_), most);
  if (want == 0 || taken < most / 2) return;
  const Samples in{pending_.data() + stretch_from_, taken};
  const StretchResult r = stretch(in, stretched_, want, pending_rate_);
  if (r.change == 0) return;
  const auto begin = pending_.begin() + static_cast<long>(stretch_from_);
  const auto tail = begin + static_cast<long>(taken);
  const auto end = pending_.begin() + static_cast<long>(size_);
  if (r.change < 0) {
    std::copy(tail, end, tail + r.change);
  } else {
    std::copy_backward(tail, end, end + r.change);
  }
  std::copy_n(stretched_.begin(), r.produced, begin);
  size_ = static_cast<std::size_t>(static_cast<long>(size_) + r.change);
  stretched_total_ += duration(static_cast<std::size_t>(std::abs(r.change)), pending_rate_);
}

void PlayoutImpl::reset() {
  buffer_.reset();
  size_ = gap_ = 0;
  want_ = 0;
  codec_noise_ = false;
  for (Coder& coder : coders_) {
    if (coder.decoder) coder.decoder->reset();
    if (coder.plc) coder.plc->reset();
  }
}

void PlayoutImpl::stats(MediaStats::Rx& out) const {
  const JitterBuffer::Stats s = buffer_.stats();
  out.late = s.late;
  out.duplicate = s.duplicate;
  out.delay = s.delay;
  out.delay_mean = s.delay_mean;
  out.target = s.target;
  out.ptime = s.ptime;
  out.concealed = concealed_;
  out.stretched = stretched_total_;
  out.fec_recovered = fec_recovered_;
  out.comfort_noise = comfort_noise_;
}

}  // namespace

void prepare(std::vector<Playout::Coder>& coders, SampleRate rate) {
  for (Playout::Coder& coder : coders) {
    if (!coder.decoder) continue;
    const SampleRate from = coder.decoder->rate();
    if (!coder.plc && from <= 16000) coder.plc = std::make_unique<Plc>(from);
    if (from == rate) {
      coder.resampler.reset();
    } else if (!coder.resampler || coder.resampler->to() != rate) {
      coder.resampler = std::make_unique<Resampler>(from, rate);
    }
  }
}

std::unique_ptr<Playout> make_playout(const JitterOptions& jitter) {
  return std::make_unique<PlayoutImpl>(jitter);
}

}  // namespace lineman
