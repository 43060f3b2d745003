#include "far_end.h"

#include "lineman/audio_file.h"
#include "lineman/media_call.h"
#include "lineman/random.h"

namespace lineman {
namespace {

constexpr Duration kDigit = std::chrono::milliseconds(100);
constexpr Duration kGap = std::chrono::milliseconds(100);
constexpr std::uint32_t kPlayId = 1;
constexpr std::uint32_t kRecordId = 2;

Duration pause_of(char digit) {
  switch (digit) {
    case 'w': return std::chrono::milliseconds(500);
    case 'W': return std::chrono::seconds(1);
    case ',': return std::chrono::seconds(2);
    default: return {};
  }
}

}  // namespace

Result<std::unique_ptr<FarEnd>> FarEnd::make(const FarWorld& world, const Scenario& scenario,
                                             CallId id, std::uint64_t seed) {
  std::unique_ptr<FarEnd> far(new FarEnd(world, scenario, id, seed));
  if (scenario.play && scenario.play->kind == SourceSpec::Kind::kFile) {
    auto audio = load_audio(scenario.play->file);
    if (!audio) return tl::make_unexpected(audio.error());
    far->audio_rate_ = audio->rate;
    far->audio_ = std::make_shared<const std::vector<std::int16_t>>(std::move(audio->mono));
  }
  return far;
}

FarEnd::~FarEnd() { stop(); }

Result<std::string> FarEnd::answer(const std::string& offer) {
  MediaSockets sockets;
  if (!running_) {
    auto opened = world_.network.open(Address::parse_ip("192.0.2.2").value());
    if (!opened) return tl::make_unexpected(opened.error());
    sockets = std::move(*opened);
    local_.rtp = sockets.rtp;
    local_.session_id = derive(seed_, "far-session") >> 2;
    for (const CodecInfo& codec : all_codecs()) local_.codecs.push_back(codec.id);
  }
  ++local_.session_version;
  auto answer = answer_offer(local_, offer);
  if (!answer) return tl::make_unexpected(answer.error());
  if (!running_) {
    const auto started = start(answer->config, std::move(sockets));
    if (!started) return tl::make_unexpected(started.error());
    return answer->sdp;
  }
  RtpLegOptions options;
  options.seed = derive(seed_, "far-rtp");
  auto set = make_codec_set(answer->config, options);
  if (!set) return tl::make_unexpected(set.error());
  world_.engine.run(id_, make_task([set = std::move(*set)](TimePoint now, MediaCall& call) mutable {
                      call.exchange(now, set);
                    }));
  return answer->sdp;
}

Result<void> FarEnd::start(const RtpConfig& config, MediaSockets sockets) {
  RtpLegOptions options;
  options.seed = derive(seed_, "far-rtp");
  auto set = make_codec_set(config, options);
  if (!set) return tl::make_unexpected(set.error());
  rate_ = (*set)->rate();
  if (!scenario_.record.empty()) {
    auto sink = world_.writer.open_recording(scenario_.record, rate_, 1, {});
    if (!sink) return tl::make_unexpected(sink.error());
    recording_ = std::move(*sink);
  }
  auto call = make_media_call(make_rtp_leg(options), {}, derive(seed_, "far-call"), {});
  call->exchange(world_.loop.now(), *set);
  if (scenario_.kind == Scenario::Kind::kEcho) call->echo(true, scenario_.delay);
  world_.engine.add(id_, std::move(call), std::move(sockets.transport));
  running_ = true;
  return {};
}

std::unique_ptr<AudioSource> FarEnd::source() const {
  const SourceSpec& spec = *scenario_.play;
  if (audio_) return make_buffer_source(audio_, audio_rate_);
  if (spec.kind == SourceSpec::Kind::kTone) {
    return make_tone_source(spec.hz, spec.length, spec.level_db, rate_);
  }
  return make_silence_source(spec.length, rate_);
}

void FarEnd::play() {
  if (!running_ || std::exchange(playing_, true)) return;
  if (scenario_.play) {
    world_.engine.run(id_, make_task([source = source()](TimePoint, MediaCall& call) mutable {
                        call.play(kPlayId, source, false);
                      }));
  }
  if (!recording_) return;
  auto job = make_record_job(kRecordId, RecordWhat::kHeard, rate_, {}, std::move(recording_));
  world_.engine.run(id_, make_task([job = std::move(job)](TimePoint, MediaCall& call) mutable {
                      call.record(job);
                    }));
}

void FarEnd::send_digits() {
  Duration at{};
  for (const char digit : scenario_.digits) {
    if (const Duration pause = pause_of(digit); pause > Duration{}) {
      at += pause;
      continue;
    }
    timers_.push_back(world_.loop.at(world_.loop.now() + at, [this, digit] {
      world_.engine.run(id_, make_task([digit](TimePoint, MediaCall& call) {
                          call.send_digit(digit, kDigit, kGap, DtmfMode::kAuto, 0);
                        }));
    }));
    at += kDigit + kGap;
  }
}

void FarEnd::stop() {
  for (const Loop::Id id : timers_) world_.loop.cancel(id);
  timers_.clear();
  if (!std::exchange(running_, false)) return;
  world_.engine.run(id_, make_task([](TimePoint now, MediaCall& call) { call.close(now); }));
  world_.engine.remove(id_);
}

}  // namespace lineman
