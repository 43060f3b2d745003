#include "codec_set.h"

#include <algorithm>
#include <string>

#include "rtp_leg.h"

namespace lineman {
namespace {

using Meaning = RtpCodecSet::Meaning;

// What an encoder can pack: whole frames, for Opus one of its own frame sizes (RFC 6716
// section 2.1.4).
Duration packet_time(CodecId codec, Duration wanted) {
  using std::chrono::milliseconds;
  if (codec == CodecId::kOpus) {
    for (int ms : {60, 40, 20}) {
      if (wanted >= milliseconds(ms)) return milliseconds(ms);
    }
    return milliseconds(10);
  }
  return std::clamp<Duration>(wanted / kFrameTime * kFrameTime, kFrameTime, milliseconds(200));
}

tl::unexpected<Error> unsupported(CodecId codec) {
  return fail(ErrorCode::kUnsupported, "the codec " + std::string(codec_info(codec).name) +
                                           " cannot be made here; leave it out of --codec");
}

}  // namespace

Result<std::unique_ptr<CodecSet>> make_codec_set(const RtpConfig& config,
                                                 const RtpLegOptions& options) {
  auto set = std::make_unique<RtpCodecSet>();
  set->config_ = config;

  EncoderOptions coding;
  coding.opus_bitrate = options.opus_bitrate;
  if (config.opus_max_bitrate > 0) {
    coding.opus_bitrate = std::min(coding.opus_bitrate, config.opus_max_bitrate);
  }
  coding.opus_complexity = options.opus_complexity;
  coding.opus_fec = options.opus_fec && config.opus_fec;
  set->encoder = make_encoder(config.send.codec, coding);
  if (!set->encoder) return unsupported(config.send.codec);
  set->clock_rate = codec_info(config.send.codec).clock_rate;
  set->ptime = packet_time(config.send.codec, config.ptime);
  set->rate_ = set->encoder->rate();

  // Events and comfort noise first: a payload type that is claimed twice is audio.
  for (const auto& events : config.events_receive) {
    if (events.number < 128) set->rows[events.number] = {Meaning::kEvent, events.clock_rate};
  }
  if (config.comfort_noise && *config.comfort_noise < 128) {
    set->rows[*config.comfort_noise] = {Meaning::kComfortNoise, 8000};
  }
  for (const auto& type : config.receive) {
    if (type.number > 127 || set->rows[type.number].meaning == Meaning::kAudio) continue;
    const int clock_rate = codec_info(type.codec).clock_rate;
    auto decoder = make_decoder(type.codec);
    if (!decoder) return unsupported(type.codec);
    set->rate_ = std::max(set->rate_, decoder->rate());
    set->rows[type.number] = {Meaning::kAudio, clock_rate};
    set->coders.push_back({type.number, clock_rate, std::move(decoder)});
  }
  if (config.comfort_noise && *config.comfort_noise < 128 &&
      set->rows[*config.comfort_noise].meaning == Meaning::kComfortNoise) {
    set->coders.push_back({*config.comfort_noise, 8000, nullptr});
  }
  prepare(set->coders, set->rate_);
  for (const SampleRate rate : kSampleRates) {
    if (rate != set->encoder->rate()) set->resamplers.emplace_back(rate, set->encoder->rate());
  }
  return set;
}

std::unique_ptr<RtpLeg> make_rtp_leg(const RtpLegOptions& options) {
  return make_rtp_leg(options, make_playout(options.jitter));
}

const AudioFrame& RtpCodecSet::at_encoder_rate(const AudioFrame& in, AudioFrame& scratch) {
  if (in.rate == encoder->rate()) return in;
  for (auto& resampler : resamplers) {
    if (resampler.from() != in.rate) continue;
    resampler.frame(in, scratch);
    return scratch;
  }
  scratch.rate = encoder->rate();  // not an engine rate: say nothing rather than noise
  scratch.silence();
  return scratch;
}

}  // namespace lineman
