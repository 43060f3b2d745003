// The exit code of a process where no call decides it, and where a signal does.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "lineman/phone.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;
using Mode = PhoneOptions::Mode;

// A peer that never says anything.
class SilentPeer {
 public:
  SilentPeer() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size), 0);
    port_ = ntohs(name.sin_port);
  }
  ~SilentPeer() { ::close(fd_); }
  std::string uri() const { return "sip:a@127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// Sends signals to this process when an event comes; keeps the names of all.
struct Listener final : EventSink {
  void on_event(const Event& event) override {
    names.emplace_back(event_row(event.body).name);
    if (names.back() != at) return;
    for (const int signal : signals) ::kill(::getpid(), signal);
  }
  std::string at;
  std::vector<int> signals;
  std::vector<std::string> names;
};

PhoneOptions options(Mode mode, const std::string& target = "") {
  PhoneOptions o;
  o.mode = mode;
  o.target = target;
  if (mode == Mode::kRegister) {
    o.sip.account.emplace();
    o.sip.account->aor = target;
  }
  return o;
}

PhoneVerdict run(const PhoneOptions& o, Listener& listener) {
  PhoneOutputs outputs;
  outputs.sinks.push_back(&listener);
  return run_phone(o, outputs);
}
PhoneVerdict run(const PhoneOptions& o) {
  Listener listener;
  return run(o, listener);
}

int code(Exit exit) { return static_cast<int>(exit); }

TEST(PhoneVerdict, WhatTheTimeoutCutShortIsNoSuccess) {
  const SilentPeer peer;
  PhoneOptions probe = options(Mode::kProbe, peer.uri());
  probe.timeout = 100ms;
  EXPECT_EQ(run(probe).exit, Exit::kUnreachable);
  PhoneOptions once = options(Mode::kRegister, peer.uri());
  once.once = true;
  once.timeout = 100ms;
  EXPECT_EQ(run(once).exit, Exit::kUnreachable);
  PhoneOptions counted = options(Mode::kAnswer);
  counted.count = 1;
  counted.timeout = 100ms;
  EXPECT_EQ(run(counted).exit, Exit::kNoAnswer);
  PhoneOptions forever = options(Mode::kAnswer);
  forever.timeout = 100ms;
  EXPECT_EQ(run(forever).exit, Exit::kOk);
}

TEST(PhoneVerdict, ASignalIsTheOrdinaryEndOnlyOfWhatWouldGoOnForEver) {
  const SilentPeer peer;
  struct Row {
    PhoneOptions options;
    int exit;
  };
  PhoneOptions counted = options(Mode::kAnswer), once = options(Mode::kRegister, peer.uri());
  counted.count = 1;
  once.once = true;
  const Row table[] = {{options(Mode::kAnswer), 0},
                       {options(Mode::kRegister, peer.uri()), 0},
                       {counted, 128 + SIGTERM},
                       {once, 128 + SIGTERM},
                       {options(Mode::kProbe, peer.uri()), 128 + SIGTERM},
                       {options(Mode::kDial, peer.uri()), 128 + SIGTERM}};
  for (const Row& row : table) {
    Listener listener;
    listener.at = "app.ready";
    listener.signals = {SIGTERM};
    EXPECT_EQ(code(run(row.options, listener).exit), row.exit) << &row - table;
    EXPECT_EQ(listener.names.back(), "result");
  }
}

// In a process of its own, for what a second signal leaves behind is for _exit() to clean up.
TEST(PhoneVerdict, ASecondSignalIsNoSuccessAndEveryCallHasItsResult) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const SilentPeer peer;
  const auto twice = [&peer] {
    Listener listener;
    listener.at = "app.ready";
    listener.signals = {SIGINT, SIGTERM};
    const PhoneVerdict verdict = run(options(Mode::kDial, peer.uri()), listener);
    const auto results = std::count(listener.names.begin(), listener.names.end(), "call.result");
    const bool told = !verdict.result.call.causes.empty() && results == 1 && !verdict.clean;
    ::_exit(told ? code(verdict.exit) : 0);
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(PhoneVerdict, ExpectationsCountWithoutACallToo) {
  const SilentPeer peer;
  const auto with = [](PhoneOptions o, const char* expectation) {
    o.expectations.push_back(parse_expectation(expectation).value());
    o.timeout = 2s;
    o.sip.connect_timeout = 100ms;
    return o;
  };
  const PhoneOptions probe = options(Mode::kProbe, peer.uri());
  EXPECT_EQ(run(with(probe, "cause=no_response")).exit, Exit::kOk);
  EXPECT_EQ(run(with(probe, "sip_code=200")).exit, Exit::kUnreachable);
  PhoneOptions answer = with(options(Mode::kAnswer), "rx.packets>0");
  answer.timeout = 100ms;
  EXPECT_EQ(run(answer).exit, Exit::kExpectation);
}

}  // namespace
}  // namespace lineman
