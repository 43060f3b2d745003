// SipCall as the caller: INVITE, its responses, redirects, digest, ACK and our own re-INVITE.
#include <fmt/format.h>

#include <utility>

#include "call_internal.h"
#include "lineman/call_result.h"
#include "lineman/random.h"
#include "lineman/text.h"

namespace lineman {
namespace {

LegEnd made_here(int status, const char* phrase, bool heard) {
  LegEnd end{Cause::kInternal, EndedBy::kNetwork, 0, phrase, std::nullopt, false};
  if (status == 503) {  // ICMP, a refused or broken connection
    end.cause = Cause::kUnreachable;
    end.reason = kNoConnection;
  } else if (status == 408) {
    end.cause = heard ? Cause::kNoAnswer : Cause::kNoResponse;
    end.reason = "no final response";
  } else if (status == 904 || status == 900) {
    end.by = EndedBy::kLocal;
  }
  return end;
}

std::string tag_of(const sip_t* sip) {
  return sip->sip_to && sip->sip_to->a_tag ? sip->sip_to->a_tag : "";
}

LegEnd ended_by_error(const Error& error) {
  LegEnd end{Cause::kInternal, EndedBy::kLocal, 0, error.text, std::nullopt, false};
  switch (error.code) {
    case ErrorCode::kResolve: end.cause = Cause::kResolve; break;
    case ErrorCode::kUnreachable: end.cause = Cause::kUnreachable; break;
    case ErrorCode::kUnsupported: end.cause = Cause::kUnsupported; break;
    case ErrorCode::kPort:
    case ErrorCode::kResource: end.cause = Cause::kLocalResource; break;
    default: break;
  }
  return end;
}

}  // namespace

Result<void> SipCall::dial(const DialRequest& request) {
  const Hold hold(*this);
  if (state_ != State::kIdle) return wrong_state("dial");
  auto target = parse_sip_uri(request.uri);
  if (!target) return tl::make_unexpected(target.error());
  auto lines = header_lines(request.headers);
  if (!lines) return tl::make_unexpected(lines.error());
  request_ = request;
  header_lines_ = *lines;
  late_offer_ = !request.offer;
  dialled_ = *target;
  remote_ = target->request_uri();
  // The bound on silence: it begins with the name, which has the same bound.
  connect_timer_ = host_.loop().at(host_.loop().now() + host_.options().connect_timeout, [this] {
    connect_timer_ = 0;
    if (handle_) nua_cancel(handle_, TAG_END());
    finish(
        {Cause::kNoResponse, EndedBy::kNetwork, 0, "no SIP response at all", std::nullopt, false});
  });
  locate(*target);
  return {};
}

void SipCall::locate(const SipUri& target) {
  state_ = State::kLocating;
  const auto& options = host_.options();
  auto hop = first_hop(options, target);
  if (!hop) return finish(ended_by_error(hop.error()));
  host_.locator().locate(*hop, options.transport, options.connect_timeout,
                         anchor_.wrap([this, target](Result<Hop> found) {
                           if (over()) return;
                           if (found) return launch(target, *found);
                           finish(ended_by_error(found.error()));
                         }));
}

void SipCall::launch(const SipUri& target, const Hop& hop) {
  const auto& options = host_.options();
  auto agent = host_.agent_for(hop);
  if (!agent) return finish(ended_by_error(agent.error()));
  first_peer_ = hop.peer;
  SipUri request = target;
  request.headers.clear();
  if (request.transport().empty() && hop.transport != "udp" && options.proxy.empty()) {
    request.parameters.emplace_back("transport", hop.transport);
  }
  const std::string uri = request.request_uri(), to = '<' + target.address_of_record() + '>';
  const std::string from = from_header(options, request_.from, hop.source);
  const std::string via = hop.uri(), route = '<' + via + ";lr>";
  const std::string user = contact_user(options);
  // A name stays in the Request-URI; where to go is said beside it. An outbound proxy is a route
  // (RFC 3261 section 8.1.2), a resolved target is not: some proxies refuse a Route they did not
  // make.
  const bool routed = !options.proxy.empty();
  proxied_ = !routed && hop.by_name;
  handle_ = nua_handle((*agent)->nua(), this, NUTAG_URL(uri.c_str()), SIPTAG_TO_STR(to.c_str()),
                       SIPTAG_FROM_STR(from.c_str()), SIPTAG_CALL_ID_STR(call_id_.c_str()),
                       NUTAG_M_USERNAME(user.c_str()),
                       TAG_IF(hop.transport == "tcp", NUTAG_M_PARAMS("transport=tcp")),
                       TAG_IF(routed, NUTAG_INITIAL_ROUTE_STR(route.c_str())), TAG_END());
  if (!handle_) {
    return finish(
        {Cause::kInternal, EndedBy::kLocal, 0, "the SIP stack took no call", std::nullopt, false});
  }
  if (proxied_) send_by(handle_, hop);
  state_ = State::kCalling;
  contact_ = contact_header(**agent, user, hop.peer, hop.transport);
  const Body& offer = request_.offer;
  nua_invite(handle_, TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
             TAG_IF(!header_lines_.empty(), SIPTAG_HEADER_STR(header_lines_.c_str())),
             TAG_IF(offer, SIPTAG_CONTENT_TYPE_STR(offer.content_type.c_str())),
             TAG_IF(offer, SIPTAG_PAYLOAD_STR(offer.text.c_str())), TAG_END());
}

void SipCall::on_heard(const NuaEvent& e) {
  if (!e.from_wire || heard_) return;
  heard_ = true;
  host_.loop().cancel(std::exchange(connect_timer_, 0));
  if (!over()) emit(leg_event::Trying{});
}

void SipCall::on_invite_response(const NuaEvent& e) {
  on_heard(e);
  if (acked_) return on_reoffer_response(e);
  if (e.status >= 300) return on_refusal(e);
  if (!e.sip || !e.from_wire) return;  // "Request Authorized by Cache" and the like
  if (e.status >= 200) return on_first_answer(e);
  if (e.status == 100 || over()) return;
  if (Body body = guard::body_of(e.sip)) {
    emit(leg_event::EarlyMedia{e.status, std::move(body), tag_of(e.sip)});
  } else {
    emit(leg_event::Ringing{e.status});
  }
}

void SipCall::on_first_answer(const NuaEvent& e) {
  if (const char* fault = guard::dialog_fault(e.sip)) {
    nua_bye(handle_, TAG_END());  // no ACK: it would crash, and there is nowhere to send it
    return finish({Cause::kProtocolError, EndedBy::kPeer, 0, std::string(fault) + " in the 2xx",
                   std::nullopt, false});
  }
  const bool wanted = !over() && !cancelling_;
  {
    const Hold hold(*this);  // ACK first, then tell: the peer is waiting for it
    if (!over()) state_ = State::kAcking;
    if (wanted) {
      emit(leg_event::Answered{e.status, e.phrase, guard::body_of(e.sip), tag_of(e.sip)});
    }
    aim(e.sip, true, [this, wanted](bool known) {
      if (!known) {
        nua_bye(handle_, TAG_END());
        finish({Cause::kResolve, EndedBy::kNetwork, 0,
                "the name in the peer's Contact has no address", std::nullopt, false});
      } else if (!late_offer_ || !wanted) {
        acknowledge({});
      }
    });
  }
  deliver();
}

void SipCall::acknowledge(const Body& answer) {
  acked_ = true;
  nua_ack(handle_, TAG_IF(answer, SIPTAG_CONTENT_TYPE_STR(answer.content_type.c_str())),
          TAG_IF(answer, SIPTAG_PAYLOAD_STR(answer.text.c_str())), TAG_END());
  if (over() || cancelling_) return send_bye();
  state_ = State::kUp;
  emit(leg_event::Established{});
}

void SipCall::on_refusal(const NuaEvent& e) {
  if (over()) {
    if (e.status == 401 || e.status == 407) authenticate(handle_, {});
    return;
  }
  const int code = e.from_wire ? e.status : 0;
  if (cancelling_) {
    return finish({Cause::kCancelled, EndedBy::kLocal, code, e.phrase, std::nullopt, false});
  }
  if (code == 401 || code == 407) {
    const auto answers = credentials_.answer(e.sip);
    if (answers.empty()) {
      finish({Cause::kAuthentication, EndedBy::kPeer, code, credentials_.refusal(), std::nullopt,
              false});
    }
    return authenticate(handle_, answers);
  }
  if (code == 0) return finish(made_here(e.status, e.phrase, heard_));
  if (code < 400 && follow(e)) return;
  LegEnd end{cause_of_status(code, credentials_.used()),
             EndedBy::kPeer,
             code,
             e.phrase,
             guard::q850_of(e.sip),
             false};
  if (code < 400) {
    end.cause = Cause::kRedirected;
    if (e.sip->sip_contact) {
      end.reason =
          fmt::format("{} (to {})", e.phrase, printable(guard::text_of(e.sip->sip_contact->m_url)));
    }
  }
  finish(end);
}

bool SipCall::follow(const NuaEvent& e) {
  for (auto* contact = e.sip->sip_contact; contact; contact = contact->m_next) {
    const auto next = parse_sip_uri(guard::text_of(contact->m_url));
    if (!next) continue;
    bool same = iequals(next->host, dialled_->host);
    if (!same && host_.options().proxy.empty()) {
      const auto ip = Address::parse_ip(next->host);
      same = ip && ip->same_ip(first_peer_);
    }
    if (!same) continue;
    if (const auto& may_call = host_.options().may_call; may_call && !may_call(next->text())) {
      continue;
    }
    if (++redirects_ > kMostRedirects) return false;
    drop_handle();
    credentials_ = Credentials(host_.options().account, host_.learned_realm());
    locate(*next);
    return true;
  }
  return false;
}

Result<void> SipCall::offer(const Body& description) {
  const Hold hold(*this);
  if (state_ != State::kUp || cancelling_) return wrong_state("make an offer in");
  if (offering_ || peer_offers_) {
    return fail(ErrorCode::kUnsupported, "sip: another offer is being answered");
  }
  offering_ = true;
  offer_tries_ = 1;
  last_offer_ = description;
  nua_invite(handle_, TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
             SIPTAG_CONTENT_TYPE_STR(description.content_type.c_str()),
             SIPTAG_PAYLOAD_STR(description.text.c_str()), TAG_END());
  return {};
}

void SipCall::on_reoffer_response(const NuaEvent& e) {
  if (e.status < 200) return;
  if (e.status < 300) {
    if (!e.sip) return;
    if (const char* fault = guard::dialog_fault(e.sip)) {
      nua_bye(handle_, TAG_END());
      return finish({Cause::kProtocolError, EndedBy::kPeer, 0,
                     std::string(fault) + " in the 2xx to a re-INVITE", std::nullopt, false});
    }
    Body body = guard::body_of(e.sip);
    return aim(e.sip, true, [this, body = std::move(body)](bool) {
      nua_ack(handle_, TAG_END());
      if (std::exchange(offering_, false) && !over()) emit(leg_event::Accepted{body});
    });
  }
  const int code = e.from_wire ? e.status : 0;
  if (code == 401 || code == 407) {
    const auto answers = credentials_.answer(e.sip);
    authenticate(handle_, answers);
    if (!answers.empty()) return;
  }
  if (over()) return;
  if (code == 491 && offering_ && offer_tries_ < 3) {  // RFC 3261 section 14.1
    Random random(derive(host_.options().seed, call_id_, static_cast<std::uint64_t>(offer_tries_)));
    const auto wait = outgoing_ ? random.between(2100, 4000) : random.between(0, 2000);
    ++offer_tries_;
    retry_timer_ = host_.loop().at(host_.loop().now() + std::chrono::milliseconds(wait), [this] {
      retry_timer_ = 0;
      nua_invite(handle_, TAG_IF(!contact_.empty(), SIPTAG_CONTACT_STR(contact_.c_str())),
                 SIPTAG_CONTENT_TYPE_STR(last_offer_.content_type.c_str()),
                 SIPTAG_PAYLOAD_STR(last_offer_.text.c_str()), TAG_END());
    });
    return;
  }
  if (code == 481 || code == 408 || code == 0) {
    if (!cancelling_) nua_bye(handle_, TAG_END());
    return finish({Cause::kDialogLost, EndedBy::kNetwork, code, e.phrase, std::nullopt, false});
  }
  if (std::exchange(offering_, false)) emit(leg_event::Refused{code});
}

}  // namespace lineman
