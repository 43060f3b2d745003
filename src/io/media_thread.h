// MediaThread: the Media thread (DESIGN section 4). A timerfd on absolute 10 ms deadlines; one wake
// drains the sockets of all calls, runs due timeouts, ticks and sends. Two frames a wake when every
// call packs 20 ms or more. Without calls the timer is disarmed and the thread sleeps on an
// eventfd.
//
//   Control: add, run, remove ─► inbox_ ─► Media, at its next wake (its eventfd only when asleep)
//   Control: sink, home()     ◄─ home_  ◄─ Media, one eventfd write a wake that had something
//
// Nothing on the Media thread allocates, locks, logs or frees: messages and calls are made, and
// die, on Control. What does not fit into a full ring waits where it is.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>

#include "fd.h"
#include "lineman/engine.h"
#include "lineman/loop.h"
#include "lineman/spsc_ring.h"
#include "media_host.h"

namespace lineman {

class MediaThread final : public MediaEngine {
 public:
  // A tick that begins later than this is not caught up with: the time is given up.
  static constexpr Duration kMaxCatchUp = std::chrono::seconds(1);

  explicit MediaThread(Loop& loop);
  ~MediaThread() override;  // ends the thread; calls still in it are freed without on_removed
  MediaThread(const MediaThread&) = delete;
  MediaThread& operator=(const MediaThread&) = delete;

  void set_sink(EngineSink* sink) override { sink_ = sink; }
  void add(CallId id, std::unique_ptr<MediaCall> call,
           std::unique_ptr<PacketTransport> transport) override;
  void run(CallId id, std::unique_ptr<MediaTask> task) override;
  void remove(CallId id) override;
  std::uint64_t late_ticks() const override { return late_ticks_.load(std::memory_order_relaxed); }
  Duration worst_lateness() const override {
    return Duration(worst_lateness_.load(std::memory_order_relaxed));
  }

 private:
  enum class Kind : std::uint8_t { kAdd, kRun, kRemove };
  struct Message {
    Kind kind{};
    HostedCall* call = nullptr;
    std::unique_ptr<HostedCall> owned;  // kRemove: the call goes home in it
    std::unique_ptr<MediaTask> task;
    Message* next = nullptr;  // in waiting_
  };
  struct Home {
    CallId id = 0;
    MediaEvent event;
    std::unique_ptr<Message> message;  // instead of an event
  };

  // Control
  void send(std::unique_ptr<Message> message);
  void flush();
  void on_home();

  // Media
  void main();
  void sleep();
  void wait_for_deadline();
  void take_messages(TimePoint now);
  void tick(TimePoint now);
  void go_home(std::unique_ptr<Message> message);
  void deliver();
  bool deliver_waiting();  // false: home_ is full
  bool deliver_events(HostedCall& call);
  bool room() const { return home_.size_approx() < home_.capacity(); }

  Loop& loop_;
  EngineSink* sink_ = nullptr;
  std::unordered_map<CallId, std::unique_ptr<HostedCall>> calls_;
  std::deque<std::unique_ptr<Message>> outbox_;  // when inbox_ was full
  Loop::Id retry_ = 0;
  Loop::Id watch_ = 0;

  SpscRing<std::unique_ptr<Message>> inbox_;
  SpscRing<Home> home_;
  Fd work_, homecoming_, timer_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> late_ticks_{0};
  std::atomic<Duration::rep> worst_lateness_{0};

  MediaHost host_;
  TimePoint deadline_{};        // of the next tick
  int frames_ = 1;              // a wake
  Duration armed_{};            // the timer's interval; 0: disarmed
  Message* waiting_ = nullptr;  // to go home, oldest first, when home_ was full
  Message* newest_ = nullptr;
  bool said_something_ = false;

  std::thread thread_;  // last: everything it uses exists before it
};

}  // namespace lineman
