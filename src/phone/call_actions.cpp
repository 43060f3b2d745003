// What a Call asks for, carried to the leg, the engine and the writer.
#include <algorithm>

#include "call_run.h"
#include "lineman/media.h"
#include "lineman/media_call.h"
#include "lineman/text.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

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

void CallRun::play(const action::Play& play) {
  const SampleRate rate = config_ ? codec_info(config_->send.codec).sample_rate : 8000;
  auto source = world_.audio.open(play.what, rate, world_.simulated);
  if (!source) {
    call_->on_local_failure(source.error(), now());
    return;
  }
  event::PlayStarted started;
  for (const auto& s : play.what.sources) started.sources.push_back(source_text(s));
  world_.emit(name_, started, std::nullopt);
  auto taken = std::make_shared<bool>(false);
  auto start = [taken, id = play.id, source = std::move(*source), loop = play.what.loop](
                   TimePoint, MediaCall& media) mutable { *taken = media.play(id, source, loop); };
  auto started_home = [this, taken, alive = std::weak_ptr(alive_)] {
    if (alive.expired() || *taken) return;
    call_->on_local_failure({ErrorCode::kResource, "too many plays at once"}, now());
    drain();
  };
  world_.engine.run(id_, round_trip(std::move(start), std::move(started_home)));
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

struct CallRun::Executor {
  CallRun& run;

  // Media may tick a frame ahead of its deadline; nothing is told before it happened.
  void operator()(action::Emit& a) {
    if (a.time) a.time = std::min(*a.time, run.now());
    run.world_.emit(run.name_, std::move(a.body), a.time);
  }

  void operator()(const action::Dial&) {
    CallRun* self = &run;
    run.world_.endpoint.route(run.target_, run.world_.options.sip.connect_timeout,
                              [self, alive = std::weak_ptr(run.alive_)](Result<Address> local) {
                                if (alive.expired() || self->cancelled_) return;
                                if (!local) return self->no_route(local.error());
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

void CallRun::execute(Action& action) { std::visit(Executor{*this}, action); }

}  // namespace lineman
