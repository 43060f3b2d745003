#include "policy.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "lineman/sip_uri.h"
#include "lineman/text.h"

namespace lineman {
namespace {

constexpr int kPublicMaxCalls = 10;
constexpr std::size_t kPublicCallsPerSecond = 10;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// %31 is a 1 to every peer (RFC 3261 section 19.1.4).
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

int address_bits(const Address& a) { return a.family == Address::Family::kV4 ? 32 : 128; }

}  // namespace

bool Cidr::contains(const Address& address) const {
  if (address.family != network.family) return false;
  for (int bit = 0; bit < bits; bit++) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address.ip[byte] & mask) != (network.ip[byte] & mask)) return false;
  }
  return true;
}

Result<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  const auto network = Address::parse_ip(text.substr(0, slash));
  const auto bad = [&] {
    return fail(ErrorCode::kUsage, "'" + printable(text) +
                                       "' is not an address range: write 192.0.2.0/24, "
                                       "2001:db8::/32 or one address");
  };
  if (!network) return bad();
  Cidr cidr{*network, address_bits(*network)};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), cidr.bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || cidr.bits < 0 ||
        cidr.bits > address_bits(*network)) {
      return bad();
    }
  }
  return cidr;
}

bool is_emergency(std::string_view uri) {
  static constexpr std::array<std::string_view, 4> kNumbers = {"112", "911", "999", "000"};
  const auto colon = uri.find(':');
  if (colon != std::string_view::npos && iequals(uri.substr(0, colon), "urn")) {
    const std::string_view rest = uri.substr(colon + 1);
    return iequals(rest.substr(0, 11), "service:sos");
  }
  const auto parsed = parse_sip_uri(uri);
  if (!parsed) return false;
  const std::string user = unescaped(parsed->user);
  std::string number;  // visual separators do not make it another number (RFC 3966)
  for (char c : user.substr(0, user.find(';'))) {
    if (std::string_view("-.() +").find(c) == std::string_view::npos) number += c;
  }
  if (iequals(number, "sos")) return true;
  return std::find(kNumbers.begin(), kNumbers.end(), number) != kNumbers.end();
}

std::optional<IncomingPolicy::Refusal> IncomingPolicy::admit(const Address& source, int calls,
                                                             TimePoint now) {
  const bool listed = options_.allow.empty()
                          ? !options_.public_listener || source.is_private()
                          : std::any_of(options_.allow.begin(), options_.allow.end(),
                                        [&](const Cidr& c) { return c.contains(source); });
  if (!listed) return Refusal{403, source.ip_text() + " is not allowed to call: see --allow"};
  if (options_.public_listener) {
    while (!recent_.empty() && now - recent_.front() >= std::chrono::seconds(1)) {
      recent_.pop_front();
    }
    if (recent_.size() >= kPublicCallsPerSecond) {
      return Refusal{503, "more than " + std::to_string(kPublicCallsPerSecond) + " calls a second"};
    }
    recent_.push_back(now);
  }
  const int most = options_.max_calls > 0 ? options_.max_calls
                                          : (options_.public_listener ? kPublicMaxCalls : 0);
  if (most > 0 && calls >= most) {
    return Refusal{486, std::to_string(most) + " calls are up: see --max-calls"};
  }
  return std::nullopt;
}

}  // namespace lineman
