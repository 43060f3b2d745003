#include "sdp_parser.h"

#include <algorithm>
#include <string>

#include "lineman/text.h"

namespace lineman {
namespace {

constexpr std::size_t kMaxSize = 64 * 1024;
constexpr std::size_t kMaxMedia = 32;

tl::unexpected<Error> bad(std::size_t line, std::string_view text, const std::string& why) {
  return fail(ErrorCode::kMalformed,
              "SDP line " + std::to_string(line) + " " + sdp_quote(text) + ": " + why);
}

// m=<type> <port>[/<count>] <protocol> <format>...
std::optional<std::string> read_media(std::string_view value, SdpMedia& out) {
  const auto fields = sdp_fields(value);
  if (fields.size() < 4) return "m= needs a type, a port, a protocol and a format";
  const auto port_and_count = split(fields[1], '/');
  const auto port = sdp_number(port_and_count[0], 65535);
  if (!port) return "the port must be a number from 0 to 65535";
  if (port_and_count.size() > 2 ||
      (port_and_count.size() == 2 && !sdp_number(port_and_count[1], 65535)))
    return "the count of ports must be a number";
  out.type = fields[0];
  out.port = static_cast<std::uint16_t>(*port);
  out.protocol = fields[2];
  out.formats.assign(fields.begin() + 3, fields.end());
  return {};
}

bool is_time(std::string_view value) {  // safe to repeat in an answer
  return !value.empty() && value.size() < 64 &&
         value.find_first_not_of("0123456789 ") == std::string_view::npos;
}

}  // namespace

const SdpAttribute* SdpSection::find(std::string_view name) const {
  const auto it = std::find_if(attributes.begin(), attributes.end(),
                               [&](const auto& a) { return iequals(a.name, name); });
  return it == attributes.end() ? nullptr : &*it;
}

std::vector<std::string_view> sdp_fields(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    text = trim(text);
    if (text.empty()) return out;
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<std::uint32_t> sdp_number(std::string_view digits, std::uint32_t most) {
  std::uint64_t value = 0;
  if (digits.empty() || digits.size() > 10) return {};
  for (const char c : digits) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > most) return {};
  return static_cast<std::uint32_t>(value);
}

std::string sdp_quote(std::string_view untrusted) {
  constexpr std::size_t kShown = 60;
  return "'" + printable(untrusted.substr(0, kShown)) + (untrusted.size() > kShown ? "...'" : "'");
}

Result<SdpSession> parse_sdp(std::string_view text) {
  if (trim(text).empty()) return fail(ErrorCode::kMalformed, "the SDP is empty");
  if (text.size() > kMaxSize)
    return fail(ErrorCode::kMalformed, "the SDP has " + std::to_string(text.size()) +
                                           " bytes, more than the " + std::to_string(kMaxSize) +
                                           " that any real one needs");
  SdpSession session;
  SdpSection* section = &session;
  std::size_t number = 0;
  bool first = true;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty()) continue;
    if (line.size() < 2 || line[1] != '=') return bad(number, line, "not of the form x=value");
    if (line.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos)
      return bad(number, line, "a NUL or a lone CR");
    const char kind = line[0];
    const std::string_view value = trim(line.substr(2));
    if (first && (kind != 'v' || value != "0")) return bad(number, line, "SDP begins with v=0");
    first = false;
    if (kind == 'm') {
      if (session.media.size() == kMaxMedia)
        return bad(number, line, "more than " + std::to_string(kMaxMedia) + " m= lines");
      session.media.emplace_back();
      section = &session.media.back();
      if (const auto why = read_media(value, session.media.back())) return bad(number, line, *why);
    } else if (kind == 'c') {
      if (!section->connection) section->connection = value;
    } else if (kind == 'a') {
      const std::size_t colon = value.find(':');
      section->attributes.push_back(
          {trim(value.substr(0, colon)),
           colon == std::string_view::npos ? std::string_view() : trim(value.substr(colon + 1))});
    } else if (kind == 't' && section == &session && is_time(value)) {
      session.time = value;
    }
  }
  if (session.media.empty()) return fail(ErrorCode::kMalformed, "the SDP has no m= line");
  return session;
}

}  // namespace lineman
