#include "ptime_watch.h"

#include <utility>

namespace lineman {

std::optional<Duration> PtimeWatch::packet(const RtpHeader& header, int clock_rate,
                                           Duration expected) {
  const RtpHeader before = std::exchange(before_, header);
  const bool follows = std::exchange(begun_, true) && !header.marker &&
                       before.ssrc == header.ssrc && before.payload_type == header.payload_type &&
                       sequence_distance(before.sequence, header.sequence) == 1;
  if (told_ || !follows) return std::nullopt;
  const Duration ptime =
      from_clock(timestamp_distance(before.timestamp, header.timestamp), clock_rate);
  // Pauses (DTX) and timestamps that jump are no packet time.
  if (ptime <= Duration{} || ptime > kLongest) return std::nullopt;
  if (ptime == expected) {
    count_ = 0;
    return std::nullopt;
  }
  count_ = ptime == std::exchange(other_, ptime) ? count_ + 1 : 1;
  if (count_ < 3) return std::nullopt;
  told_ = true;
  return ptime;
}

}  // namespace lineman
