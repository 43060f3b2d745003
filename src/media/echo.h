// Echo: says what another port of the same bridge said, exactly `delay` ago. Media thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lineman/audio.h"

namespace lineman {

class Echo final : public AudioPort {
 public:
  static constexpr Duration kMaxDelay = std::chrono::seconds(2);

  // `source` is the frame of a port with a lower number: it is this tick's when we are pulled, so
  // that a delay of 0 is possible, and exact to the bit.
  explicit Echo(const AudioFrame& source);

  void start(Duration delay);  // what was said before is not repeated
  void stop() { on_ = false; }
  bool on() const { return on_; }

  void pull(TimePoint now, AudioFrame& out) override;
  void push(TimePoint, const AudioFrame&) override {}

 private:
  static constexpr std::size_t kSlots = kMaxDelay / kFrameTime + 2;
  static constexpr std::size_t kSize = kSlots * AudioFrame::kMaxSamples;

  void copy_in(std::size_t at, std::span<const std::int16_t> in);
  void copy_out(std::size_t at, std::span<std::int16_t> out) const;

  const AudioFrame& source_;
  // Not cleared when made: 192 kB that a call without an echo never touches.
  std::unique_ptr<std::int16_t[]> line_;
  std::size_t written_ = 0;  // samples since start(), kept below 2 * kSize
  SampleRate rate_ = 0;
  Duration delay_{};
  bool on_ = false;
};

}  // namespace lineman
