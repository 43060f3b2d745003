// SDP text to lines and sections (RFC 8866), before anything is known about audio. Pure.
//
// Tolerant where real peers are sloppy (LF alone, no final line end, unknown and missing lines that
// nothing depends on), strict about what a stream's address, port or payload type is read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lineman/result.h"

namespace lineman {

struct SdpAttribute {
  std::string_view name, value;  // a=name:value
};

struct SdpSection {
  std::optional<std::string_view> connection;  // what follows c=; the first one
  std::vector<SdpAttribute> attributes;

  const SdpAttribute* find(std::string_view name) const;  // the first of that name
};

struct SdpMedia : SdpSection {
  std::string_view type, protocol;  // "audio", "RTP/AVP"
  std::uint16_t port = 0;           // 0: rejected or switched off
  std::vector<std::string_view> formats;
};

struct SdpSession : SdpSection {
  std::string_view time = "0 0";  // an answer repeats it (RFC 3264 section 6)
  std::vector<SdpMedia> media;    // at least one
};

// The result refers to `text`.
Result<SdpSession> parse_sdp(std::string_view text);

// Pieces that the reader of a section needs too.
std::vector<std::string_view> sdp_fields(std::string_view text);  // split at runs of blanks
std::optional<std::uint32_t> sdp_number(std::string_view digits, std::uint32_t most);
std::string sdp_quote(std::string_view untrusted);  // printable, short, in ''

}  // namespace lineman
