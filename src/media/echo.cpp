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

// The line is a ring: what reaches its end goes on at its start.
void Echo::copy_in(std::size_t at, std::span<const std::int16_t> in) {
  const std::size_t first = std::min(in.size(), kSize - at);
  std::copy_n(in.begin(), first, line_.get() + at);
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(first), in.end(), line_.get());
}

void Echo::copy_out(std::size_t at, std::span<std::int16_t> out) const {
  const std::size_t first = std::min(out.size(), kSize - at);
  std::copy_n(line_.get() + at, first, out.begin());
  std::copy_n(line_.get(), out.size() - first, out.begin() + static_cast<std::ptrdiff_t>(first));
}

void Echo::pull(TimePoint, AudioFrame& out) {
  out.rate = source_.rate;
  if (!on_) {
    std::fill_n(out.samples.begin(), out.size(), std::int16_t{0});
    return;
  }
  if (rate_ != source_.rate) {  // the line holds samples of the other rate: start over
    rate_ = source_.rate;
    written_ = 0;
  }
  const std::size_t n = source_.size();
  if (delay_ == Duration{}) {  // most of the time: no need of a line, nor of its memory
    std::copy_n(source_.samples.begin(), n, out.samples.begin());
    return;
  }
  copy_in(written_ % kSize, source_.span());
  const auto back = static_cast<std::size_t>(delay_ * rate_ / std::chrono::seconds(1));
  const std::size_t quiet = back > written_ ? std::min(n, back - written_) : 0;
  std::fill_n(out.samples.begin(), quiet, std::int16_t{0});
  if (quiet < n) copy_out((written_ + quiet - back) % kSize, out.span().subspan(quiet));
  written_ += n;
  if (written_ >= 2 * kSize) written_ -= kSize;  // `back` is below kSize: history stays known
}

}  // namespace lineman
