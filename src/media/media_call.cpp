#include "media_call.h"

#include <algorithm>
#include <utility>

namespace lineman {

CallMedia::CallMedia(std::unique_ptr<RtpLeg> leg, const Impairment& impairment, std::uint64_t seed,
                     const MediaCallOptions& options)
    : rtp_(*leg),
      bridge_(kPorts, leg->rate()),
      player_(leg->rate(), events_),
      echo_(bridge_.said(kLegPort)),
      recorder_(events_),
      heard_(options.silence_after, &events_),
      sent_(options.silence_after, nullptr) {
  if (impairment == Impairment{}) {
    leg_ = std::move(leg);
  } else {
    leg_ = make_impaired(std::move(leg), impairment, seed);
  }
  silence_.rate = bridge_.rate();
  bridge_.add(*leg_);  // in the order of their numbers; echo_ reads what the leg said
  bridge_.add(player_);
  bridge_.add(echo_);
  route();
}

void CallMedia::route() {
  const bool speak = !muted_ && !held_;
  bridge_.route(kPlayerPort, kLegPort, speak);
  bridge_.route(kEchoPort, kLegPort, speak && echo_.on());
}

void CallMedia::follow_rate() {
  const SampleRate rate = leg_->rate();
  if (rate == bridge_.rate()) return;
  bridge_.set_rate(rate);
  player_.set_rate(rate);
  silence_.rate = rate;
}

void CallMedia::tick(TimePoint now) {
  events_.set_now(now);
  if (closed_) return;
  follow_rate();
  bridge_.tick(now);
  const AudioFrame& heard = held_ ? silence_ : bridge_.said(kLegPort);
  const AudioFrame& sent = bridge_.heard(kLegPort);
  recorder_.write(heard, sent);
  collect();
  if (!held_) {
    heard_.frame(heard);
    sent_.frame(sent);
  }
  report_hidden_stall();
}

void CallMedia::on_timeout(TimePoint now) {
  leg_->on_timeout(now);
  collect();
}

bool CallMedia::next_event(MediaEvent& out) {
  collect();
  return events_.pop(out);
}

void CallMedia::close(TimePoint now) {
  if (closed_) return;
  closed_ = true;
  events_.set_now(now);
  player_.end_all();
  recorder_.end_all(RecordEnd::kHangup);
  leg_->close(now);
  collect();
}

void CallMedia::exchange(TimePoint now, std::unique_ptr<CodecSet>& set) {
  if (set) ptime_ = set->config().ptime;
  rtp_.exchange(now, set);  // past the impairment, which has no coders
  follow_rate();
}

// What the leg noticed, as long as there is room for it and for what follows from it.
void CallMedia::collect() {
  MediaEvent event;
  while (events_.room() >= 2 && leg_->next_event(event)) on_leg_event(event);
}

void CallMedia::on_leg_event(const MediaEvent& event) {
  switch (event.kind) {
    case MediaEvent::Kind::kFirstRtp: heard_.begin(); break;
    case MediaEvent::Kind::kStalled:
      if (!held_) break;
      stall_ = event;  // kept until the hold is over, and then only if it lasts
      stall_hidden_ = true;
      return;
    case MediaEvent::Kind::kResumed:
      if (!stall_hidden_) break;
      stall_hidden_ = false;
      return;
    default: break;
  }
  events_.forward(event);
}

void CallMedia::report_hidden_stall() {
  const TimePoint now = events_.now();
  if (!stall_hidden_ || held_ || now < released_ + stall_.duration) return;
  stall_hidden_ = false;
  stall_.duration += now - stall_.time;
  events_.push(stall_);
}

bool CallMedia::send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                           std::uint32_t id) {
  return leg_->send_digit(digit, length, gap, mode, id);
}

void CallMedia::echo(bool on, Duration delay) {
  if (on) {
    echo_.start(delay);
  } else {
    echo_.stop();
  }
  route();
}

void CallMedia::mute(bool on) {
  muted_ = on;
  route();
}

void CallMedia::hold(bool on) {
  if (held_ && !on) released_ = events_.now();
  held_ = on;
  player_.pause(on);
  route();
}

void CallMedia::stats(CallMediaStats& out) const {
  leg_->stats(out.leg);
  out.heard = out.leg.rx.packets > 0 ? heard_.summary() : AudioSummary{};
  out.sent = out.leg.tx.packets > 0 ? sent_.summary() : AudioSummary{};
  // Packets of nothing but zeros are silence, not nothing.
  for (AudioSummary* s : {&out.heard, &out.sent}) {
    const auto packets = s == &out.heard ? out.leg.rx.packets : out.leg.tx.packets;
    if (packets > 0 && s->kind == AudioSummary::Kind::kNone) {
      s->kind = AudioSummary::Kind::kSilence;
    }
  }
  out.events_dropped = events_.dropped();
}

std::unique_ptr<MediaCall> make_media_call(std::unique_ptr<RtpLeg> leg,
                                           const Impairment& impairment, std::uint64_t seed,
                                           const MediaCallOptions& options) {
  return std::make_unique<CallMedia>(std::move(leg), impairment, seed, options);
}

}  // namespace lineman
