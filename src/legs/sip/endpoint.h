// SipEndpoint: the agents of one user, its calls, its registration and its end. Control thread.
//
//   Listen... ─► SipAgent (one nua_t each) ─┬─ SipCall ◄─► SipLeg (phone)
//   a target that no agent reaches ─► an    ├─ Registration
//   agent of its own, on the source address └─ Probe
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "anchor.h"
#include "call.h"
#include "host.h"
#include "lineman/random.h"
#include "probe.h"
#include "registration.h"
#include "temporary_file.h"
#include "trace.h"

namespace lineman {

class SipEndpoint final : public Endpoint, public SipHost, public AgentSink {
 public:
  SipEndpoint(Loop& loop, Resolver& resolver, SipOptions options, SipTimers timers);
  ~SipEndpoint() override;
  SipEndpoint(const SipEndpoint&) = delete;
  SipEndpoint& operator=(const SipEndpoint&) = delete;

  Result<void> start(EndpointSink& sink) override;
  std::vector<std::string> addresses() const override;
  std::unique_ptr<Leg> make_leg() override;
  void route(const std::string& uri, Duration limit,
             std::function<void(Result<Address>)> done) override;
  Result<void> enroll(Duration expires) override;
  void withdraw(std::function<void()> done) override;
  Result<void> probe(const std::string& uri, const Headers& headers,
                     std::function<void(ProbeAnswer)> done) override;
  void shut_down(Duration limit, std::function<void(bool clean)> done) override;

 private:
  // SipHost
  Loop& loop() override { return loop_; }
  Locator& locator() override { return locator_; }
  const SipOptions& options() const override { return options_; }
  Result<SipAgent*> agent_for(const Hop& hop) override;
  std::string new_call_id() override;
  const std::string& learned_realm() const override;
  const char* keep(const std::string& phrase) override {
    return phrases_.insert(phrase).first->c_str();
  }
  void retire(SipCall& call) override;
  // AgentSink
  void on_unclaimed(SipAgent& agent, const NuaEvent& event) override;
  void on_agent_down(SipAgent& agent) override;

  Result<SipAgent*> open(const Listen& listen, bool on_demand);
  void on_invite(SipAgent& agent, const NuaEvent& event);
  bool welcome(const SipAgent& agent, const NuaEvent& event) const;
  void close_agents();
  void closed(bool clean);
  bool quiet() const;

  Loop& loop_;
  SipOptions options_;
  SipTimers timers_;
  Locator locator_;
  Random ids_;
  EndpointSink* sink_ = nullptr;
  std::set<std::string> phrases_;
  std::unique_ptr<TemporaryFile> resolv_conf_;
  std::unique_ptr<MessageLog> log_;
  std::vector<std::unique_ptr<SipAgent>> agents_;  // those of --listen first
  std::vector<std::unique_ptr<SipCall>> calls_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::unique_ptr<Registration> registration_;
  std::function<void(bool)> closed_;
  bool closing_ = false, closing_agents_ = false;
  Loop::Id limit_timer_ = 0, step_timer_ = 0;
  Anchor anchor_;
};

}  // namespace lineman
