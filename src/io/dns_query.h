// DnsQuery: one question (A or AAAA of a name) put to the name servers by c-ares, its sockets and
// timeouts driven from the Loop. Reads resolv.conf when it starts. Control thread.
//
// One c-ares channel a question: questions that share a UDP socket lose each other's ICMP errors
// (the send of one takes the error that belongs to another), and a refusing server then costs
// seconds of timeout instead of nothing.
#pragma once

#include <ares.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lineman/loop.h"
#include "lineman/packet.h"
#include "lineman/result.h"

namespace lineman {

struct DnsAnswer {
  enum class Status {
    kAddresses,
    kNoName,       // NXDOMAIN
    kNoAddress,    // the name exists, without a record of this type
    kSilent,       // no server answered in time
    kUnreachable,  // no server could be asked: refused, no route
    kFailed,       // a server answered that it cannot, or with garbage
  };
  Status status = Status::kFailed;
  std::vector<Address> addresses;
  std::string reason;  // with kFailed: "SERVFAIL", or c-ares' own words
};

class DnsQuery {
 public:
  // `done` may be called before start() returns, and must not destroy the query.
  using Done = std::function<void(DnsAnswer)>;

  // No servers: those of resolv.conf, with its search list.
  static Result<std::unique_ptr<DnsQuery>> open(Loop& loop, const std::vector<Address>& servers);
  ~DnsQuery();  // `done` is not called any more
  DnsQuery(const DnsQuery&) = delete;
  DnsQuery& operator=(const DnsQuery&) = delete;

  void start(const std::string& host, Address::Family family, Done done);  // once
  std::vector<Address> servers() const;

 private:
  explicit DnsQuery(Loop& loop) : loop_(loop) {}
  static const ares_socket_functions kSockets;
  void on_answer(int status, const unsigned char* reply, int size);
  void on_socket(int fd, bool readable, bool writable);
  void process(int readable, int writable);
  void arm();

  Loop& loop_;
  ares_channel channel_ = nullptr;
  Address::Family family_{};
  Done done_;
  std::optional<int> refusal_;       // RCODE of the last reply that c-ares passes over
  std::map<int, Loop::Id> watches_;  // by descriptor
  Loop::Id timer_ = 0;
  bool closing_ = false;
};

}  // namespace lineman
