#include "sdp_negotiate.h"

#include <algorithm>

#include "lineman/text.h"

namespace lineman {
namespace {

constexpr std::uint8_t kComfortNoise = 13;
constexpr std::uint8_t kEvent8000 = 101, kEvent48000 = 102;

std::string milliseconds(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

std::string connection(const Address& a) {
  if (!a) return "IN IP4 0.0.0.0";
  return (a.family == Address::Family::kV4 ? "IN IP4 " : "IN IP6 ") + a.ip_text();
}

// `wanted` when it is free, else the lowest free dynamic one.
std::uint8_t claim(std::vector<std::uint8_t>& used, std::uint8_t wanted) {
  const auto taken = [&](std::uint8_t n) {
    return std::find(used.begin(), used.end(), n) != used.end();
  };
  if (taken(wanted))
    for (wanted = 96; wanted < 127 && taken(wanted);) ++wanted;
  used.push_back(wanted);
  return wanted;
}

// What our encoder can make of the time the peer wants: whole frames, for Opus its own steps.
Duration send_ptime(CodecId codec, Duration wanted, std::optional<Duration> most) {
  using std::chrono::milliseconds;
  if (most) wanted = std::min(wanted, *most);
  const Duration whole = wanted / kFrameTime * kFrameTime;
  if (codec != CodecId::kOpus)
    return std::clamp<Duration>(whole, milliseconds(10), milliseconds(200));
  for (const auto step : {milliseconds(60), milliseconds(40), milliseconds(20)})
    if (whole >= step) return step;
  return milliseconds(10);
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 16;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) out += (i ? ", " : "") + names[i];
  return names.empty() ? "none" : names.size() > kShown ? out + ", ..." : out;
}

}  // namespace

OurTypes offered_types(const LocalMedia& local) {
  OurTypes out;
  std::vector<std::uint8_t> used = {kComfortNoise};
  for (const auto& kept : local.keep) used.push_back(kept.number);
  for (const auto& kept : local.keep_events) used.push_back(kept.number);

  bool any_8000 = false, opus = false;
  for (const CodecId id : local.codecs) {
    const auto same = [&](const PayloadType& p) { return p.codec == id; };
    if (std::any_of(out.codecs.begin(), out.codecs.end(), same)) continue;
    const auto kept = std::find_if(local.keep.begin(), local.keep.end(), same);
    const auto preferred = static_cast<std::uint8_t>(codec_info(id).payload_type);
    out.codecs.push_back({kept != local.keep.end() ? kept->number : claim(used, preferred), id});
    (codec_info(id).clock_rate == 8000 ? any_8000 : opus) = true;
  }
  if (local.comfort_noise && any_8000) out.comfort_noise = kComfortNoise;
  if (!local.telephone_event) return out;
  // 8000 beside Opus too: many peers know digits at that clock only.
  for (const int rate : {8000, 48000}) {
    if (rate == 48000 && !opus) continue;
    const auto kept = std::find_if(local.keep_events.begin(), local.keep_events.end(),
                                   [&](const EventPayloadType& e) { return e.clock_rate == rate; });
    const std::uint8_t preferred = rate == 8000 ? kEvent8000 : kEvent48000;
    out.events.push_back(
        {kept != local.keep_events.end() ? kept->number : claim(used, preferred), rate});
  }
  return out;
}

std::string write_session(const LocalMedia& local, std::string_view time) {
  const std::string address = connection(local.rtp);
  return "v=0\r\no=- " + std::to_string(local.session_id) + ' ' +
         std::to_string(local.session_version) + ' ' + address + "\r\ns=-\r\nc=" + address +
         "\r\nt=" + std::string(time) + "\r\n";
}

std::string write_audio(const LocalMedia& local, const OurTypes& types, std::string_view protocol,
                        Direction direction, bool rtcp_mux) {
  std::string media = "m=audio " + std::to_string(local.rtp.port) + ' ' + std::string(protocol);
  std::string lines;
  const auto add = [&](std::uint8_t number, const std::string& map, const std::string& fmtp) {
    const std::string n = std::to_string(number);
    media += ' ' + n;
    lines += "a=rtpmap:" + n + ' ' + map + "\r\n";
    if (!fmtp.empty()) lines += "a=fmtp:" + n + ' ' + fmtp + "\r\n";
  };
  for (const PayloadType& type : types.codecs) {
    const CodecInfo& info = codec_info(type.codec);
    std::string map = std::string(info.name) + '/' + std::to_string(info.clock_rate);
    std::string fmtp;
    if (info.channels > 1) map += '/' + std::to_string(info.channels);
    if (type.codec == CodecId::kOpus) {
      fmtp = std::string("useinbandfec=") + (local.opus_fec ? '1' : '0') + ";stereo=0";
      if (local.opus_bitrate > 0)
        fmtp += ";maxaveragebitrate=" + std::to_string(local.opus_bitrate);
    }
    add(type.number, map, fmtp);
  }
  if (types.comfort_noise) add(*types.comfort_noise, "CN/8000", "");
  for (const EventPayloadType& event : types.events)
    add(event.number, "telephone-event/" + std::to_string(event.clock_rate), types.event_range);
  lines += "a=ptime:" + milliseconds(local.ptime) + "\r\n";
  if (rtcp_mux) lines += "a=rtcp-mux\r\n";
  return media + "\r\n" + lines + "a=" + std::string(direction_name(direction)) + "\r\n";
}

Direction common_direction(Direction ours, Direction theirs) {
  const bool send = sends(ours) && receives(theirs), receive = receives(ours) && sends(theirs);
  return send ? (receive ? Direction::kSendRecv : Direction::kSendOnly)
              : (receive ? Direction::kRecvOnly : Direction::kInactive);
}

Result<void> apply_peer(const LocalMedia& local, const SdpAudio& peer, RtpConfig& config) {
  if (peer.rtp && local.rtp && peer.rtp.family != local.rtp.family) {
    const auto version = [](const Address& a) {
      return a.ip_text() + (a.family == Address::Family::kV4 ? " (IPv4)" : " (IPv6)");
    };
    return fail(ErrorCode::kNoCommon, "the peer's audio is at " + version(peer.rtp) + ", ours at " +
                                          version(local.rtp) + ": no packet can go between them");
  }
  config.rtcp_mux = local.rtcp_mux && peer.rtcp_mux;
  config.remote_rtp = peer.rtp;
  config.remote_rtcp = config.rtcp_mux ? peer.rtp : peer.rtcp;
  config.direction = common_direction(local.direction, peer.direction);
  config.peer_ptime = peer.ptime;
  config.ptime = send_ptime(config.send.codec, peer.ptime.value_or(local.ptime), peer.maxptime);
  config.peer_codecs = codec_labels(peer);
  for (const SdpFormat& format : peer.formats) {
    if (format.codec != CodecId::kOpus) continue;
    config.opus_fec = fmtp_parameter(format.fmtp, "useinbandfec") == "1";
    const auto rate = fmtp_parameter(format.fmtp, "maxaveragebitrate");
    const auto number = rate ? sdp_number(*rate, 100'000'000) : std::nullopt;
    if (number && *number > 0)  // RFC 7587 section 6.1: 6000 to 510000
      config.opus_max_bitrate = static_cast<int>(std::clamp<std::uint32_t>(*number, 6000, 510'000));
    break;
  }
  return {};
}

std::optional<EventPayloadType> choose_event(const std::vector<EventPayloadType>& events,
                                             int clock_rate) {
  for (const int rate : {clock_rate, 8000})
    for (const EventPayloadType& event : events)
      if (event.clock_rate == rate) return event;
  return {};
}

Error no_common_codec(const LocalMedia& local, const SdpAudio& peer) {
  std::vector<std::string> ours;
  for (const CodecId id : local.codecs) ours.emplace_back(codec_info(id).name);
  std::string text = "no common codec: the peer lists " + joined(codec_labels(peer)) +
                     "; we allow " + joined(ours);
  for (const SdpFormat& format : peer.formats)
    if (format.codec) {
      text += "; add " + std::string(codec_info(*format.codec).name) + " to --codec";
      break;
    }
  return {ErrorCode::kNoCommon, text};
}

}  // namespace lineman
