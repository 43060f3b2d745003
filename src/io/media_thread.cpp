#include "media_thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>

#include "clock.h"

namespace lineman {
namespace {

constexpr std::size_t kInbox = 1024;
constexpr std::size_t kHome = 2048;

void signal_fd(const Fd& fd) {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the other side is awake anyway.
  [[maybe_unused]] const auto n = ::write(fd.get(), &one, sizeof one);
}

void clear_fd(const Fd& fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = ::read(fd.get(), &count, sizeof count);
}

}  // namespace

MediaThread::MediaThread(Loop& loop)
    : loop_(loop),
      inbox_(kInbox),
      home_(kHome),
      work_(eventfd(0, EFD_CLOEXEC)),
      homecoming_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  watch_ = loop_.watch(homecoming_.get(), Loop::kReadable, [this](unsigned) { on_home(); });
  // Signals belong to Control.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  thread_ = std::thread([this] { main(); });
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

MediaThread::~MediaThread() {
  loop_.unwatch(watch_);
  loop_.cancel(retry_);
  stop_.store(true);
  signal_fd(work_);
  thread_.join();
  while (waiting_) {
    std::unique_ptr<Message> message(waiting_);
    waiting_ = message->next;
  }
}

// --- Control

void MediaThread::add(CallId id, std::unique_ptr<MediaCall> call,
                      std::unique_ptr<PacketTransport> transport) {
  if (calls_.count(id)) remove(id);
  auto hosted = std::make_unique<HostedCall>();
  hosted->id = id;
  hosted->call = std::move(call);
  hosted->transport = std::move(transport);
  auto message = std::make_unique<Message>();
  message->kind = Kind::kAdd;
  message->call = hosted.get();
  calls_[id] = std::move(hosted);
  send(std::move(message));
}

void MediaThread::run(CallId id, std::unique_ptr<MediaTask> task) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  auto message = std::make_unique<Message>();
  message->kind = Kind::kRun;
  message->call = found->second.get();
  message->task = std::move(task);
  send(std::move(message));
}

void MediaThread::remove(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  auto message = std::make_unique<Message>();
  message->kind = Kind::kRemove;
  message->call = found->second.get();
  message->owned = std::move(found->second);
  calls_.erase(found);
  send(std::move(message));
}

void MediaThread::send(std::unique_ptr<Message> message) {
  outbox_.push_back(std::move(message));
  flush();
}

void MediaThread::flush() {
  while (!outbox_.empty() && inbox_.push(std::move(outbox_.front()))) outbox_.pop_front();
  // Either Media sees the messages before it sleeps, or this sees that it sleeps.
  if (asleep_.exchange(false)) signal_fd(work_);
  if (outbox_.empty() || retry_) return;
  retry_ = loop_.at(loop_.now() + kFrameTime, [this] {
    retry_ = 0;
    flush();
  });
}

void MediaThread::on_home() {
  clear_fd(homecoming_);
  // Bounded, so that a flood of events leaves the loop its turn; the rest signals again.
  Home home;
  std::size_t budget = kHome;
  for (; budget > 0 && home_.pop(home); --budget) {
    if (!home.message) {
      if (sink_) sink_->on_media_event(home.id, home.event);
      continue;
    }
    const auto message = std::move(home.message);
    if (message->kind == Kind::kRun) message->task->home();
    if (message->kind == Kind::kRemove && sink_) {
      HostedCall& hosted = *message->owned;
      sink_->on_removed(hosted.id, std::move(hosted.call), std::move(hosted.transport));
    }
  }
  if (budget == 0) signal_fd(homecoming_);
}

// --- Media

void MediaThread::main() {
  pthread_setname_np(pthread_self(), "lm-media");
  while (!stop_.load(std::memory_order_acquire)) {
    if (host_.empty() && !waiting_) {
      sleep();
    } else {
      wait_for_deadline();
    }
    const TimePoint now = monotonic_now();
    const bool was_empty = host_.empty();
    take_messages(now);
    if (was_empty) {
      deadline_ = now;
      armed_ = Duration{};
    }
    if (!host_.empty()) tick(now);
    deliver();
    if (said_something_) signal_fd(homecoming_);
    said_something_ = false;
  }
}

void MediaThread::sleep() {
  if (armed_ != Duration{}) {
    const itimerspec off{};
    timerfd_settime(timer_.get(), 0, &off, nullptr);
    armed_ = Duration{};
  }
  asleep_.exchange(true);
  if (inbox_.front()) {
    // Came meanwhile. If Control saw the flag it has signalled: take that away again.
    if (!asleep_.exchange(false)) clear_fd(work_);
    return;
  }
  clear_fd(work_);
  asleep_.exchange(false);
}

void MediaThread::wait_for_deadline() {
  const Duration interval = frames_ * kFrameTime;
  if (armed_ != interval) {
    itimerspec at{};
    at.it_value = to_timespec(std::max(deadline_.time_since_epoch(), Duration(1)));
    at.it_interval = to_timespec(interval);
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
    armed_ = interval;
  }
  clear_fd(timer_);
}

void MediaThread::take_messages(TimePoint now) {
  std::unique_ptr<Message> message;
  while (inbox_.pop(message)) {
    switch (message->kind) {
      case Kind::kAdd: host_.add(*message->call); break;
      case Kind::kRun: message->task->run(now, *message->call->call); break;
      case Kind::kRemove:
        host_.take_out(*message->call);
        host_.drain(*message->call, now);
        break;
    }
    go_home(std::move(message));
  }
}

void MediaThread::tick(TimePoint now) {
  if (now - deadline_ > kMaxCatchUp) {
    // Stopped or suspended: a flood of old frames would help nobody.
    late_ticks_.fetch_add(static_cast<std::uint64_t>((now - deadline_) / kFrameTime),
                          std::memory_order_relaxed);
    worst_lateness_.store(std::max(worst_lateness_.load(), (now - deadline_).count()));
    deadline_ = now;
    armed_ = Duration{};
  }
  int frames = 0;
  std::uint64_t late = 0;
  for (TimePoint next = deadline_; next <= now; next += frames_ * kFrameTime) {
    for (int i = 0; i < frames_; ++i, ++frames) {
      const Duration lateness = now - (next + i * kFrameTime);
      if (lateness <= kFrameTime) continue;
      ++late;
      if (lateness.count() > worst_lateness_.load(std::memory_order_relaxed)) {
        worst_lateness_.store(lateness.count(), std::memory_order_relaxed);
      }
    }
  }
  if (late) late_ticks_.fetch_add(late, std::memory_order_relaxed);
  host_.turn(now, deadline_, frames);
  deadline_ += frames * kFrameTime;
  if (frames > 0) frames_ = host_.frames_per_wake();
}

void MediaThread::go_home(std::unique_ptr<Message> message) {
  message->next = nullptr;
  Message* raw = message.release();
  (newest_ ? newest_->next : waiting_) = raw;
  newest_ = raw;
  deliver_waiting();
}

void MediaThread::deliver() {
  if (!deliver_waiting()) return;
  for (HostedCall* call = host_.first(); call; call = call->next) {
    if (!deliver_events(*call)) return;
  }
}

bool MediaThread::deliver_waiting() {
  while (waiting_) {
    // What a call said comes before the call itself.
    if (!deliver_events(*waiting_->call) || !room()) return false;
    std::unique_ptr<Message> message(waiting_);
    waiting_ = message->next;
    if (!waiting_) newest_ = nullptr;
    home_.push(Home{0, {}, std::move(message)});
    said_something_ = true;
  }
  return true;
}

bool MediaThread::deliver_events(HostedCall& call) {
  Home home;
  home.id = call.id;
  while (room()) {
    if (!call.call->next_event(home.event)) return true;
    home_.push(std::move(home));
    home.id = call.id;
    said_something_ = true;
  }
  return false;
}

std::unique_ptr<MediaEngine> make_media_thread(Loop& loop) {
  return std::make_unique<MediaThread>(loop);
}

}  // namespace lineman
