// The SIP URI and name-addr parsers: whatever parses must print as something that parses to the
// same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lineman/sip_uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto uri = lineman::parse_sip_uri(text)) {
    const auto printed = uri->text();
    const auto again = lineman::parse_sip_uri(printed);
    if (!again || again->text() != printed || uri->host.empty()) std::abort();
  } else if (uri.error().text.empty() || uri.error().text.size() > 1000) {
    std::abort();
  }
  if (const auto address = lineman::parse_name_addr(text)) {
    if (!lineman::parse_name_addr('<' + address->uri.text() + '>')) std::abort();
  }
  return 0;
}
