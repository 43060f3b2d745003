// LocalLeg: the signalling of a simulated call, as a scenario tells it. Control (virtual time).
//
//   dial ─► [silent: nothing] Trying ─► Ringing | EarlyMedia ─ ring ─► Answered ─► Established ─►
//   Ended
//                                   └─► Ended (busy, decline, reject)
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "far_end.h"
#include "lineman/leg.h"

namespace lineman {

class LocalLeg final : public Leg {
 public:
  // Stands in `living` as long as it lives.
  LocalLeg(const FarWorld& world, CallId id, std::uint64_t seed,
           std::shared_ptr<std::set<LocalLeg*>> living);
  ~LocalLeg() override;

  std::string_view type() const override { return "local"; }
  void set_sink(LegSink* sink) override { sink_ = sink; }
  std::string id() const override { return call_id_; }
  std::string remote() const override { return uri_; }
  Address signalling_peer() const override;

  Result<void> dial(const DialRequest& request) override;
  Result<void> ring(int code, const Body& description) override;
  Result<void> answer(const Body& description) override;
  Result<void> reject(int code, const std::string& reason) override;
  Result<void> accept(const Body& answer) override;
  Result<void> refuse(int code) override;
  Result<void> offer(const Body& description) override;
  Result<void> send_digit(char digit, Duration length) override;
  void hang_up(const std::string& reason) override;

  static constexpr Duration kOneWay = std::chrono::milliseconds(1);  // of a signalling message

 private:
  enum class State { kIdle, kCalling, kConnected, kEnding, kEnded };

  void after(Duration time, std::function<void()> fn);
  void emit(LegEvent event);
  void play_scenario();
  void refuse_call(int code);
  bool describe();  // the answer to the offer; false: refused with 488
  void pick_up();
  void end(LegEnd end);

  FarWorld world_;
  CallId far_id_;
  std::uint64_t seed_;
  std::shared_ptr<std::set<LocalLeg*>> living_;
  LegSink* sink_ = nullptr;
  State state_ = State::kIdle;
  std::string call_id_, uri_, offer_, description_;
  Scenario scenario_;
  std::unique_ptr<FarEnd> far_;
  std::vector<Loop::Id> timers_;
  bool heard_ = false;  // the far end has said something
};

}  // namespace lineman
