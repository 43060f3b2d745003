#include "source_tracker.h"

#include <algorithm>

namespace lineman {

void copy_packet(const Packet& from, Packet& to) {
  to.component = from.component;
  to.size = from.size;
  to.peer = from.peer;
  to.time = from.time;
  std::copy_n(from.bytes.begin(), from.size, to.bytes.begin());
}

bool SourceTracker::confirmed(const RtpHeader& header) const {
  return holding_ && held_header_.ssrc == header.ssrc &&
         sequence_distance(held_header_.sequence, header.sequence) == 1;
}

void SourceTracker::begin(const Packet& packet, const RtpHeader& header, bool with_held) {
  if (started_) lost_before_ += source_.lost();
  if (with_held) {
    source_.start(header.ssrc, held_header_.sequence);
    source_.update(header.sequence);
  } else {
    source_.start(header.ssrc, header.sequence);
    holding_ = false;
  }
  started_ = true;
  newest_ = packet.time;
}

SourceTracker::Verdict SourceTracker::hold(const Packet& packet, const RtpHeader& header) {
  copy_packet(packet, held_);
  held_header_ = header;
  holding_ = true;
  return Verdict::kHeld;
}

SourceTracker::Verdict SourceTracker::take(const Packet& packet, const RtpHeader& header) {
  if (!started_) {
    begin(packet, header, false);
    return Verdict::kNewSource;
  }
  const bool quiet = packet.time - newest_ > kQuiet;
  if (header.ssrc != source_.ssrc()) {
    if (header.ssrc == old_ssrc_ && packet.time - newest_ < kOldSource) return Verdict::kIgnored;
    const bool with_held = confirmed(header);
    if (!with_held && !quiet) return hold(packet, header);
    old_ssrc_ = source_.ssrc();
    ++changes_;
    begin(packet, header, with_held);
    return Verdict::kNewSource;
  }
  const auto fate = source_.update(header.sequence);
  if (fate == RtpSource::Fate::kJump) {
    const bool with_held = confirmed(header);
    if (!with_held && !quiet) return hold(packet, header);
    begin(packet, header, with_held);
    return Verdict::kRestarted;
  }
  // What was held was a stray, once the present source goes on in order.
  if (fate == RtpSource::Fate::kNext) holding_ = false;
  reordered_ += fate == RtpSource::Fate::kReordered;
  newest_ = std::max(newest_, packet.time);
  return Verdict::kPlay;
}

}  // namespace lineman
