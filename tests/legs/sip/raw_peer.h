// RawPeer: a SIP peer made of bytes, on loopback and a port of the kernel's, driven by the same
// Loop as what it tests. It parses just enough to answer; it can be as wrong as a test wants.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lineman/loop.h"
#include "lineman/packet.h"
#include "lineman/text.h"
#include "sockaddr.h"

namespace lineman {

struct RawMessage {
  std::string text;
  Address from;

  std::string first_line() const { return text.substr(0, text.find("\r\n")); }
  bool is_response() const { return text.rfind("SIP/2.0 ", 0) == 0; }
  // "INVITE", or "180" for a response.
  std::string kind() const {
    return is_response() ? text.substr(8, 3) : text.substr(0, text.find(' '));
  }
  std::string body() const {
    const auto end = text.find("\r\n\r\n");
    return end == std::string::npos ? "" : text.substr(end + 4);
  }
  std::vector<std::string> headers(const std::string& name) const {
    std::vector<std::string> out;
    std::size_t at = text.find("\r\n");
    while (at != std::string::npos && text.compare(at, 4, "\r\n\r\n") != 0) {
      const auto end = text.find("\r\n", at + 2);
      const auto line = text.substr(at + 2, end - at - 2);
      const auto colon = line.find(':');
      if (colon != std::string::npos && iequals(trim(line.substr(0, colon)), name)) {
        out.emplace_back(trim(std::string_view(line).substr(colon + 1)));
      }
      at = end;
    }
    return out;
  }
  std::string header(const std::string& name) const {
    const auto all = headers(name);
    return all.empty() ? "" : all.front();
  }
};

class RawPeer {
 public:
  using Handler = std::function<void(const RawMessage&)>;

  explicit RawPeer(Loop& loop, bool tcp = false, const std::string& ip = "127.0.0.1")
      : loop_(loop), tcp_(tcp) {
    const Address any = *Address::parse_ip(ip);
    fd_ = socket(any.family == Address::Family::kV6 ? AF_INET6 : AF_INET,
                 (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SockAddr name(any);
    EXPECT_EQ(bind(fd_, name.get(), name.size()), 0);
    if (tcp) {
      EXPECT_EQ(listen(fd_, 4), 0);
    }
    getsockname(fd_, name.get(), name.room());
    address_ = name.address();
    watch_ =
        loop_.watch(fd_, Loop::kReadable, [this](unsigned) { tcp_ ? accept_one() : read_all(); });
  }
  ~RawPeer() {
    loop_.unwatch(watch_);
    close(fd_);
    hang_up_tcp();
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void hang_up_tcp() {
    if (connection_ < 0) return;
    loop_.unwatch(connection_watch_);
    close(connection_);
    connection_ = -1;
  }

  const Address& address() const { return address_; }
  std::string uri(const std::string& user = "peer") const {
    return fmt::format("sip:{}@{}{}", user, address_.text(), tcp_ ? ";transport=tcp" : "");
  }
  std::string contact() const { return '<' + uri() + '>'; }

  // By kind, "*" for what has no handler of its own.
  void on(const std::string& kind, Handler handler) { handlers_[kind] = std::move(handler); }

  std::vector<RawMessage> seen;
  int count(const std::string& kind) const {
    return static_cast<int>(
        std::count_if(seen.begin(), seen.end(), [&](const auto& m) { return m.kind() == kind; }));
  }
  const RawMessage* last(const std::string& kind) const {
    for (auto it = seen.rbegin(); it != seen.rend(); ++it) {
      if (it->kind() == kind) return &*it;
    }
    return nullptr;
  }

  void send(const std::string& text, const Address& to) {
    if (tcp_) {
      if (connection_ < 0) connect_to(to);
      EXPECT_EQ(::send(connection_, text.data(), text.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(text.size()));
    } else {
      SockAddr name(to);
      sendto(fd_, text.data(), text.size(), 0, name.get(), name.size());
    }
  }

  struct Reply {
    int status = 200;
    std::string phrase = "OK";
    std::string tag = "peer-tag";
    std::string contact;  // empty: our own; "-": none
    std::string sdp, extra, content_type = "application/sdp";
  };
  void reply(const RawMessage& request, const Reply& r) {
    std::string out = fmt::format("SIP/2.0 {} {}\r\n", r.status, r.phrase);
    for (const auto& via : request.headers("Via")) out += "Via: " + via + "\r\n";
    for (const auto& route : request.headers("Record-Route")) {
      out += "Record-Route: " + route + "\r\n";
    }
    out += "From: " + request.header("From") + "\r\n";
    std::string to = request.header("To");
    if (to.find("tag=") == std::string::npos && r.status > 100 && !r.tag.empty()) {
      to += ";tag=" + r.tag;
    }
    out += "To: " + to + "\r\nCall-ID: " + request.header("Call-ID") +
           "\r\nCSeq: " + request.header("CSeq") + "\r\n";
    if (r.contact != "-" && r.status > 100 && r.status < 300) {
      out += "Contact: " + (r.contact.empty() ? contact() : r.contact) + "\r\n";
    }
    out += r.extra;
    if (!r.sdp.empty()) out += "Content-Type: " + r.content_type + "\r\n";
    out += fmt::format("Content-Length: {}\r\n\r\n{}", r.sdp.size(), r.sdp);
    send(out, request.from);
  }
  void reply(const RawMessage& request, int status, const std::string& sdp = "") {
    Reply r;
    r.status = status;
    r.phrase = "Test";
    r.sdp = sdp;
    reply(request, r);
  }

  struct Request {
    std::string method = "INVITE";
    std::string to_tag;  // empty: outside a dialog
    std::string call_id = "raw-call";
    int cseq = 1;
    std::string contact;  // empty: our own; "-": none
    std::string body, content_type = "application/sdp", extra, from_tag = "raw-from";
    std::string branch;  // empty: a fresh one
    std::string uri;     // empty: sip:lineman@ where it goes
  };
  std::string format(const Request& r, const Address& to) {
    const std::string branch =
        r.branch.empty() ? fmt::format("z9hG4bK-raw-{}", ++branches_) : r.branch;
    const std::string uri = r.uri.empty() ? "sip:lineman@" + to.text() : r.uri;
    std::string out = fmt::format("{} {} SIP/2.0\r\n", r.method, uri);
    out += fmt::format("Via: SIP/2.0/{} {};branch={};rport\r\nMax-Forwards: 70\r\n",
                       tcp_ ? "TCP" : "UDP", address_.text(), branch);
    out += fmt::format("From: \"Raw\" <{}>;tag={}\r\n", this->uri(), r.from_tag);
    out += fmt::format("To: <sip:lineman@{}>{}{}\r\n", to.text(),
                       r.to_tag.empty() ? "" : ";tag=", r.to_tag);
    out += fmt::format("Call-ID: {}\r\nCSeq: {} {}\r\n", r.call_id, r.cseq, r.method);
    if (r.contact != "-") out += "Contact: " + (r.contact.empty() ? contact() : r.contact) + "\r\n";
    out += r.extra;
    if (!r.body.empty()) out += "Content-Type: " + r.content_type + "\r\n";
    out += fmt::format("Content-Length: {}\r\n\r\n{}", r.body.size(), r.body);
    return out;
  }
  void request(const Request& r, const Address& to) { send(format(r, to), to); }
  // The ACK of a 2xx that we got.
  void ack(const RawMessage& response, const Address& to, const std::string& body = "") {
    Request r;
    r.method = "ACK";
    r.cseq = std::atoi(response.header("CSeq").c_str());
    r.call_id = response.header("Call-ID");
    r.to_tag = tag(response.header("To"));
    r.body = body;
    request(r, to);
  }
  static std::string tag(const std::string& header) {
    const auto at = header.find(";tag=");
    if (at == std::string::npos) return "";
    return header.substr(at + 5, header.find(';', at + 5) - at - 5);
  }

 private:
  void read_all() {
    char buffer[65536];
    while (true) {
      SockAddr name;
      const auto n = recvfrom(fd_, buffer, sizeof buffer, 0, name.get(), name.room());
      if (n < 0) return;
      take({std::string(buffer, static_cast<std::size_t>(n)), name.address()});
    }
  }
  void accept_one() {
    SockAddr name;
    const int fd = accept4(fd_, name.get(), name.room(), SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) adopt(fd, name.address());
  }
  void connect_to(const Address& to) {
    SockAddr name(to);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, name.get(), name.size()), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    adopt(fd, to);
  }
  void adopt(int fd, const Address& from) {
    hang_up_tcp();
    connection_ = fd;
    stream_.clear();
    connection_watch_ = loop_.watch(fd, Loop::kReadable, [this, from](unsigned) {
      char buffer[65536];
      const auto n = recv(connection_, buffer, sizeof buffer, 0);
      if (n <= 0) return hang_up_tcp();
      stream_.append(buffer, static_cast<std::size_t>(n));
      while (connection_ >= 0) {
        const auto head = stream_.find("\r\n\r\n");
        if (head == std::string::npos) return;
        RawMessage message{stream_.substr(0, head + 4), from};
        const auto length =
            static_cast<std::size_t>(std::atoi(message.header("Content-Length").c_str()));
        if (stream_.size() < head + 4 + length) return;
        message.text = stream_.substr(0, head + 4 + length);
        stream_.erase(0, head + 4 + length);
        take(message);
      }
    });
  }
  void take(const RawMessage& message) {
    seen.push_back(message);
    for (const auto& name : {message.kind(), std::string("*")}) {
      if (const auto it = handlers_.find(name); it != handlers_.end()) {
        auto handler = it->second;  // it may replace itself
        return handler(message);
      }
    }
  }

  Loop& loop_;
  bool tcp_;
  int fd_ = -1, connection_ = -1;
  Loop::Id watch_ = 0, connection_watch_ = 0;
  Address address_;
  std::string stream_;
  std::map<std::string, Handler> handlers_;
  int branches_ = 0;
};

}  // namespace lineman
