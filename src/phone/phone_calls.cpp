// What comes to a Phone: its calls, placed and taken, its registration, the answer to a probe.
#include <algorithm>

#include "lineman/text.h"
#include "phone.h"

namespace lineman {

CallOptions Phone::call_options(CallId id) const {
  CallOptions c;
  c.call = "c" + std::to_string(id);
  c.target = options_.target;
  c.script = options_.actions;
  if (!options_.record_stereo.empty()) {
    verb::Record record;
    record.file = options_.record_stereo;
    record.what = RecordWhat::kStereo;
    c.script.insert(c.script.begin(), record);
  }
  c.ring = options_.ring;
  c.reject = options_.reject;
  c.early = options_.early;
  c.duration = options_.duration;
  c.max_call = options_.max_call;
  c.ring_timeout = options_.ring_timeout;
  c.rtp_timeout = options_.rtp_timeout;
  c.require_media = options_.require_media;
  c.check = options_.check;
  c.dtmf_mode = options_.dtmf_mode;
  c.digit_duration = options_.digit_duration;
  c.digit_gap = options_.digit_gap;
  for (const Expectation& e : options_.expectations) {
    if (!is_process_field(e.field)) c.expectations.push_back(e);
  }
  c.stop_is_ordinary = ordinary_stop();
  return c;
}

// --count calls, --max-calls of them at a time.
void Phone::place_calls() {
  const int total = std::max(1, options_.count);
  const int at_once = std::max(1, options_.max_calls);
  while (!stopping_ && placed_ < total && static_cast<int>(calls_.size()) < at_once) {
    placed_++;
    const CallId id = next_id_++;
    exits_.push_back(Exit::kOk);
    auto& run = calls_[id] = std::make_unique<CallRun>(*call_world_, id, call_options(id),
                                                       [this](CallRun& r) { call_done(r); });
    run->dial();
  }
}

void Phone::on_incoming(std::unique_ptr<Leg> leg, Incoming incoming) {
  const bool takes_calls = options_.mode == PhoneOptions::Mode::kAnswer;
  std::optional<IncomingPolicy::Refusal> refusal;
  if (!takes_calls || stopping_ || finishing_) {
    refusal = IncomingPolicy::Refusal{480, "this lineman takes no calls"};
  } else if (options_.count > 0 && static_cast<int>(exits_.size()) >= options_.count) {
    refusal =
        IncomingPolicy::Refusal{486, "--count " + std::to_string(options_.count) + " is reached"};
  } else {
    refusal = policy_->admit(incoming.source, static_cast<int>(calls_.size()), world_->loop->now());
  }
  if (refusal) {
    emit("",
         event::Warning{"call_refused", "refused " + incoming.from + " with " +
                                            std::to_string(refusal->code) + ": " + refusal->why});
    refused_.push_back(std::make_unique<Refused>(*this, std::move(leg)));
    refused_.back()->leg->reject(refusal->code, refusal->code == 486 ? "" : refusal->why);
    return;
  }
  const CallId id = next_id_++;
  exits_.push_back(Exit::kOk);
  CallOptions options = call_options(id);
  auto& run = calls_[id] = std::make_unique<CallRun>(*call_world_, id, std::move(options),
                                                     [this](CallRun& r) { call_done(r); });
  run->take(std::move(leg), incoming);
}

void Phone::Refused::on_leg_event(LegEvent event) {
  if (!std::holds_alternative<leg_event::Ended>(event)) return;
  phone.world_->loop->post([this, &p = phone] {
    std::erase_if(p.refused_, [this](const auto& r) { return r.get() == this; });
  });
}

void Phone::on_register(const RegisterState& state) {
  const std::string aor = options_.sip.account ? options_.sip.account->aor : "";
  const bool only_this = options_.mode == PhoneOptions::Mode::kRegister;
  switch (state.kind) {
    case RegisterState::Kind::kOk:
      emit("", event::RegisterOk{aor, state.contact, to_ms(state.expires) / 1000});
      if (only_this && options_.once) finish();
      return;
    case RegisterState::Kind::kGone: emit("", event::RegisterGone{aor}); return;
    case RegisterState::Kind::kFailed:
      emit("", event::RegisterFailed{aor, std::string(cause_name(state.cause)), state.reason,
                                     state.code});
      if (finishing_) return;
      fail_with(exit_of(state.cause),
                "registration failed: " +
                    (state.reason.empty() ? std::string(cause_name(state.cause)) : state.reason));
      stop_all(0, "registration failed");
  }
}

void Phone::on_warning(const std::string& code, const std::string& text) {
  emit("", event::Warning{code, text});
}

void Phone::on_media_event(CallId id, const MediaEvent& event) {
  if (const auto it = calls_.find(id); it != calls_.end()) it->second->on_media_event(event);
}

void Phone::on_removed(CallId id, std::unique_ptr<MediaCall> call,
                       std::unique_ptr<PacketTransport> transport) {
  if (const auto it = calls_.find(id); it != calls_.end()) {
    it->second->on_removed(std::move(call), std::move(transport));
  }
}

void Phone::on_probe(const ProbeAnswer& answer) {
  if (finishing_) return;  // given up already
  CallResult r;
  r.remote = options_.target;
  r.exit = exit_of(answer.end.cause);
  r.verdict = verdict_name(r.exit);
  r.cause = cause_name(answer.end.cause);
  r.reason = answer.end.reason;
  r.status = r.exit == Exit::kOk ? "reachable" : "failed";
  if (answer.end.code > 0) r.sip_code = answer.end.code;
  if (r.exit != Exit::kOk) r.causes.push_back(r.cause + ": " + r.reason);
  probe_result_ = r;
  own_exit_ = r.exit;
  emit("", event::Probe{options_.target, answer.peer.text(), answer.user_agent, answer.allow,
                        answer.supported, answer.accept, r.cause, answer.end.code,
                        to_ms(answer.round_trip)});
  finish();
}

}  // namespace lineman
