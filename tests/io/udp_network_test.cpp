#include "udp_network.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <cstring>
#include <set>

#include "clock.h"
#include "socket_address.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Address ip(const char* text) { return Address::parse_ip(text).value(); }

Packet packet_to(const Address& peer, const std::string& text, Component component) {
  Packet p;
  p.component = component;
  p.peer = peer;
  p.size = static_cast<std::uint16_t>(text.size());
  std::memcpy(p.bytes.data(), text.data(), text.size());
  return p;
}

// Loopback delivers at once, but says so nowhere: look until it came, with a bound.
bool receive(PacketTransport& transport, Packet& out) {
  const TimePoint limit = monotonic_now() + seconds(5);
  while (monotonic_now() < limit) {
    if (transport.receive(out, monotonic_now())) return true;
  }
  return false;
}

struct UdpNetworkTest : testing::TestWithParam<const char*> {};

TEST_P(UdpNetworkTest, GivesAPairAndCarriesBothComponentsWithKernelTimes) {
  auto network = make_udp_network({}, 1);
  auto a = network->open(ip(GetParam()));
  auto b = network->open(ip(GetParam()));
  ASSERT_TRUE(a) << a.error().text;
  ASSERT_TRUE(b) << b.error().text;
  EXPECT_EQ(a->rtp.port % 2, 0);
  EXPECT_EQ(a->rtcp.port, a->rtp.port + 1);
  EXPECT_TRUE(a->rtp.same_ip(ip(GetParam())));
  EXPECT_NE(a->rtp, b->rtp);

  const TimePoint before = monotonic_now();
  a->transport->send(packet_to(b->rtp, "audio", Component::kRtp));
  const TimePoint after = monotonic_now();
  a->transport->send(packet_to(b->rtcp, "report", Component::kRtcp));
  Packet p;
  // Looked at long after it came: its time is the kernel's all the same.
  const TimePoint later = after + milliseconds(500);
  ASSERT_TRUE(b->transport->receive(p, later));
  EXPECT_EQ(std::string(p.data().begin(), p.data().end()), "audio");
  EXPECT_EQ(p.component, Component::kRtp);
  EXPECT_EQ(p.peer, a->rtp);
  EXPECT_GE(p.time, before - milliseconds(1));
  EXPECT_LE(p.time, after + milliseconds(1));
  ASSERT_TRUE(b->transport->receive(p, later));
  EXPECT_EQ(std::string(p.data().begin(), p.data().end()), "report");
  EXPECT_EQ(p.component, Component::kRtcp);
  EXPECT_EQ(p.peer, a->rtcp);
  EXPECT_FALSE(b->transport->receive(p, later));
  EXPECT_EQ(b->transport->counters().received, 2u);
  EXPECT_EQ(a->transport->counters().sent, 2u);
}
INSTANTIATE_TEST_SUITE_P(Families, UdpNetworkTest, testing::Values("127.0.0.1", "::1"));

TEST(UdpTransport, ArrivalTimesNeverLeaveTheSpanBetweenTwoWakes) {
  auto network = make_udp_network({}, 1);
  auto a = network->open(ip("127.0.0.1")).value();
  auto b = network->open(ip("127.0.0.1")).value();
  Packet p;
  const TimePoint future = monotonic_now() + seconds(100);
  EXPECT_FALSE(b.transport->receive(p, future));
  a.transport->send(packet_to(b.rtp, "x", Component::kRtp));
  ASSERT_TRUE(b.transport->receive(p, future + milliseconds(10)));
  EXPECT_EQ(p.time, future);  // stamped before the wake that did not see it: a stepped clock
}

TEST(UdpTransport, CountsRefusalsAndGoesOn) {
  auto network = make_udp_network({}, 1);
  auto a = network->open(ip("127.0.0.1")).value();
  auto b = network->open(ip("127.0.0.1")).value();
  const Address gone = [&] { return network->open(ip("127.0.0.1")).value().rtp; }();
  for (int i = 0; i < 20; ++i) a.transport->send(packet_to(gone, "x", Component::kRtp));
  a.transport->send(packet_to(b.rtp, "still here", Component::kRtp));
  b.transport->send(packet_to(a.rtp, "and back", Component::kRtp));
  Packet p;
  ASSERT_TRUE(receive(*b.transport, p));
  EXPECT_EQ(p.size, 10);
  ASSERT_TRUE(receive(*a.transport, p));
  EXPECT_EQ(p.size, 8);
  EXPECT_FALSE(a.transport->receive(p, monotonic_now()));
  EXPECT_GE(a.transport->counters().refused, 1u);
  EXPECT_EQ(a.transport->counters().sent, 21u);
}

TEST(UdpTransport, DropsWhatIsTooLongAndKeepsWhatFits) {
  auto network = make_udp_network({}, 1);
  auto a = network->open(ip("127.0.0.1")).value();
  const Fd raw(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress to(a.rtp);
  const std::string huge(Packet::kMaxSize + 1, 'x'), full(Packet::kMaxSize, 'y');
  for (const auto* text : {&huge, &full}) {
    ASSERT_EQ(sendto(raw.get(), text->data(), text->size(), 0, to.get(), to.size),
              static_cast<ssize_t>(text->size()));
  }
  ASSERT_EQ(sendto(raw.get(), "", 0, 0, to.get(), to.size), 0);
  Packet p;
  ASSERT_TRUE(receive(*a.transport, p));
  EXPECT_EQ(p.size, Packet::kMaxSize);
  EXPECT_EQ(p.bytes[0], 'y');
  ASSERT_TRUE(receive(*a.transport, p));
  EXPECT_EQ(p.size, 0);
  EXPECT_EQ(a.transport->counters().truncated, 1u);
}

TEST(UdpTransport, HoldsABurstOfThreeSeconds) {
  auto network = make_udp_network({}, 1);
  auto a = network->open(ip("127.0.0.1")).value();
  auto b = network->open(ip("127.0.0.1")).value();
  for (int i = 0; i < 150; ++i) {
    a.transport->send(packet_to(b.rtp, std::string(172, 'x'), Component::kRtp));
  }
  Packet p;
  int got = 0;
  const TimePoint now = monotonic_now() + milliseconds(1);
  while (b.transport->receive(p, now)) ++got;
  EXPECT_EQ(got, 150);
}

// A range of exactly one pair that was free a moment ago.
PortRange one_pair() {
  auto probe = make_udp_network({}, 1)->open(ip("127.0.0.1")).value();
  return {probe.rtp.port, probe.rtcp.port};
}

TEST(UdpNetwork, StaysInItsRangeAndSaysWhenThatIsFull) {
  const PortRange range = one_pair();
  auto network = make_udp_network(range, 1);
  auto first = network->open(ip("127.0.0.1"));
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->rtp.port, range.first);
  const auto second = network->open(ip("127.0.0.1"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kPort);
  EXPECT_NE(second.error().text.find(std::to_string(range.first) + "-"), std::string::npos);
  EXPECT_NE(second.error().text.find("--rtp-ports"), std::string::npos);
  first->transport.reset();  // the ports are free again
  EXPECT_TRUE(network->open(ip("127.0.0.1")));
}

TEST(UdpNetwork, APairNeedsBothItsPorts) {
  const PortRange range = one_pair();
  const Fd taken(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Address rtcp = ip("127.0.0.1");
  rtcp.port = range.last;
  const SocketAddress name(rtcp);
  ASSERT_EQ(bind(taken.get(), name.get(), name.size), 0);
  EXPECT_FALSE(make_udp_network(range, 1)->open(ip("127.0.0.1")));
}

TEST(UdpNetwork, ErrorsNameTheThing) {
  const auto odd = make_udp_network({40001, 40001}, 1)->open(ip("127.0.0.1"));
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kPort);
  EXPECT_NE(odd.error().text.find("40001-40001"), std::string::npos);

  const auto foreign = make_udp_network({}, 1)->open(ip("192.0.2.1"));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::kPort);
  EXPECT_NE(foreign.error().text.find("192.0.2.1"), std::string::npos);

  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  const Fd highest(dup(0));
  rlimit tight = old;
  tight.rlim_cur = static_cast<rlim_t>(highest.get()) + 1;
  setrlimit(RLIMIT_NOFILE, &tight);
  const auto none = make_udp_network({}, 1)->open(ip("127.0.0.1"));
  setrlimit(RLIMIT_NOFILE, &old);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kResource);
  EXPECT_NE(none.error().text.find("ulimit"), std::string::npos);
}

TEST(UdpNetwork, TheSeedChoosesInARange) {
  std::set<std::uint16_t> first;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto sockets = make_udp_network({20000, 59999}, seed)->open(ip("127.0.0.1"));
    ASSERT_TRUE(sockets) << sockets.error().text;
    first.insert(sockets->rtp.port);
  }
  EXPECT_GE(first.size(), 10u);
}

}  // namespace
}  // namespace lineman
