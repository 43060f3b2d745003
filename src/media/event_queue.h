// MediaEvents on their way out: a fixed queue. When nobody fetches them the newest are dropped and
// counted. Media thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lineman/media_leg.h"
#include "ring.h"

namespace lineman {

class EventQueue {
 public:
  static constexpr std::size_t kCapacity = 32;

  // The time that events are stamped with: that of the newest tick.
  void set_now(TimePoint now) { now_ = now; }
  TimePoint now() const { return now_; }

  void push(MediaEvent event) {  // made here: the time is ours
    event.time = now_;
    forward(event);
  }
  void forward(const MediaEvent& event) {  // made by the leg: it has its own
    if (!items_.push(event)) ++dropped_;
  }
  bool pop(MediaEvent& out) {
    if (items_.empty()) return false;
    out = items_.front();
    items_.pop();
    return true;
  }
  std::size_t room() const { return kCapacity - items_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  Ring<MediaEvent> items_{kCapacity};
  std::uint64_t dropped_ = 0;
  TimePoint now_{};
};

}  // namespace lineman
