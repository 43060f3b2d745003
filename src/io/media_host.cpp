#include "media_host.h"

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
  // Call by call, so that what a call needs is in the cache for all of its work.
  for (HostedCall* call = first_; call; call = call->next) {
    receive(*call, now);
    if (call->call->next_timeout() <= now) call->call->on_timeout(now);
    if (frames == 0) send(*call);
    for (int i = 0; i < frames; ++i) {
      call->call->tick(first + i * kFrameTime);
      send(*call);
    }
  }
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
