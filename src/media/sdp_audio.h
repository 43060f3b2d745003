// One m=audio section, read: where the peer is, which way, and what each payload type means.
// RFC 3551 (static types), RFC 3264 (directions), RFC 3605 (a=rtcp), RFC 5761 (rtcp-mux). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lineman/packet.h"
#include "lineman/sdp.h"
#include "sdp_parser.h"

namespace lineman {

struct SdpFormat {
  std::uint8_t number = 0;
  std::string name;    // of a=rtpmap or the static table; empty: the peer did not say
  int clock_rate = 0;  // 0 with an empty name
  int channels = 1;
  std::string_view fmtp;

  std::optional<CodecId> codec;  // one that we know
  bool event = false;            // telephone-event
  bool comfort_noise = false;    // CN at 8000

  // For error texts: "G729", "payload type 97"; with the clock where the name alone would read as
  // one of ours: "PCMU/16000".
  std::string label() const;
};

struct SdpAudio {
  Address rtp, rtcp;  // none while on hold by c=0.0.0.0
  bool rtcp_mux = false;
  Direction direction = Direction::kSendRecv;  // the peer's own; its c=0.0.0.0 is taken in
  std::optional<Duration> ptime, maxptime;
  std::vector<SdpFormat> formats;  // in the peer's order, each number once
};

// RTP/AVP, or RTP/AVPF, which without a=rtcp-fb lines asks nothing more of us (RFC 4585).
// kNoCommon otherwise, with the reason.
Result<void> check_protocol(const SdpMedia& media);

// kMalformed, or kNoCommon for multicast. `media` is not rejected and its protocol is checked.
Result<SdpAudio> read_audio(const SdpSession& session, const SdpMedia& media);

// Codec names as the peer listed them, each once, without events and comfort noise.
std::vector<std::string> codec_labels(const SdpAudio& audio);

// The value of `name` in "a=1;b=2" (a=fmtp), trimmed; nothing when it is not there.
std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name);

}  // namespace lineman
