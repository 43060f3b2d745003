// Our offer, and the peer's answer to it (RFC 3264 sections 5 and 7).
#include <algorithm>

#include "lineman/text.h"
#include "sdp_negotiate.h"

namespace lineman {
namespace {

// Adds `item` unless its number already means something.
template <class Item>
void accept_number(RtpConfig& config, std::vector<Item>& list, const Item& item) {
  const auto same = [&](const auto& other) { return other.number == item.number; };
  if (std::none_of(config.receive.begin(), config.receive.end(), same) &&
      std::none_of(config.events_receive.begin(), config.events_receive.end(), same) &&
      config.comfort_noise != item.number)
    list.push_back(item);
}

// A dynamic number without a=rtpmap: the peer means ours.
void adopt_unnamed(const OurTypes& ours, std::vector<SdpFormat>& formats) {
  for (SdpFormat& format : formats) {
    if (!format.name.empty()) continue;
    for (const PayloadType& type : ours.codecs)
      if (type.number == format.number) {
        format.codec = type.codec;
        format.name = codec_info(type.codec).name;
        format.clock_rate = codec_info(type.codec).clock_rate;
      }
    for (const EventPayloadType& event : ours.events)
      if (event.number == format.number) {
        format.event = true;
        format.name = "telephone-event";
        format.clock_rate = event.clock_rate;
      }
  }
}

}  // namespace

std::string make_offer(const LocalMedia& local) {
  return write_session(local, "0 0") +
         write_audio(local, offered_types(local), "RTP/AVP", local.direction, local.rtcp_mux);
}

RtpConfig offered_config(const LocalMedia& local) {
  const OurTypes ours = offered_types(local);
  RtpConfig config;
  config.rtcp_mux = local.rtcp_mux;
  config.direction = Direction::kRecvOnly;
  config.ptime = local.ptime;
  config.receive = ours.codecs;
  config.events_receive = ours.events;
  config.comfort_noise = ours.comfort_noise;
  if (!ours.codecs.empty()) config.send = ours.codecs.front();
  return config;
}

std::vector<std::string> offered_codec_names(std::string_view sdp) {
  const auto session = parse_sdp(sdp);
  if (!session) return {};
  for (const SdpMedia& media : session->media) {
    if (!iequals(media.type, "audio")) continue;
    if (const auto audio = read_audio(*session, media)) return codec_labels(*audio);
  }
  return {};
}

Result<RtpConfig> accept_answer(const LocalMedia& offered, std::string_view answer) {
  const auto session = parse_sdp(answer);
  if (!session) return tl::make_unexpected(session.error());
  const SdpMedia& media = session->media.front();
  if (session->media.size() > 1)
    return fail(ErrorCode::kMalformed, "the answer has " + std::to_string(session->media.size()) +
                                           " m= lines to the one we offered (RFC 3264 section 6)");
  if (!iequals(media.type, "audio"))
    return fail(ErrorCode::kMalformed, "the answer has " + sdp_quote(media.type) +
                                           " in the place of our audio (RFC 3264 section 6)");
  if (media.port == 0) {
    std::string ours;
    for (const CodecId id : offered.codecs)
      ours += (ours.empty() ? "" : ", ") + std::string(codec_info(id).name);
    return fail(ErrorCode::kNoCommon,
                "the peer rejected audio (port 0 in its answer); we offered " + ours);
  }
  if (auto ok = check_protocol(media); !ok) return tl::make_unexpected(ok.error());
  auto peer = read_audio(*session, media);
  if (!peer) return tl::make_unexpected(peer.error());

  const OurTypes ours = offered_types(offered);
  adopt_unnamed(ours, peer->formats);
  RtpConfig config;
  config.comfort_noise = ours.comfort_noise;

  std::vector<PayloadType> named;  // the peer's numbers, of codecs that we offered
  std::vector<EventPayloadType> events;
  for (const SdpFormat& format : peer->formats) {
    const auto our_codec = std::find_if(ours.codecs.begin(), ours.codecs.end(),
                                        [&](const auto& c) { return c.codec == format.codec; });
    const auto our_event =
        std::find_if(ours.events.begin(), ours.events.end(), [&](const EventPayloadType& e) {
          return format.event && e.clock_rate == format.clock_rate;
        });
    // First our own numbers, where the peer must send to; a peer that sends with the numbers of
    // its answer instead is understood where these are free.
    if (our_codec != ours.codecs.end()) {
      named.push_back({format.number, *format.codec});
      accept_number(config, config.receive, *our_codec);
    } else if (our_event != ours.events.end()) {
      events.push_back({format.number, format.clock_rate});
      accept_number(config, config.events_receive, *our_event);
    }
  }
  if (named.empty()) return tl::make_unexpected(no_common_codec(offered, *peer));
  for (const PayloadType& type : named) accept_number(config, config.receive, type);
  for (const EventPayloadType& event : events) accept_number(config, config.events_receive, event);

  config.send = named.front();
  config.events_send = choose_event(events, codec_info(config.send.codec).clock_rate);
  if (auto ok = apply_peer(offered, *peer, config); !ok) return tl::make_unexpected(ok.error());
  return config;
}

}  // namespace lineman
