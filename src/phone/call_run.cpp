#include "call_run.h"

#include "lineman/media_call.h"
#include "lineman/random.h"
#include "lineman/writer.h"

namespace lineman {

CallRun::CallRun(CallWorld& world, CallId id, CallOptions options,
                 std::function<void(CallRun&)> done)
    : world_(world),
      id_(id),
      name_(options.call),
      target_(options.target),
      done_(std::move(done)),
      call_(make_call(std::move(options))) {
  const PhoneOptions& o = world.options;
  rtp_.seed = derive(world.seed, "rtp", id);
  rtp_.jitter = o.jitter;
  rtp_.opus_bitrate = o.opus_bitrate;
  rtp_.opus_complexity = o.opus_complexity;
  if (o.rtp_timeout > Duration{}) rtp_.stall_after = o.rtp_timeout;
  local_.codecs = o.codecs;
  if (local_.codecs.empty()) {
    for (const auto& c : all_codecs()) local_.codecs.push_back(c.id);
  }
  local_.ptime = o.ptime;
  local_.opus_bitrate = o.opus_bitrate;
  // RFC 8866 section 5.2: an NTP-like number; below 2^53 because some peers read it as a double.
  local_.session_id = derive(world.seed, "sdp", id) >> 11;
  local_.session_version = 1;
}

CallRun::~CallRun() {
  if (timer_ != 0) world_.loop.cancel(timer_);
  if (leg_) leg_->set_sink(nullptr);
}

void CallRun::dial() {
  call_->dial(now());
  drain();
}

void CallRun::take(std::unique_ptr<Leg> leg, const Incoming& incoming) {
  leg_ = std::move(leg);
  leg_active_ = true;
  leg_->set_sink(this);
  call_->incoming(incoming, leg_->id(), now());
  if (!world_.options.reject && call_->state() != Call::State::kEnded) {
    // The address that the caller reached us at is the one its media can reach too.
    auto opened = open_media(incoming.local);
    if (!opened) {
      call_->on_local_failure(opened.error(), now());
    } else if (incoming.offer) {
      take_offer(incoming.offer);
    }
  }
  drain();
}

void CallRun::stop(int signal, const std::string& why) {
  call_->stop(signal, why, now());
  drain();
}

void CallRun::on_leg_event(LegEvent event) {
  if (leg_) call_->set_wire(leg_->id(), leg_->remote(), leg_->signalling_peer());
  if (const auto* early = std::get_if<leg_event::EarlyMedia>(&event)) {
    take_answer(early->body);
  } else if (const auto* answered = std::get_if<leg_event::Answered>(&event)) {
    if (answered->body || !config_ || remote_sdp_.empty()) take_answer(answered->body);
  } else if (const auto* established = std::get_if<leg_event::Established>(&event)) {
    if (established->body || remote_sdp_.empty()) take_answer(established->body);
  } else if (const auto* offer = std::get_if<leg_event::Offer>(&event)) {
    on_new_offer(offer->body);
  } else if (const auto* accepted = std::get_if<leg_event::Accepted>(&event)) {
    take_answer(accepted->body, true);  // the same words may answer another direction
  } else if (std::holds_alternative<leg_event::Refused>(event)) {
    local_.direction = agreed_;
  } else if (std::holds_alternative<leg_event::Ended>(event)) {
    leg_active_ = false;
  }
  call_->on_leg(event, now());
  drain();
}

void CallRun::on_media_event(const MediaEvent& event) {
  call_->on_media(event, now());
  if (event.kind == MediaEvent::Kind::kPlayEnded) collect_play(event.id);
  if (event.kind == MediaEvent::Kind::kRecordEnded) {
    collect_record(event.id, static_cast<RecordEnd>(event.value));
  }
  drain();
}

void CallRun::on_removed(std::unique_ptr<MediaCall> media,
                         std::unique_ptr<PacketTransport> transport) {
  CallMediaStats stats;
  media->stats(stats);
  for (auto& [id, why] : recordings_) {
    if (why == RecordEnd::kStopped) why = RecordEnd::kHangup;
    media->stop_record(id, why);  // its sink dies here: that closes the file
  }
  media.reset();
  transport.reset();
  const MediaReport final = report(stats);
  call_->on_media_gone(&final, world_.engine.worst_lateness(), now());
  drain();
}

void CallRun::leg_failed(const Result<void>& result) {
  if (!result) call_->on_local_failure(result.error(), now());
}

void CallRun::end_without_leg(LegEnd end) {
  leg_active_ = false;
  world_.loop.post([this, end, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) on_leg_event(leg_event::Ended{end});
  });
}

MediaReport CallRun::report(const CallMediaStats& stats) const {
  MediaReport r{stats, {}, {}};
  const CodecId codec = config_ ? config_->send.codec : CodecId::kPcmu;
  const Duration ptime = config_ ? config_->ptime : Duration{};
  r.rx = summarise_rx(stats, codec, ptime);
  r.tx = summarise_tx(stats, codec, ptime);
  return r;
}

void CallRun::no_route(const Error& error) {
  LegEnd end;
  end.by = EndedBy::kLocal;
  end.reason = error.text;
  if (error.code == ErrorCode::kResolve) {
    end.cause = Cause::kResolve;
  } else if (error.code == ErrorCode::kUnreachable) {
    end.cause = Cause::kUnreachable;
    end.by = EndedBy::kNetwork;
  } else {  // an address that cannot be dialled at all: its own exit code
    end.cause = Cause::kLocalResource;
    cancelled_ = true;
    call_->on_local_failure(error, now());
  }
  end_without_leg(std::move(end));
}

void CallRun::dial_from(const Address& local_ip) {
  auto opened = open_media(local_ip);
  if (!opened) {
    call_->on_local_failure(opened.error(), now());
    drain();
    return;
  }
  leg_ = world_.endpoint.make_leg();
  leg_->set_sink(this);
  DialRequest request;
  request.uri = target_;
  request.offer = our_offer();
  request.headers = world_.options.headers;
  request.from = world_.options.sip.from;
  leg_active_ = true;
  if (auto dialled = leg_->dial(request); !dialled) {
    call_->on_local_failure(dialled.error(), now());
    end_without_leg(
        {Cause::kLocalResource, EndedBy::kLocal, 0, dialled.error().text, std::nullopt, false});
  }
  drain();
}

void CallRun::drain() {
  if (draining_) return;
  draining_ = true;
  Action action;
  while (call_->next_action(now(), action)) execute(action);
  draining_ = false;
  if (timer_ != 0) world_.loop.cancel(std::exchange(timer_, 0));
  if (done_called_) {
    // Not from inside the call's own stack: whoever is told may destroy it.
    if (!std::exchange(told_, true)) world_.loop.post([this] { done_(*this); });
    return;
  }
  if (const TimePoint next = call_->next_timeout(); next != kNever) {
    timer_ = world_.loop.at(next, [this] {
      timer_ = 0;
      call_->on_timeout(now());
      drain();
    });
  }
}

}  // namespace lineman
