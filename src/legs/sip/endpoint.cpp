#include "endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "call_internal.h"
#include "lineman/text.h"
#include "make.h"
#include "sip_headers.h"

namespace lineman {
namespace {

// Sofia resolves nothing here; a name that slips through must fail at once. With an unreachable
// name server it would spin for ever, so it gets one that is always reachable and never there: the
// discard port of this host.
constexpr char kResolvConf[] = "nameserver 127.0.0.1\nport 9\noptions attempts:1 timeout:1\n";

constexpr Duration kCallsShare = std::chrono::milliseconds(1000);  // before the agents are closed

Result<void> check(const SipOptions& options) {
  const auto uri = [](const std::string& text) -> Result<void> {
    if (text.empty()) return {};
    const bool named = text.find('<') != std::string::npos;
    auto parsed = named ? parse_name_addr(text).map([](const NameAddr& a) { return a.uri; })
                        : parse_sip_uri(text);
    if (!parsed) return tl::make_unexpected(parsed.error());
    return {};
  };
  for (const auto& text : {options.proxy, options.from}) {
    if (auto good = uri(text); !good) return good;
  }
  if (options.account) {
    if (options.account->aor.empty()) return fail(ErrorCode::kUsage, "the account has no address");
    for (const auto& text : {options.account->aor, options.account->registrar}) {
      if (auto good = uri(text); !good) return good;
    }
  }
  const auto& transport = options.transport;
  if (!transport.empty() && transport != "udp" && transport != "tcp") {
    return fail(
        transport == "tls" ? ErrorCode::kUnsupported : ErrorCode::kUsage,
        fmt::format("the transport '{}' is not built in: use udp or tcp", printable(transport)));
  }
  return {};
}

std::uint64_t any_seed(std::uint64_t seed) {
  if (seed) return seed;
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace

std::unique_ptr<Endpoint> make_sip_endpoint(Loop& loop, Resolver& resolver, SipOptions options) {
  return make_sip_endpoint(loop, resolver, std::move(options), SipTimers{});
}

std::unique_ptr<Endpoint> make_sip_endpoint(Loop& loop, Resolver& resolver, SipOptions options,
                                            const SipTimers& timers) {
  return std::make_unique<SipEndpoint>(loop, resolver, std::move(options), timers);
}

SipEndpoint::SipEndpoint(Loop& loop, Resolver& resolver, SipOptions options, SipTimers timers)
    : loop_(loop),
      options_(std::move(options)),
      timers_(timers),
      locator_(loop, resolver),
      ids_(derive(any_seed(options_.seed), "call-id")) {
  if (options_.user_agent.empty()) options_.user_agent = "lineman";
}

SipEndpoint::~SipEndpoint() {
  loop_.cancel(limit_timer_);
  loop_.cancel(step_timer_);
  calls_.clear();
  probes_.clear();
  registration_.reset();
  agents_.clear();
}

Result<void> SipEndpoint::start(EndpointSink& sink) {
  sink_ = &sink;
  if (auto checked = check(options_); !checked) return checked;
  auto file = TemporaryFile::with(kResolvConf);
  if (!file) return tl::make_unexpected(file.error());
  resolv_conf_ = std::move(*file);
  log_ = std::make_unique<MessageLog>(options_.trace);
  auto listen = options_.listen;
  if (listen.empty()) listen.emplace_back("127.0.0.1:0");
  for (const auto& text : listen) {
    auto parsed = parse_listen(text);
    if (!parsed) return tl::make_unexpected(parsed.error());
    if (auto agent = open(*parsed, false); !agent) return tl::make_unexpected(agent.error());
  }
  if (options_.account) {
    registration_ = std::make_unique<Registration>(
        *this, *options_.account,
        [this](const RegisterState& state) { sink_->on_register(state); });
  }
  return {};
}

Result<SipAgent*> SipEndpoint::open(const Listen& listen, bool on_demand) {
  AgentConfig config;
  config.user_agent = options_.user_agent;
  config.session_expires = options_.session_expires;
  config.resolv_conf = resolv_conf_->path();
  config.log_messages = options_.trace != nullptr;
  config.timers = timers_;
  auto agent = SipAgent::open(loop_, listen, config, on_demand, *this);
  if (!agent) return tl::make_unexpected(agent.error());
  log_->add_local((*agent)->bound());
  agents_.push_back(std::move(*agent));
  return agents_.back().get();
}

std::vector<std::string> SipEndpoint::addresses() const {
  std::vector<std::string> out;
  for (const auto& agent : agents_) {
    if (agent->on_demand()) continue;
    for (auto& address : agent->addresses()) out.push_back(std::move(address));
  }
  return out;
}

// The first agent that can send from the hop's source address. None: the default listener is the
// loopback one, which does not reach the world, so a socket of its own is bound to that source, on
// a port that the kernel chooses. It takes no strangers' calls (welcome()).
Result<SipAgent*> SipEndpoint::agent_for(const Hop& hop) {
  for (const auto& agent : agents_) {
    if (agent->has(hop.transport) && agent->reaches(hop.source)) return agent.get();
  }
  Listen listen;
  listen.address = hop.source;
  listen.address.port = 0;
  return open(listen, true);
}

bool SipEndpoint::welcome(const SipAgent& agent, const NuaEvent& e) const {
  if (!agent.on_demand()) return true;
  return registration_ && registration_->active() && registration_->registrar().same_ip(e.peer);
}

std::string SipEndpoint::new_call_id() { return fmt::format("{:016x}{:016x}", ids_(), ids_()); }

const std::string& SipEndpoint::learned_realm() const {
  static const std::string none;
  return registration_ ? registration_->realm() : none;
}

std::unique_ptr<Leg> SipEndpoint::make_leg() {
  calls_.push_back(std::make_unique<SipCall>(*this));
  return std::make_unique<SipLeg>(*calls_.back());
}

void SipEndpoint::retire(SipCall& call) {
  loop_.post(anchor_.wrap([this, gone = &call] {
    std::erase_if(calls_, [gone](const auto& c) { return c.get() == gone; });
    if (closing_ && !closing_agents_ && quiet()) close_agents();
  }));
}

void SipEndpoint::route(const std::string& uri, Duration limit,
                        std::function<void(Result<Address>)> done) {
  auto answer = [this, done = std::move(done)](Result<Hop> hop) {
    loop_.post(anchor_.wrap([done, hop = std::move(hop)] {
      if (!hop) return done(tl::make_unexpected(hop.error()));
      done(hop->source);
    }));
  };
  auto target = parse_sip_uri(uri);
  if (!target) return answer(tl::make_unexpected(target.error()));
  auto first = first_hop(options_, *target);
  if (!first) return answer(tl::make_unexpected(first.error()));
  locator_.locate(*first, options_.transport, limit, anchor_.wrap(std::move(answer)));
}

Result<void> SipEndpoint::enroll(Duration expires) {
  if (!registration_) {
    return fail(ErrorCode::kUsage, "there is no account to register: give --as AOR");
  }
  return registration_->start(expires);
}

void SipEndpoint::withdraw(std::function<void()> done) {
  if (!registration_) return loop_.post(std::move(done));
  registration_->stop(kCallsShare, std::move(done));
}

Result<void> SipEndpoint::probe(const std::string& uri, const Headers& headers,
                                std::function<void(ProbeAnswer)> done) {
  auto probe = std::make_unique<Probe>(
      *this, [this, done = std::move(done)](Probe& finished, ProbeAnswer answer) {
        std::erase_if(probes_, [&](const auto& p) { return p.get() == &finished; });
        done(std::move(answer));
      });
  auto started = probe->start(uri, headers);
  if (started) probes_.push_back(std::move(probe));
  return started;
}

void SipEndpoint::on_unclaimed(SipAgent& agent, const NuaEvent& e) {
  if (e.event == nua_i_invite && e.sip) return on_invite(agent, e);
  if (!e.handle) return;
  if (e.event == nua_i_options) {
    respond_options(agent, e);
  } else if (e.sip && e.sip->sip_request && e.status < 200) {
    nua_respond(e.handle, 481, "Call Does Not Exist", NUTAG_WITH_THIS(agent.nua()), TAG_END());
  }
  nua_handle_destroy(e.handle);
}

void SipEndpoint::on_invite(SipAgent& agent, const NuaEvent& e) {
  auto call = std::make_unique<SipCall>(*this);
  SipCall* const raw = call.get();
  calls_.push_back(std::move(call));
  if (!raw->adopt(agent, e)) return;
  auto leg = std::make_unique<SipLeg>(*raw);
  if (closing_) {
    (void)leg->reject(503, "");
  } else if (!welcome(agent, e)) {
    (void)leg->reject(403, "");
  } else {
    Incoming incoming = incoming_of(e);
    incoming.local = agent.bound();
    if (incoming.local.is_unspecified()) {  // a wildcard listener: the address the caller sees
      if (auto ours = source_towards(e.peer)) incoming.local = *ours;
    }
    incoming.local.port = 0;
    sink_->on_incoming(std::move(leg), std::move(incoming));
  }
}

bool SipEndpoint::quiet() const {
  return (!registration_ || !registration_->active()) &&
         std::all_of(calls_.begin(), calls_.end(),
                     [](const auto& call) { return call->over() && !call->handle(); });
}

void SipEndpoint::shut_down(Duration limit, std::function<void(bool clean)> done) {
  if (closing_) return;
  closing_ = true;
  closed_ = std::move(done);
  limit_timer_ = loop_.at(loop_.now() + limit, [this] {
    limit_timer_ = 0;
    closed(false);
  });
  // Sofia's own shutdown crashes on some calls and takes 30 s for others: everything is ended
  // explicitly first, and only when it is quiet, or half of the time is over, the agents go.
  const auto share = std::min(kCallsShare, limit / 2);
  for (const auto& call : calls_) call->hang_up("");
  for (const auto& probe : probes_) probe->abandon();
  if (registration_ && registration_->active()) {
    registration_->stop(share, [this] {
      if (!closing_agents_ && quiet()) close_agents();
    });
  }
  step_timer_ = loop_.at(loop_.now() + share, [this] {
    step_timer_ = 0;
    if (!closing_agents_) close_agents();
  });
  loop_.post(anchor_.wrap([this] {
    if (closing_agents_) return;
    if (quiet()) return close_agents();
    const bool waiting = std::any_of(calls_.begin(), calls_.end(), [](const auto& call) {
      return call->handle() && !call->hopeless();
    });
    if (!waiting && (!registration_ || !registration_->active())) closed(false);
  }));
}

void SipEndpoint::close_agents() {
  closing_agents_ = true;
  loop_.cancel(std::exchange(step_timer_, 0));
  probes_.clear();
  if (agents_.empty()) return closed(true);
  for (const auto& agent : agents_) agent->shut_down();
}

void SipEndpoint::on_agent_down(SipAgent&) {
  const bool all =
      std::all_of(agents_.begin(), agents_.end(), [](const auto& agent) { return agent->down(); });
  if (all) {
    loop_.post(anchor_.wrap([this] { closed(true); }));  // not from inside Sofia's callback
  }
}

void SipEndpoint::closed(bool clean) {
  if (!closed_) return;
  loop_.cancel(std::exchange(limit_timer_, 0));
  if (clean) {
    calls_.clear();
    registration_.reset();
    agents_.clear();
  }
  std::exchange(closed_, nullptr)(clean);
}

}  // namespace lineman
