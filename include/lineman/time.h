// Points and spans of time. Nothing below `io` reads a clock: time is always an argument.
#pragma once

#include <chrono>
#include <cstdint>

namespace lineman {

using Duration = std::chrono::nanoseconds;

// CLOCK_MONOTONIC on a real loop, virtual time on the simulated one. It has no now().
struct Monotonic {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic>;
  static constexpr bool is_steady = true;
};
using TimePoint = Monotonic::time_point;

inline constexpr TimePoint kNever = TimePoint::max();
inline constexpr Duration kFrameTime = std::chrono::milliseconds(10);  // one AudioFrame

constexpr double to_ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }
constexpr Duration from_ms(double ms) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

}  // namespace lineman
