// Address to sockaddr and back, and what a system call's errno means. Any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "lineman/packet.h"

namespace lineman {

inline Address address_of(const sockaddr_storage& storage) {
  Address a;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    a.family = Address::Family::kV4;
    a.port = ntohs(v4.sin_port);
    std::memcpy(a.ip.data(), &v4.sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    a.family = Address::Family::kV6;
    a.port = ntohs(v6.sin6_port);
    std::memcpy(a.ip.data(), &v6.sin6_addr, 16);
  }
  return a;
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Address& a) {
    if (a.family == Address::Family::kV4) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(a.port);
      std::memcpy(&v4.sin_addr, a.ip.data(), 4);
      std::memcpy(&storage, &v4, size = sizeof v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(a.port);
      std::memcpy(&v6.sin6_addr, a.ip.data(), 16);
      std::memcpy(&storage, &v6, size = sizeof v6);
    }
  }
  Address address() const { return address_of(storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// strerror() of the C library is not safe among threads.
inline std::string errno_text(int error) {
  char buffer[128] = "";
#ifdef _GNU_SOURCE
  return strerror_r(error, buffer, sizeof buffer);
#else
  return strerror_r(error, buffer, sizeof buffer) == 0 ? buffer : "unknown error";
#endif
}

}  // namespace lineman
