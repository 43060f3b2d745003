#include "registration.h"

#include <fmt/format.h>

#include <utility>

#include "guard.h"
#include "lineman/call_result.h"

namespace lineman {
namespace {
constexpr Duration kRetry = std::chrono::seconds(10);
}

Registration::Registration(SipHost& host, Account account, Report report)
    : host_(host), account_(std::move(account)), report_(std::move(report)) {}

Registration::~Registration() {
  host_.loop().cancel(timer_);
  drop_handle();
}

void Registration::drop_handle() {
  if (!handle_) return;
  nua_handle_bind(handle_, nullptr);
  nua_handle_destroy(handle_);
  handle_ = nullptr;
}

Result<void> Registration::start(Duration expires) {
  auto aor = parse_sip_uri(account_.aor);
  if (!aor) return tl::make_unexpected(aor.error());
  aor_ = *aor;
  SipUri registrar = aor_;
  if (!account_.registrar.empty()) {
    auto given = parse_sip_uri(account_.registrar);
    if (!given) return tl::make_unexpected(given.error());
    registrar = *given;
  }
  registrar.user.clear();
  registrar.headers.clear();
  target_ = registrar;
  expires_ = expires;
  stopping_ = false;
  host_.loop().cancel(timer_);
  drop_handle();
  locate();
  return {};
}

void Registration::locate() {
  credentials_ = Credentials(account_, realm_);
  const auto& options = host_.options();
  auto hop = first_hop(options, target_);
  if (!hop) return fail_with(Cause::kResolve, 0, hop.error().text);
  // Posted: on_register must not come from inside enroll().
  host_.locator().locate(
      *hop, options.transport, options.connect_timeout, anchor_.wrap([this](Result<Hop> found) {
        host_.loop().post(anchor_.wrap([this, found = std::move(found)] {
          if (stopping_) return;
          if (found) return launch(*found);
          fail_with(
              found.error().code == ErrorCode::kUnreachable ? Cause::kUnreachable : Cause::kResolve,
              0, found.error().text);
        }));
      }));
}

void Registration::launch(const Hop& hop) {
  const auto& options = host_.options();
  auto agent = host_.agent_for(hop);
  if (!agent) return fail_with(Cause::kLocalResource, 0, agent.error().text);
  registrar_ = hop.peer;
  SipUri request = target_;
  if (request.transport().empty() && hop.transport != "udp" && options.proxy.empty()) {
    request.parameters.emplace_back("transport", hop.transport);
  }
  const std::string uri = request.request_uri(), aor = '<' + aor_.address_of_record() + '>';
  const std::string via = hop.uri(), user = contact_user(options);
  const std::string route = '<' + via + ";lr>";
  const bool routed = !options.proxy.empty(), proxied = !routed && hop.by_name;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expires_).count();
  const std::string expires = fmt::format("{}", seconds);
  handle_ = nua_handle((*agent)->nua(), this, SIPTAG_TO_STR(aor.c_str()),
                       SIPTAG_FROM_STR(aor.c_str()), NUTAG_M_USERNAME(user.c_str()),
                       TAG_IF(hop.transport == "tcp", NUTAG_M_PARAMS("transport=tcp")),
                       TAG_IF(routed, NUTAG_INITIAL_ROUTE_STR(route.c_str())), TAG_END());
  if (!handle_) return fail_with(Cause::kInternal, 0, "the SIP stack took no registration");
  if (proxied) send_by(handle_, hop);
  timer_ = host_.loop().at(host_.loop().now() + options.connect_timeout, [this] {
    timer_ = 0;
    fail_with(Cause::kNoResponse, 0, "no response from the registrar");
  });
  nua_register(handle_, NUTAG_REGISTRAR(uri.c_str()), SIPTAG_EXPIRES_STR(expires.c_str()),
               TAG_END());
}

void Registration::on_nua(SipAgent&, const NuaEvent& e) {
  if (e.handle != handle_) return;
  if (e.event == nua_r_unregister) {
    if (e.status == 401 || e.status == 407) {
      // Sofia answers from its cache; what comes here has no answer.
      return authenticate(handle_, {});
    }
    if (e.status >= 200 && e.status < 300 && registered_) {
      RegisterState state;
      state.kind = RegisterState::Kind::kGone;
      state.code = e.status;
      report_(state);
    }
    if (e.status >= 200) stopped();
  } else if (e.event == nua_r_authenticate && e.status >= 900) {
    fail_with(Cause::kAuthentication, 0, "the challenge cannot be answered");
  } else if (e.event == nua_r_register) {
    on_response(e);
  }
}

void Registration::on_response(const NuaEvent& e) {
  if (e.from_wire && e.sip) host_.loop().cancel(std::exchange(timer_, 0));
  if (e.status < 200 || stopping_) return;
  if (e.status < 300 && e.sip) return on_success(e.sip);
  const int code = e.from_wire ? e.status : 0;
  if (code == 401 || code == 407) {
    const auto answers = credentials_.answer(e.sip);
    if (!answers.empty()) return authenticate(handle_, answers);
    authenticate(handle_, {});
    return fail_with(Cause::kAuthentication, code, credentials_.refusal());
  }
  if (code == 0) {
    const auto cause = e.status == 408   ? Cause::kNoResponse
                       : e.status == 503 ? Cause::kUnreachable
                                         : Cause::kInternal;
    return fail_with(cause, 0, cause == Cause::kUnreachable ? kNoConnection : e.phrase);
  }
  fail_with(cause_of_status(code, credentials_.used()), code, e.phrase);
}

void Registration::on_success(const sip_t* sip) {
  realm_ = credentials_.realm();
  credentials_ = Credentials(account_, realm_);  // the next challenge may be answered again
  RegisterState state;
  state.kind = RegisterState::Kind::kOk;
  state.code = 200;
  state.reason = sip->sip_status && sip->sip_status->st_phrase ? sip->sip_status->st_phrase : "";
  state.expires = expires_;
  if (sip->sip_expires) state.expires = std::chrono::seconds(sip->sip_expires->ex_delta);
  if (sip->sip_contact) {
    state.contact = guard::text_of(sip->sip_contact->m_url);
    if (sip->sip_contact->m_expires) {
      state.expires = std::chrono::seconds(std::strtol(sip->sip_contact->m_expires, nullptr, 10));
    }
  }
  registered_ = was_registered_ = true;
  report_(state);
}

void Registration::fail_with(Cause cause, int code, const std::string& reason) {
  if (stopping_) return;
  host_.loop().cancel(std::exchange(timer_, 0));
  drop_handle();
  RegisterState state;
  state.kind =
      std::exchange(registered_, false) ? RegisterState::Kind::kGone : RegisterState::Kind::kFailed;
  state.cause = cause;
  state.code = code;
  state.reason = reason;
  // One that has worked is tried again; one that never did is a mistake to report, not to repeat.
  if (was_registered_ && cause != Cause::kAuthentication) {
    timer_ = host_.loop().at(host_.loop().now() + kRetry, [this] {
      timer_ = 0;
      locate();
    });
  }
  report_(state);
}

void Registration::stop(Duration limit, std::function<void()> done) {
  done_ = std::move(done);
  stopping_ = true;
  host_.loop().cancel(std::exchange(timer_, 0));
  if (!handle_ || !registered_) {
    host_.loop().post(anchor_.wrap([this] { stopped(); }));
    return;
  }
  timer_ = host_.loop().at(host_.loop().now() + limit, [this] {
    timer_ = 0;
    stopped();
  });
  nua_unregister(handle_, TAG_END());
}

void Registration::stopped() {
  host_.loop().cancel(std::exchange(timer_, 0));
  drop_handle();
  registered_ = was_registered_ = false;
  if (auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace lineman
