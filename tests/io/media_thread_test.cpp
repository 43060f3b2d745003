#include "media_thread.h"

#include <dirent.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

#include "clock.h"
#include "fakes.h"

namespace {
// Set on the Media thread by a test: from then on it must not allocate or free.
thread_local bool forbidden = false;
std::atomic<int> violations{0};
}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  if (forbidden) ++violations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  if (forbidden && p) ++violations;
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
#endif

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct MediaThreadTest : testing::Test {
  std::unique_ptr<Loop> loop = make_loop();
  FakeSink sink;
  std::unique_ptr<MediaEngine> engine = make_media_thread(*loop);

  MediaThreadTest() { engine->set_sink(&sink); }

  // Turns the loop until `done`; false after a bound no healthy machine needs.
  template <class Done>
  bool until(Done done) {
    bool timed_out = false;
    const auto guard = loop->at(loop->now() + seconds(20), [&] {
      timed_out = true;
      loop->stop();
    });
    std::function<void()> look = [&] {
      if (done()) return loop->stop();
      loop->at(loop->now() + milliseconds(2), look);
    };
    loop->post(look);
    loop->run();
    loop->cancel(guard);
    return !timed_out;
  }
  void pass(Duration time) {
    loop->at(loop->now() + time, [this] { loop->stop(); });
    loop->run();
  }
  FakeCall* add(CallId id, std::function<void(FakeCall&, FakeTransport&)> prepare = {}) {
    auto call = std::make_unique<FakeCall>();
    auto transport = std::make_unique<FakeTransport>();
    FakeCall* raw = call.get();
    if (prepare) prepare(*call, *transport);
    engine->add(id, std::move(call), std::move(transport));
    return raw;
  }
  FakeSink::Removed take(CallId id) {
    const auto before = sink.removed.size();
    engine->remove(id);
    EXPECT_TRUE(until([&] { return sink.removed.size() > before; }));
    auto taken = std::move(sink.removed.back());
    EXPECT_EQ(taken.id, id);
    return taken;
  }
  // How often the Media thread was switched out: once a wake.
  static long wakes() {
    long found = -1;
    DIR* tasks = opendir("/proc/self/task");
    while (const dirent* task = readdir(tasks)) {
      const std::string path = std::string("/proc/self/task/") + task->d_name;
      std::string name, line;
      std::ifstream(path + "/comm") >> name;
      if (name != "lm-media") continue;
      std::ifstream status(path + "/status");
      const std::string key = "voluntary_ctxt_switches:";
      while (std::getline(status, line)) {
        if (line.rfind(key, 0) == 0) found = std::stol(line.substr(key.size()));
      }
    }
    closedir(tasks);
    return found;
  }
};

void expect_contiguous(const std::vector<TimePoint>& ticks) {
  for (std::size_t i = 1; i < ticks.size(); ++i) ASSERT_EQ(ticks[i] - ticks[i - 1], kFrameTime);
}

TEST_F(MediaThreadTest, TicksEveryFrameOnceOnAbsoluteDeadlinesAndGivesTheCallBack) {
  FakeCall* raw = add(7, [](FakeCall& call, FakeTransport& wire) {
    call.out.emplace_back().size = 1;
    wire.in.emplace_back().size = 1;
    wire.in.emplace_back().size = 1;
    call.timeout = monotonic_now() + milliseconds(30);
  });
  std::atomic<int> seen{0};
  engine->run(7, make_task([&](TimePoint, MediaCall& call) {
                static_cast<FakeCall&>(call).at_tick = [&](TimePoint) { ++seen; };
              }));
  ASSERT_TRUE(until([&] { return seen >= 12; }));
  auto back = take(7);
  EXPECT_EQ(back.call.get(), raw);
  expect_contiguous(back.fake().ticks);
  EXPECT_EQ(back.fake().timeouts, 1);
  EXPECT_EQ(back.fake().packets_at.size(), 2u);
  EXPECT_EQ(back.wire().sent.size(), 1u);
  // No tick before its deadline.
  EXPECT_GE(back.wire().wakes.back(), back.fake().ticks.back());
}

TEST_F(MediaThreadTest, TwoFramesAWakeOnlyWhenEveryCallPacksTwentyMilliseconds) {
  std::atomic<int> seen{0};
  const auto prepare = [&](FakeCall& call, FakeTransport&) {
    call.frame = milliseconds(20);
    call.at_tick = [&](TimePoint) { ++seen; };
  };
  add(1, prepare);
  ASSERT_TRUE(until([&] { return seen >= 60; }));
  add(2);  // packs 10 ms
  const int mixed_from = seen;
  ASSERT_TRUE(until([&] { return seen >= mixed_from + 30; }));
  take(2);
  auto back = take(1);
  expect_contiguous(back.fake().ticks);
  const auto& ticks = back.fake().ticks;
  const auto& wakes = back.wire().wakes;
  // While alone: about half as many wakes as frames. While mixed: one a frame (late ones merge).
  const auto alone = std::count_if(wakes.begin(), wakes.end(), [&](TimePoint t) {
    return t < ticks[static_cast<std::size_t>(59)];
  });
  EXPECT_LE(alone, 33);
  EXPECT_GE(alone, 1);
}

TEST_F(MediaThreadTest, SleepsWithoutCallsBeforeAndAfter) {
  ASSERT_TRUE(until([] { return wakes() >= 0; }));  // it has its name
  pass(milliseconds(30));
  const long before = wakes();
  pass(milliseconds(150));
  EXPECT_LE(wakes() - before, 2);  // ticking, it would be 15
  std::atomic<int> seen{0};
  add(1, [&](FakeCall& call, FakeTransport&) { call.at_tick = [&](TimePoint) { ++seen; }; });
  ASSERT_TRUE(until([&] { return seen >= 3; }));
  take(1);
  pass(milliseconds(30));
  const long after = wakes();
  pass(milliseconds(150));
  EXPECT_LE(wakes() - after, 2);
}

TEST_F(MediaThreadTest, TasksRunInOrderOnMediaAndDieAtHome) {
  const auto control = std::this_thread::get_id();
  add(1);
  std::vector<int> ran, came_home;  // Media writes one, Control the other; read after the last
  ran.reserve(5000);
  struct Ghost {
    std::thread::id* died;
    ~Ghost() {
      if (died) *died = std::this_thread::get_id();
    }
  };
  std::thread::id died;
  auto ghost = std::make_shared<std::unique_ptr<Ghost>>(new Ghost{&died});
  for (int i = 0; i < 5000; ++i) {  // more than the ring holds
    engine->run(1, make_task(
                       [&ran, control, i](TimePoint, MediaCall&) {
                         if (std::this_thread::get_id() != control) ran.push_back(i);
                       },
                       [&came_home, i] { came_home.push_back(i); }));
  }
  engine->run(1, make_task([ghost](TimePoint, MediaCall&) {}));
  ghost.reset();
  ASSERT_TRUE(until([&] { return came_home.size() == 5000 && died != std::thread::id(); }));
  EXPECT_EQ(died, control);
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(ran[static_cast<std::size_t>(i)], i);
    ASSERT_EQ(came_home[static_cast<std::size_t>(i)], i);
  }
}

TEST_F(MediaThreadTest, ATaskForACallThatIsGoneDiesWithoutComingHome) {
  bool home = false, ran = false;
  engine->run(3, make_task([&](TimePoint, MediaCall&) { ran = true; }, [&] { home = true; }));
  add(3);
  engine->remove(3);
  engine->remove(3);
  engine->run(3, make_task([&](TimePoint, MediaCall&) { ran = true; }, [&] { home = true; }));
  ASSERT_TRUE(until([&] { return sink.removed.size() == 1; }));
  pass(milliseconds(30));
  EXPECT_FALSE(home);
  EXPECT_FALSE(ran);
  EXPECT_EQ(sink.removed.size(), 1u);
}

TEST_F(MediaThreadTest, NothingIsLostOrReorderedWhileControlIsBusy) {
  constexpr int kEvents = 10000;  // several times the ring
  std::atomic<int> seen{0};
  add(1, [&](FakeCall& call, FakeTransport&) {
    call.events_left = kEvents;
    call.at_tick = [&](TimePoint) { ++seen; };
  });
  while (seen < 5) std::this_thread::yield();  // Control does not turn its loop
  std::vector<std::size_t> events_at_home;
  engine->run(1, make_task([](TimePoint, MediaCall&) {},
                           [&] { events_at_home.push_back(sink.events.size()); }));
  engine->remove(1);
  ASSERT_TRUE(until([&] { return !sink.removed.empty(); }));
  ASSERT_EQ(sink.events.size(), std::size_t{kEvents});
  for (int i = 0; i < kEvents; ++i) {
    ASSERT_EQ(sink.events[static_cast<std::size_t>(i)].second.value, i);
  }
  EXPECT_EQ(events_at_home.size(), 1u);
}

TEST_F(MediaThreadTest, CatchesUpWithMissedFramesAndCountsThem) {
  std::atomic<int> seen{0};
  add(1, [&](FakeCall& call, FakeTransport&) {
    call.at_tick = [&](TimePoint) {
      if (++seen != 3) return;
      const TimePoint until = monotonic_now() + milliseconds(80);
      while (monotonic_now() < until) {}
    };
  });
  ASSERT_TRUE(until([&] { return seen >= 20; }));
  auto back = take(1);
  expect_contiguous(back.fake().ticks);
  EXPECT_GE(engine->late_ticks(), 6u);
  EXPECT_GE(engine->worst_lateness(), milliseconds(65));
}

TEST_F(MediaThreadTest, ResynchronisesAfterALongStall) {
  std::atomic<int> seen{0};
  add(1, [&](FakeCall& call, FakeTransport&) {
    call.at_tick = [&](TimePoint) {
      if (++seen != 3) return;
      const TimePoint until = monotonic_now() + milliseconds(1150);
      while (monotonic_now() < until) {}
    };
  });
  ASSERT_TRUE(until([&] { return seen >= 10; }));
  auto back = take(1);
  const auto& ticks = back.fake().ticks;
  EXPECT_GE(ticks[3] - ticks[2], seconds(1));
  EXPECT_GE(engine->late_ticks(), 100u);
}

TEST_F(MediaThreadTest, EndsWithCallsInIt) {
  int died = 0;
  for (CallId id = 1; id <= 3; ++id) {
    add(id, [&](FakeCall& call, FakeTransport&) { call.at_death = [&] { ++died; }; });
  }
  engine->remove(3);
  engine.reset();
  EXPECT_EQ(died, 3);
  EXPECT_TRUE(sink.removed.empty());
}

TEST_F(MediaThreadTest, TheTickNeitherAllocatesNorFrees) {
  std::atomic<int> seen{0};
  add(1, [&](FakeCall& call, FakeTransport&) { call.at_tick = [&](TimePoint) { ++seen; }; });
  engine->run(1, make_task([](TimePoint, MediaCall&) { forbidden = true; }));
  for (CallId id = 2; id < 20; ++id) {
    add(id, [](FakeCall& call, FakeTransport& wire) {
      call.events_left = 500;
      for (int i = 0; i < 50; ++i) wire.in.emplace_back().size = 1;
      wire.sent.reserve(100);
    });
  }
  for (int i = 0; i < 100; ++i) engine->run(2, make_task([](TimePoint, MediaCall&) {}));
  ASSERT_TRUE(until([&] { return seen >= 10; }));
  for (CallId id = 2; id < 20; ++id) engine->remove(id);
  ASSERT_TRUE(until([&] { return sink.removed.size() == 18; }));
  engine->run(1, make_task([](TimePoint, MediaCall&) { forbidden = false; }));
  take(1);
  EXPECT_EQ(violations, 0);
}

}  // namespace
}  // namespace lineman
