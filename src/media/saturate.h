// 32-bit sums back to 16-bit samples: clipped at full scale, never wrapped. Any thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lineman {

inline std::int16_t saturate(std::int32_t sum) {
  return static_cast<std::int16_t>(std::clamp<std::int32_t>(sum, INT16_MIN, INT16_MAX));
}

}  // namespace lineman
