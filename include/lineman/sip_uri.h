// SIP URIs as people type them and as peers send them (RFC 3261 section 19.1). Pure, no Sofia: cli,
// phone and legs/sip share it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lineman/result.h"

namespace lineman {

struct SipUri {
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  bool secure = false;     // sips:
  std::string user;        // escapes kept as written; empty: none
  std::string host;        // a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;  // 0: not said
  Parameters parameters;   // ;transport=tcp;lr: names in lower case, values as written
  Parameters headers;      // ?Subject=x: escapes kept

  bool numeric_host() const;                                // IPv4 or IPv6: needs no resolver
  std::string_view parameter(std::string_view name) const;  // "" when absent or without a value
  bool has_parameter(std::string_view name) const;
  std::string transport() const;          // "udp", "tcp", "tls" in lower case; "" when not said
  std::uint16_t port_or_default() const;  // 5060, or 5061 when secure or transport=tls
  std::string host_text() const;          // IPv6 in brackets
  std::string host_port() const;          // host_text(), and ":port" when said
  std::string address_of_record() const;  // scheme, user and host_port alone
  std::string text() const;               // everything
  std::string request_uri() const;        // without ?headers, which a Request-URI must not have
};

// `600@pbx` and `pbx` mean `sip:600@pbx` and `sip:pbx`. kUsage with a text that quotes the input
// and says what is wrong. A password in the URI is refused: it would show in `ps` and in traces.
Result<SipUri> parse_sip_uri(std::string_view text);

// What stands in Contact, Route, From: `"Name" <sip:x@y;lr>;tag=1` or a bare URI, whose parameters
// are then the header's. The scheme is required.
struct NameAddr {
  std::string display;
  SipUri uri;
};
Result<NameAddr> parse_name_addr(std::string_view text);

}  // namespace lineman
