// A network that loses, delays, doubles and reorders, between a leg and the world: one way of it.
// Media thread; no allocation once made.
//
//   packet ─► lost? (Gilbert-Elliott) ─► due = time + delay + gamma jitter ─► queue by due ─► out
//                                            │ twice: doubled        reordered: overtaken by the
//                                            next
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lineman/media.h"
#include "lineman/random.h"

namespace lineman {

inline constexpr Duration kLongestImpairment = std::chrono::seconds(2);  // of delay, of jitter

class ImpairedWay {
 public:
  static constexpr std::size_t kCapacity = 512;  // packets under way; more are lost

  ImpairedWay(const Impairment::Way& spec, std::uint64_t seed);

  // Does it do anything at all? If not, packets need not pass through it.
  bool active() const { return active_; }
  void push(const Packet& packet);
  // When the next packet arrives, kNever: none is under way.
  TimePoint next() const { return queue_.empty() ? kNever : queue_.front().due; }
  // The first that has arrived by `now`; its time is that of its arrival.
  bool pop(TimePoint now, Packet& out);

 private:
  struct Due {
    TimePoint due{};
    std::uint64_t order = 0;  // pushed first, out first
    std::uint16_t slot = 0;
  };
  static bool later(const Due& a, const Due& b) {
    return a.due != b.due ? a.due > b.due : a.order > b.order;
  }
  bool lost();
  void put(const Packet& packet, TimePoint due);

  Impairment::Way spec_;
  Random random_;
  bool active_, bad_ = false;  // bad_: in a loss burst
  TimePoint newest_due_ = TimePoint::min(), newest_ = TimePoint::min();
  Duration spacing_ = std::chrono::milliseconds(20);  // between the last two packets
  std::uint64_t pushed_ = 0;
  std::vector<Packet> slots_;
  std::vector<std::uint16_t> free_;
  std::vector<Due> queue_;  // a heap; its storage is reserved
};

}  // namespace lineman
