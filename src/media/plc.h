// Concealment for codecs that have none, in the manner of G.711 Appendix I: the last pitch periods
// are repeated with overlap-add, fade out, and merge into the first good audio. 8 and 16 kHz. Media
// thread; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lineman/audio.h"

namespace lineman {

class Plc {
 public:
  explicit Plc(SampleRate rate);
  // Good audio, in place: the first samples after a gap are merged with what concealment would have
  // said; audio that follows no gap passes untouched, bit for bit, and without delay.
  void good(std::span<std::int16_t> io);
  void conceal(std::span<std::int16_t> out);
  void reset();

 private:
  static constexpr int kMaxHistory = 800;  // 50 ms at 16 kHz
  SampleRate rate_;
  std::array<std::int16_t, kMaxHistory> history_{};
  // (further state is plc.cpp's to add)
};

}  // namespace lineman
