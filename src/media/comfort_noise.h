// Comfort noise of RFC 3389: noise of the level and spectrum that a silence descriptor says. Media
// thread; no allocation. The same noise for the same calls on every machine.
//
//   white ─► gain (ramped) ─► all-pole lattice of the reflection coefficients ─► out
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace lineman {

class ComfortNoise {
 public:
  // A payload: the level in -dBov, then reflection coefficients (as many as there are, up to 12).
  // An empty one says nothing new. Level and spectrum glide to the new values in about 20 ms of
  // 8 kHz audio; the first ones hold at once.
  void update(std::span<const std::uint8_t> payload);
  // At any rate; the spectrum is relative to it. Silence before the first update().
  void generate(std::span<std::int16_t> out);
  void reset() { *this = ComfortNoise(); }

 private:
  static constexpr std::size_t kOrder = 12;
  using Coefficients = std::array<double, kOrder>;

  double white();
  double filter(double in);

  bool started_ = false;
  double rms_ = 0, wanted_rms_ = 0;
  Coefficients reflection_{}, wanted_{};
  std::array<double, kOrder + 1> state_{};  // backward errors
  std::uint32_t random_ = 0x2545f491;
};

}  // namespace lineman
