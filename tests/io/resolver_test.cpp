#include "resolver.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fake_dns.h"
#include "hosts_file.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Manner = FakeDns::Manner;

TEST(HostsFile, FindsNamesAndAliases) {
  const std::string text =
      "# comment\n127.0.0.1\tlocalhost here # there\r\n  ::1 localhost\n10.0.0.1 pbx.example PBX\n"
      "10.0.0.1 pbx\n10.0.0.2 pbx\nfe80::1%lo0 scoped\nnonsense pbx\n10.0.0.3\n10.0.0.4 last";
  const auto find = [&](std::string_view host) {
    std::vector<std::string> out;
    for (const Address& a : find_in_hosts(text, host)) out.push_back(a.ip_text());
    return out;
  };
  EXPECT_THAT(find("LocalHost"), ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(find("pbx"), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(find("pbx.example"), ElementsAre("10.0.0.1"));
  EXPECT_THAT(find("last"), ElementsAre("10.0.0.4"));
  for (const char* no : {"there", "scoped", "10.0.0.3", "pb", "", "#"})
    EXPECT_THAT(find(no), testing::IsEmpty()) << no;
  EXPECT_EQ(read_hosts_file("/nonexistent/hosts"), "");
}

struct ResolverTest : testing::Test {
  ResolverTest() { start({}); }

  void start(std::vector<Address> servers, std::string hosts_file = "/nonexistent/hosts") {
    ResolverOptions options;
    options.servers = servers.empty() ? std::vector{dns.address()} : std::move(servers);
    options.hosts_file = std::move(hosts_file);
    resolver = make_resolver(*loop, std::move(options));
  }
  // "10.0.0.1 ::1", or the error. Every test has a bound of its own.
  std::string resolve(const std::string& host, Duration limit = seconds(30)) {
    std::string out = "no answer";
    bool inside = true;
    resolver->resolve(host, limit, [&](Result<std::vector<Address>> result) {
      EXPECT_FALSE(inside) << "called from resolve()";
      out = show(result);
      loop->stop();
    });
    inside = false;
    run();
    return out;
  }
  void run() {
    const auto guard = loop->at(loop->now() + seconds(60), [&] {
      ADD_FAILURE() << "the loop was never stopped";
      loop->stop();
    });
    loop->run();
    loop->cancel(guard);
  }
  static std::string show(const Result<std::vector<Address>>& result) {
    if (!result) {
      EXPECT_EQ(result.error().code, ErrorCode::kResolve);
      return result.error().text;
    }
    std::string out;
    for (const Address& a : *result) {
      EXPECT_EQ(a.port, 0);
      out += (out.empty() ? "" : " ") + a.ip_text();
    }
    return out;
  }

  std::unique_ptr<Loop> loop = make_loop();
  FakeDns dns{*loop};
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, NumbersNeedNobody) {
  EXPECT_EQ(resolve("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(resolve("2001:DB8::1"), "2001:db8::1");
  EXPECT_EQ(resolve("[::1]"), "::1");
  EXPECT_EQ(resolve("127.0.0.1", Duration{}), "127.0.0.1");
  EXPECT_THAT(dns.asked, testing::IsEmpty());
}

TEST_F(ResolverTest, AlmostNumbersAreNames) {
  EXPECT_THAT(resolve("1.2.3"), StartsWith("cannot resolve '1.2.3': no such name"));
  EXPECT_THAT(dns.asked, testing::UnorderedElementsAre("1.2.3 A", "1.2.3 AAAA"));
}

TEST_F(ResolverTest, WhatCannotBeANameIsNotAsked) {
  EXPECT_THAT(resolve("fe80::1%eth0"), HasSubstr("scopes are not supported"));
  EXPECT_THAT(resolve("[nonsense]"), HasSubstr("not a numeric IP address"));
  EXPECT_THAT(resolve(""), HasSubstr("it is empty"));
  EXPECT_THAT(resolve("."), HasSubstr("it is empty"));
  EXPECT_THAT(resolve("a..b"), HasSubstr("1 to 63"));
  EXPECT_THAT(resolve(std::string(64, 'a') + ".example"), HasSubstr("1 to 63"));
  EXPECT_THAT(resolve(std::string(300, 'a')), HasSubstr("longer than 253"));
  EXPECT_THAT(resolve("b\xC3\xBC"
                      "cher.example"),
              HasSubstr("xn--"));
  EXPECT_THAT(resolve("a b\n"), HasSubstr("'a b\\x0a'"));
  EXPECT_THAT(dns.asked, testing::IsEmpty());
}

TEST_F(ResolverTest, LocalhostNeedsNoServer) {
  for (const char* name : {"localhost", "LOCALHOST.", "pbx.localhost"})
    EXPECT_EQ(resolve(name), "127.0.0.1 ::1") << name;
  EXPECT_THAT(dns.asked, testing::IsEmpty());
}

TEST_F(ResolverTest, TheHostsFileComesFirst) {
  std::string path = testing::TempDir() + "hostsXXXXXX";
  const int fd = mkstemp(path.data());
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream(path) << "10.1.1.1 pbx.example\n::5 pbx.example\n127.0.0.9 localhost\n";
  start({}, path);
  dns.set("pbx.example", DnsType::kA, {Manner::kAnswer, {"10.9.9.9"}, ""});
  EXPECT_EQ(resolve("PBX.example."), "10.1.1.1 ::5");
  EXPECT_EQ(resolve("localhost"), "127.0.0.9");
  EXPECT_THAT(dns.asked, testing::IsEmpty());
  std::filesystem::remove(path);
  EXPECT_EQ(resolve("pbx.example"), "10.9.9.9");  // read anew each time
}

TEST_F(ResolverTest, AsksForBothFamiliesIpv4First) {
  dns.set("pbx.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1", "10.0.0.2"}, ""});
  dns.set("pbx.example", DnsType::kAaaa, {Manner::kAnswer, {"2001:db8::1"}, ""});
  EXPECT_EQ(resolve("pbx.example"), "10.0.0.1 10.0.0.2 2001:db8::1");
}

TEST_F(ResolverTest, OneFamilyIsEnough) {
  dns.set("v4.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1"}, ""});
  dns.set("v4.example", DnsType::kAaaa, {Manner::kAnswer, {}, ""});
  dns.set("v6.example", DnsType::kAaaa, {Manner::kAnswer, {"::7"}, ""});  // and NXDOMAIN for A
  EXPECT_EQ(resolve("v4.example"), "10.0.0.1");
  EXPECT_EQ(resolve("v6.example"), "::7");
}

TEST_F(ResolverTest, AnAnswerDoesNotWaitForASilentFamily) {
  dns.set("half.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1"}, ""});
  dns.set("half.example", DnsType::kAaaa, {Manner::kSilent, {}, ""});
  // The limit is above the bound of the test: only the short wait can end this.
  EXPECT_EQ(resolve("half.example", std::chrono::hours(1)), "10.0.0.1");
}

TEST_F(ResolverTest, FollowsAliases) {
  dns.set("www.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.3"}, "canonical"});
  dns.set("www.example", DnsType::kAaaa, {Manner::kAnswer, {}, "canonical"});
  EXPECT_EQ(resolve("www.example"), "10.0.0.3");
}

TEST_F(ResolverTest, GoesToTcpWhenTheAnswerIsTruncated) {
  dns.set("big.example", DnsType::kA, {Manner::kTruncated, {"10.0.0.4"}, ""});
  EXPECT_EQ(resolve("big.example"), "10.0.0.4");
  EXPECT_GE(dns.over_tcp, 1);
}

TEST_F(ResolverTest, SaysThatThereIsNoSuchName) {
  EXPECT_EQ(resolve("gone.example"),
            "cannot resolve 'gone.example': no such name (NXDOMAIN from the name server " +
                dns.address().text() + ")");
}

TEST_F(ResolverTest, SaysThatTheNameHasNoAddress) {
  dns.set("mail.example", DnsType::kA, {Manner::kAnswer, {}, ""});
  dns.set("mail.example", DnsType::kAaaa, {Manner::kAnswer, {}, ""});
  EXPECT_THAT(resolve("mail.example"), HasSubstr("the name exists but has no address"));
}

TEST_F(ResolverTest, SaysThatTheServerCouldNotSay) {
  for (const auto& [manner, reason] :
       {std::pair(Manner::kServfail, "SERVFAIL"), std::pair(Manner::kGarbage, "")}) {
    dns.set("bad.example", DnsType::kA, {manner, {}, ""});
    dns.set("bad.example", DnsType::kAaaa, {manner, {}, ""});
    EXPECT_THAT(resolve("bad.example"),
                HasSubstr("the name server " + dns.address().text() + " could not say: " + reason));
  }
}

TEST_F(ResolverTest, ASilentServerCostsNoMoreThanTheLimit) {
  dns.silent = true;
  const TimePoint start = loop->now();
  EXPECT_EQ(resolve("pbx.example", milliseconds(120)),
            "cannot resolve 'pbx.example': the name server " + dns.address().text() +
                " was silent for 120 ms; use a numeric address or another name server");
  EXPECT_GE(loop->now() - start, milliseconds(120));
  EXPECT_THAT(dns.asked, testing::SizeIs(2));
}

TEST_F(ResolverTest, ARefusingServerIsNotedAtOnce) {
  const RefusingPort refusing, also;
  start({refusing.address()});
  EXPECT_THAT(resolve("pbx.example", std::chrono::hours(1)),
              HasSubstr("the name server " + refusing.address().text() + " is unreachable; use"));
  start({refusing.address(), also.address()});
  EXPECT_THAT(resolve("pbx.example", std::chrono::hours(1)), HasSubstr(" are unreachable; use"));
}

TEST_F(ResolverTest, AServerThatCannotBeSentToIsUnreachable) {
  start({*Address::parse("255.255.255.255:53")});  // the kernel refuses: no broadcast was asked for
  EXPECT_THAT(resolve("pbx.example", std::chrono::hours(1)), HasSubstr("is unreachable"));
}

TEST_F(ResolverTest, ASecondServerHelps) {
  const RefusingPort refusing;
  start({refusing.address(), dns.address()});
  dns.set("pbx.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1"}, ""});
  EXPECT_EQ(resolve("pbx.example"), "10.0.0.1");
}

TEST_F(ResolverTest, ManyAtOnceEachGetsItsOwn) {
  int left = 50;
  std::vector<std::string> got(50);
  for (int i = 0; i < 50; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    if (i % 5) dns.set(host, DnsType::kA, {Manner::kAnswer, {"10.0.0." + std::to_string(i)}, ""});
    resolver->resolve(host, seconds(30), [&, i](const auto& result) {
      got[static_cast<std::size_t>(i)] = result ? show(result) : "none";
      if (--left == 0) loop->stop();
    });
  }
  run();
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(got[static_cast<std::size_t>(i)], i % 5 ? "10.0.0." + std::to_string(i) : "none");
}

TEST_F(ResolverTest, CancelAllCallsNobody) {
  dns.silent = true;
  int calls = 0;
  resolver->resolve("pbx.example", milliseconds(1), [&](const auto&) { ++calls; });
  resolver->resolve("127.0.0.1", milliseconds(1), [&](const auto&) { ++calls; });
  resolver->cancel_all();
  dns.silent = false;
  EXPECT_THAT(resolve("gone.example"), HasSubstr("NXDOMAIN"));  // and it still works
  resolver->resolve("pbx.example", milliseconds(1), [&](const auto&) { ++calls; });
  resolver.reset();
  loop->at(loop->now() + milliseconds(20), [&] { loop->stop(); });
  run();
  EXPECT_EQ(calls, 0);
}

TEST_F(ResolverTest, DoneMayAskAgainOrDestroyTheResolver) {
  dns.set("a.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1"}, ""});
  std::string second;
  resolver->resolve("a.example", seconds(30), [&](const auto&) {
    resolver->resolve("gone.example", seconds(30), [&](const auto& result) {
      second = show(result);
      resolver.reset();
      loop->stop();
    });
  });
  run();
  EXPECT_THAT(second, HasSubstr("NXDOMAIN"));
}

struct Environment {  // one variable, put back at the end
  explicit Environment(const std::string& value) {
    setenv("LINEMAN_NAMESERVERS", value.c_str(), 1);
  }
  ~Environment() { unsetenv("LINEMAN_NAMESERVERS"); }
};

TEST_F(ResolverTest, TheEnvironmentNamesServers) {
  dns.set("pbx.example", DnsType::kA, {Manner::kAnswer, {"10.0.0.1"}, ""});
  const RefusingPort refusing;
  const Environment set(refusing.address().text() + ", " + dns.address().text());
  resolver = make_resolver(*loop);
  EXPECT_EQ(resolve("pbx.example"), "10.0.0.1");
}

TEST_F(ResolverTest, ABadEnvironmentIsAnErrorNotASurprise) {
  const Environment set("ns.example");
  resolver = make_resolver(*loop);
  EXPECT_THAT(resolve("pbx.example"),
              StartsWith("cannot resolve 'pbx.example': LINEMAN_NAMESERVERS: 'ns.example'"));
  EXPECT_EQ(resolve("127.0.0.1"), "127.0.0.1");
}

TEST(ResolverOptions, ReadsPortsAndIpv6) {
  const Environment set("127.0.0.1, [::1]:5353,::1");
  const auto options = resolver_options_from_environment();
  EXPECT_EQ(options.error, "");
  ASSERT_EQ(options.servers.size(), 3u);
  EXPECT_EQ(options.servers[0].port, 0);
  EXPECT_EQ(options.servers[1].text(), "[::1]:5353");
  EXPECT_EQ(options.servers[2].ip_text(), "::1");
}

}  // namespace
}  // namespace lineman
