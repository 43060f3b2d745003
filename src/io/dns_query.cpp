#include "dns_query.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace lineman {
namespace {

constexpr int kTryMs = 1000, kTries = 3;  // the caller's limit is usually shorter than all of them
constexpr std::uint16_t kDnsPort = 53;
constexpr int kMostAddresses = 32;

ares_addr_port_node to_node(const Address& a) {
  ares_addr_port_node node{};
  const bool v4 = a.family == Address::Family::kV4;
  node.family = v4 ? AF_INET : AF_INET6;
  std::memcpy(&node.addr, a.ip.data(), v4 ? 4 : 16);
  node.udp_port = node.tcp_port = a.port ? a.port : kDnsPort;
  return node;
}

DnsAnswer::Status to_status(int status) {
  switch (status) {
    case ARES_ENOTFOUND: return DnsAnswer::Status::kNoName;
    case ARES_ENODATA: return DnsAnswer::Status::kNoAddress;
    case ARES_ETIMEOUT: return DnsAnswer::Status::kSilent;
    case ARES_ECONNREFUSED: return DnsAnswer::Status::kUnreachable;
    default: return DnsAnswer::Status::kFailed;
  }
}

// Follows CNAMEs within the reply.
int parse(Address::Family family, const unsigned char* reply, int size, std::vector<Address>& out) {
  int count = kMostAddresses;
  Address address;
  address.family = family;
  if (family == Address::Family::kV4) {
    std::array<ares_addrttl, kMostAddresses> found{};
    const int status = ares_parse_a_reply(reply, size, nullptr, found.data(), &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
      std::memcpy(address.ip.data(), &found[static_cast<std::size_t>(i)].ipaddr, 4);
      out.push_back(address);
    }
    return status;
  }
  std::array<ares_addr6ttl, kMostAddresses> found{};
  const int status = ares_parse_aaaa_reply(reply, size, nullptr, found.data(), &count);
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    std::memcpy(address.ip.data(), &found[static_cast<std::size_t>(i)].ip6addr, 16);
    out.push_back(address);
  }
  return status;
}

// NOERROR and NXDOMAIN, c-ares reports itself.
std::string refusal_text(int rcode) {
  switch (rcode) {
    case ns_r_formerr: return "FORMERR";
    case ns_r_servfail: return "SERVFAIL";
    case ns_r_notimpl: return "NOTIMP";
    case ns_r_refused: return "REFUSED";
    default: return "error " + std::to_string(rcode);
  }
}

}  // namespace

// c-ares passes over a reply such as SERVFAIL to the next server, and in the end reports the same
// as when nobody could be reached. So the replies are looked at as they come in.
const ares_socket_functions DnsQuery::kSockets = {
    [](int domain, int type, int protocol, void*) -> ares_socket_t {
      return ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    },
    [](ares_socket_t fd, void*) { return ::close(fd); },
    [](ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void*) {
      return ::connect(fd, to, size);
    },
    [](ares_socket_t fd, void* data, std::size_t size, int flags, sockaddr* from,
       ares_socklen_t* from_size, void* self) -> ares_ssize_t {
      const auto n = ::recvfrom(fd, data, size, flags, from, from_size);
      const auto* bytes = static_cast<const unsigned char*>(data);
      if (n >= NS_HFIXEDSZ && (bytes[2] & 0x80)) {
        const int rcode = bytes[3] & 15;
        if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
          static_cast<DnsQuery*>(self)->refusal_ = rcode;
      }
      return n;
    },
    [](ares_socket_t fd, const iovec* parts, int count, void*) -> ares_ssize_t {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(parts);
      message.msg_iovlen = static_cast<std::size_t>(count);
      return ::sendmsg(fd, &message, MSG_NOSIGNAL);
    }};

Result<std::unique_ptr<DnsQuery>> DnsQuery::open(Loop& loop, const std::vector<Address>& servers) {
  std::unique_ptr<DnsQuery> out(new DnsQuery(loop));
  const auto check = [](int status, const char* what) -> Result<void> {
    if (status == ARES_SUCCESS) return {};
    return fail(ErrorCode::kResolve, std::string("name resolution cannot start: ") + what + ": " +
                                         ares_strerror(status));
  };
  if (auto ok = check(ares_library_init(ARES_LIB_INIT_ALL), "c-ares"); !ok)
    return tl::make_unexpected(ok.error());

  ares_options options{};
  options.flags = ARES_FLAG_NOALIASES;
  options.timeout = kTryMs;
  options.tries = kTries;
  options.sock_state_cb_data = out.get();
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<DnsQuery*>(self)->on_socket(fd, readable != 0, writable != 0);
  };
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (!servers.empty()) mask |= ARES_OPT_DOMAINS;  // an empty search list
  if (auto ok = check(ares_init_options(&out->channel_, &options, mask), "c-ares"); !ok) {
    out->channel_ = nullptr;
    return tl::make_unexpected(ok.error());
  }
  ares_set_socket_functions(out->channel_, &kSockets, out.get());
  if (!servers.empty()) {
    std::vector<ares_addr_port_node> nodes;
    for (const Address& server : servers) nodes.push_back(to_node(server));
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i) nodes[i].next = &nodes[i + 1];
    if (auto ok = check(ares_set_servers_ports(out->channel_, nodes.data()), "name servers"); !ok)
      return tl::make_unexpected(ok.error());
  }
  return out;
}

DnsQuery::~DnsQuery() {
  closing_ = true;
  if (channel_) ares_destroy(channel_);
  for (const auto& [fd, watch] : watches_) loop_.unwatch(watch);
  loop_.cancel(timer_);
  ares_library_cleanup();
}

void DnsQuery::start(const std::string& host, Address::Family family, Done done) {
  family_ = family;
  done_ = std::move(done);
  ares_search(
      channel_, host.c_str(), ns_c_in, family == Address::Family::kV4 ? ns_t_a : ns_t_aaaa,
      [](void* self, int status, int, unsigned char* reply, int size) {
        static_cast<DnsQuery*>(self)->on_answer(status, reply, size);
      },
      this);
  arm();
}

void DnsQuery::on_answer(int status, const unsigned char* reply, int size) {
  if (closing_) return;
  DnsAnswer answer;
  if (status == ARES_SUCCESS) status = parse(family_, reply, size, answer.addresses);
  if (status == ARES_SUCCESS && answer.addresses.empty()) status = ARES_ENODATA;
  if (status == ARES_SUCCESS) {
    answer.status = DnsAnswer::Status::kAddresses;
  } else if (status == ARES_ECONNREFUSED && refusal_) {
    answer.reason = refusal_text(*refusal_);
  } else {
    answer.status = to_status(status);
    answer.reason = ares_strerror(status);
  }
  done_(std::move(answer));
}

void DnsQuery::on_socket(int fd, bool readable, bool writable) {
  if (const auto it = watches_.find(fd); it != watches_.end()) {
    loop_.unwatch(it->second);
    watches_.erase(it);
  }
  const unsigned interest = (readable ? Loop::kReadable : 0u) | (writable ? Loop::kWritable : 0u);
  if (interest == 0 || closing_) return;
  watches_[fd] = loop_.watch(fd, interest, [this, fd](unsigned ready) {
    // A hang-up is an error that reading reports (ICMP port unreachable).
    const bool read = ready & (Loop::kReadable | Loop::kHangup);
    process(read ? fd : ARES_SOCKET_BAD, ready & Loop::kWritable ? fd : ARES_SOCKET_BAD);
  });
}

void DnsQuery::process(int readable, int writable) {
  ares_process_fd(channel_, readable, writable);
  arm();
}

void DnsQuery::arm() {
  loop_.cancel(timer_);
  timer_ = 0;
  timeval time{};
  if (!ares_timeout(channel_, nullptr, &time)) return;
  // One millisecond more: c-ares compares with a clock of its own.
  const Duration wait = std::chrono::seconds(time.tv_sec) +
                        std::chrono::microseconds(time.tv_usec) + std::chrono::milliseconds(1);
  timer_ = loop_.at(loop_.now() + wait, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
}

std::vector<Address> DnsQuery::servers() const {
  std::vector<Address> out;
  ares_addr_port_node* first = nullptr;
  if (ares_get_servers_ports(channel_, &first) != ARES_SUCCESS) return out;
  for (const auto* node = first; node; node = node->next) {
    Address a;
    const bool v4 = node->family == AF_INET;
    a.family = v4 ? Address::Family::kV4 : Address::Family::kV6;
    std::memcpy(a.ip.data(), &node->addr, v4 ? 4 : 16);
    a.port = static_cast<std::uint16_t>(node->udp_port ? node->udp_port : kDnsPort);
    out.push_back(a);
  }
  ares_free_data(first);
  return out;
}

}  // namespace lineman
