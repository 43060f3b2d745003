// Does the peer pack as was negotiated? Media thread; no allocation.
#pragma once

#include <optional>

#include "lineman/time.h"
#include "rtp.h"

namespace lineman {

class PtimeWatch {
 public:
  // The next audio packet. Its packet time, once, when three in a row are as long as each other and
  // not as `expected`.
  std::optional<Duration> packet(const RtpHeader& header, int clock_rate, Duration expected);

 private:
  static constexpr Duration kLongest = std::chrono::milliseconds(200);

  RtpHeader before_;
  bool begun_ = false, told_ = false;
  Duration other_{};
  int count_ = 0;
};

}  // namespace lineman
