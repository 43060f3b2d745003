// Names to addresses over c-ares, driven from the Loop; the private face of lineman/resolver.h.
// Control thread.
//
//   resolve ─► numeric? ─► hosts file? ─► localhost (RFC 6761)? ─► DNS: A and AAAA at once
//                                                                    │ both, or the first and 250
//                                                                    ms
//   done   ◄──────────────── from a timer, never from resolve() ◄────┴ or `limit`
//
// IPv4 comes before IPv6 in the answer. make_resolver(loop) reads LINEMAN_NAMESERVERS, a comma
// list of "127.0.0.1:5353" or "127.0.0.1", in place of the system's name servers and its search
// list: for tests of the whole program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lineman/loop.h"
#include "lineman/resolver.h"

namespace lineman {

struct ResolverOptions {
  std::vector<Address> servers;  // empty: the system's, with its search list; port 0 means 53
  std::string hosts_file = "/etc/hosts";  // may be missing
  std::string error;                      // not empty: every name that needs a server fails with it
};

// LINEMAN_NAMESERVERS; a value that does not parse goes into `error`.
ResolverOptions resolver_options_from_environment();

std::unique_ptr<Resolver> make_resolver(Loop& loop, ResolverOptions options);

}  // namespace lineman
