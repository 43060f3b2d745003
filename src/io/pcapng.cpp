#include "pcapng.h"

#include <algorithm>
#include <array>

namespace lineman {
namespace {

constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kMaxPayload = 65000;

// --- pcapng: native byte order, here little-endian, said by the magic

void put_le(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void pad(Bytes& out) {
  while (out.size() % 4 != 0) out.push_back(0);
}

void option(Bytes& out, std::uint16_t code, std::span<const std::uint8_t> value) {
  put_le(out, code, 2);
  put_le(out, value.size(), 2);
  out.insert(out.end(), value.begin(), value.end());
  pad(out);
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Bytes block(std::uint32_t type, const Bytes& body) {
  Bytes out;
  const std::size_t size = body.size() + 12;
  put_le(out, type, 4);
  put_le(out, size, 4);
  out.insert(out.end(), body.begin(), body.end());
  put_le(out, size, 4);
  return out;
}

// --- IP: network byte order

void put(Bytes& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::size_t ip_size(const Address& a) { return a.family == Address::Family::kV6 ? 16 : 4; }

void put_ip(Bytes& out, const Address& a) {
  out.insert(out.end(), a.ip.begin(), a.ip.begin() + static_cast<std::ptrdiff_t>(ip_size(a)));
}

// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint64_t>(bytes[i]) << 8 : bytes[i];
  }
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// `segment` with its checksum at `at` still 0, under the pseudo header of RFC 768 or RFC 8200.
void set_checksum(Bytes& segment, std::size_t at, const Address& from, const Address& to,
                  std::uint8_t protocol) {
  Bytes pseudo;
  put_ip(pseudo, from);
  put_ip(pseudo, to);
  put(pseudo, static_cast<std::uint32_t>(segment.size()), 4);
  put(pseudo, protocol, 4);
  pseudo.insert(pseudo.end(), segment.begin(), segment.end());
  std::uint16_t sum = checksum(pseudo);
  if (protocol == kUdp && sum == 0) sum = 0xFFFF;  // 0 would say that there is none
  segment[at] = static_cast<std::uint8_t>(sum >> 8);
  segment[at + 1] = static_cast<std::uint8_t>(sum);
}

Bytes ip_packet(const Address& from, const Address& to, std::uint8_t protocol,
                const Bytes& segment) {
  Bytes out;
  if (from.family == Address::Family::kV6) {
    put(out, 0x60000000, 4);
    put(out, static_cast<std::uint32_t>(segment.size()), 2);
    put(out, protocol, 1);
    put(out, 64, 1);
    put_ip(out, from);
    put_ip(out, to);
  } else {
    put(out, 0x4500, 2);
    put(out, static_cast<std::uint32_t>(segment.size() + 20), 2);
    put(out, 0x00004000, 4);  // do not fragment
    put(out, 64, 1);
    put(out, protocol, 1);
    put(out, 0, 2);
    put_ip(out, from);
    put_ip(out, to);
    const std::uint16_t sum = checksum(out);
    out[10] = static_cast<std::uint8_t>(sum >> 8);
    out[11] = static_cast<std::uint8_t>(sum);
  }
  out.insert(out.end(), segment.begin(), segment.end());
  return out;
}

std::span<const std::uint8_t> fitting(std::span<const std::uint8_t> payload) {
  return payload.first(std::min(payload.size(), kMaxPayload));
}

}  // namespace

Bytes pcapng_preamble(std::string_view application) {
  Bytes section;
  put_le(section, 0x1A2B3C4D, 4);
  put_le(section, 1, 2);
  put_le(section, 0, 2);
  put_le(section, 0xFFFFFFFFFFFFFFFF, 8);     // length of the section: not said
  option(section, 4, bytes_of(application));  // shb_userappl
  put_le(section, 0, 4);
  Bytes out = block(0x0A0D0D0A, section);

  Bytes interface;
  put_le(interface, 101, 2);  // LINKTYPE_RAW: IPv4 or IPv6 begins at once
  put_le(interface, 0, 2);
  put_le(interface, 0, 4);                      // no limit
  option(interface, 2, bytes_of(application));  // if_name
  const std::uint8_t nanoseconds = 9;
  option(interface, 9, {&nanoseconds, 1});  // if_tsresol
  put_le(interface, 0, 4);
  const Bytes description = block(1, interface);
  out.insert(out.end(), description.begin(), description.end());
  return out;
}

Bytes pcapng_packet(std::span<const std::uint8_t> ip, std::int64_t utc_nanoseconds, bool sent,
                    std::string_view comment) {
  const auto time = static_cast<std::uint64_t>(utc_nanoseconds);
  Bytes body;
  put_le(body, 0, 4);
  put_le(body, time >> 32, 4);
  put_le(body, time, 4);
  put_le(body, ip.size(), 4);
  put_le(body, ip.size(), 4);
  body.insert(body.end(), ip.begin(), ip.end());
  pad(body);
  if (!comment.empty()) option(body, 1, bytes_of(comment));
  const std::array<std::uint8_t, 4> direction{static_cast<std::uint8_t>(sent ? 2 : 1), 0, 0, 0};
  option(body, 2, direction);  // epb_flags
  put_le(body, 0, 4);
  return block(6, body);
}

Bytes udp_packet(const Address& from, const Address& to, std::span<const std::uint8_t> payload) {
  payload = fitting(payload);
  Bytes segment;
  put(segment, from.port, 2);
  put(segment, to.port, 2);
  put(segment, static_cast<std::uint32_t>(payload.size() + 8), 2);
  put(segment, 0, 2);
  segment.insert(segment.end(), payload.begin(), payload.end());
  set_checksum(segment, 6, from, to, kUdp);
  return ip_packet(from, to, kUdp, segment);
}

Bytes TcpStreams::segment(const Address& from, const Address& to,
                          std::span<const std::uint8_t> payload) {
  payload = fitting(payload);
  const std::string a = from.text(), b = to.text();
  std::uint32_t& sequence = next_.try_emplace({a, b}, 1).first->second;
  const std::uint32_t acknowledged = next_.try_emplace({b, a}, 1).first->second;
  Bytes segment;
  put(segment, from.port, 2);
  put(segment, to.port, 2);
  put(segment, sequence, 4);
  put(segment, acknowledged, 4);
  put(segment, 0x5018, 2);  // 20 bytes of header; ACK, PSH
  put(segment, 0xFFFF, 2);
  put(segment, 0, 4);
  segment.insert(segment.end(), payload.begin(), payload.end());
  sequence += static_cast<std::uint32_t>(payload.size());
  set_checksum(segment, 16, from, to, kTcp);
  return ip_packet(from, to, kTcp, segment);
}

}  // namespace lineman
