// Recorder: up to 4 recordings of one call, each a true time line: every tick adds 10 ms to it,
// whatever came. Media thread; no allocation once made.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "event_queue.h"
#include "lineman/audio.h"
#include "lineman/media_call.h"

namespace lineman {

class Recorder {
 public:
  static constexpr std::size_t kSlots = 4;

  explicit Recorder(EventQueue& events) : events_(events) {}

  bool start(std::unique_ptr<RecordJob>& job, SampleRate call_rate);
  std::unique_ptr<RecordJob> stop(std::uint32_t id, RecordEnd why);
  void end_all(RecordEnd why);
  // Both of the same tick.
  void write(const AudioFrame& heard, const AudioFrame& sent);

 private:
  struct Slot {
    std::unique_ptr<RecordJob> job;
    bool running = false;
    std::int64_t max = 0;   // frames; 0: none
    std::int64_t made = 0;  // frames of the time line
    std::int64_t owed = 0;  // of these, what found no room: silence before anything else
  };
  void write(Slot& slot, const AudioFrame& heard, const AudioFrame& sent);
  void end(Slot& slot, RecordEnd why);
  static bool pay(Slot& slot);

  EventQueue& events_;
  std::array<Slot, kSlots> slots_;
  AudioFrame heard_, sent_;
  std::array<std::int16_t, 2 * AudioFrame::kMaxSamples> interleaved_{};
};

}  // namespace lineman
