// Our answer to the peer's offer (RFC 3264 section 6): its payload numbers, its order, every m=
// line of it answered in its place, the first audio that we can do accepted.
#include <algorithm>

#include "lineman/text.h"
#include "sdp_negotiate.h"

namespace lineman {
namespace {

// What we can take of the peer's list.
OurTypes common_types(const LocalMedia& local, const SdpAudio& peer) {
  OurTypes out;
  bool any_8000 = false, opus = false;
  for (const SdpFormat& format : peer.formats) {
    if (!format.codec ||
        std::find(local.codecs.begin(), local.codecs.end(), *format.codec) == local.codecs.end())
      continue;
    out.codecs.push_back({format.number, *format.codec});
    (codec_info(*format.codec).clock_rate == 8000 ? any_8000 : opus) = true;
  }
  for (const SdpFormat& format : peer.formats) {
    const bool usable = format.clock_rate == 8000 || (format.clock_rate == 48000 && opus);
    if (format.event && local.telephone_event && usable) {
      out.events.push_back({format.number, format.clock_rate});
      if (format.fmtp == "0-15") out.event_range = "0-15";  // no more than was offered
    }
    if (format.comfort_noise && local.comfort_noise && any_8000 && !out.comfort_noise)
      out.comfort_noise = format.number;
  }
  return out;
}

std::string rejected(const SdpMedia& media) {
  std::string out = "m=" + printable(media.type) + " 0 " + printable(media.protocol);
  for (const std::string_view format : media.formats) out += ' ' + printable(format);
  return out + "\r\n";
}

struct Accepted {
  std::string section;
  RtpConfig config;
};

Result<Accepted> try_audio(const LocalMedia& local, const SdpSession& session,
                           const SdpMedia& media) {
  if (media.port == 0)
    return fail(ErrorCode::kNoCommon, "the peer's offer has its audio switched off (port 0)");
  if (auto ok = check_protocol(media); !ok) return tl::make_unexpected(ok.error());
  const auto peer = read_audio(session, media);
  if (!peer) return tl::make_unexpected(peer.error());
  const OurTypes types = common_types(local, *peer);
  if (types.codecs.empty()) return tl::make_unexpected(no_common_codec(local, *peer));

  Accepted out;
  RtpConfig& config = out.config;
  config.send = types.codecs.front();
  config.receive = types.codecs;
  config.events_receive = types.events;
  config.events_send = choose_event(types.events, codec_info(config.send.codec).clock_rate);
  config.comfort_noise = types.comfort_noise;
  if (auto ok = apply_peer(local, *peer, config); !ok) return tl::make_unexpected(ok.error());
  out.section =
      write_audio(local, types, iequals(media.protocol, "RTP/AVPF") ? "RTP/AVPF" : "RTP/AVP",
                  config.direction, config.rtcp_mux);
  return out;
}

}  // namespace

Result<Answer> answer_offer(const LocalMedia& local, std::string_view offer) {
  const auto session = parse_sdp(offer);
  if (!session) return tl::make_unexpected(session.error());
  std::optional<Accepted> accepted;
  std::optional<Error> why;  // of the first audio that we refuse
  std::string sections;
  for (const SdpMedia& media : session->media) {
    if (!accepted && iequals(media.type, "audio")) {
      auto tried = try_audio(local, *session, media);
      if (tried) {
        accepted = std::move(*tried);
        sections += accepted->section;
        continue;
      }
      if (tried.error().code == ErrorCode::kMalformed) return tl::make_unexpected(tried.error());
      if (!why) why = tried.error();
    }
    sections += rejected(media);
  }
  if (!accepted) {
    if (!why) why = Error{ErrorCode::kNoCommon, "the peer's offer has no audio"};
    return tl::make_unexpected(*why);
  }
  return Answer{write_session(local, session->time) + sections, std::move(accepted->config)};
}

}  // namespace lineman
