// SimLoop: the Loop in virtual time (lineman/sim.h). One thread; only post() may be called from
// another.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lineman/loop.h"

namespace lineman {

class SimLoop final : public Loop {
 public:
  TimePoint now() const override { return now_; }
  Id watch(int fd, unsigned interest, std::function<void(unsigned ready)> fn) override;
  void unwatch(Id id) override;
  Id at(TimePoint when, std::function<void()> fn) override;
  void cancel(Id id) override;
  void post(std::function<void()> fn) override;
  void run() override;
  void stop() override { stop_ = true; }
  void* native_handle() override { return nullptr; }

 private:
  struct Watch {
    int fd = -1;
    unsigned interest = 0;
    std::function<void(unsigned ready)> fn;
  };
  static constexpr int kPollEvery = 512;  // timers between two looks at the descriptors

  bool run_posted();
  void poll_watches();

  TimePoint now_{};
  Id next_id_ = 1;
  bool stop_ = false;
  int until_poll_ = kPollEvery;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> timers_;
  std::unordered_map<Id, TimePoint> due_;
  std::map<Id, Watch> watches_;

  std::mutex mutex_;  // guards queue_
  std::vector<std::function<void()>> queue_;
};

}  // namespace lineman
