#include "sim_loop.h"

#include <poll.h>

#include <algorithm>
#include <memory>

#include "lineman/sim.h"

namespace lineman {

Loop::Id SimLoop::watch(int fd, unsigned interest, std::function<void(unsigned)> fn) {
  watches_[next_id_] = {fd, interest, std::move(fn)};
  return next_id_++;
}

void SimLoop::unwatch(Id id) { watches_.erase(id); }

Loop::Id SimLoop::at(TimePoint when, std::function<void()> fn) {
  const TimePoint due = std::max(when, now_);
  const Id id = next_id_++;
  timers_.emplace(std::pair(due, id), std::move(fn));
  due_[id] = due;
  return id;
}

void SimLoop::cancel(Id id) {
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  timers_.erase({found->second, id});
  due_.erase(found);
}

void SimLoop::post(std::function<void()> fn) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(fn));
}

bool SimLoop::run_posted() {
  std::vector<std::function<void()>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(queue_);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (stop_) {  // what is left runs first when the loop runs again
      const std::lock_guard lock(mutex_);
      queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin() + static_cast<long>(i)),
                    std::make_move_iterator(batch.end()));
      return true;
    }
    batch[i]();
  }
  return !batch.empty();
}

void SimLoop::run() {
  stop_ = false;
  while (!stop_) {
    if (run_posted()) continue;
    if (--until_poll_ <= 0) {
      until_poll_ = kPollEvery;
      poll_watches();
      continue;
    }
    if (timers_.empty()) return;
    auto next = timers_.extract(timers_.begin());
    due_.erase(next.key().second);
    now_ = next.key().first;
    next.mapped()();
  }
}

void SimLoop::poll_watches() {
  std::vector<pollfd> fds;
  std::vector<Id> ids;
  for (const auto& [id, watch] : watches_) {
    const int events =
        (watch.interest & kReadable ? POLLIN : 0) | (watch.interest & kWritable ? POLLOUT : 0);
    fds.push_back({watch.fd, static_cast<short>(events), 0});
    ids.push_back(id);
  }
  if (fds.empty() || ::poll(fds.data(), fds.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const auto found = watches_.find(ids[i]);
    if (fds[i].revents == 0 || found == watches_.end()) continue;
    const unsigned ready = (fds[i].revents & POLLIN ? kReadable : 0U) |
                           (fds[i].revents & POLLOUT ? kWritable : 0U) |
                           (fds[i].revents & (POLLHUP | POLLERR) ? kHangup : 0U);
    const auto fn = found->second.fn;  // it may unwatch itself
    if (ready) fn(ready);
  }
}

std::unique_ptr<Loop> make_sim_loop() { return std::make_unique<SimLoop>(); }

}  // namespace lineman
