// Safe defaults (DESIGN section 5): who may call us, how many at a time and how often, and whom we
// do not call. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/packet.h"
#include "lineman/result.h"
#include "lineman/time.h"

namespace lineman {

// "192.0.2.0/24", "2001:db8::/32" or a bare address.
struct Cidr {
  Address network;
  int bits = 0;
  bool contains(const Address& address) const;
};
Result<Cidr> parse_cidr(std::string_view text);

// True when the target is an emergency number or service: 112, 911, 999, 000, urn:service:sos.
bool is_emergency(std::string_view uri);

class IncomingPolicy {
 public:
  struct Options {
    std::vector<Cidr> allow;  // empty: private ranges when `public_listener`, everybody otherwise
    int max_calls = 0;        // at a time; 0: 10 when `public_listener`, no limit otherwise
    bool public_listener = false;
  };
  explicit IncomingPolicy(Options options) : options_(std::move(options)) {}

  struct Refusal {
    int code = 486;
    std::string why;
  };
  // `calls`: those up now. A refusal says the status to answer with: 403, 486 or 503.
  std::optional<Refusal> admit(const Address& source, int calls, TimePoint now);

 private:
  Options options_;
  std::deque<TimePoint> recent_;  // arrivals of the last second, for the rate limit
};

}  // namespace lineman
