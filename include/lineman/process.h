// What lineman wants of the operating system beside files and sockets: wall clock, a random seed,
// signals, and a child command. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lineman/event.h"
#include "lineman/loop.h"
#include "lineman/result.h"

namespace lineman {

// UTC of `start`, a moment of a real Loop. (In virtual time an EventEpoch{} says 1970-01-01.)
EventEpoch wall_epoch(TimePoint start);
std::uint64_t random_seed();  // from the kernel

// SIGINT, SIGTERM and SIGHUP (the terminal went away), as they come, on Control; SIGPIPE is ignored
// while it lives. One at a time in a process; the old handlers come back with its end.
struct SignalWatch {
  virtual ~SignalWatch() = default;
};
std::unique_ptr<SignalWatch> watch_signals(Loop& loop, std::function<void(int signal)> fn);

struct ChildEnd {
  int exit_code = 0;
  int signal = 0;  // that killed it; 0: none
  bool ok() const { return exit_code == 0 && signal == 0; }
};

// A running command. Destroying it kills it and what it started, if they still run.
struct Child {
  virtual ~Child() = default;
  virtual int pid() const = 0;
  virtual void stop(Duration grace) = 0;  // SIGTERM, then SIGKILL after `grace`; `ended` follows
};

// Looks `argv[0]` up in PATH. The child has the environment with `extra` set, no descriptor of ours
// above 2, default signal handling, and ends when we die. `ended` comes from the Loop, once. An
// error (kUsage, kResource) says why it could not be started.
Result<std::unique_ptr<Child>> run_command(
    Loop& loop, const std::vector<std::string>& argv,
    const std::vector<std::pair<std::string, std::string>>& extra,
    std::function<void(const ChildEnd&)> ended);

}  // namespace lineman
