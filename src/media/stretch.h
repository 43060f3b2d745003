// Time stretching of speech by whole pitch periods with overlap-add (WSOLA), so that playout can
// catch up or wait without a click. Media thread; no allocation.
#pragma once

#include <cstdint>
#include <span>

#include "lineman/audio.h"

namespace lineman {

struct StretchResult {
  std::size_t produced = 0;  // samples in `out`
  int change = 0;  // produced - consumed; 0: the signal gave no good place, `out` is `in` untouched
};

// Shortens (`want` < 0) or lengthens (`want` > 0) `in` by about |want| samples; what is done is one
// pitch period nearest to it, 2.5 to 15 ms, where the waveform correlates (silence always does).
// `in` is at least 20 ms.
StretchResult stretch(std::span<const std::int16_t> in, std::span<std::int16_t> out, int want,
                      SampleRate rate);

}  // namespace lineman
