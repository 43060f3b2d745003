// RTP packets and the state of one source (RFC 3550 section 5.1 and Appendices A.1, A.3, A.8).
// Media thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lineman/time.h"

namespace lineman {

struct RtpHeader {
  static constexpr std::size_t kSize = 12;  // as we write it: no CSRC, no extension

  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

struct RtpView {
  RtpHeader header;
  std::span<const std::uint8_t> payload;  // without CSRC list, extension and padding
};

// Nothing when it is not RTP version 2 or its CSRC list, extension or padding do not fit.
std::optional<RtpView> parse_rtp(std::span<const std::uint8_t> bytes);
// `out` has room for RtpHeader::kSize.
void write_rtp_header(const RtpHeader& header, std::span<std::uint8_t> out);
// RTP and RTCP on one port (RFC 5761 section 4): is this RTCP?
bool looks_like_rtcp(std::span<const std::uint8_t> bytes);

// How far `to` is ahead of `from`, modulo 2^16 and 2^32.
constexpr int sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}
constexpr std::int32_t timestamp_distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}
// A span of time in units of an RTP clock, rounded to nearest, and back.
constexpr std::int64_t to_clock(Duration d, int clock_rate) {
  // Whole seconds apart, so that no TimePoint overflows.
  const std::int64_t s = d.count() / 1'000'000'000, ns = d.count() % 1'000'000'000;
  return s * clock_rate + (ns * clock_rate + (ns < 0 ? -500'000'000 : 500'000'000)) / 1'000'000'000;
}
constexpr Duration from_clock(std::int64_t units, int clock_rate) {
  return Duration(units / clock_rate * 1'000'000'000 +
                  units % clock_rate * 1'000'000'000 / clock_rate);
}

// What the report block about a source says (RFC 3550 section 6.4.1).
struct ReceptionReport {
  std::uint8_t fraction_lost = 0;  // of 256, since the last report
  std::int32_t lost = 0;           // 24 bits, signed
  std::uint32_t highest = 0;       // extended highest sequence number
  std::uint32_t jitter = 0;        // timestamp units
};

// Sequence numbers, losses and jitter of one synchronisation source. Unlike Appendix A.1 the very
// first packet is valid: the caller knows the source from the signalling, and a call's first word
// counts. A jump that is neither loss nor reordering is the caller's to confirm with restart().
class RtpSource {
 public:
  static constexpr int kMaxDropout = 3000, kMaxMisorder = 100;
  enum class Fate : std::uint8_t { kNext, kGap, kReordered, kDuplicate, kJump };

  // A new source, or the same with new sequence numbers.
  void start(std::uint32_t ssrc, std::uint16_t sequence);
  // Takes the number of a packet in; kJump: not taken.
  Fate update(std::uint16_t sequence);
  // Interarrival jitter; only packets whose timestamp says when they were sampled.
  void arrived(TimePoint arrival, std::uint32_t timestamp, int clock_rate);

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint16_t newest() const { return max_; }
  std::uint32_t extended_highest() const { return cycles_ + max_; }
  std::int64_t expected() const { return std::int64_t{extended_highest()} - base_ + 1; }
  std::int64_t lost() const { return expected() - received_; }
  Duration jitter() const { return clock_ ? from_clock(jitter_ >> 4, clock_) : Duration{}; }
  ReceptionReport report();  // starts a new interval for fraction_lost

 private:
  std::uint32_t ssrc_ = 0, base_ = 0, cycles_ = 0;
  std::uint16_t max_ = 0;
  std::int64_t received_ = 0, expected_prior_ = 0, received_prior_ = 0;
  std::uint64_t seen_[2] = {};  // bit n: max_ - n was received
  int clock_ = 0;
  std::uint32_t transit_ = 0;
  std::int64_t jitter_ = 0;  // times 16
};

}  // namespace lineman
