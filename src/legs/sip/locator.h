// Locator: from a SIP URI to numbers: where to send, over which transport, and which local address
// the kernel would use for it. RFC 3263 without SRV and NAPTR, which have their seam in Resolver.
// Control thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "anchor.h"
#include "lineman/loop.h"
#include "lineman/packet.h"
#include "lineman/resolver.h"
#include "lineman/sip_uri.h"

namespace lineman {

struct Hop {
  Address peer;             // numeric, with port
  Address source;           // local IP, port 0
  std::string transport;    // "udp", "tcp"
  bool by_name = false;     // the URI held a name
  std::string uri() const;  // "sip:192.0.2.1:5060;transport=tcp"
};

// The local address that datagrams to `peer` leave from; asks the kernel, sends nothing.
Result<Address> source_towards(const Address& peer);

class Locator {
 public:
  using Done = std::function<void(Result<Hop>)>;

  Locator(Loop& loop, Resolver& resolver) : loop_(loop), resolver_(resolver) {}

  // `transport` when the URI does not say. Answers at once, from inside, for a numeric host and for
  // a name that was asked for a moment ago.
  void locate(const SipUri& uri, const std::string& transport, Duration limit, Done done);

 private:
  struct Known {
    std::vector<Address> addresses;
    TimePoint until;
  };
  Loop& loop_;
  Resolver& resolver_;
  std::map<std::string, Known> known_;  // the same name for media, signalling and ACK of one call
  Anchor anchor_;
};

}  // namespace lineman
