#include "locator.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sockaddr.h"

namespace lineman {
namespace {

constexpr Duration kKeep = std::chrono::seconds(30);

Result<Hop> choose(const SipUri& uri, const std::string& transport,
                   const std::vector<Address>& addresses, bool by_name) {
  Hop hop;
  hop.by_name = by_name;
  hop.transport = !uri.transport().empty() ? uri.transport() : transport;
  if (hop.transport.empty()) hop.transport = "udp";
  if (uri.secure || hop.transport == "tls") {
    return fail(ErrorCode::kUnsupported, "TLS is not built in: use sip: with transport=udp or tcp");
  }
  if (hop.transport != "udp" && hop.transport != "tcp") {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the transport '{}' is not built in: use udp or tcp", hop.transport));
  }
  Error last{ErrorCode::kResolve, fmt::format("'{}' has no address", uri.host)};
  for (auto address : addresses) {
    address.port = uri.port ? uri.port : uri.port_or_default();
    if (auto source = source_towards(address)) {
      hop.peer = address;
      hop.source = *source;
      return hop;
    } else {
      last = source.error();
    }
  }
  return tl::make_unexpected(last);
}

}  // namespace

std::string Hop::uri() const { return fmt::format("sip:{};transport={}", peer.text(), transport); }

Result<Address> source_towards(const Address& peer) {
  const int fd = socket(peer.family == Address::Family::kV6 ? AF_INET6 : AF_INET,
                        SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return fail(ErrorCode::kResource, fmt::format("no socket: {}", std::strerror(errno)));
  }
  SockAddr to(peer), from;
  const bool known =
      connect(fd, to.get(), to.size()) == 0 && getsockname(fd, from.get(), from.room()) == 0;
  const int error = errno;
  close(fd);
  if (!known) {
    return fail(ErrorCode::kUnreachable,
                fmt::format("no route to {}: {}", peer.ip_text(), std::strerror(error)));
  }
  Address source = from.address();
  source.port = 0;
  return source;
}

void Locator::locate(const SipUri& uri, const std::string& transport, Duration limit, Done done) {
  if (uri.numeric_host()) {
    auto address = Address::parse_ip(uri.host);
    if (!address) return done(tl::make_unexpected(address.error()));
    return done(choose(uri, transport, {*address}, false));
  }
  if (const auto it = known_.find(uri.host); it != known_.end() && it->second.until > loop_.now()) {
    return done(choose(uri, transport, it->second.addresses, true));
  }
  resolver_.resolve(uri.host, limit,
                    anchor_.wrap([this, uri, transport,
                                  done = std::move(done)](Result<std::vector<Address>> found) {
                      if (!found) return done(tl::make_unexpected(found.error()));
                      // IPv4 first: what listens on `localhost` or in a container often has no
                      // IPv6.
                      std::stable_partition(found->begin(), found->end(), [](const Address& a) {
                        return a.family == Address::Family::kV4;
                      });
                      known_[uri.host] = {*found, loop_.now() + kKeep};
                      done(choose(uri, transport, *found, true));
                    }));
}

}  // namespace lineman
