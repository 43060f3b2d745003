// Audio between modules: 10 ms frames, and ports that say and hear them. Media thread (or the
// simulated loop).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lineman/time.h"

namespace lineman {

// Frames a second; one of 8000, 16000, 24000, 32000, 48000 inside the engine.
using SampleRate = int;
inline constexpr std::array<SampleRate, 5> kSampleRates = {8000, 16000, 24000, 32000, 48000};
constexpr bool is_engine_rate(SampleRate r) {
  return std::find(kSampleRates.begin(), kSampleRates.end(), r) != kSampleRates.end();
}

// 10 ms of mono s16 at `rate`; `rate / 100` samples are in use. Fixed storage, no allocation.
struct AudioFrame {
  static constexpr std::size_t kMaxSamples = 480;

  SampleRate rate = 8000;
  std::array<std::int16_t, kMaxSamples> samples{};

  std::size_t size() const { return static_cast<std::size_t>(rate) / 100; }
  std::span<std::int16_t> span() { return {samples.data(), size()}; }
  std::span<const std::int16_t> span() const { return {samples.data(), size()}; }
  void silence() { samples.fill(0); }
};

// A microphone, a file, a tone, a far end: all the same. Called once per 10 ms frame each.
struct AudioPort {
  virtual ~AudioPort() = default;
  // What it says. `out.rate` is set by the port.
  virtual void pull(TimePoint now, AudioFrame& out) = 0;
  // What it hears, at any engine rate.
  virtual void push(TimePoint now, const AudioFrame& in) = 0;
};

}  // namespace lineman
