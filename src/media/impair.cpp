#include "impair.h"

#include <algorithm>
#include <utility>

#include "source_tracker.h"

namespace lineman {

ImpairedWay::ImpairedWay(const Impairment::Way& spec, std::uint64_t seed)
    : spec_(spec), random_(seed), active_(!(spec == Impairment::Way{})) {
  if (!active_) return;
  slots_.resize(kCapacity);
  free_.reserve(kCapacity);
  queue_.reserve(kCapacity);
  for (std::size_t i = kCapacity; i > 0; --i) free_.push_back(static_cast<std::uint16_t>(i - 1));
}

// Two states (Gilbert, 1960; Elliott, 1963): all is lost in the bad one and nothing in the good
// one, so that `loss` is the share of the bad state and `burst` its mean length. Independent losses
// have a mean run of 1 / (1 - loss): shorter bursts than that are made independent.
bool ImpairedWay::lost() {
  if (spec_.loss <= 0) return false;
  if (spec_.loss >= 1) return true;
  if (spec_.burst * (1 - spec_.loss) <= 1) return random_.chance(spec_.loss);
  const double recover = 1 / spec_.burst;
  const double fail = recover * spec_.loss / (1 - spec_.loss);
  bad_ = random_.chance(bad_ ? 1 - recover : fail);
  return bad_;
}

void ImpairedWay::push(const Packet& packet) {
  if (newest_ != TimePoint::min() && packet.time > newest_) {
    spacing_ = std::clamp<Duration>(packet.time - newest_, std::chrono::milliseconds(1),
                                    std::chrono::milliseconds(200));
  }
  newest_ = std::max(newest_, packet.time);
  if (lost()) return;

  TimePoint due = packet.time + spec_.delay;
  if (spec_.jitter > Duration{}) {
    // Mean 20 ms, deviation 15 ms, and all in proportion.
    constexpr double kShape = 16.0 / 9;
    const double mean = to_ms(spec_.jitter);
    due += std::min(from_ms(random_.gamma(kShape, mean / kShape)), 4 * kLongestImpairment);
  }
  if (spec_.reorder > 0 && random_.chance(spec_.reorder)) {
    due = std::max(due, newest_due_) + spacing_ + spacing_ / 2;  // the next one overtakes it
  } else {
    // Jitter is a queue's: it keeps the order.
    due = newest_due_ = std::max(due, newest_due_);
  }
  put(packet, due);
  if (spec_.duplicate > 0 && random_.chance(spec_.duplicate)) put(packet, due);
}

void ImpairedWay::put(const Packet& packet, TimePoint due) {
  if (free_.empty()) return;
  const std::uint16_t slot = free_.back();
  free_.pop_back();
  copy_packet(packet, slots_[slot]);
  queue_.push_back({due, pushed_++, slot});
  std::push_heap(queue_.begin(), queue_.end(), later);
}

bool ImpairedWay::pop(TimePoint now, Packet& out) {
  if (queue_.empty() || queue_.front().due > now) return false;
  std::pop_heap(queue_.begin(), queue_.end(), later);
  const Due due = queue_.back();
  queue_.pop_back();
  copy_packet(slots_[due.slot], out);
  out.time = due.due;
  free_.push_back(due.slot);
  return true;
}

namespace {

class ImpairedLeg final : public MediaLeg {
 public:
  ImpairedLeg(std::unique_ptr<MediaLeg> leg, const Impairment& spec, std::uint64_t seed)
      : leg_(std::move(leg)),
        rx_(spec.rx, derive(seed, "impair rx")),
        tx_(spec.tx, derive(seed, "impair tx")) {}

  void on_packet(const Packet& packet) override {
    if (!rx_.active()) return leg_->on_packet(packet);
    rx_.push(packet);
    deliver(packet.time);
  }
  void on_timeout(TimePoint now) override {
    now_ = std::max(now_, now);
    deliver(now);
    if (now >= leg_->next_timeout()) leg_->on_timeout(now);
  }
  TimePoint next_timeout() const override {
    return std::min({leg_->next_timeout(), rx_.next(), tx_.next()});
  }
  bool next_packet(Packet& out) override {
    if (!tx_.active()) return leg_->next_packet(out);
    while (leg_->next_packet(out)) {
      now_ = std::max(now_, out.time);
      tx_.push(out);
    }
    return tx_.pop(now_, out);
  }
  bool next_event(MediaEvent& out) override { return leg_->next_event(out); }
  void pull(TimePoint now, AudioFrame& out) override {
    now_ = std::max(now_, now);
    deliver(now);
    leg_->pull(now, out);
  }
  void push(TimePoint now, const AudioFrame& in) override {
    now_ = std::max(now_, now);
    leg_->push(now, in);
  }
  SampleRate rate() const override { return leg_->rate(); }
  bool send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                  std::uint32_t id) override {
    return leg_->send_digit(digit, length, gap, mode, id);
  }
  void stats(MediaStats& out) const override { leg_->stats(out); }
  void close(TimePoint now) override {
    now_ = std::max(now_, now);
    leg_->close(now);
  }

 private:
  void deliver(TimePoint now) {
    while (rx_.pop(now, packet_)) leg_->on_packet(packet_);
  }

  std::unique_ptr<MediaLeg> leg_;
  ImpairedWay rx_, tx_;
  TimePoint now_{};
  Packet packet_;
};

}  // namespace

std::unique_ptr<MediaLeg> make_impaired(std::unique_ptr<MediaLeg> leg, const Impairment& spec,
                                        std::uint64_t seed) {
  return std::make_unique<ImpairedLeg>(std::move(leg), spec, seed);
}

}  // namespace lineman
