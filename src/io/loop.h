// RootLoop: the Loop of the Control thread. Sofia's su_root turns; it sees a single descriptor of
// ours, an epoll set that holds everything else:
//
//   su_root_run ─► epoll set ─┬─ watched descriptors
//                             ├─ timerfd (CLOCK_MONOTONIC, absolute, the earliest of at())
//                             └─ eventfd (post(), the one function any thread may call)
//
// su_timer is not used: it counts the wall clock in milliseconds, so it may fire early and follows
// a stepped clock.
#pragma once

#include <sofia-sip/su_wait.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lineman/loop.h"

namespace lineman {

class RootLoop final : public Loop {
 public:
  RootLoop();
  ~RootLoop() override;
  RootLoop(const RootLoop&) = delete;
  RootLoop& operator=(const RootLoop&) = delete;

  TimePoint now() const override;
  Id watch(int fd, unsigned interest, std::function<void(unsigned ready)> fn) override;
  void unwatch(Id id) override;
  Id at(TimePoint when, std::function<void()> fn) override;
  void cancel(Id id) override;
  void post(std::function<void()> fn) override;
  void run() override;
  void stop() override;
  void* native_handle() override { return root_; }

 private:
  class Fd {  // a descriptor that we own
   public:
    Fd() = default;
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
      std::swap(fd_, other.fd_);
      return *this;
    }
    ~Fd() { reset(-1); }
    void reset(int fd) {
      if (fd_ >= 0) ::close(fd_);
      fd_ = fd;
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

   private:
    int fd_ = -1;
  };
  struct Watch {
    int fd = -1;
    Fd own;  // when `fd` is a stand-in of ours
    std::function<void(unsigned ready)> fn;
  };

  static int on_root_wait(su_root_magic_t*, su_wait_t* wait, su_wakeup_arg_t* self);
  int add(int fd, std::uint32_t bits, Id id);  // errno
  void dispatch();
  void run_timers();
  void run_posted();
  void arm();

  su_root_t* root_ = nullptr;
  su_wait_t wait_{};
  Fd epoll_, timer_, posted_;
  Id next_id_;
  std::unordered_map<Id, Watch> watches_;
  std::vector<std::unordered_map<Id, Watch>::node_type> retired_;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> timers_;
  std::unordered_map<Id, TimePoint> due_;
  TimePoint armed_ = kNever;
  bool dispatching_ = false, running_ = false, stop_ = false;

  std::mutex mutex_;  // guards queue_
  std::vector<std::function<void()>> queue_;
};

}  // namespace lineman
