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
  // A loop over the last `periods` pitch periods of `history_`.
  struct Loop {
    int periods = 0, at = 0;
  };

  int ms(int n) const { return n * rate_ / 1000; }
  void start();
  void find_pitch();
  double next();
  double sample(Loop& loop) const;
  void remember(std::span<const std::int16_t> heard);

  SampleRate rate_;
  int size_;                                         // of the history in use
  std::array<std::int16_t, kMaxHistory> history_{};  // up to the gap; the newest sample last
  std::array<std::int16_t, kMaxHistory> said_{};     // with what was concealed since: a ring
  int oldest_ = 0;                                   // in said_
  int pitch_ = 0, overlap_ = 0;
  Loop loop_, previous_;  // `previous_` fades out
  int fade_ = 0;          // samples it still has
  double jump_ = 0;       // from the last sample heard to where the loop begins
  int gap_ = 0;           // samples since the last good one, merged ones too
  int merge_ = 0, merged_ = 0;
};

}  // namespace lineman
