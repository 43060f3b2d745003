// SipCall: one INVITE dialog over nua, from either side; RFC 3261, 3264 (as text), 3326, 4028,
// 6086. Control thread.
//
//   outgoing  idle ─► locating ─► calling ─► [acking] ─► up ─► over
//   incoming          ringing ─► answered (no ACK yet) ─► up ─► over
//
// It outlives the Leg that phone holds: an unanswered CANCEL or BYE and a late 2xx still need it.
// After `over` (Ended was given out) it only cleans up, until Sofia says that the handle is
// terminated.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "anchor.h"
#include "guard.h"
#include "host.h"
#include "lineman/leg.h"
#include "sofia.h"

namespace lineman {

class SipLeg;

class SipCall final : public HandleOwner {
 public:
  explicit SipCall(SipHost& host);
  ~SipCall() override;
  SipCall(const SipCall&) = delete;
  SipCall& operator=(const SipCall&) = delete;

  // The verbs of Leg.
  void set_sink(LegSink* sink);
  std::string id() const { return call_id_; }
  std::string remote() const { return remote_; }
  Address signalling_peer() const { return peer_; }
  Result<void> dial(const DialRequest& request);
  Result<void> ring(int code, const Body& description);
  Result<void> answer(const Body& description);
  Result<void> reject(int code, const std::string& reason);
  Result<void> accept(const Body& answer);
  Result<void> refuse(int code);
  Result<void> offer(const Body& description);
  Result<void> send_digit(char digit, Duration length);
  void hang_up(const std::string& reason);

  // Of the endpoint. adopt(): a new incoming INVITE; false when the guard has refused it.
  bool adopt(SipAgent& agent, const NuaEvent& invite);
  void attach(SipLeg* leg) { leg_ = leg; }
  void detach();  // the Leg is gone: hang up what is left
  bool over() const { return state_ == State::kOver; }
  // Given up without one response: CANCEL may not be sent, so Sofia retransmits until its timer B.
  bool hopeless() const { return over() && handle_ && outgoing_ && !heard_; }
  nua_handle_t* handle() const { return handle_; }
  void on_nua(SipAgent& agent, const NuaEvent& event) override;

 private:
  enum class State { kIdle, kLocating, kCalling, kAcking, kRinging, kAnswered, kUp, kOver };
  struct Hold;  // call_internal.h
  friend struct Hold;

  // outgoing (call_out.cpp)
  void locate(const SipUri& target);
  void launch(const SipUri& target, const Hop& hop);
  void on_invite_response(const NuaEvent& e);
  void on_first_answer(const NuaEvent& e);
  void on_reoffer_response(const NuaEvent& e);
  void on_refusal(const NuaEvent& e);
  bool follow(const NuaEvent& e);  // a 3xx
  void acknowledge(const Body& answer);
  void on_heard(const NuaEvent& e);

  // incoming (call_in.cpp)
  void on_reinvite(const NuaEvent& e);
  void on_update(SipAgent& agent, const NuaEvent& e);
  void on_info(SipAgent& agent, const NuaEvent& e);
  void on_ack(const NuaEvent& e);

  // both (call.cpp)
  void on_state(const NuaEvent& e);
  void on_bye_response(const NuaEvent& e);
  void aim(const sip_t* sip, bool response, std::function<void(bool)> done);
  void emit(LegEvent event);
  void deliver();
  void finish(LegEnd end);
  void terminated(const NuaEvent& e);
  void drop_handle();
  void retire_when_done();
  void end_after(Duration limit, LegEnd end);
  void send_bye();
  Result<void> wrong_state(const char* verb) const;

  SipHost& host_;
  SipLeg* leg_ = nullptr;
  LegSink* sink_ = nullptr;
  nua_handle_t* handle_ = nullptr;
  State state_ = State::kIdle;
  bool outgoing_ = true;
  std::string call_id_, remote_;
  std::string contact_;  // empty: Sofia's own; else for an agent on all addresses
  Address peer_;
  Anchor anchor_;

  // outgoing
  DialRequest request_;
  std::string header_lines_;
  std::optional<SipUri> dialled_;
  Address first_peer_;
  Credentials credentials_;
  int redirects_ = 0;
  bool heard_ = false;       // some SIP response came from the wire
  bool cancelling_ = false;  // CANCEL or BYE is on its way
  bool late_offer_ = false;  // our INVITE had no description: the ACK waits for accept()
  bool proxied_ = false;     // NUTAG_PROXY decides where requests go, and must follow the dialog
  Loop::Id connect_timer_ = 0, end_timer_ = 0, retry_timer_ = 0;

  // in the call
  bool offering_ = false;     // our re-INVITE is out
  bool peer_offers_ = false;  // the peer's re-INVITE waits for accept() or refuse()
  bool our_turn_ = false;     // it had no description: ours is the offer, the ACK has the answer
  bool acked_ = false;
  Body last_offer_;
  int offer_tries_ = 0;
  std::string bye_reason_;

  std::deque<LegEvent> events_;
  int verbs_ = 0;
  bool delivering_ = false, posted_ = false, retired_ = false;
};

// What phone holds.
class SipLeg final : public Leg {
 public:
  explicit SipLeg(SipCall& call);
  ~SipLeg() override;
  void orphan() { call_ = nullptr; }  // the endpoint went first

  std::string_view type() const override { return "sip"; }
  void set_sink(LegSink* sink) override;
  std::string id() const override;
  std::string remote() const override;
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

 private:
  SipCall* call_;
};

}  // namespace lineman
