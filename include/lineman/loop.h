// Loop: descriptors, timers and posted functions of the Control thread. io/loop drives it with
// Sofia's su_root, io/sim_loop in virtual time on one thread. No leg but `sip` sees what is
// underneath.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lineman/time.h"

namespace lineman {

struct Loop {
  using Id = std::uint64_t;  // 0 is never a valid id
  enum Ready : unsigned { kReadable = 1, kWritable = 2, kHangup = 4 };

  virtual ~Loop() = default;
  virtual TimePoint now() const = 0;

  // Level-triggered. `ready` gets a set of Ready bits. Control thread only.
  virtual Id watch(int fd, unsigned interest, std::function<void(unsigned ready)> fn) = 0;
  virtual void unwatch(Id id) = 0;

  // Once, at or after `when`; never from inside at(). Control thread only.
  virtual Id at(TimePoint when, std::function<void()> fn) = 0;
  virtual void cancel(Id id) = 0;  // unknown and used ids are ignored

  // Runs soon on the Control thread, in order. From any thread.
  virtual void post(std::function<void()> fn) = 0;

  virtual void run() = 0;   // until stop(); a stop() before run() makes it return at once
  virtual void stop() = 0;  // Control thread only

  // su_root_t* on the real loop, nullptr on the simulated one. For legs/sip alone.
  virtual void* native_handle() = 0;
};

// The real loop, over su_root (io/loop). It must outlive everything that was made on it; destroyed
// on the Control thread.
std::unique_ptr<Loop> make_loop();

}  // namespace lineman
