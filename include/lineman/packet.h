// Addresses and datagrams as the pure floors see them: no socket, no OS type.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lineman/result.h"
#include "lineman/time.h"

namespace lineman {

// A transport address: numeric IP and port. Never a name.
struct Address {
  enum class Family : std::uint8_t { kNone, kV4, kV6 };

  Family family = Family::kNone;
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> ip{};  // network order; the first four bytes for IPv4

  bool operator==(const Address&) const = default;
  explicit operator bool() const { return family != Family::kNone; }

  bool same_ip(const Address& o) const { return family == o.family && ip == o.ip; }
  bool is_loopback() const;     // 127.0.0.0/8, ::1
  bool is_private() const;      // RFC 1918, RFC 4193, link-local, loopback
  bool is_unspecified() const;  // 0.0.0.0, ::
  std::string ip_text() const;  // 127.0.0.1 or ::1
  std::string text() const;     // 127.0.0.1:5060 or [::1]:5060

  static Result<Address> parse_ip(std::string_view ip, std::uint16_t port = 0);
  static Result<Address> parse(std::string_view ip_and_port);  // "127.0.0.1:5060", "[::1]:5060"
};

enum class Component : std::uint8_t { kRtp, kRtcp };

// One datagram. `time` is the kernel's arrival time on the way in, the time to send on the way out.
struct Packet {
  static constexpr std::size_t kMaxSize = 2048;  // 200 ms of G.711 and a header fit

  Component component = Component::kRtp;
  std::uint16_t size = 0;
  Address peer;
  TimePoint time{};
  std::array<std::uint8_t, kMaxSize> bytes;

  std::span<const std::uint8_t> data() const { return {bytes.data(), size}; }
};

}  // namespace lineman
