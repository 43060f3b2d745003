// The level of audio in dBov, RMS: 0 is a full-scale square wave, a full-scale sine is -3.01
// (the reference of RFC 6464 and RFC 6465). Any thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace lineman {

inline constexpr double kSilenceDbov = -100;  // digital silence, and the floor

// Sum of squares: add up over frames, then dbov() once.
inline double energy(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t s : samples) sum += static_cast<double>(s) * s;
  return sum;
}

inline double dbov(double energy_sum, double samples) {
  if (samples <= 0 || energy_sum <= 0) return kSilenceDbov;
  const double db = 10 * std::log10(energy_sum / samples / (32768.0 * 32768.0));
  return std::clamp(db, kSilenceDbov, 0.0);
}

inline double level_dbov(std::span<const std::int16_t> samples) {
  return dbov(energy(samples), static_cast<double>(samples.size()));
}

}  // namespace lineman
