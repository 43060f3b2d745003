// Address of lineman/packet.h, read and written by hand so that the pure floors need no OS call.
// RFC 4291 section 2.2 and 2.5 in, RFC 5952 out.
#include <algorithm>
#include <charconv>
#include <optional>

#include "lineman/packet.h"
#include "lineman/text.h"

namespace lineman {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// Decimal digits only, no sign, no leading zero (which some readers take for octal).
std::optional<unsigned> decimal(std::string_view text, unsigned most) {
  unsigned value = 0;
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return {};
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

bool parse_v4(std::string_view text, std::uint8_t* out) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = decimal(parts[i], 255);
    if (!value) return false;
    out[i] = static_cast<std::uint8_t>(*value);
  }
  return true;
}

// Groups of one side of "::" appended to `out` from `at`; the new end, or nothing.
std::optional<std::size_t> parse_groups(std::string_view text, bool v4_tail, Bytes& out,
                                        std::size_t at) {
  if (text.empty()) return at;
  const auto groups = split(text, ':');
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string_view group = groups[i];
    if (v4_tail && i + 1 == groups.size() && group.find('.') != std::string_view::npos) {
      if (at + 4 > out.size() || !parse_v4(group, &out[at])) return {};
      return at + 4;
    }
    std::uint16_t value = 0;
    if (group.empty() || group.size() > 4 || at + 2 > out.size()) return {};
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size()) return {};
    out[at++] = static_cast<std::uint8_t>(value >> 8);
    out[at++] = static_cast<std::uint8_t>(value & 0xFF);
  }
  return at;
}

bool parse_v6(std::string_view text, Bytes& out) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto end = parse_groups(text, true, out, 0);
    return end && *end == out.size();
  }
  const std::string_view right = text.substr(gap + 2);
  if (right.find("::") != std::string_view::npos) return false;
  const auto left_end = parse_groups(text.substr(0, gap), false, out, 0);
  Bytes tail{};
  const auto tail_size = parse_groups(right, true, tail, 0);
  // "::" stands for at least one group (RFC 4291 section 2.2).
  if (!left_end || !tail_size || *left_end + *tail_size + 2 > out.size()) return false;
  std::copy_n(tail.begin(), *tail_size, out.end() - static_cast<std::ptrdiff_t>(*tail_size));
  return true;
}

bool is_mapped(const Bytes& ip) {  // ::ffff:0:0/96
  return std::all_of(ip.begin(), ip.begin() + 10, [](auto b) { return b == 0; }) &&
         ip[10] == 0xFF && ip[11] == 0xFF;
}

// The IPv4 address in it, ::ffff:a.b.c.d too: what is true of one is true of the other.
const std::uint8_t* inner_v4(const Address& a) {
  if (a.family == Address::Family::kV4) return a.ip.data();
  return a.family == Address::Family::kV6 && is_mapped(a.ip) ? a.ip.data() + 12 : nullptr;
}

std::string v4_text(const std::uint8_t* b) {
  return std::to_string(b[0]) + '.' + std::to_string(b[1]) + '.' + std::to_string(b[2]) + '.' +
         std::to_string(b[3]);
}

std::string v6_text(const Bytes& ip) {
  if (is_mapped(ip)) return "::ffff:" + v4_text(&ip[12]);  // RFC 5952 section 5
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = ip[2 * i] * 256u + ip[2 * i + 1];
  // The longest run of at least two zero groups, the first of equals (section 4.2).
  std::size_t gap = 8, gap_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t run = 0;
    while (i + run < 8 && groups[i + run] == 0) ++run;
    if (run > gap_size) gap = i, gap_size = run;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), groups[i], 16).ptr;
    out.append(hex.data(), end);
  }
  return out;
}

std::string quoted(std::string_view text) {
  return "'" + printable(text.substr(0, 80)) + (text.size() > 80 ? "...'" : "'");
}

}  // namespace

bool Address::is_loopback() const {
  if (const std::uint8_t* v4 = inner_v4(*this)) return v4[0] == 127;
  return family == Family::kV6 && ip[15] == 1 &&
         std::all_of(ip.begin(), ip.end() - 1, [](auto b) { return b == 0; });
}

bool Address::is_private() const {
  if (is_loopback()) return true;
  if (const std::uint8_t* v4 = inner_v4(*this))
    return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xF0) == 16) ||
           (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254);
  return family == Family::kV6 &&
         ((ip[0] & 0xFE) == 0xFC || (ip[0] == 0xFE && (ip[1] & 0xC0) == 0x80));
}

bool Address::is_unspecified() const {
  if (const std::uint8_t* v4 = inner_v4(*this)) return !(v4[0] | v4[1] | v4[2] | v4[3]);
  return family == Family::kV6 && std::all_of(ip.begin(), ip.end(), [](auto b) { return b == 0; });
}

std::string Address::ip_text() const {
  if (family == Family::kNone) return "none";
  return family == Family::kV4 ? v4_text(ip.data()) : v6_text(ip);
}

std::string Address::text() const {
  if (family == Family::kNone) return "none";
  const std::string host = family == Family::kV4 ? ip_text() : '[' + ip_text() + ']';
  return host + ':' + std::to_string(port);
}

Result<Address> Address::parse_ip(std::string_view text, std::uint16_t port) {
  Address out;
  out.port = port;
  const bool v6 = text.find(':') != std::string_view::npos;
  if (v6 && text.find('%') != std::string_view::npos)
    return fail(ErrorCode::kMalformed, quoted(text) +
                                           " names a scope: IPv6 scopes are not supported, use an "
                                           "address without '%'");
  if (v6 ? parse_v6(text, out.ip) : parse_v4(text, out.ip.data())) {
    out.family = v6 ? Family::kV6 : Family::kV4;
    return out;
  }
  return fail(ErrorCode::kMalformed, quoted(text) +
                                         " is not a numeric IP address such as 192.0.2.1 or "
                                         "2001:db8::1");
}

Result<Address> Address::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) -> Result<Address> {
    return fail(ErrorCode::kMalformed, quoted(text) + std::string(why));
  };
  std::string_view host, port;
  if (!text.empty() && text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return bad(" has no closing ']'");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (host.find(':') == std::string_view::npos)
      return bad(" has brackets round what is not an IPv6 address");
    if (port.empty() || port[0] != ':') return bad(" has no port: write [::1]:5060");
    port.remove_prefix(1);
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad(" has no port: write 127.0.0.1:5060");
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.find(':') != std::string_view::npos)
      return bad(": an IPv6 address with a port needs brackets, as in [::1]:5060");
  }
  const auto number = decimal(port, 65535);
  if (!number) return bad(": the port must be a number from 0 to 65535");
  return parse_ip(host, static_cast<std::uint16_t>(*number));
}

}  // namespace lineman
