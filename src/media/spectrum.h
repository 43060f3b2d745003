// The power spectrum of 256 real samples behind a Hann window: bins of 31.25 Hz at 8 kHz. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lineman {

struct Spectrum {
  static constexpr std::size_t kSamples = 256;
  static constexpr std::size_t kBins = kSamples / 2;

  std::array<float, kBins> power{};  // Nyquist is left out

  explicit Spectrum(std::span<const std::int16_t, kSamples> samples);

  // Sum of [first, last], as far as these exist.
  float sum(std::size_t first, std::size_t last) const;
  // Where the peak around `bin` lies, in fractions of a bin: exact for one tone behind a Hann
  // window (from the ratio of the two largest amplitudes).
  float peak_near(std::size_t bin) const;
};

// Is this still the one tone that was heard at about `hz`? Its frequency now, within 4 Hz of that;
// 0: perhaps not, and a spectrum has to tell. Costs a tenth of one: a correlation with each half
// behind a Hann window; the frequency comes from the turn of the phase between the two.
double same_tone(std::span<const std::int16_t, Spectrum::kSamples> samples, double hz);

}  // namespace lineman
