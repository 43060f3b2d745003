#include "agent.h"

#include <fmt/format.h>
#include <sofia-sip/sresolv.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lineman/text.h"
#include "sockaddr.h"

namespace lineman {
namespace {

constexpr int kPortTries = 20;
constexpr unsigned kMinSessionSeconds = 90;  // RFC 4028 section 5

template <class Unit>
unsigned long count(Duration d) {
  return static_cast<unsigned long>(std::chrono::duration_cast<Unit>(d).count());
}

unsigned long session_seconds(Duration d) {
  if (d <= Duration{}) return 0;
  return std::max<unsigned long>(kMinSessionSeconds, count<std::chrono::seconds>(d));
}

// Binds `type` and gives the errno, 0 for success; `address` learns the kernel's port.
int try_bind(Address& address, int type) {
  const int family = address.family == Address::Family::kV6 ? AF_INET6 : AF_INET;
  const int fd = socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  // As Sofia will: a listener may follow one that has connections in TIME_WAIT.
  if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  SockAddr name(address);
  int error = bind(fd, name.get(), name.size()) == 0 ? 0 : errno;
  if (!error && type == SOCK_STREAM) error = listen(fd, 1) == 0 ? 0 : errno;
  if (!error && getsockname(fd, name.get(), name.room()) == 0) address.port = name.address().port;
  close(fd);
  return error;
}

// Sofia does not say why it could not bind nor which port it got, so we ask the kernel first.
int probe(Address& address, const std::string& transport) {
  int error = 0;
  if (transport != "tcp") error = try_bind(address, SOCK_DGRAM);
  if (!error && transport != "udp") error = try_bind(address, SOCK_STREAM);
  return error;
}

std::string port_advice(int error) {
  switch (error) {
    case EADDRINUSE: return "the port is in use; choose another one, or port 0 for any";
    case EADDRNOTAVAIL: return "the address is not one of this machine";
    case EACCES: return "ports below 1024 need privileges";
    default: return std::strerror(error);
  }
}

}  // namespace

Result<Listen> parse_listen(const std::string& text) {
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kUsage,
                fmt::format("--listen '{}': {}; write 127.0.0.1:5060, [::1]:0 or "
                            "sip:HOST:PORT;transport=tcp",
                            printable(text), why));
  };
  Listen listen;
  listen.written = text;
  std::string_view rest = trim(text);
  if (iequals(rest.substr(0, 5), "sips:")) return bad("TLS is not built in");
  if (iequals(rest.substr(0, 4), "sip:")) rest.remove_prefix(4);
  const auto semicolon = rest.find(';');
  if (semicolon != std::string_view::npos) {
    for (const auto parameter : split(rest.substr(semicolon + 1), ';')) {
      if (!iequals(parameter.substr(0, 10), "transport=")) return bad("unknown parameter");
      listen.transport = iequals(parameter.substr(10), "tcp")   ? "tcp"
                         : iequals(parameter.substr(10), "udp") ? "udp"
                                                                : "";
      if (listen.transport.empty()) return bad("the transport is not udp or tcp");
    }
    rest = rest.substr(0, semicolon);
  }
  std::string name(rest);
  if (iequals(name.substr(0, 10), "localhost:")) name = "127.0.0.1" + name.substr(9);
  if (iequals(name, "localhost")) name = "127.0.0.1";
  auto address = Address::parse(name);
  if (!address) {
    std::string_view host = name;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    address = Address::parse_ip(host, 5060);
    if (!address) return bad("not a numeric address");
  }
  listen.address = *address;
  return listen;
}

Result<std::unique_ptr<SipAgent>> SipAgent::open(Loop& loop, const Listen& listen,
                                                 const AgentConfig& config, bool on_demand,
                                                 AgentSink& sink) {
  const auto refuse = [&](const Address& address, const std::string& why) {
    return fail(ErrorCode::kPort, fmt::format("cannot listen on {}: {}", address.text(), why));
  };
  std::unique_ptr<SipAgent> agent(new SipAgent(sink, on_demand));
  agent->root_ = static_cast<su_root_t*>(loop.native_handle());
  agent->transport_ = listen.transport;
  for (int i = 0; i < kPortTries; ++i) {
    Address address = listen.address;
    if (const int error = probe(address, listen.transport)) {
      if (listen.address.port == 0 && error == EADDRINUSE) continue;  // free for UDP, not for TCP
      return refuse(address, port_advice(error));
    }
    const std::string transport =
        listen.transport.empty() ? "" : ";transport=" + listen.transport;  // never a list of two
    const std::string url = fmt::format("sip:{}{}", address.text(), transport);
    const bool timed = config.session_expires > Duration{};
    agent->bound_ = address;
    agent->nua_ =
        nua_create(agent->root_, &SipAgent::on_event, agent.get(), NUTAG_URL(url.c_str()),
                   NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTOACK(0),
                   NUTAG_OUTBOUND("no-validate no-options-keepalive"), NUTAG_APPL_METHOD("OPTIONS"),
                   NUTAG_APPL_METHOD("INFO"), NUTAG_APPL_METHOD("UPDATE"), NUTAG_RETRY_COUNT(2),
#ifdef NUTAG_AUTO302  // not in every Sofia; where it is, redirects are ours to judge
                   NUTAG_AUTO302(0), NUTAG_AUTO305(0), NUTAG_MAX_RETRY_AFTER(0),
#endif
                   NUTAG_SESSION_TIMER(session_seconds(config.session_expires)),
                   NUTAG_MIN_SE(kMinSessionSeconds),
                   SIPTAG_ALLOW_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"),
                   SIPTAG_SUPPORTED_STR(timed ? "timer" : nullptr),
                   SIPTAG_USER_AGENT_STR(config.user_agent.c_str()), NTATAG_PASS_100(1),
                   SRESTAG_RESOLV_CONF(config.resolv_conf.c_str()),
                   TAG_IF(config.timers.t1x64 > Duration{},
                          NTATAG_SIP_T1X64(count<std::chrono::milliseconds>(config.timers.t1x64))),
                   TAG_IF(config.timers.t4 > Duration{},
                          NTATAG_SIP_T4(count<std::chrono::milliseconds>(config.timers.t4))),
                   TAG_IF(config.log_messages, TPTAG_LOG(1)), TAG_END());
    if (agent->nua_) return agent;
    if (listen.address.port != 0) return refuse(address, "Sofia could not bind it");
  }
  return refuse(listen.address, "no port is free for both UDP and TCP");
}

SipAgent::~SipAgent() {
  if (!nua_) return;
  if (!down_) {
    // Left without shut_down(), by an error at the start: an idle agent is down after one step.
    nua_shutdown(nua_);
    for (int i = 0; i < 20 && !down_; ++i) su_root_step(root_, 1);
  }
  // nua_destroy asserts unless the shutdown had its final status: rather leave it behind.
  if (down_) nua_destroy(nua_);
}

bool SipAgent::reaches(const Address& source) const {
  return bound_.family == source.family && (bound_.is_unspecified() || bound_.same_ip(source));
}

std::vector<std::string> SipAgent::addresses() const {
  std::vector<std::string> out;
  for (const char* transport : {"udp", "tcp"}) {
    if (has(transport)) out.push_back(fmt::format("sip:{};transport={}", bound_.text(), transport));
  }
  return out;
}

void SipAgent::shut_down() {
  if (shutting_) return;
  shutting_ = true;
  nua_shutdown(nua_);
}

void SipAgent::on_event(nua_event_t event, int status, char const* phrase, nua_t* nua,
                        SipAgent* self, nua_handle_t* handle, HandleOwner* owner, sip_t const* sip,
                        tagi_t tags[]) {
  if (event == nua_r_shutdown) {
    if (status < 200) return;
    self->down_ = true;
    if (self->shutting_) self->sink_.on_agent_down(*self);
    return;
  }
  NuaEvent e{event, status, phrase ? phrase : "", handle, sip, tags, {}, false};
  if (sip) {
    if (auto* message = const_cast<msg_t*>(nua_current_request(nua))) {
      e.peer = SockAddr::of(&msg_addr(message)->su_sa);
    }
    e.from_wire = !nta_sip_is_internal(const_cast<sip_t*>(sip));
  }
  if (owner) {
    owner->on_nua(*self, e);
  } else {
    self->sink_.on_unclaimed(*self, e);
  }
}

}  // namespace lineman
