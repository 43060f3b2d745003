#include "lineman/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <thread>

#include "clock.h"
#include "io_test.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ProcessTest : testing::Test {
  TempDir dir;
  std::unique_ptr<Loop> loop = make_loop();
  std::optional<ChildEnd> end;
  std::unique_ptr<Child> child;

  void run(const std::string& script) {
    auto made = run_command(*loop, {"sh", "-c", script}, {{"LINEMAN_URI", "sip:127.0.0.1:5099"}},
                            [this](const ChildEnd& e) { end = e; });
    ASSERT_TRUE(made) << made.error().text;
    child = std::move(*made);
  }
  bool ended() {
    return turn_until(*loop, [this] { return end.has_value(); });
  }
  static bool lives(int pid) { return kill(pid, 0) == 0 || errno != ESRCH; }
};

TEST_F(ProcessTest, ACommandGetsItsEnvironmentAndItsEndIsTold) {
  run("test \"$LINEMAN_URI\" = sip:127.0.0.1:5099 && test -n \"$PATH\" && exit 7");
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->signal, 0);
  EXPECT_FALSE(end->ok());
}

TEST_F(ProcessTest, ItInheritsNeitherDescriptorsNorSignalHandling) {
  const int leaked = open("/dev/null", O_RDONLY);  // not close-on-exec
  ASSERT_GE(leaked, 3);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  signal(SIGTERM, SIG_IGN);
  run("test ! -e /proc/$$/fd/" + std::to_string(leaked) + " || exit 1; kill -TERM $$; exit 2");
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  close(leaked);
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->signal, SIGTERM);
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_FALSE(end->ok());
}

TEST_F(ProcessTest, AMissingCommandIsAnErrorThatNamesIt) {
  const auto none = run_command(*loop, {"no-such-command-here"}, {}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUsage);
  EXPECT_EQ(none.error().text, "cannot run 'no-such-command-here': No such file or directory");
  EXPECT_FALSE(run_command(*loop, {}, {}, {}));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // nothing is left to reap
}

TEST_F(ProcessTest, StopAsksFirst) {
  run("trap 'exit 3' TERM; echo ready > " + (dir / "ready") + "; while :; do sleep 0.05; done");
  ASSERT_TRUE(turn_until(*loop, [&] { return !bytes_of(dir / "ready").empty(); }));
  child->stop(seconds(20));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->exit_code, 3);
}

TEST_F(ProcessTest, StopInsistsWhereNobodyListens) {
  run("trap '' TERM; echo ready > " + (dir / "ready") + "; while :; do sleep 0.05; done");
  ASSERT_TRUE(turn_until(*loop, [&] { return !bytes_of(dir / "ready").empty(); }));
  child->stop(milliseconds(50));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->signal, SIGKILL);
}

TEST_F(ProcessTest, NothingOutlivesItsDestruction) {
  run("sleep 1000 & echo $! > " + (dir / "grandchild") + "; wait");
  ASSERT_TRUE(turn_until(*loop, [&] { return bytes_of(dir / "grandchild").size() > 1; }));
  const int grandchild = std::stoi(bytes_of(dir / "grandchild"));
  const int pid = child->pid();
  EXPECT_TRUE(lives(pid));
  child.reset();
  EXPECT_FALSE(lives(pid));
  EXPECT_FALSE(end);
  // The grandchild is reaped by somebody else: gone or a zombie.
  EXPECT_TRUE(turn_until(*loop, [&] {
    const std::string status = bytes_of("/proc/" + std::to_string(grandchild) + "/stat");
    return status.empty() || status.find(") Z") != std::string::npos;
  }));
}

TEST_F(ProcessTest, SignalsArriveOnTheLoopAndTheOldHandlersComeBack) {
  std::vector<int> seen;
  struct sigaction before {};
  sigaction(SIGTERM, nullptr, &before);
  {
    const auto watch = watch_signals(*loop, [&](int number) { seen.push_back(number); });
    std::thread([] { raise(SIGTERM); }).join();  // whichever thread it strikes
    kill(getpid(), SIGINT);
    kill(getpid(), SIGPIPE);
    ASSERT_TRUE(turn_until(*loop, [&] { return seen.size() == 2; }));
    EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
  }
  struct sigaction after {};
  sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

TEST_F(ProcessTest, ASignalMayEndItsOwnWatch) {
  std::unique_ptr<SignalWatch> watch;
  int seen = 0;
  watch = watch_signals(*loop, [&](int) {
    ++seen;
    watch.reset();
  });
  raise(SIGINT);
  ASSERT_TRUE(turn_until(*loop, [&] { return seen == 1; }));
}

TEST(Clock, TheEpochIsTheWallClocksAndSeedsDiffer) {
  const TimePoint start = monotonic_now();
  const EventEpoch epoch = wall_epoch(start);
  EXPECT_EQ(epoch.start, start);
  EXPECT_NEAR(static_cast<double>(epoch.utc_nanoseconds), static_cast<double>(wall_now().count()),
              1e10);
  EXPECT_NE(random_seed(), random_seed());
}

}  // namespace
}  // namespace lineman
