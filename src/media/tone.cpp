// Tone and silence: made at any rate, exact to the sample.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "lineman/media_call.h"

namespace lineman {

namespace {

constexpr Duration kRamp = std::chrono::milliseconds(5);  // raised cosine: no click at either end

std::int64_t samples_in(Duration length, SampleRate rate) {
  constexpr std::int64_t second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
  if (length <= Duration{}) return 0;
  const std::int64_t whole = length.count() / second, rest = length.count() % second;
  return whole * rate + (rest * rate + second / 2) / second;
}

// A length of samples at a rate that may change on the way.
class Timed : public AudioSource {
 public:
  Timed(Duration length, SampleRate rate)
      : length_(length), rate_(rate), total_(samples_in(length, rate)) {}
  SampleRate rate() const override { return rate_; }
  void rewind() override { at_ = 0; }
  bool set_rate(SampleRate wanted) override {
    if (wanted <= 0) return false;
    total_ = samples_in(length_, wanted);
    at_ = at_ * wanted / rate_;
    if (!endless_) at_ = std::min(at_, total_);
    rate_ = wanted;
    return true;
  }
  bool set_loop(bool on) override {
    endless_ = on && total_ > 0;
    return true;
  }

  State read(std::span<std::int16_t> out, std::size_t& got) override {
    got = out.size();
    if (!endless_) {
      got = static_cast<std::size_t>(
          std::min<std::int64_t>(total_ - at_, static_cast<std::int64_t>(got)));
    }
    fill(out.first(got));
    at_ += static_cast<std::int64_t>(got);
    return !endless_ && at_ == total_ ? State::kEnd : State::kMore;
  }

 protected:
  virtual void fill(std::span<std::int16_t> out) = 0;
  std::int64_t at() const { return at_; }
  std::int64_t total() const { return total_; }
  bool endless() const { return endless_; }

 private:
  Duration length_;
  SampleRate rate_;
  std::int64_t total_, at_ = 0;
  bool endless_ = false;
};

class SilenceSource final : public Timed {
 public:
  using Timed::Timed;

 private:
  void fill(std::span<std::int16_t> out) override {
    std::fill(out.begin(), out.end(), std::int16_t{0});
  }
};

class ToneSource final : public Timed {
 public:
  ToneSource(double hz, Duration length, double level_db, SampleRate rate)
      : Timed(length, rate), hz_(hz), peak_(32767 * std::pow(10, std::min(level_db, 0.0) / 20)) {}

 private:
  void fill(std::span<std::int16_t> out) override {
    if (!(hz_ > 0) || hz_ * 2 > rate()) {  // beyond Nyquist it would be another tone
      std::fill(out.begin(), out.end(), std::int16_t{0});
      return;
    }
    // The phase of the first sample from its number, so that nothing adds up; then rotate.
    const double turn = 2 * std::numbers::pi;
    const double cycles = hz_ * static_cast<double>(at()) / rate();
    double phase = turn * (cycles - std::floor(cycles));
    const double step_c = std::cos(turn * hz_ / rate()), step_s = std::sin(turn * hz_ / rate());
    double c = peak_ * std::cos(phase), s = peak_ * std::sin(phase);
    std::int64_t ramp = samples_in(kRamp, rate());
    if (!endless()) ramp = std::min(ramp, total() / 2);
    std::int64_t n = at();
    for (std::int16_t& sample : out) {
      // How far from an edge; an endless one has no second edge.
      const std::int64_t edge = endless() ? n : std::min(n, total() - 1 - n);
      const double value = edge < ramp ? c * gain(edge, ramp) : c;
      sample = static_cast<std::int16_t>(value + (value < 0 ? -0.5 : 0.5));
      const double next = c * step_c - s * step_s;
      s = s * step_c + c * step_s;
      c = next;
      ++n;
    }
  }

  static double gain(std::int64_t edge, std::int64_t ramp) {
    return 0.5 - 0.5 * std::cos(std::numbers::pi * (static_cast<double>(edge) + 0.5) /
                                static_cast<double>(ramp));
  }

  double hz_, peak_;
};

}  // namespace

std::unique_ptr<AudioSource> make_tone_source(double hz, Duration length, double level_db,
                                              SampleRate rate) {
  return std::make_unique<ToneSource>(hz, length, level_db, rate);
}

std::unique_ptr<AudioSource> make_silence_source(Duration length, SampleRate rate) {
  return std::make_unique<SilenceSource>(length, rate);
}

}  // namespace lineman
