// The resamplers between one fixed rate and every other engine rate, made at once on Control, so
// that a rate which changes on Media finds its resampler waiting there. No allocation once made.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "lineman/audio.h"
#include "resampler.h"

namespace lineman {

class RateConverters {
 public:
  enum class Way { kFrom, kTo };  // the fixed rate is what goes in, or what comes out

  RateConverters(Way way, SampleRate fixed);

  SampleRate fixed() const { return fixed_; }
  // In: at fixed() or any other engine rate as `way` says; out: at the other end. Equal rates copy,
  // bit for bit. A converter that was not in use until now starts from silence.
  void convert(const AudioFrame& in, SampleRate to, AudioFrame& out);
  // How many samples at the rate that comes out lie between a sound going in and coming out.
  std::size_t lag(SampleRate other) const;
  // Forget what went in.
  void reset();

 private:
  struct Lane {
    Resampler resampler;
    std::size_t lag = 0;
    bool clean = true;
  };
  static std::size_t measure_lag(Resampler& resampler);
  static void flush(Resampler& resampler);
  static constexpr std::size_t index(SampleRate rate) {
    return static_cast<std::size_t>(std::find(kSampleRates.begin(), kSampleRates.end(), rate) -
                                    kSampleRates.begin());
  }

  Way way_;
  SampleRate fixed_;
  SampleRate in_use_;
  std::array<std::optional<Lane>, kSampleRates.size()> lanes_;  // by the rate that is not fixed
};

}  // namespace lineman
