#include "lineman/call.h"

#include <algorithm>

#include "record_watch.h"
#include "script.h"
#include "verdict.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStatsEvery = 5s;
constexpr Duration kLastReportWait = 200ms;  // for the peer's RTCP after our BYE
constexpr Duration kHangUpWait = 1200ms;     // for the answer to BYE or CANCEL
constexpr Duration kSaveWait = 1s;           // for recordings to be written

class CallMachine final : public Call {
 public:
  explicit CallMachine(CallOptions options)
      : options_(std::move(options)), script_(options_, actions_), recordings_(actions_) {
    result_.call = options_.call;
  }

  void dial(TimePoint now) override {
    state_ = State::kTrying;
    facts_.began = now;
    facts_.outgoing = true;
    facts_.remote = options_.target;
    ring_deadline_ = after(now, options_.ring_timeout);
    actions_.push_back(action::Dial{});
  }

  void incoming(const Incoming& from, const std::string& call_id, TimePoint now) override {
    state_ = State::kTrying;
    facts_.began = now;
    facts_.outgoing = false;
    facts_.call_id = call_id;
    facts_.remote = from.from;
    facts_.signalling = from.source;
    emit(event::CallIncoming{from.from, from.to, from.from_display, from.source.text(),
                             from.user_agent, call_id});
    if (options_.reject) {
      facts_.rejected_as_asked = true;
      actions_.push_back(action::Reject{*options_.reject});
    } else if (!from.offer) {
      settle(now);  // the offer will be ours; otherwise on_negotiated() goes on
    }
  }

  void on_leg(const LegEvent& event, TimePoint now) override {
    if (state_ == State::kEnded) return;
    std::visit([&](const auto& e) { on(e, now); }, event);
    settle(now);
  }

  void on_negotiated(const NegotiatedMedia& media, TimePoint now) override {
    if (facts_.rejected_as_asked || state_ == State::kEnded) return;
    const bool first = !facts_.media;
    facts_.media = media;
    facts_.peer_codecs = media.peer_codecs;
    script_.on_negotiated(media);
    if (first) {
      emit(event::MediaStarted{media.codec, media.local.text(), media.remote.text(),
                               to_ms(media.ptime)});
    }
    if (!answered()) return settle(now);
    const bool now_held = media.direction != Direction::kSendRecv;
    if (now_held == (state_ == State::kHeld)) return;
    state_ = now_held ? State::kHeld : State::kConnected;
    const std::string by = renegotiating_ ? "local" : "peer";
    if (now_held) {
      emit(event::CallHeld{by});
    } else {
      emit(event::CallResumed{by});
    }
    settle(now);
  }

  void on_negotiation_failed(const Error& error, const std::vector<std::string>& peer_codecs,
                             TimePoint now) override {
    if (facts_.rejected_as_asked || state_ == State::kEnded) return;
    // The first counts: an ACK without a body after a bad answer is no second failure.
    if (forced_end_) return;
    facts_.peer_codecs = peer_codecs;
    forced_end_ =
        LegEnd{Cause::kMediaNegotiation, EndedBy::kLocal, 0, error.text, std::nullopt, false};
    if (!facts_.outgoing && !answered()) {
      actions_.push_back(action::Reject{error.code == ErrorCode::kMalformed ? 400 : 488});
      hanging_up_ = true;
      hang_up_deadline_ = now + kHangUpWait;
    } else {
      hang_up(error.text, now);
    }
  }

  void on_media(const MediaEvent& event, TimePoint now) override {
    using Kind = MediaEvent::Kind;
    switch (event.kind) {
      case Kind::kFirstRtp:
        emit_at(event.time, event::MediaFirstRtp{event.peer.text(), since_answer(event.time)});
        break;
      case Kind::kStalled:
        facts_.stalled = true;
        emit_at(event.time, event::MediaStalled{to_ms(event.duration)});
        break;
      case Kind::kResumed:
        facts_.stalled = false;
        emit_at(event.time, event::MediaResumed{});
        break;
      case Kind::kLatched: facts_.latched = event.peer; break;
      case Kind::kStranger: facts_.stranger = event.peer; break;
      case Kind::kUnknownPayloadType:
        facts_.unknown_payload_type = static_cast<int>(event.value);
        break;
      case Kind::kPtimeDiffers: facts_.peer_ptime = event.duration; break;
      case Kind::kPeerReport: peer_reported_ = peer_reported_ || media_closed_; break;
      case Kind::kRtcpBye: peer_reported_ = true; break;
      case Kind::kDigitReceived:
      case Kind::kDigitSent: emit_digit(event); break;
      case Kind::kToneStarted:
        emit_at(event.time, event::ToneDetected{static_cast<double>(event.value)});
        break;
      case Kind::kSpeechStarted:
        speech_since_ = event.time;
        emit_at(event.time, event::SpeechStarted{});
        break;
      case Kind::kSpeechEnded:
        emit_at(event.time, event::SpeechEnded{to_ms(event.time - speech_since_)});
        break;
      case Kind::kPlayEnded:
        emit_at(event.time, event::PlayEnded{to_ms(event.duration), event.value});
        break;
      default: break;
    }
    recordings_.on_media(event, now);
    script_.on_media(event, now);
    settle(now);
  }

  void on_recording_saved(const event::RecordSaved& saved, const Error* error,
                          TimePoint now) override {
    emit(saved);
    recordings_.saved();
    if (error != nullptr) on_local_failure(*error, now);
    settle(now);
  }

  void on_stats(const MediaReport& report, TimePoint) override {
    facts_.stats = report;
    if (state_ != State::kEnded) emit(event::MediaStats{report.rx, report.tx});
  }

  void on_media_gone(const MediaReport* report, Duration worst_lateness, TimePoint now) override {
    if (report != nullptr) facts_.stats = *report;
    facts_.worst_lateness = worst_lateness;
    media_gone_ = true;
    settle(now);
  }

  void on_local_failure(const Error& error, TimePoint now) override {
    if (!facts_.local_failure) facts_.local_failure = error;
    if (state_ != State::kEnded) hang_up(error.text, now);
  }

  void on_warning(const std::string& code, const std::string& text, TimePoint) override {
    emit(event::Warning{code, text});
  }

  void set_wire(const std::string& call_id, const std::string& remote,
                const Address& signalling) override {
    if (!call_id.empty()) facts_.call_id = call_id;
    if (!remote.empty()) facts_.remote = remote;
    if (signalling) facts_.signalling = signalling;
  }

  void stop(int signal, const std::string& why, TimePoint now) override {
    // A call that is being hung up is not cut short any more.
    if (hanging_up_ || state_ == State::kEnded) return;
    if (signal != 0) facts_.signal = signal;
    facts_.timed_out = why == "timeout";
    hang_up(why, now);
  }

  void on_timeout(TimePoint now) override {
    if (now >= ring_deadline_) on_ring_timeout(now);
    if (now >= answer_at_) {
      answer_at_ = kNever;
      ring_is_over(now);
    }
    if (now >= duration_deadline_) {
      duration_deadline_ = kNever;
      const bool asked =
          options_.duration > Duration{} && now >= facts_.answered + options_.duration;
      script_.cut_short(asked);
      hang_up("the duration is over", now);
    }
    if (now >= stats_at_) {
      stats_at_ = now + kStatsEvery;
      actions_.push_back(action::QueryStats{});
    }
    if (state_ != State::kEnded && now >= script_.next_timeout()) script_.on_timeout(now);
    recordings_.on_timeout(now);
    if (now >= hang_up_deadline_) {
      hang_up_deadline_ = kNever;
      LegEnd end{Cause::kNormal, EndedBy::kLocal, 0, "", std::nullopt, false};
      if (!answered()) end.cause = Cause::kCancelled;
      if (state_ != State::kEnded) ended(forced_end_.value_or(end), now);
    }
    settle(now);
  }

  TimePoint next_timeout() const override {
    if (done_) return kNever;
    if (state_ == State::kEnded) return std::min(drain_deadline_, save_deadline_);
    return std::min({ring_deadline_, answer_at_, duration_deadline_, stats_at_, hang_up_deadline_,
                     recordings_.next_timeout(), script_.next_timeout()});
  }

  bool next_action(TimePoint now, Action& out) override {
    if (actions_.empty()) return false;
    out = std::move(actions_.front());
    actions_.pop_front();
    if (const auto* record = std::get_if<action::Record>(&out)) recordings_.started(*record, now);
    if (std::holds_alternative<action::Renegotiate>(out)) renegotiating_ = true;
    return true;
  }

  State state() const override { return state_; }
  const CallResult& result() const override { return result_; }

 private:
  static TimePoint after(TimePoint now, Duration d) { return d > Duration{} ? now + d : kNever; }
  bool answered() const { return facts_.answered != kNever; }
  double since_answer(TimePoint t) const { return answered() ? to_ms(t - facts_.answered) : 0; }

  void emit(EventBody body) { actions_.push_back(action::Emit{std::move(body)}); }
  void emit_at(TimePoint time, EventBody body) {
    actions_.push_back(action::Emit{std::move(body), time});
  }

  void emit_digit(const MediaEvent& event) {
    static constexpr const char* kModes[] = {"auto", "rfc4733", "info", "inband"};
    const std::string digit(1, event.digit);
    const std::string mode = kModes[static_cast<int>(event.mode)];
    if (event.kind == MediaEvent::Kind::kDigitSent) {
      emit_at(event.time, event::DtmfSent{digit, mode, to_ms(event.duration)});
    } else {
      emit_at(event.time, event::DtmfReceived{digit, mode, to_ms(event.duration)});
    }
  }

  // leg events
  void responded(TimePoint now) {
    if (facts_.responded == kNever) facts_.responded = now;
  }
  void on(const leg_event::Trying&, TimePoint) {
    if (trying_) return;
    trying_ = true;
    emit(event::CallTrying{facts_.remote, facts_.call_id});
  }
  void on(const leg_event::Ringing& e, TimePoint now) {
    responded(now);
    if (state_ == State::kTrying) state_ = State::kRinging;
    emit(event::CallRinging{e.code});
  }
  void on(const leg_event::EarlyMedia& e, TimePoint now) {
    responded(now);
    if (answered()) return;
    state_ = State::kEarly;
    emit(event::CallEarlyMedia{e.code, e.tag, facts_.media ? facts_.media->codec : ""});
    if (facts_.media && !hanging_up_) script_.start_recording(now);
  }
  void on(const leg_event::Answered& e, TimePoint now) {
    responded(now);
    facts_.answered = now;
    ring_deadline_ = kNever;
    emit(event::CallAnswered{e.code, facts_.media ? facts_.media->codec : "",
                             facts_.media ? facts_.media->remote.text() : "",
                             to_ms(now - facts_.began)});
    if (hanging_up_) return;  // cancelled or refused in the same moment
    if (facts_.media || !e.body) connected(now);
  }
  void on(const leg_event::Established&, TimePoint now) {
    facts_.established = now;
    emit(event::CallEstablished{});
    if (!hanging_up_) connected(now);
    if (!hanging_up_) script_.start(now);
  }
  void on(const leg_event::Offer&, TimePoint) {}
  void on(const leg_event::Accepted&, TimePoint now) {
    renegotiating_ = false;
    script_.on_renegotiated(now);
  }
  void on(const leg_event::Refused& e, TimePoint now) {
    renegotiating_ = false;
    script_.on_renegotiation_refused(e.code, now);
  }
  void on(const leg_event::Digit& e, TimePoint now) {
    emit(event::DtmfReceived{std::string(1, e.digit), "info", to_ms(e.duration)});
    script_.on_digit(e.digit, now);
  }
  void on(const leg_event::Ended& e, TimePoint now) { ended(forced_end_.value_or(e.end), now); }

  void connected(TimePoint now) {
    if (state_ == State::kConnected || state_ == State::kHeld) return;
    state_ = State::kConnected;
    if (facts_.media && facts_.media->direction != Direction::kSendRecv) {
      state_ = State::kHeld;
      emit(event::CallHeld{"peer"});
    }
    duration_deadline_ = std::min(after(now, options_.duration), after(now, options_.max_call));
    stats_at_ = now + kStatsEvery;
    if (facts_.outgoing) script_.start(now);
  }

  // incoming: ring, early media, answer
  void begin_answering(TimePoint now) {
    if (facts_.outgoing || facts_.rejected_as_asked || answering_ || hanging_up_ ||
        state_ != State::kTrying) {
      return;
    }
    answering_ = true;
    if (options_.ring > Duration{}) {
      state_ = State::kRinging;
      actions_.push_back(action::Ring{180});
      emit(event::CallRinging{180});
      answer_at_ = now + options_.ring;
      return;
    }
    ring_is_over(now);
  }
  void ring_is_over(TimePoint now) {
    if (options_.early && facts_.media) {
      state_ = State::kEarly;
      actions_.push_back(action::Ring{183});
      emit(event::CallEarlyMedia{183, "", facts_.media->codec});
      if (script_.start_early(now)) return;
    }
    answer(now);
  }
  void answer(TimePoint now) {
    answer_sent_ = true;
    facts_.answered = now;
    actions_.push_back(action::Answer{});
    emit(event::CallAnswered{200, facts_.media ? facts_.media->codec : "",
                             facts_.media ? facts_.media->remote.text() : "",
                             to_ms(now - facts_.began)});
  }

  // the end
  void on_ring_timeout(TimePoint now) {
    ring_deadline_ = kNever;
    forced_end_ = LegEnd{Cause::kNoAnswer,
                         EndedBy::kLocal,
                         0,
                         "no answer within " + duration_text(options_.ring_timeout),
                         std::nullopt,
                         false};
    hang_up(forced_end_->reason, now);
  }

  void hang_up(const std::string& reason, TimePoint now) {
    if (hanging_up_ || state_ == State::kEnded) return;
    hanging_up_ = true;
    hang_up_deadline_ = now + kHangUpWait;
    ring_deadline_ = answer_at_ = duration_deadline_ = kNever;
    facts_.unfinished = script_.unfinished();
    facts_.held = state_ == State::kHeld;
    if (answered()) facts_.ended = now;
    close_media(now);
    actions_.push_back(action::HangUp{reason});
  }

  void close_media(TimePoint now) {
    if (media_closed_) return;
    media_closed_ = true;
    actions_.push_back(action::CloseMedia{});
    drain_deadline_ = facts_.media ? now + kLastReportWait : now;  // nobody to wait for
  }

  void ended(LegEnd end, TimePoint now) {
    if (!hanging_up_) {
      script_.end();
      facts_.unfinished = script_.unfinished();
      facts_.held = state_ == State::kHeld;
      facts_.duration_missed =
          options_.duration > Duration{} && answered() && now < facts_.answered + options_.duration;
    }
    if (facts_.ended == kNever) facts_.ended = now;
    state_ = State::kEnded;
    facts_.end = end;
    ring_deadline_ = answer_at_ = duration_deadline_ = stats_at_ = hang_up_deadline_ = kNever;
    close_media(now);
    const int code = end.code > 0 && end.code < 900 ? end.code : 0;
    emit(event::CallEnded{std::string(cause_name(end.cause)), std::string(ended_by_name(end.by)),
                          end.reason, code,
                          answered() ? to_ms(facts_.ended - facts_.answered) : 0});
  }

  // What follows from where things stand; called after every input.
  void settle(TimePoint now) {
    begin_answering(now);
    if (state_ == State::kEarly && !facts_.outgoing && !answer_sent_ && script_.early_done()) {
      answer(now);
    }
    if (script_.wants_hangup() && state_ != State::kEnded) hang_up("", now);
    if (state_ != State::kEnded || done_) return;
    if (!media_removing_ && (now >= drain_deadline_ || peer_reported_)) {
      media_removing_ = true;
      drain_deadline_ = kNever;
      actions_.push_back(action::RemoveMedia{});
    }
    if (!media_gone_) return;
    if (recordings_.open() > 0) {
      if (save_deadline_ == kNever) save_deadline_ = now + kSaveWait;
      if (now < save_deadline_) return;
      if (!facts_.local_failure) {
        facts_.local_failure =
            Error{ErrorCode::kFile, "a recording could not be written within " +
                                        duration_text(kSaveWait) +
                                        " of the end: the disk or its reader is too slow"};
      }
    }
    save_deadline_ = kNever;
    finish();
  }

  void finish() {
    done_ = true;
    facts_.digits = script_.digits();
    facts_.digits_complete = script_.digits_complete();
    facts_.failures = script_.failures();
    facts_.failures.insert(facts_.failures.end(), recordings_.too_short().begin(),
                           recordings_.too_short().end());
    facts_.errors = script_.errors();
    Verdict verdict = judge(facts_, options_);
    for (auto& e : verdict.expectations) {
      if (e.passed) {
        emit(event::ExpectPassed{e.expectation.text, e.actual});
      } else {
        emit(event::ExpectFailed{e.expectation.text, e.actual});
      }
    }
    result_ = std::move(verdict.result);
    emit(event::CallResult{result_});
    actions_.push_back(action::Done{});
  }

  CallOptions options_;
  std::deque<Action> actions_;
  Script script_;
  RecordWatch recordings_;
  CallFacts facts_;
  CallResult result_;
  State state_ = State::kIdle;

  // Progress within a state.
  bool trying_ = false, answering_ = false, answer_sent_ = false, renegotiating_ = false;
  bool hanging_up_ = false, media_closed_ = false, media_removing_ = false, media_gone_ = false;
  bool peer_reported_ = false, done_ = false;
  std::optional<LegEnd> forced_end_;
  TimePoint speech_since_{};

  TimePoint ring_deadline_ = kNever, answer_at_ = kNever, duration_deadline_ = kNever;
  TimePoint stats_at_ = kNever, hang_up_deadline_ = kNever, drain_deadline_ = kNever;
  TimePoint save_deadline_ = kNever;
};

}  // namespace

std::unique_ptr<Call> make_call(CallOptions options) {
  return std::make_unique<CallMachine>(std::move(options));
}

}  // namespace lineman
