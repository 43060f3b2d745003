#include "jitter_buffer.h"

#include <algorithm>

namespace lineman {

namespace {

using std::chrono::milliseconds;

constexpr MediaTime kGrain = kMediaRate / 400;  // 2.5 ms: what every codec can conceal
constexpr MediaTime kTick = kMediaRate / 100;
constexpr Duration kDeadZone = milliseconds(5), kLack = milliseconds(8);
constexpr Duration kLackLess = std::chrono::microseconds(1500);  // of half a small target
constexpr Duration kExcess = milliseconds(20), kExcessTime = milliseconds(1000);
constexpr Duration kFixedZone = milliseconds(40);
constexpr Duration kHoldWithLater = milliseconds(60), kHoldLongest = milliseconds(1000);
constexpr Duration kJump = milliseconds(4000);  // of transit: not the network, another clock
constexpr Duration kFlowing = milliseconds(250);
constexpr Duration kOtherLasts = milliseconds(80);  // from one event packet to the next
constexpr Duration kLeastStretch = std::chrono::microseconds(2500);
constexpr Duration kMostSaved = milliseconds(15);
constexpr double kRate = .12, kHurry = 2.2;  // stretched share of the time; far too late
constexpr Duration kFar = milliseconds(60);
constexpr int kLateInARow = 10;

// 1/48000 s is 62500/3 ns.
constexpr Duration duration(MediaTime t) {
  return Duration(t / 48000 * 1'000'000'000 + t % 48000 * 62500 / 3);
}
constexpr MediaTime media(Duration d) {
  return d.count() / 1'000'000'000 * 48000 + d.count() % 1'000'000'000 * 3 / 62500;
}

}  // namespace

void JitterBuffer::reset() {
  store_.clear();
  estimator_.reset();
  heard_ = suspect_ = playing_ = noise_ = started_ = shrinking_ = rejoining_ = false;
  seen_.fill({});
  held_ = budget_ = {};
  excess_since_ = other_ = kNever;
  late_in_a_row_ = 0;
}

void JitterBuffer::drop(std::uint8_t payload_type) { store_.drop_type(payload_type); }

bool JitterBuffer::seen(const JitterPacket& packet) {
  Seen& s = seen_[packet.sequence % seen_.size()];
  if (s.valid && s.sequence == packet.sequence && s.timestamp == packet.timestamp) return true;
  s = {packet.timestamp, packet.sequence, true};
  return false;
}

// Places a packet in media time. A timestamp that makes no sense is put right where the sequence
// number says that the packet is simply the next one (a source that restarts or repeats its
// timestamps); otherwise two in a row must agree. False: not (yet) believed.
bool JitterBuffer::accept(const JitterPacket& packet, TimePoint arrival, MediaTime& begin) {
  if (!heard_) {
    begin = 0;
    return true;
  }
  const bool next = packet.sequence == static_cast<std::uint16_t>(newest_sequence_ + 1);
  const bool same_clock = packet.clock_rate == clock_rate_;
  const auto step = static_cast<std::int32_t>(packet.timestamp - newest_timestamp_);
  begin = newest_begin_ + MediaTime{step} * (kMediaRate / packet.clock_rate);
  const Duration transit = arrival.time_since_epoch() - duration(begin);
  const bool jump = std::chrono::abs(transit - transit_) > kJump || !same_clock;
  if (!jump && !(next && step <= 0)) {
    suspect_ = false;
    return true;
  }
  const bool confirmed = suspect_ && packet.sequence == suspect_sequence_;
  if (!next && !confirmed && same_clock) {
    suspect_ = true;
    suspect_sequence_ = static_cast<std::uint16_t>(packet.sequence + 1);
    return false;
  }
  suspect_ = false;
  begin = started_ ? std::max(newest_end_, media_) : newest_end_;
  if (std::chrono::abs(arrival.time_since_epoch() - duration(begin) - transit_) > kExcessTime)
    estimator_.rebase();
  return true;
}

void JitterBuffer::push(const JitterPacket& packet, TimePoint arrival) {
  if (packet.clock_rate <= 0 || kMediaRate % packet.clock_rate != 0 || packet.length < 0) return;
  if (seen(packet)) {
    duplicate_++;
    return;
  }
  MediaTime begin = 0;
  if (!accept(packet, arrival, begin)) return;
  arrival = std::max(arrival, newest_arrival_);

  const Duration transit = arrival.time_since_epoch() - duration(begin);
  if (started_ && begin + std::max(packet.length, MediaTime{1}) <= media_) {
    late_++;
    // Late for good: our media time has run away from the sender's.
    if (++late_in_a_row_ < kLateInARow || !store_.empty()) {
      estimator_.packet(arrival, transit, duration(packet.length));
      return;
    }
    playing_ = rejoining_ = false;
    media_ = begin;
    estimator_.rebase();
  }
  late_in_a_row_ = 0;
  estimator_.packet(arrival, transit, duration(packet.length));

  if (!heard_ || begin > newest_begin_ || begin == newest_end_) {
    newest_sequence_ = packet.sequence;
    newest_timestamp_ = packet.timestamp;
    newest_begin_ = begin;
    newest_end_ = begin + packet.length;
    clock_rate_ = packet.clock_rate;
    if (packet.length > 0) ptime_ = packet.length;
  }
  heard_ = true;
  transit_ = transit;
  newest_arrival_ = arrival;
  store_.add({.begin = begin,
              .length = packet.length,
              .sequence = packet.sequence,
              .payload_type = packet.payload_type,
              .fec = packet.fec,
              .silence = packet.silence,
              .data = packet.data});
}

Duration JitterBuffer::delay_at(TimePoint at) const {
  return at.time_since_epoch() - duration(media_) - estimator_.base();
}

bool JitterBuffer::due(const StoredPacket& packet, TimePoint at) const {
  return at.time_since_epoch() - duration(packet.begin) - estimator_.base() >= estimator_.target();
}

Decision JitterBuffer::pull(TimePoint now, Duration left) {
  if (!heard_) return {};
  const TimePoint at = now + left;
  // At least what the frame lacks, in grains.
  const MediaTime lack = media(kFrameTime - left);
  const MediaTime need = std::clamp((lack + kGrain - 1) / kGrain * kGrain, kGrain, kTick);

  if (started_) {
    const bool far = delay_at(at) - estimator_.target() > kFar;
    budget_ += from_ms(to_ms(at - last_at_) * kRate * (far ? kHurry : 1));
    budget_ = std::min(budget_ - std::chrono::abs(at - expected_), kMostSaved);
    budget_ = std::max(budget_, -kMostSaved);
  }
  last_at_ = at;
  left_ = left;

  Decision d;
  if (!playing_) {
    d = wait(at, need);
  } else if (const StoredPacket* packet = store_.find(media_)) {
    d = play(*packet, at);
  } else {
    d = gap(at, need);
  }
  expected_ = at + duration(d.length);
  return d;
}

Decision JitterBuffer::wait(TimePoint at, MediaTime need) {
  if (rejoining_ && !store_.empty()) rejoin(at);
  const StoredPacket* next = store_.first_from(started_ ? media_ : INT64_MIN);
  if (!next || !((started_ && next->begin == media_) || due(*next, at))) {
    Decision d;
    if (noise_) d.kind = Decision::Kind::kComfortNoise;
    d.length = need;
    return d;
  }
  media_ = next->begin;
  playing_ = true;
  return play(*next, at);
}

// After more than a second of nothing: what has piled up in the network is too old to be played.
// Judged by the base of before, so that a source that sends ahead of time loses nothing.
void JitterBuffer::rejoin(TimePoint at) {
  rejoining_ = false;
  const MediaTime live = media(at.time_since_epoch() - rejoin_base_ - estimator_.target());
  const MediaTime newest = store_.newest()->begin;
  if (live <= media_ || newest <= media_) return;
  media_ = std::min(live, newest);
  late_ += store_.drop_before(media_);
  if (const StoredPacket* packet = store_.find(media_)) media_ = packet->begin;
}

Decision JitterBuffer::play(const StoredPacket& packet, TimePoint at) {
  Decision d;
  d.packet = &packet;
  held_ = {};
  noise_ = packet.length == 0 || packet.silence;
  if (packet.length == 0) {
    d.kind = Decision::Kind::kComfortNoise;
    d.length = kTick;
    playing_ = false;
  } else {
    delay_ = delay_at(at);
    d.skip = media_ - packet.begin;
    d.length = packet.length - d.skip;
    d.stretch = adjust(packet, at);
    d.kind = d.stretch ? Decision::Kind::kStretch : Decision::Kind::kPlay;
    delay_sum_ += to_ms(delay_) * static_cast<double>(d.length);
    delay_time_ += static_cast<double>(d.length);
    media_ = packet.end();
    if (packet.silence) playing_ = false;
  }
  played_sequence_ = packet.sequence;
  played_end_ = media_;
  started_ = true;
  store_.remove(&packet);
  store_.drop_before(media_);
  return d;
}

// Nothing is there for media_.
Decision JitterBuffer::gap(TimePoint at, MediaTime need) {
  const StoredPacket* next = store_.first_from(media_);
  if (!next) {
    if (held_ < kHoldLongest) return hold(at, need);
    playing_ = false;
    rejoining_ = true;
    rejoin_base_ = estimator_.base();
    return wait(at, need);
  }
  const bool nothing_lost =
      media_ == played_end_ && next->sequence == static_cast<std::uint16_t>(played_sequence_ + 1);
  // What was held for has filled the gap: at the target again, or for as long as the gap is.
  const MediaTime missing = next->begin - media_;
  const bool filled = held_ > Duration{} &&
                      (due(*next, at) || held_ >= std::max(kHoldWithLater, duration(missing)));
  if (nothing_lost ? due(*next, at) : filled && !fixed_) {
    media_ = next->begin;
    return play(*next, at);
  }
  if (nothing_lost || (!fixed_ && delay_at(at) - left_ < estimator_.target() - kDeadZone))
    return hold(at, need);

  // Already as late as the target asks for, and a later packet is here: lost, the clock goes on.
  Decision d = conceal(at, std::min(missing, need), false);
  if (next->fec && missing <= next->length) {
    d.kind = Decision::Kind::kPlayFec;
    d.packet = next;
    d.length = missing;
  }
  media_ += d.length;
  return d;
}

// Hold media time: the delay grows until the packet comes. A fixed delay does not grow.
Decision JitterBuffer::hold(TimePoint at, MediaTime need) {
  held_ += duration(need);
  if (fixed_) media_ += need;
  return conceal(at, need, true);
}

Decision JitterBuffer::conceal(TimePoint at, MediaTime length, bool late) const {
  Decision d;
  d.kind = Decision::Kind::kConceal;
  d.late = late;
  d.pause = other_ != kNever && at - other_ < delay_ + kOtherLasts;
  d.length = length;
  return d;
}

// How much to lengthen or shorten this packet by.
MediaTime JitterBuffer::adjust(const StoredPacket& packet, TimePoint at) {
  const Duration target = estimator_.target(), excess = delay_ - target;
  const Duration fixed_zone = std::max(kFixedZone, target / 2);
  const Duration too_much = fixed_ ? fixed_zone : kExcess;
  const Duration too_little = fixed_ ? fixed_zone : std::min(kLack, target / 2 - kLackLess);
  // A burst with nothing behind it is content, not delay.
  const bool flowing = at - newest_arrival_ < kFlowing;
  if (excess <= too_much || !flowing)
    excess_since_ = kNever;
  else if (excess_since_ == kNever)
    excess_since_ = at;
  else if (at - excess_since_ >= kExcessTime)
    shrinking_ = true;
  if (excess <= kDeadZone || !flowing) shrinking_ = false;
  if (budget_ < kLeastStretch) return 0;
  if (const Duration lack = left_ - excess; lack > too_little)
    return media(std::min(std::max(lack, kLeastStretch), budget_));
  if (shrinking_ && store_.find(packet.end())) return -media(std::min(excess, budget_));
  return 0;
}

JitterBuffer::Stats JitterBuffer::stats() const {
  Stats s;
  s.late = late_;
  s.duplicate = duplicate_;
  s.delay = delay_;
  s.delay_mean = delay_time_ > 0 ? from_ms(delay_sum_ / delay_time_) : Duration{};
  s.target = estimator_.target();
  s.ptime = duration(ptime_);
  return s;
}

}  // namespace lineman
