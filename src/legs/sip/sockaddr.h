// SockAddr: an Address as the socket calls want it, and back. Any thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "lineman/packet.h"

namespace lineman {

class SockAddr {
 public:
  SockAddr() = default;
  explicit SockAddr(const Address& a) {
    if (a.family == Address::Family::kV6) {
      v6_.sin6_family = AF_INET6;
      v6_.sin6_port = htons(a.port);
      std::memcpy(&v6_.sin6_addr, a.ip.data(), 16);
      size_ = sizeof v6_;
    } else {
      v4_.sin_family = AF_INET;
      v4_.sin_port = htons(a.port);
      std::memcpy(&v4_.sin_addr, a.ip.data(), 4);
      size_ = sizeof v4_;
    }
  }

  sockaddr* get() { return &any_; }
  socklen_t size() const { return size_; }
  socklen_t* room() {  // for accept, recvfrom, getsockname
    size_ = sizeof storage_;
    return &size_;
  }
  Address address() const { return of(&any_); }

  static Address of(const sockaddr* any) {
    Address a;
    if (any->sa_family == AF_INET) {
      sockaddr_in v4;
      std::memcpy(&v4, any, sizeof v4);
      a.family = Address::Family::kV4;
      a.port = ntohs(v4.sin_port);
      std::memcpy(a.ip.data(), &v4.sin_addr, 4);
    } else if (any->sa_family == AF_INET6) {
      sockaddr_in6 v6;
      std::memcpy(&v6, any, sizeof v6);
      a.family = Address::Family::kV6;
      a.port = ntohs(v6.sin6_port);
      std::memcpy(a.ip.data(), &v6.sin6_addr, 16);
    }
    return a;
  }

 private:
  union {
    sockaddr_storage storage_{};
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
  socklen_t size_ = 0;
};

}  // namespace lineman
