#include "latch.h"

namespace lineman {

void Latch::open(TimePoint now, const RtpConfig& config) {
  old_ = {};
  if (!(config.remote_rtp == remote_rtp_)) {
    if (usable(remote_rtp_)) {
      old_ = rtp_;
      old_until_ = now + kUnderWay;
    }
    rtp_ = {};
  }
  if (!(config.remote_rtcp == remote_rtcp_) || !rtp_) rtcp_ = {};
  remote_rtp_ = config.remote_rtp;
  remote_rtcp_ = config.remote_rtcp;
  mux_ = config.rtcp_mux;
  shut_ = shut_rtcp_ = false;
}

Address Latch::rtp() const {
  if (!remote_rtp_) return {};
  if (rtp_) return rtp_;
  return usable(remote_rtp_) ? remote_rtp_ : Address{};
}

Address Latch::rtcp() const {
  if (mux_) return rtp();
  if (!remote_rtp_) return {};
  if (rtcp_) return rtcp_;
  // Media came from another host than was said: so does its RTCP, one port above (RFC 3550 section
  // 11), unless the port was said to be another.
  Address a = rtp();
  if (!a) return {};
  if (usable(remote_rtcp_) && (a.same_ip(remote_rtp_) || !rtp_)) return remote_rtcp_;
  ++a.port;
  return a.port ? a : Address{};
}

bool Latch::accepts_rtp(const Address& from) const {
  if (shut_) return from == rtp_;
  return allow_any_ || from.same_ip(remote_rtp_);
}

bool Latch::accepts_rtcp(Component component, const Address& from) const {
  if (component == Component::kRtp) return accepts_rtp(from);
  if (shut_rtcp_) return from == rtcp_;
  if (from.same_ip(remote_rtcp_) || from.same_ip(remote_rtp_)) return true;
  return shut_ ? from.same_ip(rtp_) : allow_any_;
}

bool Latch::take_rtp(TimePoint at, const Address& from) {
  if (!shut_ && from == old_ && at < old_until_ && !(from == remote_rtp_)) return false;
  const Address before = rtp();
  rtp_ = from;
  shut_ = true;
  return before && !(before == from);
}

void Latch::take_rtcp(Component component, const Address& from) {
  if (component == Component::kRtp) return;
  rtcp_ = from;
  shut_rtcp_ = true;
}

}  // namespace lineman
