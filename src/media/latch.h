// Symmetric RTP (RFC 4961): where the peer's media comes from, and so where ours goes. Open after
// each negotiation, shut by the first valid packet; what comes from elsewhere after that is a
// stranger's. Media thread.
#pragma once

#include "lineman/packet.h"
#include "lineman/sdp.h"

namespace lineman {

class Latch {
 public:
  explicit Latch(bool allow_any_source) : allow_any_(allow_any_source) {}

  // The addresses of a new negotiation. What was learnt before stays the target as long as the peer
  // names the same address as before: behind a NAT its own words lead nowhere. When it names
  // another, packets under way from the old place are still heard, but do not shut the latch for a
  // moment.
  static constexpr Duration kUnderWay = std::chrono::milliseconds(500);
  void open(TimePoint now, const RtpConfig& config);

  // Where to send. None before the peer named an address: we do not answer to whoever speaks first.
  Address rtp() const;
  Address rtcp() const;

  bool accepts_rtp(const Address& from) const;
  bool accepts_rtcp(Component component, const Address& from) const;
  // A packet from there was valid. True: our target changed by it.
  bool take_rtp(TimePoint at, const Address& from);
  void take_rtcp(Component component, const Address& from);

 private:
  static bool usable(const Address& a) { return a && a.port != 0 && !a.is_unspecified(); }

  bool allow_any_;
  Address remote_rtp_, remote_rtcp_;  // as negotiated
  bool mux_ = false;
  bool shut_ = false, shut_rtcp_ = false;
  Address rtp_, rtcp_;  // as learnt
  Address old_;         // where media came from before
  TimePoint old_until_{};
};

}  // namespace lineman
