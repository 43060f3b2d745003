#include "sim_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "fakes.h"
#include "lineman/sim.h"

namespace lineman {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(SimLoop, JumpsFromDeadlineToDeadline) {
  const auto loop = make_sim_loop();
  EXPECT_EQ(loop->now(), TimePoint{});
  std::vector<std::pair<int, Duration>> seen;
  const auto note = [&](int n) {
    return [&, n] { seen.emplace_back(n, loop->now().time_since_epoch()); };
  };
  loop->at(TimePoint(hours(30)), note(4));
  loop->at(TimePoint(milliseconds(5)), note(2));
  loop->at(TimePoint(milliseconds(5)), note(3));
  const auto gone = loop->at(TimePoint(milliseconds(1)), note(9));
  loop->post(note(1));
  loop->cancel(gone);
  loop->cancel(gone);
  loop->cancel(12345);
  loop->run();  // returns: nothing is left
  EXPECT_EQ(seen, (std::vector<std::pair<int, Duration>>{
                      {1, {}}, {2, milliseconds(5)}, {3, milliseconds(5)}, {4, hours(30)}}));
  EXPECT_EQ(loop->native_handle(), nullptr);
}

TEST(SimLoop, APastDeadlineIsNowAndNeverInsideAt) {
  const auto loop = make_sim_loop();
  std::vector<std::string> seen;
  loop->at(TimePoint(milliseconds(10)), [&] {
    loop->at(TimePoint{}, [&] { seen.push_back("past"); });
    loop->post([&] { seen.push_back("posted"); });
    seen.push_back("outer");
  });
  loop->run();
  EXPECT_EQ(seen, (std::vector<std::string>{"outer", "posted", "past"}));
  EXPECT_EQ(loop->now(), TimePoint(milliseconds(10)));
}

TEST(SimLoop, StopsAtOnceAndGoesOnWhereItWas) {
  const auto loop = make_sim_loop();
  std::vector<int> seen;
  loop->post([&] {
    seen.push_back(1);
    loop->stop();
  });
  loop->post([&] { seen.push_back(2); });
  loop->at(TimePoint(milliseconds(1)), [&] { seen.push_back(3); });
  loop->run();
  EXPECT_EQ(seen, (std::vector<int>{1}));
  loop->run();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(SimLoop, SeesASignalledDescriptorNowAndThen) {
  const auto loop = make_sim_loop();
  int fd[2];
  ASSERT_EQ(pipe(fd), 0);
  Loop::Id watch = 0;
  watch = loop->watch(fd[0], Loop::kReadable, [&](unsigned ready) {
    EXPECT_TRUE(ready & Loop::kReadable);
    loop->unwatch(watch);
    loop->stop();
  });
  ASSERT_EQ(write(fd[1], "x", 1), 1);
  int turns = 0;
  std::function<void()> again = [&] {
    if (++turns < 100000) loop->at(loop->now() + milliseconds(1), again);
  };
  again();
  loop->run();
  EXPECT_LT(turns, 100000);
  close(fd[0]);
  close(fd[1]);
}

struct SimEngineTest : testing::Test {
  std::unique_ptr<Loop> loop = make_sim_loop();
  FakeSink sink;
  std::unique_ptr<MediaEngine> engine = make_sim_engine(*loop);
  SimEngineTest() { engine->set_sink(&sink); }
};

TEST_F(SimEngineTest, TicksWhileThereAreCallsAndThenNothingIsLeft) {
  auto call = std::make_unique<FakeCall>();
  call->events_left = 3;
  call->timeout = TimePoint(milliseconds(15));
  FakeCall* raw = call.get();
  engine->add(1, std::move(call), std::make_unique<FakeTransport>());
  std::vector<std::string> order;
  engine->run(1, make_task(
                     [&](TimePoint, MediaCall& c) {
                       EXPECT_EQ(&c, raw);
                       order.push_back("run");
                     },
                     [&] { order.push_back("home"); }));
  EXPECT_TRUE(order.empty());  // never inside run()
  loop->at(TimePoint(milliseconds(95)), [&] { engine->remove(1); });
  loop->run();  // ends by itself: no calls, no ticks
  EXPECT_EQ(order, (std::vector<std::string>{"run", "home"}));
  ASSERT_EQ(sink.removed.size(), 1u);
  const auto& ticks = sink.removed[0].fake().ticks;
  ASSERT_EQ(ticks.size(), 10u);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_EQ(ticks[i], TimePoint(milliseconds(10 * i)));
  }
  EXPECT_EQ(sink.removed[0].fake().timeouts, 1);
  EXPECT_EQ(sink.events.size(), 3u);
  EXPECT_EQ(engine->late_ticks(), 0u);
  EXPECT_EQ(loop->now(), TimePoint(milliseconds(95)));
}

TEST_F(SimEngineTest, MayBeDestroyedWithWorkPosted) {
  engine->add(1, std::make_unique<FakeCall>(), std::make_unique<FakeTransport>());
  engine->remove(1);
  engine.reset();
  loop->run();
  EXPECT_TRUE(sink.removed.empty());
}

TEST(SimNetwork, CarriesPacketsBetweenItsOwnAndCountsTheRest) {
  const auto loop = make_sim_loop();
  const auto network = make_sim_network(*loop, 5);
  auto a = network->open({}).value();
  auto b = network->open(Address::parse_ip("192.0.2.2").value()).value();
  EXPECT_EQ(a.rtp.ip_text(), "192.0.2.1");
  EXPECT_EQ(a.rtp.port % 2, 0);
  EXPECT_EQ(a.rtcp.port, a.rtp.port + 1);
  Packet p;
  p.size = 3;
  p.peer = b.rtcp;
  p.component = Component::kRtcp;
  Packet got;
  EXPECT_FALSE(b.transport->receive(got, {}));
  loop->at(TimePoint(milliseconds(7)), [&] { a.transport->send(p); });
  loop->run();
  ASSERT_TRUE(b.transport->receive(got, TimePoint(milliseconds(9))));
  EXPECT_EQ(got.time, TimePoint(milliseconds(7)));
  EXPECT_EQ(got.peer, a.rtcp);
  EXPECT_EQ(got.component, Component::kRtcp);
  EXPECT_EQ(got.size, 3);
  b.transport.reset();
  a.transport->send(p);
  EXPECT_EQ(a.transport->counters().refused, 1u);
}

TEST(SimNetwork, PortsComeFromTheSeed) {
  const auto loop = make_sim_loop();
  const auto port = [&](std::uint64_t seed) {
    return make_sim_network(*loop, seed)->open({}).value().rtp.port;
  };
  EXPECT_EQ(port(1), port(1));
  EXPECT_NE(port(1), port(2));
}

}  // namespace
}  // namespace lineman
