// make_stdin_source (lineman/audio_file.h): raw s16le from a pipe, read ahead by a thread.
//
//   pipe ─► reader thread ─► ring (1 s) ─► read() on Media
//
// A full ring is the pipe's back pressure: the reader sleeps until about half of it was played.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "fd.h"
#include "lineman/audio_file.h"
#include "lineman/spsc_ring.h"
#include "socket_address.h"

namespace lineman {
namespace {

// Bytes to samples; an odd byte waits for its other half.
class Pairs {
 public:
  template <class Put>
  void take(const unsigned char* bytes, std::size_t size, Put&& put) {
    std::size_t i = 0;
    if (odd_ && size > 0) {
      put(sample(low_, bytes[0]));
      odd_ = false;
      i = 1;
    }
    for (; i + 1 < size; i += 2) put(sample(bytes[i], bytes[i + 1]));
    if (i < size) {
      low_ = bytes[i];
      odd_ = true;
    }
  }

 private:
  static std::int16_t sample(unsigned low, unsigned high) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(low | high << 8));
  }
  unsigned char low_ = 0;
  bool odd_ = false;
};

class ThreadedSource final : public AudioSource {
 public:
  ThreadedSource(int fd, SampleRate rate)
      : fd_(fd),
        rate_(rate),
        ring_(static_cast<std::size_t>(rate)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    thread_ = std::thread([this] { main(); });
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
  }
  ~ThreadedSource() override {
    stop_.store(true);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
    thread_.join();
  }

  SampleRate rate() const override { return rate_; }

  State read(std::span<std::int16_t> out, std::size_t& got) override {
    // Asked first: what was pushed before the end is seen below.
    const bool ended = ended_.load(std::memory_order_acquire);
    for (got = 0; got < out.size(); ++got) {
      if (!ring_.pop(out[got])) break;
    }
    if (got == out.size()) return State::kMore;
    return ended ? State::kEnd : State::kShort;
  }

 private:
  void main() {
    pthread_setname_np(pthread_self(), "lm-stdin");
    std::array<unsigned char, 4096> bytes{};
    Pairs pairs;
    while (!stop_.load()) {
      const std::size_t room = ring_.capacity() - ring_.size_approx();
      const bool full = room < ring_.capacity() / 4;
      std::array<pollfd, 2> fds{{{wake_.get(), POLLIN, 0}, {fd_, POLLIN, 0}}};
      if (::poll(fds.data(), full ? 1 : 2, full ? 250 : -1) <= 0 || fds[0].revents) continue;
      const auto n = ::read(fd_, bytes.data(), std::min(bytes.size(), 2 * room - 2));
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) break;
      pairs.take(bytes.data(), static_cast<std::size_t>(n),
                 [this](std::int16_t sample) { ring_.push(sample); });
    }
    ended_.store(true, std::memory_order_release);
  }

  const int fd_;
  const SampleRate rate_;
  SpscRing<std::int16_t> ring_;
  Fd wake_;
  std::atomic<bool> stop_{false}, ended_{false};
  std::thread thread_;
};

class BlockingSource final : public AudioSource {
 public:
  BlockingSource(int fd, SampleRate rate) : fd_(fd), rate_(rate) {}
  SampleRate rate() const override { return rate_; }
  State read(std::span<std::int16_t> out, std::size_t& got) override {
    got = 0;
    std::array<unsigned char, 2 * AudioFrame::kMaxSamples> bytes{};
    while (got < out.size()) {
      const auto n = ::read(fd_, bytes.data(), std::min(bytes.size(), 2 * (out.size() - got)));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        pollfd look{fd_, POLLIN, 0};
        ::poll(&look, 1, -1);
        continue;
      }
      if (n <= 0) return State::kEnd;
      // With an odd byte in hand one sample more than asked for cannot come: it makes the last one.
      pairs_.take(bytes.data(), static_cast<std::size_t>(n), [&](std::int16_t sample) {
        if (got < out.size()) out[got++] = sample;
      });
    }
    return State::kMore;
  }

 private:
  const int fd_;
  const SampleRate rate_;
  Pairs pairs_;
};

}  // namespace

Result<std::unique_ptr<AudioSource>> make_stdin_source(int fd, SampleRate rate, bool blocking) {
  pollfd look{fd, POLLIN, 0};
  ::poll(&look, 1, 0);
  if (look.revents & POLLNVAL) {
    return fail(ErrorCode::kFile, "nothing to play: stdin is closed; pipe raw s16le audio in");
  }
  if (::isatty(fd)) {
    return fail(ErrorCode::kUsage,
                "'-' plays raw s16le audio from stdin, which is a terminal: pipe it in, as in "
                "`sox hello.wav -t raw -r 8000 -c 1 -e signed -b 16 - | lineman play URI -`");
  }
  if (blocking) return std::make_unique<BlockingSource>(fd, rate);
  return std::make_unique<ThreadedSource>(fd, rate);
}

}  // namespace lineman
