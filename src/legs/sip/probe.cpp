#include "probe.h"

#include <sofia-sip/sip_header.h>

#include <utility>

#include "guard.h"
#include "lineman/call_result.h"

namespace lineman {
namespace {

template <class Header>
std::string header_text(const Header* header) {
  if (!header) return "";
  char* text = sip_header_as_string(nullptr, reinterpret_cast<const sip_header_t*>(header));
  std::string out = text ? text : "";
  su_free(nullptr, text);
  return out;
}

}  // namespace

Probe::Probe(SipHost& host, Done done) : host_(host), done_(std::move(done)) {}

Probe::~Probe() {
  host_.loop().cancel(timer_);
  if (!handle_) return;
  nua_handle_bind(handle_, nullptr);
  nua_handle_destroy(handle_);
}

Result<void> Probe::start(const std::string& uri, const Headers& headers) {
  auto target = parse_sip_uri(uri);
  if (!target) return tl::make_unexpected(target.error());
  auto lines = header_lines(headers);
  if (!lines) return tl::make_unexpected(lines.error());
  lines_ = *lines;
  const auto& options = host_.options();
  auto hop = first_hop(options, *target);
  if (!hop) return tl::make_unexpected(hop.error());
  credentials_ = Credentials(options.account, host_.learned_realm());
  timer_ = host_.loop().at(host_.loop().now() + options.connect_timeout, [this] {
    timer_ = 0;
    finish(Cause::kNoResponse, EndedBy::kNetwork, 0, "no SIP response at all");
  });
  host_.locator().locate(*hop, options.transport, options.connect_timeout,
                         anchor_.wrap([this, target = *target](Result<Hop> found) {
                           if (found) return launch(target, *found);
                           finish(
                               found.error().code == ErrorCode::kUnreachable   ? Cause::kUnreachable
                               : found.error().code == ErrorCode::kUnsupported ? Cause::kUnsupported
                                                                               : Cause::kResolve,
                               EndedBy::kLocal, 0, found.error().text);
                         }));
  return {};
}

void Probe::launch(const SipUri& target, const Hop& hop) {
  const auto& options = host_.options();
  auto agent = host_.agent_for(hop);
  if (!agent) return finish(Cause::kLocalResource, EndedBy::kLocal, 0, agent.error().text);
  SipUri request = target;
  request.headers.clear();
  if (request.transport().empty() && hop.transport != "udp" && options.proxy.empty()) {
    request.parameters.emplace_back("transport", hop.transport);
  }
  const std::string uri = request.request_uri(), to = '<' + target.address_of_record() + '>';
  const std::string from = from_header(options, "", hop.source), via = hop.uri();
  const std::string route = '<' + via + ";lr>";
  const bool routed = !options.proxy.empty(), proxied = !routed && hop.by_name;
  handle_ = nua_handle((*agent)->nua(), this, NUTAG_URL(uri.c_str()), SIPTAG_TO_STR(to.c_str()),
                       SIPTAG_FROM_STR(from.c_str()),
                       TAG_IF(routed, NUTAG_INITIAL_ROUTE_STR(route.c_str())), TAG_END());
  if (!handle_)
    return finish(Cause::kInternal, EndedBy::kLocal, 0, "the SIP stack took no request");
  if (proxied) send_by(handle_, hop);
  sent_ = host_.loop().now();
  nua_options(handle_, SIPTAG_ACCEPT_STR("application/sdp"),
              TAG_IF(!lines_.empty(), SIPTAG_HEADER_STR(lines_.c_str())), TAG_END());
}

void Probe::on_nua(SipAgent&, const NuaEvent& e) {
  if (e.handle != handle_ || !done_) return;
  if (e.event == nua_r_authenticate && e.status >= 900) {
    return finish(Cause::kAuthentication, EndedBy::kPeer, 0, "the challenge cannot be answered");
  }
  if (e.event != nua_r_options || e.status < 200) return;
  if (!e.from_wire) {
    const auto cause = e.status == 503   ? Cause::kUnreachable
                       : e.status == 408 ? Cause::kNoResponse
                                         : Cause::kInternal;
    return finish(cause, EndedBy::kNetwork, 0,
                  cause == Cause::kUnreachable ? kNoConnection : e.phrase);
  }
  if ((e.status == 401 || e.status == 407) && host_.options().account) {
    const auto answers = credentials_.answer(e.sip);
    if (!answers.empty()) {
      sent_ = host_.loop().now();
      return authenticate(handle_, answers);
    }
  }
  ProbeAnswer answer;
  answer.round_trip = host_.loop().now() - sent_;
  answer.peer = e.peer;
  answer.end.code = e.status;
  answer.end.reason = e.phrase;
  answer.end.cause =
      e.status < 300 ? Cause::kNormal : cause_of_status(e.status, credentials_.used());
  if (e.sip->sip_server) {
    answer.user_agent = e.sip->sip_server->g_string;
  } else if (e.sip->sip_user_agent) {
    answer.user_agent = e.sip->sip_user_agent->g_string;
  }
  answer.allow = header_text(e.sip->sip_allow);
  answer.supported = header_text(e.sip->sip_supported);
  answer.accept = header_text(e.sip->sip_accept);
  if (e.status == 401 || e.status == 407) authenticate(handle_, {});
  finish(std::move(answer));
}

void Probe::abandon() { finish(Cause::kCancelled, EndedBy::kLocal, 0, "given up"); }

void Probe::finish(Cause cause, EndedBy by, int code, const std::string& reason) {
  ProbeAnswer answer;
  answer.end = {cause, by, code, reason, std::nullopt, false};
  finish(std::move(answer));
}

void Probe::finish(ProbeAnswer answer) {
  if (!done_) return;
  host_.loop().cancel(std::exchange(timer_, 0));
  // Posted: `done` must not come from inside probe(), and it destroys us.
  host_.loop().post(anchor_.wrap([this, done = std::exchange(done_, nullptr),
                                  answer = std::move(answer)] { done(*this, answer); }));
}

}  // namespace lineman
