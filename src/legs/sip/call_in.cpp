// SipCall as the called side, and what the peer starts inside a call: re-INVITE, UPDATE, INFO.
#include <fmt/format.h>

#include "call_internal.h"
#include "digits.h"
#include "lineman/call_result.h"
#include "lineman/text.h"

namespace lineman {
namespace {

constexpr char kAccept[] = "application/sdp";
constexpr char kAcceptInfo[] = "application/dtmf-relay, application/dtmf";

}  // namespace

bool SipCall::adopt(SipAgent& agent, const NuaEvent& e) {
  outgoing_ = false;
  heard_ = true;
  handle_ = e.handle;
  peer_ = e.peer;
  state_ = State::kRinging;
  nua_handle_bind(handle_, this);
  if (e.sip->sip_call_id && e.sip->sip_call_id->i_id) call_id_ = e.sip->sip_call_id->i_id;
  if (e.sip->sip_from) remote_ = guard::text_of(e.sip->sip_from->a_url);
  if (const char* fault = guard::dialog_fault(e.sip)) {
    state_ = State::kOver;
    nua_respond(handle_, 400, fault, TAG_END());
    return false;
  }
  if (const int code = guard::body_fault(e.sip)) {
    state_ = State::kOver;
    nua_respond(handle_, code, sip_status_phrase(code), SIPTAG_ACCEPT_STR(kAccept), TAG_END());
    return false;
  }
  const auto* via = e.sip->sip_via;
  const bool tcp = via && via->v_protocol && iequals(via->v_protocol, "SIP/2.0/TCP");
  contact_ = contact_header(agent, contact_user(host_.options()), e.peer, tcp ? "tcp" : "udp");
  aim(e.sip, false, [](bool) {});  // early, so that a BYE need not wait for a name
  return true;
}

Result<void> SipCall::ring(int code, const Body& description) {
  const Hold hold(*this);
  if (state_ != State::kRinging) return wrong_state("ring");
  if (code < 101 || code > 199) {
    return fail(ErrorCode::kUsage, fmt::format("sip: {} is no provisional status", code));
  }
  nua_respond(handle_, code, sip_status_phrase(code),
              TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
              TAG_IF(description, SIPTAG_CONTENT_TYPE_STR(description.content_type.c_str())),
              TAG_IF(description, SIPTAG_PAYLOAD_STR(description.text.c_str())), TAG_END());
  return {};
}

Result<void> SipCall::answer(const Body& description) {
  const Hold hold(*this);
  if (state_ != State::kRinging) return wrong_state("answer");
  state_ = State::kAnswered;
  nua_respond(handle_, SIP_200_OK, TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
              SIPTAG_CONTENT_TYPE_STR(description.content_type.c_str()),
              SIPTAG_PAYLOAD_STR(description.text.c_str()), TAG_END());
  return {};
}

Result<void> SipCall::reject(int code, const std::string& reason) {
  const Hold hold(*this);
  if (state_ != State::kRinging) return wrong_state("reject");
  if (code < 300 || code > 699) {
    return fail(ErrorCode::kUsage, fmt::format("sip: {} is no refusal (300 to 699)", code));
  }
  const std::string phrase = !reason.empty() ? reason : sip_status_phrase(code);
  nua_respond(handle_, code, host_.keep(phrase), TAG_IF(code == 415, SIPTAG_ACCEPT_STR(kAccept)),
              TAG_END());
  finish({cause_of_status(code, false), EndedBy::kLocal, 0, phrase, std::nullopt, false});
  return {};
}

void SipCall::on_ack(const NuaEvent& e) {
  Body body = guard::body_of(e.sip);
  if (state_ == State::kAnswered) {
    acked_ = true;
    state_ = State::kUp;
    emit(leg_event::Established{std::move(body)});
  } else if (our_turn_) {
    our_turn_ = false;
    emit(leg_event::Accepted{std::move(body)});  // the answer to the offer in our 200
  }
}

void SipCall::on_reinvite(const NuaEvent& e) {
  if (!e.sip || over()) return;
  if (const char* fault = guard::dialog_fault(e.sip)) {
    // Sofia has taken the bad target already: only an explicit BYE ends this without a crash.
    nua_respond(handle_, 400, fault, TAG_END());
    nua_bye(handle_, TAG_END());
    return finish({Cause::kProtocolError, EndedBy::kPeer, 0, std::string(fault) + " in a re-INVITE",
                   std::nullopt, false});
  }
  if (const int code = guard::body_fault(e.sip)) {
    nua_respond(handle_, code, sip_status_phrase(code), SIPTAG_ACCEPT_STR(kAccept), TAG_END());
    return;
  }
  aim(e.sip, false, [](bool) {});
  Body body = guard::body_of(e.sip);
  peer_offers_ = true;
  our_turn_ = !body;
  emit(leg_event::Offer{std::move(body)});
}

Result<void> SipCall::accept(const Body& answer) {
  const Hold hold(*this);
  if (state_ == State::kAcking && late_offer_) {  // the answer to the offer in their 200
    acknowledge(answer);
    return {};
  }
  if (!peer_offers_ || over()) return wrong_state("accept an offer in");
  peer_offers_ = false;
  nua_respond(handle_, SIP_200_OK, TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
              SIPTAG_CONTENT_TYPE_STR(answer.content_type.c_str()),
              SIPTAG_PAYLOAD_STR(answer.text.c_str()), TAG_END());
  return {};
}

Result<void> SipCall::refuse(int code) {
  const Hold hold(*this);
  if (!peer_offers_ || over()) return wrong_state("refuse an offer in");
  peer_offers_ = our_turn_ = false;
  nua_respond(handle_, code, sip_status_phrase(code), TAG_END());
  return {};
}

void SipCall::on_update(SipAgent& agent, const NuaEvent& e) {
  if (!e.sip) return;
  if (const char* fault = guard::dialog_fault(e.sip, false)) {
    nua_respond(handle_, 400, fault, NUTAG_WITH_THIS(agent.nua()), TAG_END());
    nua_bye(handle_, TAG_END());
    return finish({Cause::kProtocolError, EndedBy::kPeer, 0, std::string(fault) + " in an UPDATE",
                   std::nullopt, false});
  }
  aim(e.sip, false, [](bool) {});
  if (guard::body_of(e.sip)) {  // offers in UPDATE are not spoken; the call goes on as it was
    nua_respond(handle_, SIP_488_NOT_ACCEPTABLE, NUTAG_WITH_THIS(agent.nua()), TAG_END());
  } else {
    nua_respond(handle_, SIP_200_OK, NUTAG_WITH_THIS(agent.nua()), TAG_END());
  }
}

void SipCall::on_info(SipAgent& agent, const NuaEvent& e) {
  if (!e.sip) return;
  const Body body = guard::body_of(e.sip);
  if (body && !is_digit_type(body.content_type)) {
    nua_respond(handle_, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(kAcceptInfo),
                NUTAG_WITH_THIS(agent.nua()), TAG_END());
    return;
  }
  const auto digit = parse_info_digit(body.content_type, body.text);
  if (body && !digit) {
    nua_respond(handle_, 400, "No Digit", NUTAG_WITH_THIS(agent.nua()), TAG_END());
    return;
  }
  nua_respond(handle_, SIP_200_OK, NUTAG_WITH_THIS(agent.nua()), TAG_END());
  if (digit && !over()) emit(*digit);
}

void respond_options(SipAgent& agent, const NuaEvent& e) {
  nua_respond(e.handle, SIP_200_OK, NUTAG_WITH_THIS(agent.nua()), TAG_END());
}

}  // namespace lineman
