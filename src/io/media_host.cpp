#include "media_host.h"

#include <algorithm>
#include <chrono>

namespace lineman {

void MediaHost::add(HostedCall& call) {
  call.previous = last_;
  call.next = nullptr;
  (last_ ? last_->next : first_) = &call;
  last_ = &call;
}

void MediaHost::take_out(HostedCall& call) {
  (call.previous ? call.previous->next : first_) = call.next;
  (call.next ? call.next->previous : last_) = call.previous;
  call.next = call.previous = nullptr;
}

void MediaHost::turn(TimePoint now, TimePoint first, int frames) {
  // A few calls at a time: few enough that what they need stays in the second cache, and enough
  // that the kernel's code and ours do not drive each other out of the first for every call.
  for (HostedCall* group = first_; group;) {
    HostedCall* end = group;
    for (int i = 0; i < kGroup && end; ++i) end = end->next;
    turn_group(group, end, now, first, frames);
    group = end;
  }
}

void MediaHost::turn_group(HostedCall* begin, HostedCall* end, TimePoint now, TimePoint first,
                           int frames) {
  for (HostedCall* call = begin; call != end; call = call->next) {
    receive(*call, now);
    if (call->call->next_timeout() <= now) call->call->on_timeout(now);
  }
  int done = 0;
  do {
    // What two frames make fits into a call's queue.
    const int more = std::min(2, frames - done);
    for (HostedCall* call = begin; call != end; call = call->next) {
      for (int i = 0; i < more; ++i) call->call->tick(first + (done + i) * kFrameTime);
    }
    for (HostedCall* call = begin; call != end; call = call->next) send(*call);
    done += more;
  } while (done < frames);
}

void MediaHost::drain(HostedCall& call, TimePoint now) {
  receive(call, now);
  if (call.call->next_timeout() <= now) call.call->on_timeout(now);
  send(call);
}

int MediaHost::frames_per_wake() const {
  for (const HostedCall* call = first_; call; call = call->next) {
    if (call->call->frame_time() < 2 * kFrameTime) return 1;
  }
  return 2;
}

void MediaHost::receive(HostedCall& call, TimePoint now) {
  for (int i = 0; i < kMaxPackets && call.transport->receive(packet_, now); ++i) {
    call.call->on_packet(packet_);
  }
}

void MediaHost::send(HostedCall& call) {
  while (call.call->next_packet(packet_)) call.transport->send(packet_);
}

}  // namespace lineman
