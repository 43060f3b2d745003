#include "call_run.h"

#include "lineman/media.h"
#include "lineman/media_call.h"
#include "lineman/random.h"
#include "lineman/text.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

bool is_sdp(const Body& body) {
  const std::string_view type =
      std::string_view(body.content_type).substr(0, body.content_type.find(';'));
  return iequals(trim(type), "application/sdp");
}

std::string record_end_name(RecordEnd why) {
  switch (why) {
    case RecordEnd::kStopped: return "stopped";
    case RecordEnd::kMax: return "max";
    case RecordEnd::kHangup: return "hangup";
    case RecordEnd::kDigit: return "dtmf";
    case RecordEnd::kSilence: return "silence";
    case RecordEnd::kSinkClosed: return "sink_closed";
  }
  return "stopped";
}

// A task that brings something home to Control.
template <class Run, class Home>
std::unique_ptr<MediaTask> round_trip(Run run, Home home) {
  struct Task final : MediaTask {
    Task(Run r, Home h) : run_(std::move(r)), home_(std::move(h)) {}
    void run(TimePoint now, MediaCall& call) override { run_(now, call); }
    void home() override { home_(); }
    Run run_;
    Home home_;
  };
  return std::make_unique<Task>(std::move(run), std::move(home));
}

}  // namespace

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
  if (call_->state() != Call::State::kEnded) {
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

// --- what comes back
// -------------------------------------------------------------------------------

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
    take_answer(accepted->body);
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

// --- media
// -----------------------------------------------------------------------------------------

Result<void> CallRun::open_media(const Address& local_ip) {
  auto sockets = world_.network.open(local_ip);
  if (!sockets) return tl::make_unexpected(sockets.error());
  local_.rtp = sockets->rtp;
  auto transport = world_.capture
                       ? world_.capture(std::move(sockets->transport), sockets->rtp, sockets->rtcp)
                       : std::move(sockets->transport);
  auto media = make_media_call(make_rtp_leg(rtp_), world_.options.impairment,
                               derive(world_.seed, "impair", id_), MediaCallOptions{});
  world_.engine.add(id_, std::move(media), std::move(transport));
  media_open_ = true;
  return {};
}

Body CallRun::our_offer() {
  // Media may come before the answer: from now on everything that was offered is understood.
  exchange(offered_config(local_));
  return {"application/sdp", make_offer(local_)};
}

bool CallRun::exchange(const RtpConfig& config) {
  auto set = make_codec_set(config, rtp_);
  if (!set) {
    call_->on_local_failure(set.error(), now());
    return false;
  }
  task([set = std::move(*set)](TimePoint t, MediaCall& media) mutable { media.exchange(t, set); });
  const bool held = config.direction != Direction::kSendRecv && config.remote_rtp;
  world_.engine.run(id_, make_task([held](TimePoint, MediaCall& media) { media.hold(held); }));
  return true;
}

static NegotiatedMedia negotiated(const LocalMedia& local, const RtpConfig& config) {
  NegotiatedMedia media;
  media.codec = std::string(codec_info(config.send.codec).name);
  media.direction = config.direction;
  media.telephone_event = config.events_send.has_value();
  media.local = local.rtp;
  media.remote = config.remote_rtp;
  media.ptime = config.ptime;
  media.peer_codecs = config.peer_codecs;
  return media;
}

bool CallRun::take_answer(const Body& answer) {
  if (answer && answer.text == remote_sdp_) return true;  // the 200 repeats the 183
  if (!answer || !is_sdp(answer)) {
    call_->on_negotiation_failed(
        {ErrorCode::kMalformed,
         answer ? "the answer is " + printable(answer.content_type) + ", not application/sdp"
                : "the peer answered without a session description"},
        {}, now());
    return false;
  }
  auto config = accept_answer(local_, answer.text);
  if (!config) {
    call_->on_negotiation_failed(config.error(), offered_codec_names(answer.text), now());
    return false;
  }
  remote_sdp_ = answer.text;
  config_ = *config;
  if (!exchange(*config)) return false;
  call_->on_negotiated(negotiated(local_, *config), now());
  return true;
}

bool CallRun::take_offer(const Body& offer) {
  if (!is_sdp(offer)) {
    call_->on_negotiation_failed(
        {ErrorCode::kNoCommon,
         "the offer is " + printable(offer.content_type) + ", not application/sdp"},
        {}, now());
    return false;
  }
  auto answered = answer_offer(local_, offer.text);
  if (!answered) {
    call_->on_negotiation_failed(answered.error(), offered_codec_names(offer.text), now());
    return false;
  }
  remote_sdp_ = offer.text;
  config_ = answered->config;
  answer_ = {"application/sdp", answered->sdp};
  if (!exchange(answered->config)) return false;
  call_->on_negotiated(negotiated(local_, answered->config), now());
  return true;
}

// A new offer inside the call. One that cannot be met is refused; the call goes on as it was.
void CallRun::on_new_offer(const Body& offer) {
  local_.session_version++;
  if (config_) {
    local_.keep = config_->receive;
    local_.keep_events = config_->events_receive;
  }
  if (!offer) {
    leg_failed(leg_->accept({"application/sdp", make_offer(local_)}));
    return;
  }
  if (!is_sdp(offer)) {
    leg_failed(leg_->refuse(415));
    return;
  }
  auto answered = answer_offer(local_, offer.text);
  if (!answered) {
    call_->on_warning("reoffer_refused", answered.error().text, now());
    leg_failed(leg_->refuse(answered.error().code == ErrorCode::kMalformed ? 400 : 488));
    return;
  }
  remote_sdp_ = offer.text;
  config_ = answered->config;
  if (!exchange(answered->config)) return;
  leg_failed(leg_->accept({"application/sdp", answered->sdp}));
  call_->on_negotiated(negotiated(local_, answered->config), now());
}

void CallRun::send_offer_again(Direction direction) {
  local_.direction = direction;
  local_.session_version++;
  if (config_) {
    local_.keep = config_->receive;
    local_.keep_events = config_->events_receive;
  }
  leg_failed(leg_->offer({"application/sdp", make_offer(local_)}));
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

// --- verbs
// -------------------------------------------------------------------------------------------

void CallRun::play(const action::Play& play) {
  const SampleRate rate = config_ ? codec_info(config_->send.codec).sample_rate : 8000;
  auto source = world_.audio.open(play.what, rate);
  if (!source) {
    call_->on_local_failure(source.error(), now());
    return;
  }
  event::PlayStarted started;
  for (const auto& s : play.what.sources) started.sources.push_back(source_text(s));
  world_.emit(name_, started, std::nullopt);
  world_.engine.run(
      id_, make_task([id = play.id, source = std::move(*source), loop = play.what.loop](
                         TimePoint, MediaCall& media) mutable { media.play(id, source, loop); }));
}

void CallRun::record(const action::Record& record) {
  const verb::Record& what = record.what;
  const int channels = what.what == RecordWhat::kStereo ? 2 : 1;
  const SampleRate rate = config_ ? codec_info(config_->send.codec).sample_rate : 8000;
  const std::string file = file_for_call(what.file);
  auto saved = [this, id = record.id, alive = std::weak_ptr(alive_)](const RecordingEnd& end) {
    if (!alive.expired()) on_recording_end(id, end);
  };
  auto sink = world_.writer.open_recording(file, rate, channels, std::move(saved));
  if (!sink) {
    call_->on_recording_saved({file, "failed", 0}, &sink.error(), now());
    return;
  }
  recordings_[record.id] = RecordEnd::kStopped;
  world_.emit(name_, event::RecordStarted{file, rate, channels}, std::nullopt);
  auto job = make_record_job(record.id, what.what, rate, what.max, std::move(*sink));
  task([job = std::move(job)](TimePoint, MediaCall& media) mutable { media.record(job); });
}

void CallRun::on_recording_end(std::uint32_t id, const RecordingEnd& end) {
  const auto found = recordings_.find(id);
  const RecordEnd why = found == recordings_.end() ? RecordEnd::kStopped : found->second;
  if (found != recordings_.end()) recordings_.erase(found);
  const event::RecordSaved saved{end.path, end.error.empty() ? record_end_name(why) : "failed",
                                 to_ms(end.duration)};
  const Error error{ErrorCode::kFile, end.error};
  call_->on_recording_saved(saved, end.error.empty() ? nullptr : &error, now());
  drain();
}

// The second and later calls of a process get files of their own: x.wav, x-c2.wav, x-c3.wav.
std::string CallRun::file_for_call(const std::string& file) const {
  if (id_ == 1 || file == "-") return file;
  const auto slash = file.find_last_of('/');
  const auto dot = file.find_last_of('.');
  const bool has_suffix =
      dot != std::string::npos && dot > 0 && (slash == std::string::npos || dot > slash + 1);
  const auto at = has_suffix ? dot : file.size();
  return file.substr(0, at) + "-" + name_ + file.substr(at);
}

void CallRun::collect_play(std::uint32_t id) {
  task([id, source = std::unique_ptr<AudioSource>()](TimePoint, MediaCall& media) mutable {
    source = media.stop_play(id);
  });
}

void CallRun::collect_record(std::uint32_t id, RecordEnd why) {
  if (const auto found = recordings_.find(id); found != recordings_.end()) found->second = why;
  task([id, why, job = std::unique_ptr<RecordJob>()](TimePoint, MediaCall& media) mutable {
    job = media.stop_record(id, why);
  });
}

// --- actions
// -----------------------------------------------------------------------------------------

struct CallRun::Executor {
  CallRun& run;

  void operator()(action::Emit& a) { run.world_.emit(run.name_, std::move(a.body), a.time); }

  void operator()(const action::Dial&) {
    CallRun* self = &run;
    run.world_.endpoint.route(
        run.target_, run.world_.options.sip.connect_timeout,
        [self, alive = std::weak_ptr(run.alive_)](Result<Address> local) {
          if (alive.expired() || self->cancelled_) return;
          if (!local) {
            const bool resolve = local.error().code == ErrorCode::kResolve;
            self->end_without_leg({resolve ? Cause::kResolve : Cause::kUnreachable, EndedBy::kLocal,
                                   0, local.error().text, std::nullopt, false});
            return;
          }
          self->dial_from(*local);
        });
  }
  void operator()(const action::Ring& a) {
    run.leg_failed(run.leg_->ring(a.code, a.code == 183 ? run.answer_ : Body{}));
  }
  void operator()(const action::Answer&) {
    run.leg_failed(run.leg_->answer(run.answer_ ? run.answer_ : run.our_offer()));
  }
  void operator()(const action::Reject& a) { run.leg_failed(run.leg_->reject(a.code, "")); }
  void operator()(const action::HangUp& a) {
    if (run.leg_ && run.leg_active_) {
      run.leg_->hang_up(a.reason);
    } else if (!run.cancelled_) {
      run.cancelled_ = true;
      run.end_without_leg({Cause::kCancelled, EndedBy::kLocal, 0, a.reason, std::nullopt, false});
    }
  }
  void operator()(const action::Renegotiate& a) { run.send_offer_again(a.direction); }
  void operator()(const action::Play& a) { run.play(a); }
  void operator()(const action::Record& a) { run.record(a); }
  void operator()(const action::StopPlay& a) { run.collect_play(a.id); }
  void operator()(const action::StopRecord& a) { run.collect_record(a.id, a.why); }
  void operator()(const action::SendDigits& a) {
    task([digits = a.digits, id = a.id, mode = a.mode, length = run.world_.options.digit_duration](
             TimePoint, MediaCall& media) {
      for (const auto& d : digits) media.send_digit(d.digit, length, d.gap, mode, id);
    });
  }
  void operator()(const action::SendInfo& a) {
    run.leg_failed(run.leg_->send_digit(a.digit, run.world_.options.digit_duration));
  }
  void operator()(const action::Echo& a) {
    task([delay = a.delay](TimePoint, MediaCall& media) { media.echo(true, delay); });
  }
  void operator()(const action::Mute& a) {
    task([on = a.on](TimePoint, MediaCall& media) { media.mute(on); });
  }
  void operator()(const action::ListenForTone& a) {
    task([hz = a.hz](TimePoint, MediaCall& media) { media.listen_for_tone(hz); });
  }
  void operator()(const action::QueryStats&) {
    auto stats = std::make_shared<CallMediaStats>();
    CallRun* self = &run;
    run.world_.engine.run(run.id_,
                          round_trip([stats](TimePoint, MediaCall& media) { media.stats(*stats); },
                                     [stats, self, alive = std::weak_ptr(run.alive_)] {
                                       if (alive.expired()) return;
                                       self->call_->on_stats(self->report(*stats), self->now());
                                       self->drain();
                                     }));
  }
  void operator()(const action::CloseMedia&) {
    if (!run.media_open_) return;
    task([](TimePoint now, MediaCall& media) { media.close(now); });
  }
  void operator()(const action::RemoveMedia&) {
    if (run.media_open_) {
      run.world_.engine.remove(run.id_);
      return;
    }
    run.call_->on_media_gone(nullptr, {}, run.now());
  }
  void operator()(const action::Done&) { run.done_called_ = true; }

  template <class Run>
  void task(Run fn) {
    run.task(std::move(fn));
  }
};

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
  while (call_->next_action(now(), action)) std::visit(Executor{*this}, action);
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
