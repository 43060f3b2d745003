// SDP offer and answer (RFC 8866, RFC 3264): one dialect for all legs. Pure text in, RtpConfig out.
//
//   LocalMedia ──make_offer──► offer ──► peer ──► answer ──accept_answer──► RtpConfig
//   offer from the peer + LocalMedia ──answer_offer──► answer text + RtpConfig
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/audio.h"
#include "lineman/packet.h"
#include "lineman/result.h"

namespace lineman {

enum class CodecId : std::uint8_t { kPcmu, kPcma, kG722, kOpus };

struct CodecInfo {
  CodecId id;
  std::string_view name;   // as in a=rtpmap
  int clock_rate;          // of RTP timestamps: 8000 for G.722 too (RFC 3551 section 4.5.2)
  SampleRate sample_rate;  // of the audio
  int channels;            // in a=rtpmap: 2 for Opus (RFC 7587)
  int payload_type;        // static, or our preferred dynamic one
};
const CodecInfo& codec_info(CodecId id);
const std::vector<CodecInfo>& all_codecs();  // in our order of preference
// "opus,pcmu"; an unknown name is kUsage and names the nearest.
Result<std::vector<CodecId>> parse_codec_list(std::string_view list);

enum class Direction : std::uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
constexpr bool sends(Direction d) { return d == Direction::kSendRecv || d == Direction::kSendOnly; }
constexpr bool receives(Direction d) {
  return d == Direction::kSendRecv || d == Direction::kRecvOnly;
}
std::string_view direction_name(Direction d);

struct PayloadType {
  std::uint8_t number = 0;
  CodecId codec{};
  bool operator==(const PayloadType&) const = default;
};
struct EventPayloadType {
  std::uint8_t number = 0;
  int clock_rate = 8000;
  bool operator==(const EventPayloadType&) const = default;
};

// What we can do and where: the input to an offer or an answer.
struct LocalMedia {
  Address rtp;                  // as put into c= and m=
  std::vector<CodecId> codecs;  // in order of preference
  Duration ptime = std::chrono::milliseconds(20);
  Direction direction = Direction::kSendRecv;
  bool telephone_event = true;   // RFC 4733, at each clock rate offered, also 8000 beside Opus
  bool comfort_noise = true;     // RFC 3389, payload type 13, receive only
  bool rtcp_mux = true;          // offered and accepted
  std::uint64_t session_id = 0;  // o= line; the version counts up with each changed description
  std::uint64_t session_version = 0;
  int opus_bitrate = 0;  // maxaveragebitrate, bit/s; 0: not said
  bool opus_fec = true;  // useinbandfec
  // For a new offer in a running call: the numbers already in use, which must not come to mean
  // something else (RFC 3264 section 8.3.2). Copied from RtpConfig::receive and events_receive.
  std::vector<PayloadType> keep;
  std::vector<EventPayloadType> keep_events;
};

// The outcome, from our side: all that an RtpLeg needs to know.
struct RtpConfig {
  Address remote_rtp, remote_rtcp;
  bool rtcp_mux = false;
  Direction direction = Direction::kSendRecv;  // ours; c=0.0.0.0 counts as the peer's sendonly
  PayloadType send;                            // the peer's first choice among ours
  std::vector<PayloadType> receive;  // every payload type to accept, ours and the peer's numbers
  Duration ptime =
      std::chrono::milliseconds(20);   // that we send: the peer's a=ptime within its maxptime
  std::optional<Duration> peer_ptime;  // what the peer's SDP announced, for the diagnosis
  std::vector<EventPayloadType> events_receive;
  std::optional<EventPayloadType>
      events_send;  // at the clock of `send` when the peer has it, else 8000
  std::optional<std::uint8_t> comfort_noise;  // payload type to accept
  bool opus_fec = false;                      // the peer said useinbandfec=1
  int opus_max_bitrate = 0;                   // the peer's maxaveragebitrate, 0: none
  std::vector<std::string>
      peer_codecs;  // names the peer listed, known to us or not: for the diagnosis
};

struct Answer {
  std::string sdp;
  RtpConfig config;
};

std::string make_offer(const LocalMedia& local);
// What to understand from the moment the offer is sent: everything in it, from anywhere, and
// nothing to send.
RtpConfig offered_config(const LocalMedia& local);
// Codec names that a description lists, ours or not; empty when it does not parse. For the
// diagnosis.
std::vector<std::string> offered_codec_names(std::string_view sdp);

// kMalformed: not SDP, or breaks RFC 3264. kNoCommon: audio rejected or no common codec; the text
// lists both sides.
Result<RtpConfig> accept_answer(const LocalMedia& offered, std::string_view answer);
Result<Answer> answer_offer(const LocalMedia& local, std::string_view offer);

}  // namespace lineman
