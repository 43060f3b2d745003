// Which synchronisation source we listen to. A change of SSRC or a jump of the sequence may be the
// peer's new stream or one stray packet: it is held until the next packet continues it, then both
// count. Nothing is lost by a true change, nothing is upset by a false one. RFC 3550 section 6.2.1
// and Appendix A.1 (its probation, turned around). Media thread; no allocation.
//
//   none ──first packet──► playing ──jump or other SSRC──► holding one ──next in line──► playing
//   anew
//                             ▲                                 │ anything else
//                             └─────────────────────────────────┘
#pragma once

#include <cstdint>
#include <optional>

#include "lineman/packet.h"
#include "rtp.h"

namespace lineman {

class SourceTracker {
 public:
  // After this long without a packet a new beginning needs no second witness.
  static constexpr Duration kQuiet = std::chrono::milliseconds(100);
  // The SSRC before the present one is deaf ears for this long: two at once do not alternate.
  static constexpr Duration kOldSource = std::chrono::milliseconds(200);

  enum class Verdict : std::uint8_t {
    kPlay,
    kRestarted,  // the same SSRC, numbered anew: held() comes before this packet
    kNewSource,  // the same for another SSRC; also for the very first packet
    kHeld,
    kIgnored,
  };
  Verdict take(const Packet& packet, const RtpHeader& header);
  const Packet* held() const { return holding_ ? &held_ : nullptr; }
  void release() { holding_ = false; }

  RtpSource* source() { return started_ ? &source_ : nullptr; }
  const RtpSource* source() const { return started_ ? &source_ : nullptr; }

  // Over all sources.
  std::int64_t lost() const { return lost_before_ + (started_ ? source_.lost() : 0); }
  std::uint64_t reordered() const { return reordered_; }
  std::uint64_t changes() const { return changes_; }

 private:
  bool confirmed(const RtpHeader& header) const;
  void begin(const Packet& packet, const RtpHeader& header, bool with_held);
  Verdict hold(const Packet& packet, const RtpHeader& header);

  RtpSource source_;
  bool started_ = false;
  TimePoint newest_{};
  std::optional<std::uint32_t> old_ssrc_;
  std::int64_t lost_before_ = 0;
  std::uint64_t reordered_ = 0, changes_ = 0;
  bool holding_ = false;
  RtpHeader held_header_;
  Packet held_;
};

// Copies what is in use, not the whole storage.
void copy_packet(const Packet& from, Packet& to);

}  // namespace lineman
