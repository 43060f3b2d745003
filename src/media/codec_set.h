// What make_codec_set makes: the coders of one negotiation, and what each payload type means.
// Made on Control, used on Media.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "codec.h"
#include "lineman/media.h"
#include "playout.h"
#include "resampler.h"

namespace lineman {

struct RtpCodecSet final : CodecSet {
  enum class Meaning : std::uint8_t { kUnknown, kAudio, kComfortNoise, kEvent };
  struct Row {
    Meaning meaning = Meaning::kUnknown;
    int clock_rate = 0;
  };

  const RtpConfig& config() const override { return config_; }
  SampleRate rate() const override { return rate_; }

  // Plain parts: the leg swaps `coders` with Playout and uses the rest where it lies.
  RtpConfig config_;
  SampleRate rate_ = 8000;
  std::unique_ptr<Encoder> encoder;
  int clock_rate = 8000;  // of `encoder`'s timestamps
  Duration ptime = std::chrono::milliseconds(20);
  std::vector<Playout::Coder> coders;
  std::array<Row, 128> rows{};
  std::vector<Resampler> resamplers;  // from every other engine rate to the encoder's

  // `in` at the encoder's rate: itself, or resampled into `scratch`.
  const AudioFrame& at_encoder_rate(const AudioFrame& in, AudioFrame& scratch);
};

}  // namespace lineman
