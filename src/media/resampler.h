// Sample rate conversion between engine rates (Speex DSP). Made on Control, used on Media.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lineman/audio.h"

namespace lineman {

class Resampler {
 public:
  Resampler(SampleRate from, SampleRate to);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;
  SampleRate from() const { return from_; }
  SampleRate to() const { return to_; }
  // Exactly one frame in, one frame out (10 ms each). Equal rates copy, bit for bit.
  void frame(const AudioFrame& in, AudioFrame& out);

 private:
  SampleRate from_, to_;
  void* state_ = nullptr;  // SpeexResamplerState
};

}  // namespace lineman
