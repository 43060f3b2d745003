// pcapng blocks (draft-ietf-opsawg-pcapng) and the IP, UDP and TCP headers made up around payloads
// (RFC 791, 8200, 768, 9293). Pure functions on bytes; Writer's thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lineman/packet.h"

namespace lineman {

using Bytes = std::vector<std::uint8_t>;

// Section Header and one Interface Description: LINKTYPE_RAW, nanoseconds.
Bytes pcapng_preamble(std::string_view application);
// Enhanced Packet Block. `comment` may be empty.
Bytes pcapng_packet(std::span<const std::uint8_t> ip_packet, std::int64_t utc_nanoseconds,
                    bool sent, std::string_view comment = {});

Bytes udp_packet(const Address& from, const Address& to, std::span<const std::uint8_t> payload);

// TCP segments that carry SIP messages as they came, without the handshake and the acknowledgements
// that the kernel exchanged: sequence numbers count on in each direction, so that Wireshark follows
// the stream.
class TcpStreams {
 public:
  Bytes segment(const Address& from, const Address& to, std::span<const std::uint8_t> payload);

 private:
  std::map<std::pair<std::string, std::string>, std::uint32_t> next_;
};

}  // namespace lineman
