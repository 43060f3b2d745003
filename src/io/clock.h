// The clocks of this machine. Only io reads them; everything else is told the time.
#pragma once

#include <time.h>

#include "lineman/time.h"

namespace lineman {

inline Duration read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

inline TimePoint monotonic_now() { return TimePoint(read_clock(CLOCK_MONOTONIC)); }

// Nanoseconds since 1970-01-01.
inline Duration wall_now() { return read_clock(CLOCK_REALTIME); }

inline timespec to_timespec(Duration d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d);
  return {static_cast<time_t>(s.count()), static_cast<long>((d - s).count())};
}

}  // namespace lineman
