#include "rate_converters.h"

#include <cstdlib>

namespace lineman {

namespace {
constexpr int kTailFrames = 4;  // longer than any converter remembers
}

RateConverters::RateConverters(Way way, SampleRate fixed)
    : way_(way), fixed_(fixed), in_use_(fixed) {
  for (const SampleRate other : kSampleRates) {
    if (other == fixed) continue;
    Lane lane{way == Way::kFrom ? Resampler(fixed, other) : Resampler(other, fixed)};
    lane.lag = measure_lag(lane.resampler);
    lanes_[index(other)] = std::move(lane);
  }
}

// The peak of the answer to a click: what the converter's own delay is, whoever made it.
std::size_t RateConverters::measure_lag(Resampler& resampler) {
  AudioFrame in, out;
  in.rate = resampler.from();
  in.samples[0] = 16384;
  std::size_t lag = 0, at = 0;
  int peak = 0;
  for (int i = 0; i < kTailFrames; ++i) {
    resampler.frame(in, out);
    in.samples[0] = 0;
    for (const std::int16_t s : out.span()) {
      if (std::abs(s) > peak) {
        peak = std::abs(s);
        lag = at;
      }
      ++at;
    }
  }
  return lag;
}

void RateConverters::flush(Resampler& resampler) {
  AudioFrame in, out;
  in.rate = resampler.from();
  for (int i = 0; i < kTailFrames; ++i) resampler.frame(in, out);
}

std::size_t RateConverters::lag(SampleRate other) const {
  if (other == fixed_ || !is_engine_rate(other)) return 0;
  return lanes_[index(other)]->lag;
}

void RateConverters::reset() {
  for (auto& lane : lanes_) {
    if (!lane || lane->clean) continue;
    flush(lane->resampler);
    lane->clean = true;
  }
}

void RateConverters::convert(const AudioFrame& in, SampleRate to, AudioFrame& out) {
  const SampleRate other = way_ == Way::kFrom ? to : in.rate;
  if (other == fixed_ || !is_engine_rate(other)) {
    out = in;
    return;
  }
  if (other != in_use_) {
    reset();
    in_use_ = other;
  }
  Lane& lane = *lanes_[index(other)];
  lane.clean = false;
  lane.resampler.frame(in, out);
}

}  // namespace lineman
