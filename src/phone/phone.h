// Phone: the composition root. Endpoints, engine and calls of one process, and when it is over.
// Control thread.
//
//   PhoneOptions ─► world (real | simulated) ─► endpoint ─► CallRuns ─► verdict
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call_run.h"
#include "lineman/pcap.h"
#include "lineman/phone.h"
#include "lineman/process.h"
#include "policy.h"
#include "world.h"

namespace lineman {

class Phone final : public EndpointSink, public EngineSink {
 public:
  Phone(const PhoneOptions& options, const PhoneOutputs& outputs);
  ~Phone() override;
  PhoneVerdict run();

 private:
  // A leg that was refused lives until its refusal was delivered.
  struct Refused final : LegSink {
    Refused(Phone& p, std::unique_ptr<Leg> l) : phone(p), leg(std::move(l)) { leg->set_sink(this); }
    ~Refused() override { leg->set_sink(nullptr); }
    void on_leg_event(LegEvent event) override;
    Phone& phone;
    std::unique_ptr<Leg> leg;
  };

  void on_incoming(std::unique_ptr<Leg> leg, Incoming call) override;
  void on_register(const RegisterState& state) override;
  void on_warning(const std::string& code, const std::string& text) override;
  void on_media_event(CallId id, const MediaEvent& event) override;
  void on_removed(CallId id, std::unique_ptr<MediaCall> call,
                  std::unique_ptr<PacketTransport> transport) override;

  Result<void> prepare();
  Result<void> start();
  Result<void> open_outputs();
  Result<void> open_endpoint(const LegType& type);
  Result<void> announce();
  void on_signal(int signal);
  void begin();
  void place_calls();
  void on_probe(const ProbeAnswer& answer);
  CallOptions call_options(CallId id) const;
  static bool is_process_field(std::string_view path);
  void emit(const std::string& call, EventBody body, std::optional<TimePoint> time = {});
  void call_done(CallRun& run);
  void stop_all(int signal, const std::string& why);
  void fail_with(Exit exit, const std::string& why);
  void maybe_finish();
  void finish();
  void leave();
  void judge_process();
  void deliver_posts();
  ProcessResult process_result() const;
  Exit exit_code() const;
  // Whether a signal, or --timeout, is the ordinary end of what would go on for ever.
  bool ordinary_stop() const;
  void judge_without_calls();

  const PhoneOptions& options_;
  const PhoneOutputs& outputs_;
  AudioStore audio_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Capture> capture_;
  std::unique_ptr<CallWorld> call_world_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<SignalWatch> signals_;
  std::unique_ptr<Child> command_;
  bool command_over_ = false;
  std::optional<IncomingPolicy> policy_;

  std::map<CallId, std::unique_ptr<CallRun>> calls_;
  std::vector<std::unique_ptr<Refused>> refused_;
  std::vector<Exit> exits_;                // by call order
  std::optional<CallResult> only_result_;  // of the newest call
  CallId next_id_ = 1;
  int placed_ = 0;

  bool outputs_open_ = false;
  bool started_ = false, stopping_ = false, finishing_ = false, clean_ = true;
  int signal_ = 0;
  Exit own_exit_ = Exit::kOk;  // of what is no call: a port, a registration, CMD
  std::vector<std::string> own_causes_;
  std::vector<std::string> call_causes_;  // of failed calls, when there are several
  std::optional<CallResult> probe_result_;
  Loop::Id timeout_ = 0;
};

}  // namespace lineman
