// CallRun: one call being run. It carries the Call's actions to the leg and the engine, and what
// those say back to the Call. Offers and answers are made here, between the signalling half and the
// media half. Control thread.
//
//   Leg ──LegEvent──►┐             ┌──► Leg (dial, ring, answer, hang up)
//   Engine ─events──►├─► Call ─────┼──► MediaTask (exchange, play, record, digits)
//   Loop ──time─────►┘   actions   └──► events
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lineman/call.h"
#include "lineman/engine.h"
#include "lineman/leg.h"
#include "lineman/loop.h"
#include "lineman/phone.h"
#include "lineman/sdp.h"
#include "lineman/writer.h"
#include "sources.h"

namespace lineman {

// What every call of a phone shares. Outlives the calls.
struct CallWorld {
  Loop& loop;
  MediaEngine& engine;
  MediaNetwork& network;
  Endpoint& endpoint;
  Writer& writer;
  AudioStore& audio;
  const PhoneOptions& options;
  std::uint64_t seed = 0;
  bool simulated = false;
  std::function<void(const std::string& call, EventBody body, std::optional<TimePoint> time)> emit;
  // Wraps a transport for --pcap; identity otherwise.
  std::function<std::unique_ptr<PacketTransport>(std::unique_ptr<PacketTransport>,
                                                 const Address& rtp, const Address& rtcp)>
      capture;
};

class CallRun final : public LegSink {
 public:
  CallRun(CallWorld& world, CallId id, CallOptions options, std::function<void(CallRun&)> done);
  ~CallRun() override;

  void dial();
  void take(std::unique_ptr<Leg> leg, const Incoming& incoming);
  void stop(int signal, const std::string& why);

  void on_leg_event(LegEvent event) override;
  void on_media_event(const MediaEvent& event);
  void on_removed(std::unique_ptr<MediaCall> media, std::unique_ptr<PacketTransport> transport);

  CallId id() const { return id_; }
  bool done() const { return done_called_; }
  const CallResult& result() const { return call_->result(); }

 private:
  struct Executor;  // one overload an action
  void execute(Action& action);
  void drain();  // runs what the call wants, then arms its timer
  TimePoint now() const { return world_.loop.now(); }

  void no_route(const Error& error);
  void dial_from(const Address& local_ip);

  // Media: sockets and a MediaCall exist before the offer or answer goes out.
  Result<void> open_media(const Address& local_ip);
  Body our_offer();
  bool take_answer(const Body& answer,
                   bool again = false);  // false: negotiation failed and the call was told
  bool take_offer(const Body& offer);    // fills answer_
  bool exchange(const RtpConfig& config);
  void on_new_offer(const Body& offer);
  void send_offer_again(Direction direction);
  void leg_failed(const Result<void>& result);
  void end_without_leg(LegEnd end);

  void play(const action::Play& play);
  void record(const action::Record& record);
  void on_recording_end(std::uint32_t id, const RecordingEnd& end);
  std::string file_for_call(const std::string& file) const;
  template <class Run>
  void task(Run run) {
    world_.engine.run(id_, make_task(std::move(run)));
  }
  void collect_play(std::uint32_t id);
  void collect_record(std::uint32_t id, RecordEnd why);
  MediaReport report(const CallMediaStats& stats) const;

  CallWorld& world_;
  CallId id_;
  std::string name_;  // "c1"
  std::string target_;
  std::function<void(CallRun&)> done_;
  std::unique_ptr<Call> call_;
  std::unique_ptr<Leg> leg_;
  bool leg_active_ = false;  // it was dialled or came in, and has not ended
  bool cancelled_ = false;   // hung up before there was a leg to hang up

  RtpLegOptions rtp_;
  bool media_open_ = false, draining_ = false, done_called_ = false, told_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for what was posted
  LocalMedia local_;
  Direction agreed_ =
      Direction::kSendRecv;  // ours, as last negotiated: what a refused offer falls back to
  std::optional<RtpConfig> config_;
  std::string remote_sdp_;                         // the newest description from the peer
  Body answer_;                                    // ours, for the next ring or answer
  std::map<std::uint32_t, RecordEnd> recordings_;  // open ones, and why they end
  Loop::Id timer_ = 0;
};

}  // namespace lineman
