#include "loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace lineman {
namespace {

using std::chrono::milliseconds;

struct LoopTest : testing::Test {
  std::unique_ptr<Loop> loop = make_loop();
  // Every test has a bound: a loop that lost an event must not hang.
  void run(milliseconds bound = milliseconds(5000)) {
    bool timed_out = false;
    const auto guard = loop->at(loop->now() + bound, [&] {
      timed_out = true;
      loop->stop();
    });
    loop->run();
    loop->cancel(guard);
    EXPECT_FALSE(timed_out);
  }
};

struct SocketPair {
  int fd[2] = {-1, -1};
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0); }
  ~SocketPair() {
    close(fd[0]);
    close(fd[1]);
  }
  void say(int side = 1) const { EXPECT_EQ(write(fd[side], "x", 1), 1); }
  void hear(int side = 0) const {
    char c;
    EXPECT_EQ(read(fd[side], &c, 1), 1);
  }
};

TEST_F(LoopTest, TimersFireInOrderAndNeverEarly) {
  const TimePoint start = loop->now();
  std::vector<int> order;
  for (const int ms : {30, 10, 20, 10, 0, -5}) {
    loop->at(start + milliseconds(ms), [&, ms] {
      EXPECT_GE(loop->now(), start + milliseconds(ms));
      order.push_back(ms);
      if (order.size() == 6) loop->stop();
    });
  }
  run();
  EXPECT_EQ(order, (std::vector<int>{-5, 0, 10, 10, 20, 30}));
}

TEST_F(LoopTest, TimersAreExactToTheMicrosecondsNotEarlyByRounding) {
  int fired = 0;
  for (int i = 1; i <= 50; ++i) {
    const TimePoint when = loop->now() + std::chrono::microseconds(337 * i);
    loop->at(when, [&, when] {
      EXPECT_GE(loop->now(), when);
      if (++fired == 50) loop->stop();
    });
  }
  run();
}

TEST_F(LoopTest, ATimerIsNeverRunInsideAtAndMaySetItselfForThePastWithoutStarvingOthers) {
  int rounds = 0;
  bool inside = false;
  std::function<void()> again = [&] {
    EXPECT_FALSE(inside);
    if (++rounds > 3) return;
    inside = true;
    loop->at(TimePoint{}, again);
    inside = false;
  };
  loop->at(TimePoint{}, again);
  loop->post([&] { loop->at(loop->now() + milliseconds(5), [&] { loop->stop(); }); });
  run();
  EXPECT_EQ(rounds, 4);
}

TEST_F(LoopTest, CancelledTimersStaySilentAndUsedIdsAreIgnored) {
  bool wrong = false;
  Loop::Id sibling = 0;
  const auto gone = loop->at(loop->now() + milliseconds(1), [&] { wrong = true; });
  loop->cancel(gone);
  loop->cancel(gone);
  loop->cancel(0);
  loop->cancel(987654);
  const TimePoint same = loop->now() + milliseconds(2);
  loop->at(same, [&] { loop->cancel(sibling); });  // due in the same round
  sibling = loop->at(same, [&] { wrong = true; });
  loop->at(loop->now() + milliseconds(8), [&] { loop->stop(); });
  run();
  EXPECT_FALSE(wrong);
}

TEST_F(LoopTest, AnEarlierTimerOvertakesAnArmedLaterOne) {
  bool late = false;
  const auto id = loop->at(loop->now() + std::chrono::hours(1), [&] { late = true; });
  loop->at(kNever, [&] { late = true; });
  loop->post([&] { loop->at(loop->now() + milliseconds(1), [&] { loop->stop(); }); });
  run();
  EXPECT_FALSE(late);
  loop->cancel(id);
}

TEST_F(LoopTest, PostsFromOtherThreadsAllArriveEachInItsOrder) {
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<int> last(kThreads, -1);
  int seen = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop->post([&, t, i] {
          EXPECT_EQ(last[t], i - 1);
          last[t] = i;
          if (++seen == kThreads * kEach) loop->stop();
        });
      }
    });
  }
  run(milliseconds(20000));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, kThreads * kEach);
}

TEST_F(LoopTest, AFunctionPostedByAPostedOneRunsLaterButRuns) {
  std::vector<int> order;
  loop->post([&] {
    loop->post([&] {
      order.push_back(3);
      loop->stop();
    });
    order.push_back(1);
  });
  loop->post([&] { order.push_back(2); });
  run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(LoopTest, StopBeforeRunMakesItReturnOnce) {
  loop->stop();
  loop->run();
  bool ran = false;
  loop->post([&] {
    ran = true;
    loop->stop();
  });
  run();
  EXPECT_TRUE(ran);
}

TEST_F(LoopTest, WatchReportsReadableWritableAndHangup) {
  SocketPair a, b;
  unsigned seen = 0;
  loop->watch(a.fd[0], Loop::kReadable, [&](unsigned ready) {
    EXPECT_TRUE(ready & Loop::kReadable);
    a.hear();
    seen |= 1;
    shutdown(b.fd[1], SHUT_RDWR);
  });
  Loop::Id out = loop->watch(b.fd[0], Loop::kWritable, [&](unsigned ready) {
    EXPECT_TRUE(ready & Loop::kWritable);
    seen |= 2;
    loop->unwatch(out);
    a.say();
  });
  loop->watch(b.fd[0], Loop::kHangup, [&](unsigned ready) {  // a second watch on one descriptor
    EXPECT_TRUE(ready & Loop::kHangup);
    seen |= 4;
    loop->stop();
  });
  run();
  EXPECT_EQ(seen, 7u);
}

TEST_F(LoopTest, LevelTriggered) {
  SocketPair pair;
  pair.say();
  int times = 0;
  loop->watch(pair.fd[0], Loop::kReadable, [&](unsigned) {
    if (++times == 3) loop->stop();
  });
  run();
  EXPECT_EQ(times, 3);
}

TEST_F(LoopTest, AWatchThatUnwatchesItselfKeepsItsCaptures) {
  // Small enough to lie within std::function, where moving the function would move the capture.
  struct Self {
    Loop* loop;
    Loop::Id id = 0;
    int after = 0;
  } self{loop.get()};
  const SocketPair pair;
  self.id = loop->watch(pair.fd[0], Loop::kReadable, [s = &self](unsigned) {
    s->loop->unwatch(s->id);
    ++s->after;
    s->loop->stop();
  });
  pair.say();
  run();
  EXPECT_EQ(self.after, 1);
}

TEST_F(LoopTest, ACallbackMayUnwatchItselfAndOthersThatAreReadyToo) {
  SocketPair pairs[3];
  Loop::Id ids[3];
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    pairs[i].say();
    // The capture must outlive the unwatch of its own function.
    ids[i] =
        loop->watch(pairs[i].fd[0], Loop::kReadable, [&, text = std::string(100, 'x')](unsigned) {
          ++calls;
          for (const auto id : ids) loop->unwatch(id);
          EXPECT_EQ(text, std::string(100, 'x'));
          loop->at(loop->now() + milliseconds(5), [&] { loop->stop(); });
        });
  }
  run();
  EXPECT_EQ(calls, 1);
  loop->unwatch(ids[0]);
  loop->unwatch(12345);
}

TEST_F(LoopTest, ADescriptorReusedWithinTheRoundIsNotMistakenForTheOldOne) {
  SocketPair a, b, fresh;
  a.say();
  b.say();
  int stale = 0;
  Loop::Id ids[2];
  const auto replace = [&](int mine) {
    // Both are ready. Whoever runs first replaces the other's descriptor by a silent one.
    const int other = 1 - mine;
    SocketPair& gone = other == 0 ? a : b;
    loop->unwatch(ids[mine]);
    loop->unwatch(ids[other]);
    EXPECT_EQ(dup2(fresh.fd[0], gone.fd[0]), gone.fd[0]);
    loop->watch(gone.fd[0], Loop::kReadable, [&](unsigned) { ++stale; });
    loop->at(loop->now() + milliseconds(5), [&] { loop->stop(); });
  };
  ids[0] = loop->watch(a.fd[0], Loop::kReadable, [&](unsigned) { replace(0); });
  ids[1] = loop->watch(b.fd[0], Loop::kReadable, [&](unsigned) { replace(1); });
  run();
  EXPECT_EQ(stale, 0);
}

TEST_F(LoopTest, ARegularFileIsAlwaysReady) {
  char name[] = "/tmp/lineman-loop-XXXXXX";
  const int fd = mkstemp(name);
  ASSERT_GE(fd, 0);
  unlink(name);
  const auto id = loop->watch(fd, Loop::kReadable, [&](unsigned ready) {
    EXPECT_TRUE(ready & Loop::kReadable);
    loop->stop();
  });
  ASSERT_NE(id, 0u);
  run();
  loop->unwatch(id);
  close(fd);
}

TEST_F(LoopTest, ABadDescriptorIsRefused) {
  EXPECT_EQ(loop->watch(-1, Loop::kReadable, [](unsigned) {}), 0u);
}

TEST_F(LoopTest, HasASofiaRoot) { EXPECT_NE(loop->native_handle(), nullptr); }

}  // namespace
}  // namespace lineman
