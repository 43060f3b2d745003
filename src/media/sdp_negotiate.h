// What an offer and an answer have in common, seen from our side: our payload numbers, the text of
// our audio section, and the RtpConfig that follows from what the peer said. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lineman/sdp.h"
#include "sdp_audio.h"

namespace lineman {

// The payload types of one description of ours, in the order it names them.
struct OurTypes {
  std::vector<PayloadType> codecs;
  std::vector<EventPayloadType> events;
  std::optional<std::uint8_t> comfort_noise;
  std::string event_range = "0-16";  // digits and flash, as everybody says
};
OurTypes offered_types(const LocalMedia& local);

// v= to the session's c= and t=; then one m=audio section per call of write_audio.
std::string write_session(const LocalMedia& local, std::string_view time);
std::string write_audio(const LocalMedia& local, const OurTypes& types, std::string_view protocol,
                        Direction direction, bool rtcp_mux);

// Ours, when we want `ours` and the peer says `theirs` of itself.
Direction common_direction(Direction ours, Direction theirs);

// The part of RtpConfig that the peer's section alone decides: addresses, direction, packet times,
// Opus parameters, names. `send` must be set before. kNoCommon when the IP versions differ.
Result<void> apply_peer(const LocalMedia& local, const SdpAudio& peer, RtpConfig& config);

// events_send: at the clock of `send`, else 8000, among the peer's numbers in `events`.
std::optional<EventPayloadType> choose_event(const std::vector<EventPayloadType>& events,
                                             int clock_rate);

// "no common codec: the peer lists G729, PCMA; we allow opus, PCMU. Add pcma to --codec"
Error no_common_codec(const LocalMedia& local, const SdpAudio& peer);

}  // namespace lineman
