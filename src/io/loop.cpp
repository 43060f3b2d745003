#include "loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace lineman {
namespace {

constexpr std::uint64_t kTimerSlot = 1, kPostSlot = 2;  // epoll data; watches have ids above
constexpr Loop::Id kFirstId = 16;

std::uint32_t epoll_bits(unsigned interest) {
  std::uint32_t bits = 0;
  if (interest & Loop::kReadable) bits |= EPOLLIN;
  if (interest & Loop::kWritable) bits |= EPOLLOUT;
  if (interest & Loop::kHangup) bits |= EPOLLRDHUP;
  return bits;
}

unsigned ready_bits(std::uint32_t bits) {
  unsigned ready = 0;
  if (bits & EPOLLIN) ready |= Loop::kReadable;
  if (bits & EPOLLOUT) ready |= Loop::kWritable;
  if (bits & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) ready |= Loop::kHangup;
  return ready;
}

}  // namespace

RootLoop::RootLoop() : next_id_(kFirstId) {
  su_init();
  root_ = su_root_create(nullptr);
  if (!root_) std::abort();  // no memory or descriptors at the very start: nothing can be reported
  su_root_threading(root_, 0);
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  posted_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll_ || !timer_ || !posted_) std::abort();
  add(timer_.get(), EPOLLIN, kTimerSlot);
  add(posted_.get(), EPOLLIN, kPostSlot);
  su_wait_create(&wait_, epoll_.get(), SU_WAIT_IN);
  su_root_register(root_, &wait_, &RootLoop::on_root_wait, reinterpret_cast<su_wakeup_arg_t*>(this),
                   0);
}

RootLoop::~RootLoop() {
  su_root_unregister(root_, &wait_, &RootLoop::on_root_wait,
                     reinterpret_cast<su_wakeup_arg_t*>(this));
  su_root_destroy(root_);
  su_deinit();
}

TimePoint RootLoop::now() const {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return TimePoint(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

int RootLoop::on_root_wait(su_root_magic_t*, su_wait_t* wait, su_wakeup_arg_t* self) {
  su_wait_events(wait, wait->fd);
  reinterpret_cast<RootLoop*>(self)->dispatch();
  return 0;
}

int RootLoop::add(int fd, std::uint32_t bits, Id id) {
  epoll_event event{};
  event.events = bits;
  event.data.u64 = id;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

Loop::Id RootLoop::watch(int fd, unsigned interest, std::function<void(unsigned ready)> fn) {
  Watch watch;
  watch.fd = fd;
  watch.fn = std::move(fn);
  const Id id = next_id_++;
  int error = add(fd, epoll_bits(interest), id);
  if (error == EEXIST) {  // a second watch on one descriptor: epoll tells them apart by a duplicate
    watch.own.reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    watch.fd = watch.own.get();
    error = add(watch.fd, epoll_bits(interest), id);
  } else if (error == EPERM) {  // a regular file: always ready, as poll() has it
    watch.own.reset(eventfd(1, EFD_CLOEXEC));
    watch.fd = watch.own.get();
    error = add(watch.fd, epoll_bits(interest), id);
  }
  if (error) return 0;
  watches_.emplace(id, std::move(watch));
  return id;
}

void RootLoop::unwatch(Id id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  // Fails when the caller closed the descriptor first, which has removed it already.
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, it->second.fd, nullptr);
  it->second.own.reset(-1);
  // It may be the function that is running: the whole node is kept, because a small capture lies
  // within std::function and moves with it.
  retired_.push_back(watches_.extract(it));
  if (!dispatching_) retired_.clear();
}

Loop::Id RootLoop::at(TimePoint when, std::function<void()> fn) {
  const Id id = next_id_++;
  due_.emplace(id, when);
  timers_.emplace(std::pair(when, id), std::move(fn));
  arm();
  return id;
}

void RootLoop::cancel(Id id) {
  const auto it = due_.find(id);
  if (it == due_.end()) return;
  timers_.erase({it->second, id});  // the descriptor stays armed: one idle wake-up is the cheaper
  due_.erase(it);
}

void RootLoop::arm() {
  if (timers_.empty()) return;
  const TimePoint first = timers_.begin()->first.first;
  if (first >= armed_ || first == kNever) return;
  armed_ = first;
  // Zero would disarm: a time before the epoch of the clock means at once.
  const auto since = std::max(first.time_since_epoch(), Duration(1));
  itimerspec spec{};
  spec.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  spec.it_value.tv_nsec = (since % std::chrono::seconds(1)).count();
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void RootLoop::run_timers() {
  std::uint64_t ticks;
  (void)!read(timer_.get(), &ticks, sizeof ticks);
  armed_ = kNever;
  const TimePoint time = now();
  const Id newest = next_id_;  // timers set while we run wait for the next round
  auto it = timers_.begin();
  while (it != timers_.end() && it->first.first <= time) {
    if (it->first.second >= newest) {
      ++it;
      continue;
    }
    auto fn = std::move(it->second);
    due_.erase(it->first.second);
    timers_.erase(it);
    fn();
    it = timers_.begin();
  }
  arm();
}

void RootLoop::post(std::function<void()> fn) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(fn));
  }
  const std::uint64_t one = 1;
  (void)!write(posted_.get(), &one, sizeof one);  // full means that a wake-up is already due
}

void RootLoop::run_posted() {
  std::uint64_t count;
  (void)!read(posted_.get(), &count, sizeof count);
  std::vector<std::function<void()>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(queue_);
  }
  for (auto& fn : batch) {
    fn();
    fn = nullptr;  // what it captured dies in order, too
  }
}

void RootLoop::dispatch() {
  epoll_event events[32];
  const int n = epoll_wait(epoll_.get(), events, 32, 0);
  dispatching_ = true;
  for (int i = 0; i < n; ++i) {
    const Id id = events[i].data.u64;
    if (id == kTimerSlot) {
      run_timers();
    } else if (id == kPostSlot) {
      run_posted();
    } else if (const auto it = watches_.find(id); it != watches_.end()) {
      // Ids are never used again, so an event of a watch that went a moment ago finds nothing.
      // Map nodes do not move, and unwatch() retires the function instead of destroying it.
      it->second.fn(ready_bits(events[i].events));
    }
  }
  dispatching_ = false;
  retired_.clear();
}

void RootLoop::run() {
  if (!stop_) {
    running_ = true;
    su_root_run(root_);
    running_ = false;
  }
  stop_ = false;
}

void RootLoop::stop() {
  stop_ = true;
  if (running_) su_root_break(root_);
}

std::unique_ptr<Loop> make_loop() { return std::make_unique<RootLoop>(); }

}  // namespace lineman
