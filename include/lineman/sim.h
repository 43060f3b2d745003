// Virtual time: Loop, MediaEngine and MediaNetwork on one thread, for simulated calls and for
// tests. Same interfaces, same MediaCall and RtpLeg; nothing waits, nothing reads a clock or opens
// a socket, and one seed gives one outcome, byte for byte.
#pragma once

#include <cstdint>
#include <memory>

#include "lineman/engine.h"
#include "lineman/loop.h"

namespace lineman {

// Starts at TimePoint{} and jumps to the next deadline. run() returns at stop(), and when nothing
// is left that could ever happen. Watched descriptors (a signal, a child) are looked at now and
// then, without waiting. post() is for this thread and for others, as on any Loop.
std::unique_ptr<Loop> make_sim_loop();

// Ticks every 10 ms of virtual time while it has calls; tasks run, and calls come home, by post().
// Several engines may share a loop: the far end of a simulated call has its own.
std::unique_ptr<MediaEngine> make_sim_engine(Loop& loop);

// Datagrams between the transports of one network, in order and without delay. Ports come from the
// seed. An address without an IP gets 192.0.2.1 (RFC 5737).
std::unique_ptr<MediaNetwork> make_sim_network(Loop& loop, std::uint64_t seed);

}  // namespace lineman
