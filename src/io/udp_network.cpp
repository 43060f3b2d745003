#include "udp_network.h"

#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "clock.h"
#include "socket_address.h"

namespace lineman {
namespace {

constexpr int kAttempts = 64;  // for an even port from the kernel with its neighbour free
constexpr int kReceiveBuffer = 208 * 1024;  // doubled by the kernel: a burst of 3 s fits

struct Bound {
  Fd fd;
  Address address;
  int error = 0;
};

Bound bind_udp(Address local, std::uint16_t port) {
  Bound bound;
  local.port = port;
  const bool v6 = local.family == Address::Family::kV6;
  bound.fd = Fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = bound.fd.get();
  if (fd < 0) {
    bound.error = errno;
    return bound;
  }
  const int on = 1;
  if (v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // So that "nobody listens there" comes back to be counted.
  ::setsockopt(fd, v6 ? int{IPPROTO_IPV6} : int{IPPROTO_IP}, v6 ? IPV6_RECVERR : IP_RECVERR, &on,
               sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  SocketAddress name(local);
  if (::bind(fd, name.get(), name.size) != 0) {
    bound.error = errno;
    return bound;
  }
  name.size = sizeof name.storage;
  if (::getsockname(fd, name.get(), &name.size) != 0) bound.error = errno;
  bound.address = name.address();
  return bound;
}

Error bind_error(int error, const Address& ip, const std::string& ports) {
  switch (error) {
    case EMFILE: {
      rlimit limit{};
      ::getrlimit(RLIMIT_NOFILE, &limit);
      return {ErrorCode::kResource, "out of file descriptors (the limit is " +
                                        std::to_string(limit.rlim_cur) +
                                        "): raise it with `ulimit -n`, or lower --max-calls"};
    }
    case EADDRNOTAVAIL:
      return {ErrorCode::kPort, ip.ip_text() + " is not an address of this machine: name one of " +
                                    "its own with --listen"};
    case EADDRINUSE:
      return {ErrorCode::kPort, "no free pair of UDP ports for media in " + ports + " on " +
                                    ip.ip_text() + ": widen --rtp-ports"};
    case EACCES:
      return {ErrorCode::kPort, "may not bind UDP ports in " + ports + " on " + ip.ip_text() +
                                    ": choose --rtp-ports above 1023"};
    case EAFNOSUPPORT:
      return {ErrorCode::kPort,
              "this machine has no " +
                  std::string(ip.family == Address::Family::kV6 ? "IPv6" : "IPv4") +
                  ": cannot open media ports on " + ip.ip_text()};
    default:
      return {ErrorCode::kResource, "cannot open UDP ports for media in " + ports + " on " +
                                        ip.ip_text() + ": " + errno_text(error)};
  }
}

MediaSockets pair_of(Bound rtp, Bound rtcp) {
  return {rtp.address, rtcp.address,
          std::make_unique<UdpTransport>(std::move(rtp.fd), std::move(rtcp.fd), monotonic_now())};
}

}  // namespace

UdpTransport::UdpTransport(Fd rtp, Fd rtcp, TimePoint opened)
    : rtp_(std::move(rtp)),
      rtcp_(std::move(rtcp)),
      previous_(opened),
      wake_(opened),
      second_(std::make_unique<Packet>()) {}

bool UdpTransport::receive(Packet& out, TimePoint now) {
  if (now != wake_) {
    previous_ = wake_;
    wake_ = now;
    offset_known_ = rtp_empty_ = false;
  }
  if (second_ready_) {
    second_ready_ = false;
    out = *second_;
    return true;
  }
  if (!rtp_empty_) {
    if (read(rtp_, Component::kRtp, out)) return true;
    rtp_empty_ = true;
  }
  if (now < next_rtcp_) return false;
  if (read(rtcp_, Component::kRtcp, out)) return true;
  next_rtcp_ = now + kRtcpInterval;
  return false;
}

// Two datagrams are asked for at once: when only one is there, as on most wakes, the socket is
// known to be empty without a second call. The C library's wrappers are cancellation points, which
// cost a threaded program two atomic operations each.
bool UdpTransport::read(const Fd& fd, Component component, Packet& out) {
  struct Slot {
    sockaddr_storage name;
    iovec bytes;
    alignas(cmsghdr) char control[64];
  } slots[2];
  Packet* const packets[2] = {&out, second_.get()};
  mmsghdr messages[2];
  for (int errors = 0; errors < 8;) {
    for (int i = 0; i < 2; ++i) {
      slots[i].bytes = {packets[i]->bytes.data(), packets[i]->bytes.size()};
      messages[i] = {};
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = &slots[i].name;
      header.msg_namelen = sizeof slots[i].name;
      header.msg_iov = &slots[i].bytes;
      header.msg_iovlen = 1;
      header.msg_control = slots[i].control;
      header.msg_controllen = sizeof slots[i].control;
    }
    const long count = ::syscall(SYS_recvmmsg, fd.get(), messages, 2, MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      ++errors;
      if (errno != EINTR) clear_errors(fd);
      continue;
    }
    if (component == Component::kRtp) rtp_empty_ = count < 2;
    int good = 0;
    for (long i = 0; i < count; ++i) {
      if (!take(messages[i], component, *packets[i])) continue;
      if (good++ == 0 && i == 1) out = *second_;
      second_ready_ = good == 2;
    }
    if (good > 0) return true;
    ++errors;
    if (rtp_empty_ && component == Component::kRtp) return false;
  }
  return false;
}

// Fills in what the kernel said about a datagram whose bytes are there. False: it was too long.
bool UdpTransport::take(const mmsghdr& message, Component component, Packet& out) {
  const msghdr& header = message.msg_hdr;
  if (header.msg_flags & MSG_TRUNC) {
    ++counters_.truncated;
    return false;
  }
  out.component = component;
  out.size = static_cast<std::uint16_t>(message.msg_len);
  out.peer = address_of(*static_cast<const sockaddr_storage*>(header.msg_name));
  out.time = wake_;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(const_cast<msghdr*>(&header), c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    out.time =
        arrival(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
  }
  ++counters_.received;
  return true;
}

TimePoint UdpTransport::arrival(Duration stamp) {
  if (!offset_known_) {
    offset_ = read_clock(CLOCK_MONOTONIC) - wall_now();
    offset_known_ = true;
  }
  // Clamped, so that a stepped wall clock costs one wake's precision and no more.
  return std::clamp(TimePoint(stamp + offset_), previous_, wake_);
}

// An ICMP error makes the next call on the socket fail once; its packet waits in the error queue
// and would hold receive buffer for ever.
void UdpTransport::clear_errors(const Fd& fd) {
  alignas(cmsghdr) char control[512];
  char byte;
  for (int i = 0; i < 64; ++i) {
    iovec bytes{&byte, 1};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(fd.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    ++counters_.refused;
  }
}

void UdpTransport::send(const Packet& packet) {
  const Fd& fd = packet.component == Component::kRtp ? rtp_ : rtcp_;
  const SocketAddress peer(packet.peer);
  // A pending ICMP error of an earlier packet is reported instead of sending this one.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::syscall(SYS_sendto, fd.get(), packet.bytes.data(), packet.size,
                  MSG_DONTWAIT | MSG_NOSIGNAL, peer.get(), peer.size) >= 0) {
      ++counters_.sent;
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    clear_errors(fd);
  }
  ++counters_.failed;
}

Result<MediaSockets> UdpNetwork::open(const Address& local_ip) {
  if (!local_ip) return fail(ErrorCode::kInternal, "media ports need a local address");
  return range_.last == 0 ? open_anywhere(local_ip) : open_in_range(local_ip);
}

Result<MediaSockets> UdpNetwork::open_in_range(const Address& local_ip) {
  const int first = (range_.first + 1) / 2 * 2;
  const int pairs = (range_.last - first + 1) / 2;
  const auto ports = std::to_string(range_.first) + "-" + std::to_string(range_.last);
  if (pairs <= 0) {
    return fail(ErrorCode::kPort, "--rtp-ports " + ports +
                                      " has no even port with the next one: widen it, as in "
                                      "40000-40999");
  }
  int error = EADDRINUSE;
  const auto start = static_cast<int>(random_.below(static_cast<std::uint64_t>(pairs)));
  for (int i = 0; i < pairs; ++i) {
    const auto port = static_cast<std::uint16_t>(first + 2 * ((start + i) % pairs));
    Bound rtp = bind_udp(local_ip, port);
    if (rtp.error == 0) {
      Bound rtcp = bind_udp(local_ip, port + 1);
      if (rtcp.error == 0) return pair_of(std::move(rtp), std::move(rtcp));
      error = rtcp.error;
    } else {
      error = rtp.error;
    }
    if (error != EADDRINUSE) break;
  }
  return tl::make_unexpected(bind_error(error, local_ip, ports));
}

Result<MediaSockets> UdpNetwork::open_anywhere(const Address& local_ip) {
  int error = EADDRINUSE;
  for (int i = 0; i < kAttempts; ++i) {
    Bound bound = bind_udp(local_ip, 0);
    error = bound.error;
    if (error) break;
    const std::uint16_t port = bound.address.port;
    // Whichever half of a pair the kernel gave: ask for the other.
    const bool even = port % 2 == 0;
    Bound other = bind_udp(local_ip, static_cast<std::uint16_t>(even ? port + 1 : port - 1));
    if (other.error == 0) {
      return even ? pair_of(std::move(bound), std::move(other))
                  : pair_of(std::move(other), std::move(bound));
    }
    error = other.error;
    if (error != EADDRINUSE && error != EACCES) break;
  }
  return tl::make_unexpected(bind_error(error, local_ip, "the kernel's range"));
}

std::unique_ptr<MediaNetwork> make_udp_network(PortRange range, std::uint64_t seed) {
  return std::make_unique<UdpNetwork>(range, derive(seed, "rtp-ports"));
}

}  // namespace lineman
