// Adaptive jitter buffer, the deciding half: packets and times in, decisions out. It has no clock,
// no codec and no samples; decoder, stretch and concealment act on what it says. Method: a delay
// histogram with a cost-optimal target (see delay_estimator.h). Media thread; no allocation once
// made.
//
//   push(packet) ─► unwrap, duplicate? late? ─► PacketStore ─┐
//                └► DelayEstimator ─► base, target ──────────┤
//   pull(now, left) ◄── play | FEC | conceal | stretch | comfort noise | idle
//
//   waiting ──(next packet due: base + target)──► playing ──(a gap in which nothing was lost, 1 s
//   of
//      ▲                                             │         nothing, comfort noise)
//      └─────────────────────────────────────────────┘
//
// Delay is playout time less media time less the base, the smallest transit of the last 8 s.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "delay_estimator.h"
#include "lineman/media.h"
#include "lineman/time.h"
#include "packet_store.h"

namespace lineman {

struct JitterPacket {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  int clock_rate = 8000;  // divides 48000
  std::uint8_t payload_type = 0;
  MediaTime length = 0;                // of its audio; 0: comfort noise (RFC 3389)
  bool fec = false;                    // carries a second copy of the packet before it
  bool silence = false;                // the codec says that nothing may follow for a while (DTX)
  std::span<const std::uint8_t> data;  // copied
};

struct Decision {
  enum class Kind : std::uint8_t {
    kIdle,          // nothing to play: silence
    kPlay,          // decode `packet`, leave out its first `skip`
    kStretch,       // the same, then lengthen (> 0) or shorten (< 0) by about `stretch`
    kPlayFec,       // the packet before `packet` is lost: decode `length` from its second copy
    kConceal,       // make up `length`
    kComfortNoise,  // `length` of it; `packet` is the new description, if there is one
  };
  Kind kind = Kind::kIdle;
  bool late = false;   // kConceal: media time is held, the packet may still come; else it is lost
  bool pause = false;  // kConceal: nothing is missing, the sender said something else (a digit)
  MediaTime skip = 0, length = 0, stretch = 0;
  const StoredPacket* packet = nullptr;  // valid until the next push()
};

class JitterBuffer {
 public:
  explicit JitterBuffer(const JitterOptions& options)
      : estimator_(options), fixed_(options.profile == JitterProfile::kFixed) {}

  void push(const JitterPacket& packet, TimePoint arrival);
  // A packet of the same stream that is not audio (telephone-event): audio may pause for it.
  void other(TimePoint arrival) { other_ = arrival; }
  // What follows the audio that playout still has, which will be heard from `now` to `now + left`.
  // Asked while `left` is less than a frame. What stretch or concealment really made shows in the
  // next call's `left`.
  Decision pull(TimePoint now, Duration left = {});
  // Is the audio that pull() would ask for already here?
  bool ready() const { return playing_ && store_.find(media_) != nullptr; }
  void reset();                          // a new source: forget everything but the counters
  void drop(std::uint8_t payload_type);  // what waits of it cannot be decoded any more

  struct Stats {
    std::uint64_t late = 0, duplicate = 0;
    Duration delay{}, delay_mean{}, target{};
    Duration ptime{};
  };
  Stats stats() const;

 private:
  bool accept(const JitterPacket& packet, TimePoint arrival, MediaTime& begin);
  bool seen(const JitterPacket& packet);
  Decision play(const StoredPacket& packet, TimePoint at);
  Decision wait(TimePoint at, MediaTime need);
  Decision gap(TimePoint at, MediaTime need);
  Decision hold(TimePoint at, MediaTime need);
  Decision conceal(TimePoint at, MediaTime length, bool late) const;
  void rejoin(TimePoint at);
  bool due(const StoredPacket& packet, TimePoint at) const;
  MediaTime adjust(const StoredPacket& packet, TimePoint at);
  Duration delay_at(TimePoint at) const;

  DelayEstimator estimator_;
  bool fixed_;
  PacketStore store_;

  // Receiving: the newest timestamp as sent and unwrapped, for what comes next.
  bool heard_ = false, suspect_ = false;
  std::uint16_t newest_sequence_ = 0, suspect_sequence_ = 0;
  std::uint32_t newest_timestamp_ = 0;
  int clock_rate_ = 0;
  MediaTime newest_begin_ = 0, newest_end_ = 0, ptime_ = 0;
  Duration transit_{};
  TimePoint newest_arrival_{}, other_ = kNever;
  int late_in_a_row_ = 0;
  struct Seen {
    std::uint32_t timestamp = 0;
    std::uint16_t sequence = 0;
    bool valid = false;
  };
  std::array<Seen, 256> seen_{};

  // Playing.
  bool playing_ = false, noise_ = false, started_ = false;
  MediaTime media_ = 0;  // of the next sample to be decided
  std::uint16_t played_sequence_ = 0;
  MediaTime played_end_ = 0;
  Duration held_{};         // media time has been held for
  bool rejoining_ = false;  // after a long hold: go to where playout would be without it
  Duration rejoin_base_{};
  // Stretching: a share of the time that has passed may be used, saved up to a pitch period.
  Duration budget_{};
  // Playout acts at frames: a packet must be here that much before it is heard.
  Duration left_{};
  TimePoint last_at_{}, expected_{}, excess_since_ = kNever;
  bool shrinking_ = false;

  std::uint64_t late_ = 0, duplicate_ = 0;
  Duration delay_{};
  double delay_sum_ = 0, delay_time_ = 0;
};

}  // namespace lineman
