// RTCP compound packets and when to send them (RFC 3550 section 6). Media thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lineman/random.h"
#include "lineman/time.h"
#include "rtp.h"

namespace lineman {

// 32.32 fixed point seconds since 1900.
using NtpTime = std::uint64_t;
// We have no wall clock here: section 4 allows any clock that advances with time. Time zero counts
// as 1970.
NtpTime ntp_time(TimePoint t);
constexpr std::uint32_t ntp_middle(NtpTime t) { return static_cast<std::uint32_t>(t >> 16); }

struct RtcpSenderInfo {
  NtpTime ntp = 0;
  std::uint32_t rtp_timestamp = 0, packets = 0, octets = 0;
};

struct RtcpReportBlock {
  std::uint32_t ssrc = 0;  // whom it is about
  ReceptionReport reception;
  std::uint32_t last_sr = 0;              // middle of the NTP time of the last SR, 0: none
  std::uint32_t delay_since_last_sr = 0;  // 1/65536 s
};

// What a compound packet says, in its order. Text is untrusted.
struct RtcpVisitor {
  virtual ~RtcpVisitor() = default;
  // An SR or RR began; `sender` is null for an RR. Its report blocks follow.
  virtual void report(std::uint32_t ssrc, const RtcpSenderInfo* sender) = 0;
  virtual void block(std::uint32_t reporter, const RtcpReportBlock& block) = 0;
  virtual void cname(std::uint32_t ssrc, std::string_view text) = 0;
  virtual void bye(std::uint32_t ssrc, std::string_view reason) = 0;
};

// Checks the whole compound packet first (Appendix A.2: version, lengths that add up, padding only
// in the last), then visits. False: not RTCP, nothing was visited. Unknown packet types are
// skipped.
bool parse_rtcp(std::span<const std::uint8_t> bytes, RtcpVisitor& visitor);

struct RtcpCompound {
  static constexpr std::size_t kMaxText = 255;
  // SR, one report block, SDES with the longest CNAME, BYE with the longest reason.
  static constexpr std::size_t kMaxSize =
      28 + 24 + (4 + 4 + 2 + kMaxText + 4) + (8 + 1 + kMaxText + 3);

  std::uint32_t ssrc = 0;
  std::optional<RtcpSenderInfo> sender;  // SR, else RR
  std::optional<RtcpReportBlock> block;
  std::string_view cname;  // cut at 255 bytes
  bool bye = false;
  std::string_view bye_reason;  // cut at 255 bytes
};
// Bytes written; `out` has room for RtcpCompound::kMaxSize.
std::size_t write_rtcp(const RtcpCompound& compound, std::span<std::uint8_t> out);

// Round trip of our SR and the report that answers it (section 6.4.1); nothing when the block
// refers to no SR of ours or its figures cannot be true.
std::optional<Duration> round_trip(const RtcpReportBlock& block, TimePoint arrival);

// When to report (section 6.2 and 6.3.1). With two members the bandwidth rule never asks for more
// than the minimum, so the interval is 5 s times a random 0.5 to 1.5, divided by e - 3/2. The first
// report is early, so that a short call gets one too.
class RtcpSchedule {
 public:
  static constexpr Duration kMinimum = std::chrono::seconds(5);
  static constexpr Duration kFirst = std::chrono::seconds(1);

  explicit RtcpSchedule(std::uint64_t seed) : random_(seed) {}
  void start(TimePoint now);  // the first report, unless it is already running
  void sent(TimePoint now);   // the next one
  void hurry(TimePoint now) { next_ = now; }
  void stop() { next_ = kNever; }
  TimePoint next() const { return next_; }

 private:
  Random random_;
  TimePoint next_ = kNever;
};

}  // namespace lineman
