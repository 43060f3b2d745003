// Deterministic test signals and what is measured on them.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "lineman/audio.h"

namespace lineman::testing {

using Samples = std::vector<std::int16_t>;

inline std::int16_t to_sample(double x) {
  return static_cast<std::int16_t>(std::lrint(std::fmin(std::fmax(x, -32768.0), 32767.0)));
}

inline Samples sine(double hz, double amplitude, SampleRate rate, std::size_t count) {
  Samples out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    out[i] = to_sample(amplitude * std::sin(phase));
  }
  return out;
}

// Uniform in [-1, 1), the same on every machine.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  std::uint32_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  double next() { return bits() / 2147483648.0 - 1.0; }

 private:
  std::uint64_t state_;
};

// Like speech to a pitch detector: harmonics of a moving pitch (90 to 200 Hz) shaped by two moving
// formants, in syllables of 200 ms with unvoiced noise and pauses between them.
inline Samples speech(SampleRate rate, std::size_t count, std::uint64_t seed = 1) {
  Samples out(count);
  Noise noise(seed);
  double phase = 0, unvoiced = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / rate;
    const double pitch = 140 + 40 * std::sin(2 * std::numbers::pi * 0.7 * t) +
                         12 * std::sin(2 * std::numbers::pi * 2.3 * t);
    phase += 2 * std::numbers::pi * pitch / rate;
    const double syllable = std::fmod(t, 0.3) / 0.3;  // voiced, unvoiced, a pause
    const double voiced = syllable < 0.66 ? std::sin(std::numbers::pi * syllable / 0.66) : 0;
    const double hiss = syllable >= 0.66 && syllable < 0.85 ? 1 : 0;
    const double f1 = 500 + 200 * std::sin(2 * std::numbers::pi * 1.1 * t);
    const double f2 = 1500 + 500 * std::sin(2 * std::numbers::pi * 0.9 * t);
    double sum = 0;
    for (int h = 1; h * pitch < std::fmin(0.45 * rate, 3800.0); ++h) {
      const double d1 = (h * pitch - f1) / 180, d2 = (h * pitch - f2) / 250;
      sum += (0.1 + 1 / (1 + d1 * d1) + 0.5 / (1 + d2 * d2)) * std::sin(h * phase) / (1 + 0.15 * h);
    }
    const double white = noise.next();
    unvoiced = white - 0.6 * unvoiced;
    out[i] = to_sample(3000 * voiced * sum + 900 * hiss * unvoiced + 8 * white);
  }
  return out;
}

// Amplitude of the component at `hz` (Hann window). Phasors are turned instead of computed: tests
// ask for a great many of these.
inline double amplitude_at(std::span<const std::int16_t> x, double hz, SampleRate rate) {
  const double size = static_cast<double>(x.size());
  const std::complex<double> turn = std::polar(1.0, 2 * std::numbers::pi * hz / rate);
  const std::complex<double> window_turn = std::polar(1.0, 2 * std::numbers::pi / size);
  std::complex<double> phasor = 1, window = 1;
  double real = 0, imaginary = 0;
  for (const double sample : x) {
    const double weighted = (1 - window.real()) * sample;
    real += weighted * phasor.real();
    imaginary += weighted * phasor.imag();
    phasor = {phasor.real() * turn.real() - phasor.imag() * turn.imag(),
              phasor.real() * turn.imag() + phasor.imag() * turn.real()};
    window = {window.real() * window_turn.real() - window.imag() * window_turn.imag(),
              window.real() * window_turn.imag() + window.imag() * window_turn.real()};
  }
  return 2 * std::hypot(real, imaginary) / size;
}

// The strongest frequency within +-`span` Hz of `hz`, to 0.1 Hz.
inline double strongest_near(std::span<const std::int16_t> x, double hz, SampleRate rate,
                             double range = 5) {
  double best = 0, at = 0;
  for (double f = hz - range; f <= hz + range; f += 0.1) {
    const double a = amplitude_at(x, f, rate);
    if (a > best) best = a, at = f;
  }
  return at;
}

inline double rms(std::span<const std::int16_t> x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return x.empty() ? 0 : std::sqrt(sum / static_cast<double>(x.size()));
}

inline double db(double ratio) { return 20 * std::log10(std::fmax(ratio, 1e-12)); }

// Signal over difference in dB.
inline double snr(std::span<const std::int16_t> reference, std::span<const std::int16_t> x) {
  double signal = 0, error = 0;
  for (std::size_t i = 0; i < reference.size() && i < x.size(); ++i) {
    const double r = reference[i], d = r - x[i];
    signal += r * r;
    error += d * d;
  }
  return 10 * std::log10((signal + 1e-9) / (error + 1e-9));
}

// The same after the best delay of `x` (up to `most` samples): codecs have one.
inline double snr_aligned(std::span<const std::int16_t> reference, std::span<const std::int16_t> x,
                          std::size_t most) {
  double best = -1000;
  for (std::size_t d = 0; d <= most && d < x.size(); ++d)
    best = std::fmax(best, snr(reference.first(reference.size() - most), x.subspan(d)));
  return best;
}

inline int largest_step(std::span<const std::int16_t> x) {
  int most = 0;
  for (std::size_t i = 1; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - x[i - 1]));
  return most;
}

}  // namespace lineman::testing
