#include "call.h"

#include <fmt/format.h>

#include <utility>

#include "call_internal.h"
#include "digits.h"
#include "lineman/text.h"

namespace lineman {

SipCall::SipCall(SipHost& host) : host_(host), call_id_(host.new_call_id()) {
  credentials_ = Credentials(host.options().account, host.learned_realm());
}

SipCall::~SipCall() {
  if (leg_) leg_->orphan();
  for (const auto id : {connect_timer_, end_timer_, retry_timer_}) host_.loop().cancel(id);
  drop_handle();
}

void SipCall::set_sink(LegSink* sink) {
  sink_ = sink;
  const Hold hold(*this);  // what waited for a sink comes soon
}

void SipCall::detach() {
  leg_ = nullptr;
  sink_ = nullptr;
  events_.clear();
  if (!over()) hang_up("");
  retire_when_done();
}

void SipCall::retire_when_done() {
  if (leg_ || handle_ || !over() || retired_) return;
  retired_ = true;
  host_.retire(*this);
}

Result<void> SipCall::wrong_state(const char* verb) const {
  static constexpr const char* kNames[] = {"idle",    "being resolved", "ringing", "being answered",
                                           "ringing", "answered",       "up",      "over"};
  return fail(ErrorCode::kUnsupported, fmt::format("sip: cannot {} a call that is {}", verb,
                                                   kNames[static_cast<int>(state_)]));
}

void SipCall::hang_up(const std::string& reason) {
  const Hold hold(*this);
  if (over() || cancelling_) return;
  cancelling_ = true;
  bye_reason_ = reason_header(reason);
  const char* header = bye_reason_.empty() ? nullptr : bye_reason_.c_str();
  const LegEnd cancelled{Cause::kCancelled, EndedBy::kLocal, 0, reason, std::nullopt, false};
  const LegEnd ended{Cause::kNormal, EndedBy::kLocal, 0, reason, std::nullopt, false};
  switch (state_) {
    case State::kIdle:
    case State::kLocating: finish(cancelled); break;
    case State::kCalling:
      nua_cancel(handle_, TAG_IF(header, SIPTAG_REASON_STR(header)), TAG_END());
      // CANCEL may not leave before the first provisional (RFC 3261 section 9.1): a silent peer
      // gives nothing to wait for. A late 2xx is still acknowledged and ended.
      if (heard_) {
        end_after(kPatience, cancelled);
      } else {
        finish(cancelled);
      }
      break;
    case State::kAcking: end_after(kPatience, ended); break;  // BYE follows the ACK
    case State::kRinging:
      nua_respond(handle_, SIP_480_TEMPORARILY_UNAVAILABLE,
                  TAG_IF(header, SIPTAG_REASON_STR(header)), TAG_END());
      finish(cancelled);
      break;
    case State::kAnswered:
    case State::kUp:
      send_bye();
      end_after(kPatience, ended);
      break;
    case State::kOver: break;
  }
  if (state_ == State::kAcking && late_offer_) acknowledge({});
}

void SipCall::send_bye() {
  const char* header = bye_reason_.empty() ? nullptr : bye_reason_.c_str();
  nua_bye(handle_, TAG_IF(header, SIPTAG_REASON_STR(header)), TAG_END());
}

Result<void> SipCall::send_digit(char digit, Duration length) {
  const Hold hold(*this);
  if (state_ != State::kUp) return wrong_state("send a digit in");
  const Body body = format_info_digit(digit, length);
  nua_info(handle_, SIPTAG_CONTENT_TYPE_STR(body.content_type.c_str()),
           SIPTAG_PAYLOAD_STR(body.text.c_str()), TAG_END());
  return {};
}

void SipCall::on_nua(SipAgent& agent, const NuaEvent& e) {
  if (e.handle != handle_) return;  // a handle that we left behind
  if (e.peer) peer_ = e.peer;
  switch (e.event) {
    case nua_r_invite: on_invite_response(e); break;
    case nua_r_authenticate:
      if (e.status >= 900) {
        finish({Cause::kAuthentication, EndedBy::kPeer, 0, "the challenge cannot be answered",
                std::nullopt, false});
      }
      break;
    case nua_i_invite: on_reinvite(e); break;
    case nua_i_update: on_update(agent, e); break;
    case nua_i_info: on_info(agent, e); break;
    case nua_i_ack: on_ack(e); break;
    case nua_i_options: respond_options(agent, e); break;
    case nua_i_cancel:
      finish({Cause::kCancelled, EndedBy::kPeer, 0, guard::reason_text(e.sip),
              guard::q850_of(e.sip), false});
      break;
    case nua_i_bye:
      finish({Cause::kNormal, EndedBy::kPeer, 0, guard::reason_text(e.sip), guard::q850_of(e.sip),
              state_ == State::kAnswered});
      break;
    case nua_r_bye: on_bye_response(e); break;
    case nua_i_state: on_state(e); break;
    default: break;
  }
}

void SipCall::on_bye_response(const NuaEvent& e) {
  if (e.status < 200) return;
  if (!cancelling_) {  // nua has hung up by itself
    if (state_ == State::kAnswered) {
      finish({Cause::kDialogLost, EndedBy::kNetwork, 0, "no ACK came", std::nullopt, true});
    } else {
      finish({Cause::kSessionExpired, EndedBy::kNetwork, 0, "the session timer ran out",
              std::nullopt, false});
    }
    return;
  }
  if (e.status == 481 || e.status == 408 || (!e.from_wire && e.status >= 300)) {
    finish({Cause::kDialogLost, EndedBy::kNetwork, e.from_wire ? e.status : 0,
            e.from_wire || e.status != 503 ? e.phrase : kNoConnection, std::nullopt, false});
  } else {
    finish({Cause::kNormal, EndedBy::kLocal, 0, "", std::nullopt, false});
  }
}

void SipCall::on_state(const NuaEvent& e) {
  int state = nua_callstate_init;
  tl_gets(e.tags, NUTAG_CALLSTATE_REF(state), TAG_END());
  if (state == nua_callstate_terminated) return terminated(e);
  // 64*T1 without an ACK: Sofia sends BYE. Who never said ACK may not answer that either, so the
  // end is told now and not another 64*T1 later.
  if (state == nua_callstate_terminating && state_ == State::kAnswered && !cancelling_) {
    finish({Cause::kDialogLost, EndedBy::kNetwork, 0, "our answer was never acknowledged",
            std::nullopt, true});
  }
}

void SipCall::terminated(const NuaEvent& e) {
  drop_handle();
  if (!over()) {
    LegEnd end{Cause::kDialogLost, EndedBy::kNetwork, 0, e.phrase, std::nullopt, false};
    end.no_ack = state_ == State::kAnswered;
    if (cancelling_) {
      end.cause = state_ == State::kUp ? Cause::kNormal : Cause::kCancelled;
      end.by = EndedBy::kLocal;
    }
    finish(end);
  }
  retire_when_done();
}

void SipCall::drop_handle() {
  if (!handle_) return;
  nua_handle_bind(handle_, nullptr);
  nua_handle_destroy(handle_);
  handle_ = nullptr;
}

// Tells Sofia where requests in the dialog go when that is not what the URI itself says: a name
// must be resolved first, for Sofia must never ask a name server, and what was pinned to the first
// hop has to move on.
void SipCall::aim(const sip_t* sip, bool response, std::function<void(bool)> done) {
  const auto next = guard::next_hop(sip, response);
  if (!next || (next->numeric_host() && !proxied_)) return done(true);
  proxied_ = true;
  host_.locator().locate(*next, "", kResolveLimit,
                         anchor_.wrap([this, done = std::move(done)](Result<Hop> hop) {
                           if (hop && handle_) send_by(handle_, *hop);
                           done(hop.has_value());
                         }));
}

void SipCall::emit(LegEvent event) {
  events_.push_back(std::move(event));
  if (verbs_ == 0) deliver();
}

void SipCall::deliver() {
  if (delivering_) return;
  delivering_ = true;
  while (!events_.empty() && sink_) {
    LegEvent event = std::move(events_.front());
    events_.pop_front();
    sink_->on_leg_event(std::move(event));
  }
  delivering_ = false;
}

SipCall::Hold::~Hold() {
  if (--call.verbs_ > 0 || call.events_.empty() || call.posted_) return;
  call.posted_ = true;
  call.host_.loop().post(call.anchor_.wrap([c = &call] {
    c->posted_ = false;
    c->deliver();
  }));
}

void SipCall::finish(LegEnd end) {
  if (over()) return;
  state_ = State::kOver;
  for (auto* timer : {&connect_timer_, &end_timer_, &retry_timer_}) {
    host_.loop().cancel(std::exchange(*timer, 0));
  }
  emit(leg_event::Ended{std::move(end)});
  retire_when_done();
}

void SipCall::end_after(Duration limit, LegEnd end) {
  host_.loop().cancel(end_timer_);
  end_timer_ = host_.loop().at(host_.loop().now() + limit, [this, end = std::move(end)] {
    end_timer_ = 0;
    finish(end);
  });
}

// "Q.850;cause=16" is passed as it is; words become the text of a SIP reason (RFC 3326).
std::string reason_header(const std::string& reason) {
  if (reason.empty()) return "";
  if (reason.find(';') != std::string::npos) return printable(reason);
  std::string text;
  for (const char c : printable(reason)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return fmt::format("SIP;text=\"{}\"", text);
}

}  // namespace lineman
