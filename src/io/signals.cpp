// watch_signals, wall_epoch and random_seed (lineman/process.h). A handler that writes the number
// of the signal into a pipe, so that it works whichever thread the kernel picks.
#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "clock.h"
#include "fd.h"
#include "lineman/process.h"

namespace lineman {
namespace {

// A signal handler has no other way to know anything.
std::atomic<int> signal_pipe{-1};

void on_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto n = ::write(signal_pipe.load(), &byte, 1);
  errno = saved;
}

class PipeSignalWatch final : public SignalWatch {
 public:
  PipeSignalWatch(Loop& loop, std::function<void(int)> fn) : loop_(loop), fn_(std::move(fn)) {
    int fd[2] = {-1, -1};
    [[maybe_unused]] const int made = ::pipe2(fd, O_CLOEXEC | O_NONBLOCK);
    read_ = Fd(fd[0]);
    write_ = Fd(fd[1]);
    signal_pipe.store(write_.get());
    watch_ = loop_.watch(read_.get(), Loop::kReadable, [this](unsigned) { deliver(); });
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : on_signal;
      action.sa_flags = SA_RESTART;
      ::sigaction(kSignals[i], &action, &old_[i]);
    }
  }
  ~PipeSignalWatch() override {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &old_[i], nullptr);
    signal_pipe.store(-1);
    loop_.unwatch(watch_);
  }

 private:
  static constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

  void deliver() {
    unsigned char number = 0;
    const auto fn = fn_;  // it may end this watch
    if (::read(read_.get(), &number, 1) == 1) fn(number);
  }

  Loop& loop_;
  std::function<void(int)> fn_;
  Fd read_, write_;
  Loop::Id watch_ = 0;
  std::array<struct sigaction, 4> old_{};
};

}  // namespace

std::unique_ptr<SignalWatch> watch_signals(Loop& loop, std::function<void(int signal)> fn) {
  return std::make_unique<PipeSignalWatch>(loop, std::move(fn));
}

EventEpoch wall_epoch(TimePoint start) {
  const Duration offset = wall_now() - monotonic_now().time_since_epoch();
  return {start, (start.time_since_epoch() + offset).count()};
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  // Up to 256 bytes come whole or not at all; before the pool is ready the clock has to do.
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) {
    seed = static_cast<std::uint64_t>(wall_now().count()) ^ static_cast<std::uint64_t>(::getpid())
                                                                << 48;
  }
  return seed;
}

}  // namespace lineman
