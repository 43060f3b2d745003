// MediaHost: the calls of one Media thread (or of the simulated loop) and what one wake does for
// each of them. No clock, no lock and no allocation: calls are linked through their own nodes,
// which Control made.
//
//   drain sockets ─► due timeouts ─► tick, tick ─► send      of a group of calls, then the next
#pragma once

#include <memory>

#include "lineman/engine.h"
#include "lineman/media_call.h"

namespace lineman {

struct HostedCall {
  CallId id = 0;
  std::unique_ptr<MediaCall> call;
  std::unique_ptr<PacketTransport> transport;
  HostedCall* next = nullptr;
  HostedCall* previous = nullptr;
};

class MediaHost {
 public:
  // More packets than that a call and wake are left in the socket: a flood must not stop the
  // others.
  static constexpr int kMaxPackets = 256;

  bool empty() const { return !first_; }
  void add(HostedCall& call);
  void take_out(HostedCall& call);

  // One wake for every call, with `frames` ticks from deadline `first` on.
  void turn(TimePoint now, TimePoint first, int frames);
  // Of a call about to leave: what came is taken in, what is queued is sent.
  void drain(HostedCall& call, TimePoint now);
  // How many 10 ms frames one wake may serve: 2 when no call asks for less.
  int frames_per_wake() const;

  HostedCall* first() const { return first_; }

 private:
  static constexpr int kGroup = 16;

  void turn_group(HostedCall* begin, HostedCall* end, TimePoint now, TimePoint first, int frames);
  void receive(HostedCall& call, TimePoint now);
  void send(HostedCall& call);

  HostedCall* first_ = nullptr;
  HostedCall* last_ = nullptr;
  Packet packet_;
};

}  // namespace lineman
