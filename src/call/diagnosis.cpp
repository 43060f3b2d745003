#include "verdict.h"

namespace lineman {
namespace {

std::string list(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

// An address in the SDP that the peer cannot be reached at from here, while its signalling came
// from elsewhere.
std::string nat(const CallFacts& f) {
  if (!f.media || !f.media->remote) return "";
  const Address& sdp = f.media->remote;
  if (f.latched && !f.latched.same_ip(sdp)) {
    return "the peer's SDP says " + sdp.text() + " but its RTP came from " + f.latched.text() +
           ": there is a NAT between, and the peer does not know its public address";
  }
  if (f.signalling && !f.signalling.same_ip(sdp)) {
    const bool private_behind_public = sdp.is_private() && !f.signalling.is_private();
    return "the peer's SDP says " + sdp.text() + " but its signalling came from " +
           f.signalling.text() +
           (private_behind_public ? ": a private address behind a NAT, our RTP cannot reach it"
                                  : ": check that its media address is reachable from here");
  }
  return "";
}

}  // namespace

std::string diagnose(const CallFacts& f, const CallResult& r) {
  switch (r.exit) {
    case Exit::kOk:
    case Exit::kUsage:
    case Exit::kLocal: return "";
    case Exit::kNegotiation:
      if (!f.peer_codecs.empty()) {
        return "the peer offers " + list(f.peer_codecs) +
               "; our own codec list may be too narrow: see --codec";
      }
      return "";
    case Exit::kNoMedia:
    case Exit::kExpectation:
    case Exit::kPeerHungUp:
    case Exit::kDropped: break;
    default: return "";
  }
  if (f.end && f.end->no_ack) {
    return "our answer (200) was never acknowledged: the peer's Contact or a Record-Route does not "
           "lead "
           "back to it, or its ACK does not reach " +
           (f.media && f.media->local ? f.media->local.ip_text() : std::string("us"));
  }
  if (r.exit == Exit::kNoMedia || r.rx.packets == 0) {
    if (f.unknown_payload_type) {
      return "the peer sends RTP payload type " + std::to_string(*f.unknown_payload_type) +
             ", which was not negotiated";
    }
    if (f.stranger) {
      return "RTP came from " + f.stranger.text() + ", not from the peer's " +
             (f.media ? f.media->remote.text() : std::string("address")) + ", and was refused";
    }
    if (std::string text = nat(f); !text.empty()) return text;
    if (r.media == "one_way_rx") {
      return "we hear the peer but our RTP does not arrive there: look for a firewall or NAT on "
             "the way to " +
             (f.media ? f.media->remote.text() : std::string("its media address"));
    }
    if (r.exit == Exit::kNoMedia && f.media) {
      return "nothing at all arrived on " + f.media->local.text() +
             ": the peer is silent, or a firewall drops its RTP";
    }
  }
  if (f.peer_ptime && f.media) {
    return "the peer packs " + std::to_string(static_cast<long>(to_ms(*f.peer_ptime))) +
           " ms of audio into a packet, " +
           std::to_string(static_cast<long>(to_ms(f.media->ptime))) + " ms were negotiated";
  }
  if (r.exit == Exit::kPeerHungUp && r.duration_ms && *r.duration_ms < 1000) {
    return "the peer hung up within a second of the answer: it may have refused what it was "
           "offered, or its "
           "application ended at once";
  }
  return "";
}

}  // namespace lineman
