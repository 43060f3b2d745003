// RTCP of one RTP session with one peer: reports out, reports in, what the peer says about us.
// Media thread; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lineman/media_leg.h"
#include "packetiser.h"
#include "rtcp.h"
#include "rtp.h"

namespace lineman {

class RtcpSession {
 public:
  // What one compound packet brought.
  struct Received {
    bool valid = false, bye = false;
    bool first_report = false;  // about us
  };
  // Sending this long without being in the peer's reports: it does not hear us.
  static constexpr Duration kUnheard = std::chrono::seconds(2);

  RtcpSession(std::uint64_t seed, const std::string& cname);

  // `source` is the peer's stream, null before its first packet.
  Received receive(std::span<const std::uint8_t> bytes, TimePoint arrival, const Packetiser& sent,
                   const RtpSource* source);
  // An SR if we sent since the report before the last one, else an RR; a BYE behind it at the end.
  std::size_t write(TimePoint now, const Packetiser& sent, RtpSource* source, bool bye,
                    std::span<std::uint8_t> out);

  RtcpSchedule& schedule() { return schedule_; }
  const RtcpSchedule& schedule() const { return schedule_; }
  bool has_sent() const { return written_ > 0; }
  void stats(MediaStats::Tx& out) const;

 private:
  void about_us(const RtcpReportBlock& block, TimePoint arrival, const Packetiser& sent);

  std::string cname_;
  RtcpSchedule schedule_;
  std::uint64_t written_ = 0;
  std::uint64_t packets_at_[2] = {};  // sent at the last report and at the one before
  // The peer's newest SR.
  std::optional<std::uint32_t> sr_ssrc_;
  std::uint32_t sr_middle_ = 0;
  TimePoint sr_arrival_{};
  // The peer's newest report about us.
  std::uint64_t reports_ = 0;
  ReceptionReport newest_;
  Duration jitter_{};
  std::optional<Duration> rtt_;
  std::optional<bool> heard_;
};

}  // namespace lineman
