#include "echo.h"

#include <algorithm>

namespace lineman {

Echo::Echo(const AudioFrame& source)
    : source_(source), line_(std::make_unique_for_overwrite<std::int16_t[]>(kSize)) {}

void Echo::start(Duration delay) {
  delay_ = std::clamp(delay, Duration{}, kMaxDelay);
  written_ = 0;
  on_ = true;
}

void Echo::pull(TimePoint, AudioFrame& out) {
  out.rate = source_.rate;
  if (!on_) {
    out.silence();
    return;
  }
  if (rate_ != source_.rate) {  // the line holds samples of the other rate: start over
    rate_ = source_.rate;
    written_ = 0;
  }
  const std::size_t n = source_.size();
  for (std::size_t i = 0; i < n; ++i) line_[(written_ + i) % kSize] = source_.samples[i];
  const auto back = static_cast<std::size_t>(delay_ * rate_ / std::chrono::seconds(1));
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = written_ + i;
    out.samples[i] = at >= back ? line_[(at - back) % kSize] : std::int16_t{0};
  }
  written_ += n;
  if (written_ >= 2 * kSize) written_ -= kSize;  // `back` is below kSize: history stays known
}

}  // namespace lineman
