// UDP socket pairs for RTP and RTCP (RFC 3550 section 11: an even port and the next). Bound on
// Control before the offer; used by the Media thread, which drains them once a wake without
// blocking; closed on Control when the transport came home.
#pragma once

#include <sys/socket.h>

#include <memory>

#include "fd.h"
#include "lineman/engine.h"
#include "lineman/random.h"

namespace lineman {

class UdpTransport final : public PacketTransport {
 public:
  UdpTransport(Fd rtp, Fd rtcp, TimePoint opened);
  bool receive(Packet& out, TimePoint now) override;
  void send(const Packet& packet) override;
  TransportCounters counters() const override { return counters_; }

 private:
  // RTCP is rare, and the kernel stamps its arrival: a look ten times a second saves a system call
  // a wake.
  static constexpr Duration kRtcpInterval = std::chrono::milliseconds(100);

  bool read(const Fd& fd, Component component, Packet& out);
  bool take(const mmsghdr& message, Component component, Packet& out);
  TimePoint arrival(Duration stamp);
  void clear_errors(const Fd& fd);

  Fd rtp_, rtcp_;
  TimePoint previous_, wake_;  // the wake before this one, and this one
  Duration offset_{};          // CLOCK_MONOTONIC - CLOCK_REALTIME, sampled once a wake
  bool offset_known_ = false;
  bool rtp_empty_ = false;
  TimePoint next_rtcp_{};
  std::unique_ptr<Packet> second_;  // of two that were read at once
  bool second_ready_ = false;
  TransportCounters counters_;
};

class UdpNetwork final : public MediaNetwork {
 public:
  UdpNetwork(PortRange range, std::uint64_t seed) : range_(range), random_(seed) {}
  Result<MediaSockets> open(const Address& local_ip) override;

 private:
  Result<MediaSockets> open_in_range(const Address& local_ip);
  Result<MediaSockets> open_anywhere(const Address& local_ip);

  PortRange range_;
  Random random_;
};

}  // namespace lineman
