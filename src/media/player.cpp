#include "player.h"

#include <algorithm>
#include <utility>

#include "saturate.h"
#include "source.h"

namespace lineman {

Duration Player::time_of(std::int64_t samples, SampleRate rate) {
  constexpr std::int64_t second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
  return Duration(samples / rate * second + samples % rate * second / rate);
}

bool Player::play(std::uint32_t id, std::unique_ptr<AudioSource>& source, bool loop) {
  const auto slot =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.source; });
  if (slot == slots_.end() || !source || !source->set_rate(rate_)) return false;
  *slot = Slot{};
  slot->loop = !source->set_loop(loop);
  slot->source = std::move(source);
  slot->id = id;
  slot->running = true;
  ++running_;
  return true;
}

std::unique_ptr<AudioSource> Player::stop(std::uint32_t id) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [id](const Slot& s) { return s.source && s.id == id; });
  if (slot == slots_.end()) return nullptr;
  if (slot->running) end(*slot);
  return std::move(slot->source);
}

void Player::end_all() {
  for (Slot& slot : slots_) {
    if (slot.running) end(slot);
  }
}

bool Player::playing() const { return running_ > 0; }

void Player::set_rate(SampleRate rate) {
  for (Slot& slot : slots_) {
    if (!slot.running) continue;
    slot.played += time_of(slot.samples, rate_);
    slot.samples = 0;
    if (!slot.source->set_rate(rate)) end(slot);
  }
  rate_ = rate;
}

void Player::end(Slot& slot) {
  slot.running = false;
  --running_;
  MediaEvent event;
  event.kind = MediaEvent::Kind::kPlayEnded;
  event.id = slot.id;
  event.duration = slot.played + time_of(slot.samples, rate_);
  event.value = slot.underruns;
  events_.push(event);
}

void Player::read(Slot& slot, AudioFrame& out) {
  out.rate = rate_;
  std::size_t got = 0;
  const AudioSource::State state = read_looped(*slot.source, slot.loop, out.span(), got);
  std::fill(out.span().begin() + static_cast<std::ptrdiff_t>(got), out.span().end(),
            std::int16_t{0});
  if (state == AudioSource::State::kShort) ++slot.underruns;
  slot.samples += static_cast<std::int64_t>(got);
  if (state == AudioSource::State::kEnd) end(slot);
}

void Player::pull(TimePoint, AudioFrame& out) {
  out.rate = rate_;
  std::size_t count = 0;
  if (!paused_ && running_ > 0) {
    for (Slot& slot : slots_) {
      if (!slot.running) continue;
      if (count++ == 0) {
        read(slot, out);  // alone it stays as it is
        continue;
      }
      if (count == 2) std::copy_n(out.samples.begin(), out.size(), sum_.begin());
      read(slot, one_);
      for (std::size_t i = 0; i < one_.size(); ++i) sum_[i] += one_.samples[i];
    }
  }
  if (count == 0) std::fill_n(out.samples.begin(), out.size(), std::int16_t{0});
  if (count < 2) return;
  for (std::size_t i = 0; i < out.size(); ++i) out.samples[i] = saturate(sum_[i]);
}

}  // namespace lineman
