#include "sdp_audio.h"

#include <algorithm>
#include <cmath>

#include "lineman/text.h"

namespace lineman {
namespace {

struct StaticType {
  std::uint8_t number;
  std::string_view name;
  int clock_rate;
};
// RFC 3551 table 4: the ones met without a=rtpmap, ours or only to be named in an error.
constexpr StaticType kStatic[] = {{0, "PCMU", 8000},  {3, "GSM", 8000},    {4, "G723", 8000},
                                  {5, "DVI4", 8000},  {6, "DVI4", 16000},  {7, "LPC", 8000},
                                  {8, "PCMA", 8000},  {9, "G722", 8000},   {10, "L16", 44100},
                                  {11, "L16", 44100}, {12, "QCELP", 8000}, {13, "CN", 8000},
                                  {15, "G728", 8000}, {18, "G729", 8000}};

tl::unexpected<Error> malformed(const std::string& text) {
  return fail(ErrorCode::kMalformed, "the SDP's " + text);
}

// "IN IP4 192.0.2.1" with an optional /ttl or /ttl/count behind the address.
Result<Address> read_address(const std::string& line, std::string_view value) {
  const auto fields = sdp_fields(value);
  if (fields.size() != 3 || !iequals(fields[0], "IN") ||
      !(iequals(fields[1], "IP4") || iequals(fields[1], "IP6")))
    return malformed(line + " line " + sdp_quote(value) +
                     " is not IN IP4 or IN IP6 and an address");
  const std::string_view ip = fields[2].substr(0, fields[2].find('/'));
  const auto address = Address::parse_ip(ip);
  if (!address) {
    const bool name = ip.find_first_of(":%") == std::string_view::npos &&
                      ip.find_first_not_of("0123456789.") != std::string_view::npos;
    return malformed(line + " line has " +
                     (name ? "the host name " + sdp_quote(ip) + ": numeric addresses only"
                           : "a bad address: " + address.error().text));
  }
  const bool v4 = address->family == Address::Family::kV4;
  if (v4 != iequals(fields[1], "IP4"))
    return malformed(line + " line " + sdp_quote(value) +
                     " names one IP version and uses the other");
  if ((v4 && (address->ip[0] & 0xF0) == 0xE0) || (!v4 && address->ip[0] == 0xFF))
    return fail(ErrorCode::kNoCommon, "the peer wants audio at the multicast address " +
                                          address->ip_text() + ": only unicast is built in");
  return *address;
}

// a=rtpmap:<number> <name>/<clock>[/<channels>]
Result<void> apply_rtpmap(std::string_view value, std::vector<SdpFormat>& formats) {
  const auto fields = sdp_fields(value);
  const auto number = fields.empty() ? std::nullopt : sdp_number(fields[0], 127);
  const auto parts = split(fields.size() < 2 ? std::string_view() : fields[1], '/');
  const std::uint32_t clock =
      parts.size() < 2 ? 0 : sdp_number(parts[1], 10'000'000).value_or(0);  // 0: not one
  const std::uint32_t channels = parts.size() < 3 ? 1 : sdp_number(parts[2], 255).value_or(0);
  if (!number || parts[0].empty() || clock == 0 || channels == 0)
    return malformed("a=rtpmap:" + sdp_quote(value) +
                     " is not a payload type (0 to 127), a name, a clock rate");
  for (SdpFormat& format : formats) {
    if (format.number != *number) continue;
    format.name = parts[0];
    format.clock_rate = static_cast<int>(clock);
    format.channels = static_cast<int>(channels);
    format.codec.reset();
    for (const CodecInfo& info : all_codecs()) {
      if (!iequals(info.name, format.name)) continue;
      // Opus is always 48000/2, but some leave out the channels; G.722 is always 8000 on the wire,
      // but some write its sampling rate.
      const bool opus = info.id == CodecId::kOpus, g722 = info.id == CodecId::kG722;
      if ((format.clock_rate == info.clock_rate || (g722 && format.clock_rate == 16000)) &&
          (opus || channels == 1))
        format.codec = info.id;
      if (format.codec) format.clock_rate = info.clock_rate;
    }
    format.event = iequals(format.name, "telephone-event");
    format.comfort_noise = iequals(format.name, "CN") && format.clock_rate == 8000;
  }
  return {};
}

Result<std::vector<SdpFormat>> read_formats(const SdpMedia& media) {
  std::vector<SdpFormat> out;
  for (const std::string_view text : media.formats) {
    const auto number = sdp_number(text, 127);
    if (!number)
      return malformed("m=audio line has the payload type " + sdp_quote(text) +
                       ": a number from 0 to 127 is needed");
    const auto same = [&](const SdpFormat& f) { return f.number == *number; };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    SdpFormat format;
    format.number = static_cast<std::uint8_t>(*number);
    for (const StaticType& known : kStatic) {
      if (known.number != *number) continue;
      format.name = known.name;
      format.clock_rate = known.clock_rate;
      format.comfort_noise = known.number == 13;
    }
    for (const CodecInfo& info : all_codecs())
      if (info.payload_type == format.number && !format.name.empty()) format.codec = info.id;
    out.push_back(std::move(format));
  }
  for (const SdpAttribute& a : media.attributes) {
    if (iequals(a.name, "rtpmap")) {
      if (auto ok = apply_rtpmap(a.value, out); !ok) return tl::make_unexpected(ok.error());
    } else if (iequals(a.name, "fmtp")) {
      const std::size_t end = std::min(a.value.find_first_of(" \t"), a.value.size());
      const auto number = sdp_number(a.value.substr(0, end), 127);
      for (SdpFormat& format : out)
        if (number && format.number == *number) format.fmtp = trim(a.value.substr(end));
    }
  }
  return out;
}

std::optional<Direction> read_direction(const SdpSection& section) {
  for (const SdpAttribute& a : section.attributes)
    for (const Direction d :
         {Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly, Direction::kInactive})
      if (iequals(a.name, direction_name(d))) return d;
  return {};
}

// Milliseconds, whole or with a fraction (RFC 8866 section 6.4). Advice only: nonsense is no
// advice.
std::optional<Duration> read_ptime(const SdpSession& session, const SdpMedia& media,
                                   std::string_view name) {
  const SdpAttribute* a = media.find(name);
  if (!a) a = session.find(name);
  if (!a) return {};
  const std::size_t dot = std::min(a->value.find('.'), a->value.size());
  const auto whole = sdp_number(a->value.substr(0, dot), 10'000);
  if (!whole) return {};
  double ms = *whole, unit = 0.1;
  for (const char c : a->value.substr(std::min(dot + 1, a->value.size()))) {
    if (c < '0' || c > '9') return {};
    ms += (c - '0') * unit;
    unit /= 10;
  }
  if (ms <= 0) return {};
  return std::chrono::microseconds(std::llround(ms * 1000));
}

// a=rtcp:<port> [IN IP4 <address>] (RFC 3605), else the next port.
Result<Address> read_rtcp(const SdpMedia& media, const Address& rtp) {
  Address out = rtp;
  const SdpAttribute* a = media.find("rtcp");
  if (!a) {
    if (rtp.port == 65535) return Address{};
    out.port = static_cast<std::uint16_t>(rtp.port + 1);
    return out;
  }
  const std::size_t end = std::min(a->value.find_first_of(" \t"), a->value.size());
  const auto port = sdp_number(a->value.substr(0, end), 65535);
  if (!port) return malformed("a=rtcp:" + sdp_quote(a->value) + " has no port from 0 to 65535");
  if (end < a->value.size()) {
    const auto address = read_address("a=rtcp", a->value.substr(end));
    if (!address) return address;
    out = *address;
  }
  if (*port == 0 || out.is_unspecified() || out.family != rtp.family) return Address{};
  out.port = static_cast<std::uint16_t>(*port);
  return out;
}

}  // namespace

std::string SdpFormat::label() const {
  if (name.empty()) return "payload type " + std::to_string(number);
  std::string out = printable(std::string_view(name).substr(0, 40));
  const auto& ours = all_codecs();
  const bool our_name = std::any_of(ours.begin(), ours.end(),
                                    [&](const CodecInfo& c) { return iequals(c.name, name); });
  if (our_name && !codec) {
    out += "/" + std::to_string(clock_rate);
    if (channels != 1) out += "/" + std::to_string(channels);
  }
  return out;
}

Result<void> check_protocol(const SdpMedia& media) {
  if (iequals(media.protocol, "RTP/AVP") || iequals(media.protocol, "RTP/AVPF")) return {};
  const bool srtp = iequals(media.protocol, "RTP/SAVP") || iequals(media.protocol, "RTP/SAVPF") ||
                    iequals(media.protocol, "UDP/TLS/RTP/SAVP") ||
                    iequals(media.protocol, "UDP/TLS/RTP/SAVPF");
  return fail(ErrorCode::kNoCommon,
              srtp ? "the peer wants encrypted audio (" + printable(media.protocol) +
                         "): SRTP is not built in, allow plain RTP/AVP at the peer"
                   : "the peer wants audio over " + sdp_quote(media.protocol) +
                         ": only RTP/AVP is built in");
}

Result<SdpAudio> read_audio(const SdpSession& session, const SdpMedia& media) {
  SdpAudio out;
  const auto connection = media.connection ? media.connection : session.connection;
  if (!connection) return malformed("m=audio section has no c= line, nor has the session");
  auto address = read_address("c=", *connection);
  if (!address) return tl::make_unexpected(address.error());
  address->port = media.port;

  out.direction =
      read_direction(media).value_or(read_direction(session).value_or(Direction::kSendRecv));
  if (address->is_unspecified()) {  // hold as in RFC 2543: nothing is wanted (RFC 3264 section 8.4)
    out.direction = sends(out.direction) ? Direction::kSendOnly : Direction::kInactive;
  } else {
    out.rtp = *address;
    auto rtcp = read_rtcp(media, out.rtp);
    if (!rtcp) return tl::make_unexpected(rtcp.error());
    out.rtcp = *rtcp;
  }
  out.rtcp_mux = media.find("rtcp-mux") != nullptr;
  out.ptime = read_ptime(session, media, "ptime");
  out.maxptime = read_ptime(session, media, "maxptime");
  auto formats = read_formats(media);
  if (!formats) return tl::make_unexpected(formats.error());
  out.formats = std::move(*formats);
  return out;
}

std::vector<std::string> codec_labels(const SdpAudio& audio) {
  std::vector<std::string> out;
  for (const SdpFormat& format : audio.formats) {
    const std::string label = format.label();
    if (!format.event && !iequals(format.name, "CN") &&
        std::find(out.begin(), out.end(), label) == out.end())
      out.push_back(label);
  }
  return out;
}

std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name) {
  for (const std::string_view part : split(fmtp, ';')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && iequals(trim(part.substr(0, equals)), name))
      return trim(part.substr(equals + 1));
  }
  return {};
}

}  // namespace lineman
