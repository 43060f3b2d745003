// A name server on loopback, in the test's own loop: UDP and TCP on one port that the kernel chose.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fd.h"
#include "lineman/loop.h"
#include "socket_address.h"

namespace lineman {

enum class DnsType : std::uint16_t { kA = 1, kAaaa = 28 };

class FakeDns {
 public:
  enum class Manner { kAnswer, kSilent, kServfail, kTruncated, kGarbage };
  struct Name {
    Manner manner = Manner::kAnswer;
    std::vector<std::string> addresses;  // numeric; none: the name exists without this type
    std::string alias;                   // answered by a CNAME, the addresses belong to it
  };

  explicit FakeDns(Loop& loop) : loop_(loop) {
    for (int i = 0; i < 100 && !udp_; ++i) bind_both();
    EXPECT_TRUE(udp_);
    watch_ = loop_.watch(udp_.get(), Loop::kReadable, [this](unsigned) { on_udp(); });
    listen_ = loop_.watch(tcp_.get(), Loop::kReadable, [this](unsigned) { on_tcp(); });
  }
  ~FakeDns() {
    loop_.unwatch(watch_);
    loop_.unwatch(listen_);
    if (stream_watch_) loop_.unwatch(stream_watch_);
  }

  Address address() const { return address_; }
  void set(const std::string& name, DnsType type, Name what) {
    names_[{name, static_cast<std::uint16_t>(type)}] = std::move(what);
  }
  // Any name not set is NXDOMAIN.
  bool silent = false;             // for every name
  std::vector<std::string> asked;  // "host A", in order
  int over_tcp = 0;

 private:
  static Address bound(int fd) {
    SocketAddress a;
    EXPECT_EQ(getsockname(fd, a.get(), &a.size), 0);
    return a.address();
  }
  void bind_both() {
    tcp_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    Fd udp(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    SocketAddress any(*Address::parse("127.0.0.1:0"));
    ASSERT_EQ(bind(tcp_.get(), any.get(), any.size), 0);
    ASSERT_EQ(listen(tcp_.get(), 4), 0);
    address_ = bound(tcp_.get());
    SocketAddress same(address_);
    if (bind(udp.get(), same.get(), same.size) == 0) udp_ = std::move(udp);
  }

  void on_udp() {
    std::uint8_t buffer[1500];
    SocketAddress from;
    const auto n = recvfrom(udp_.get(), buffer, sizeof buffer, 0, from.get(), &from.size);
    if (n < 12) return;
    const auto reply = answer({buffer, buffer + n}, false);
    if (!reply.empty()) sendto(udp_.get(), reply.data(), reply.size(), 0, from.get(), from.size);
  }
  void on_tcp() {  // one connection, one query
    stream_ = Fd(accept4(tcp_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    stream_in_.clear();
    if (stream_watch_) loop_.unwatch(stream_watch_);
    stream_watch_ = loop_.watch(stream_.get(), Loop::kReadable, [this](unsigned) {
      std::uint8_t buffer[1500];
      const auto n = recv(stream_.get(), buffer, sizeof buffer, 0);
      if (n <= 0) {
        loop_.unwatch(stream_watch_);
        stream_watch_ = 0;
        return;
      }
      stream_in_.insert(stream_in_.end(), buffer, buffer + n);
      while (stream_in_.size() >= 2) {
        const std::size_t size = stream_in_[0] * 256u + stream_in_[1];
        if (stream_in_.size() < 2 + size) return;
        ++over_tcp;
        auto reply = answer({stream_in_.begin() + 2, stream_in_.begin() + 2 + size}, true);
        stream_in_.erase(stream_in_.begin(), stream_in_.begin() + 2 + size);
        reply.insert(reply.begin(), {static_cast<std::uint8_t>(reply.size() >> 8),
                                     static_cast<std::uint8_t>(reply.size() & 255)});
        send(stream_.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    });
  }

  std::vector<std::uint8_t> answer(std::vector<std::uint8_t> q, bool tcp) {
    std::string host;
    std::size_t at = 12;
    while (at < q.size() && q[at] != 0) {
      if (!host.empty()) host += '.';
      host.append(q.begin() + at + 1, q.begin() + at + 1 + q[at]);
      at += 1u + q[at];
    }
    const std::uint16_t type = static_cast<std::uint16_t>(q[at + 1] * 256 + q[at + 2]);
    asked.push_back(host + (type == 1 ? " A" : type == 28 ? " AAAA" : " ?"));
    q.resize(at + 5);  // header and question; no EDNS
    const auto it = names_.find({host, type});
    const Manner manner = it == names_.end() ? Manner::kAnswer : it->second.manner;
    if (silent || manner == Manner::kSilent) return {};
    q[2] = 0x81;  // a response, recursion desired
    q[3] = 0x80;
    q[10] = q[11] = 0;
    if (it == names_.end()) {
      q[3] |= 3;  // NXDOMAIN
    } else if (manner == Manner::kServfail) {
      q[3] |= 2;
    } else if (manner == Manner::kTruncated && !tcp) {
      q[2] |= 2;
    } else if (manner == Manner::kGarbage) {
      q[7] = 9;  // nine answers, and none follows
    } else {
      add_records(q, it->second, type);
    }
    return q;
  }
  static void add_records(std::vector<std::uint8_t>& q, const Name& name, std::uint16_t type) {
    const auto record = [&](std::vector<std::uint8_t> owner, std::uint16_t t,
                            const std::vector<std::uint8_t>& data) {
      q.insert(q.end(), owner.begin(), owner.end());
      for (const int b : {t >> 8, t & 255, 0, 1, 0, 0, 0, 60, static_cast<int>(data.size()) >> 8,
                          static_cast<int>(data.size()) & 255})
        q.push_back(static_cast<std::uint8_t>(b));
      q.insert(q.end(), data.begin(), data.end());
      ++q[7];
    };
    std::vector<std::uint8_t> owner = {0xC0, 12};
    if (!name.alias.empty()) {
      std::vector<std::uint8_t> wire = {static_cast<std::uint8_t>(name.alias.size())};
      wire.insert(wire.end(), name.alias.begin(), name.alias.end());  // one label
      wire.push_back(0);
      record(owner, 5, wire);
      owner = wire;
    }
    for (const std::string& text : name.addresses) {
      const Address a = *Address::parse_ip(text);
      record(owner, type, {a.ip.begin(), a.ip.begin() + (type == 1 ? 4 : 16)});
    }
  }

  Loop& loop_;
  Fd udp_, tcp_, stream_;
  Address address_;
  Loop::Id watch_ = 0, listen_ = 0, stream_watch_ = 0;
  std::vector<std::uint8_t> stream_in_;
  std::map<std::pair<std::string, std::uint16_t>, Name> names_;
};

// An address where nothing listens and nothing can: the port is ours, connected to another peer, so
// that the kernel refuses everybody else.
class RefusingPort {
 public:
  RefusingPort() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    SocketAddress any(*Address::parse("127.0.0.1:0"));
    EXPECT_EQ(bind(fd_.get(), any.get(), any.size), 0);
    SocketAddress self;
    EXPECT_EQ(getsockname(fd_.get(), self.get(), &self.size), 0);
    address_ = self.address();
    EXPECT_EQ(connect(fd_.get(), self.get(), self.size), 0);
  }
  Address address() const { return address_; }

 private:
  Fd fd_;
  Address address_;
};

}  // namespace lineman
