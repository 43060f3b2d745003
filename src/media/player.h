// Player: up to 8 sources at once, mixed with saturation. Media thread; no allocation once made.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "event_queue.h"
#include "lineman/audio.h"
#include "lineman/media_call.h"

namespace lineman {

class Player final : public AudioPort {
 public:
  static constexpr std::size_t kSlots = 8;

  Player(SampleRate rate, EventQueue& events) : rate_(rate), events_(events) {}

  bool play(std::uint32_t id, std::unique_ptr<AudioSource>& source, bool loop);
  std::unique_ptr<AudioSource> stop(std::uint32_t id);
  void end_all();  // kPlayEnded for each that still runs
  void pause(bool on) { paused_ = on; }
  bool playing() const;
  // A source that cannot follow ends.
  void set_rate(SampleRate rate);

  void pull(TimePoint now, AudioFrame& out) override;
  void push(TimePoint, const AudioFrame&) override {}  // nobody to hear it

 private:
  struct Slot {
    std::unique_ptr<AudioSource> source;
    std::uint32_t id = 0;
    bool loop = false;  // by us: the source does not by itself
    bool running = false;
    Duration played{};         // at rates it had before, and
    std::int64_t samples = 0;  // at this one
    std::int64_t underruns = 0;
  };
  void end(Slot& slot);
  static Duration time_of(std::int64_t samples, SampleRate rate);
  void read(Slot& slot, AudioFrame& out);

  SampleRate rate_;
  EventQueue& events_;
  std::array<Slot, kSlots> slots_;
  int running_ = 0;  // of them
  AudioFrame one_;
  std::array<std::int32_t, AudioFrame::kMaxSamples> sum_{};
  bool paused_ = false;
};

}  // namespace lineman
