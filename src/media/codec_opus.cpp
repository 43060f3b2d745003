// Opus (RFC 6716, RFC 7587) by libopus: 48 kHz mono both ways; a stereo stream is mixed down by the
// decoder itself.
#include <opus.h>

#include <algorithm>
#include <array>
#include <climits>

#include "codec_impl.h"

namespace lineman {
namespace {

constexpr SampleRate kRate = 48000;
constexpr std::size_t kMaxSamples = 5760;  // 120 ms, the longest packet (RFC 6716 section 3.1)
constexpr std::size_t kGrain = 120;        // 2.5 ms, what the decoder counts in
constexpr std::size_t kMaxPayload = 1500;

struct Destroy {
  void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
  void operator()(OpusDecoder* d) const { opus_decoder_destroy(d); }
};

class OpusEncoderImpl final : public Encoder {
 public:
  explicit OpusEncoderImpl(const EncoderOptions& options)
      : state_(opus_encoder_create(kRate, 1, OPUS_APPLICATION_VOIP, nullptr)) {
    if (!state_) return;
    OpusEncoder* e = state_.get();
    opus_encoder_ctl(e, OPUS_SET_BITRATE(std::clamp(options.opus_bitrate, 6000, 510000)));
    opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(std::clamp(options.opus_complexity, 0, 10)));
    opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(options.opus_fec ? 1 : 0));
    // libopus writes FEC only for an expected loss; 10 % is where it pays at 24 kbit/s.
    opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(options.opus_fec ? 10 : 0));
  }
  SampleRate rate() const override { return kRate; }
  std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) override {
    if (!state_ || !is_packet_time(in.size()) || out.empty()) return 0;
    const auto room = static_cast<opus_int32>(std::min(out.size(), kMaxPayload));
    const opus_int32 n =
        opus_encode(state_.get(), in.data(), static_cast<int>(in.size()), out.data(), room);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

 private:
  static bool is_packet_time(std::size_t samples) {
    return samples == 480 || samples == 960 || samples == 1920 || samples == 2880;
  }
  std::unique_ptr<OpusEncoder, Destroy> state_;
};

// The frames of a packet, RFC 6716 section 3.2; count 0: malformed.
struct Frames {
  int count = 0;
  std::array<const unsigned char*, 48> data{};
  std::array<opus_int16, 48> size{};
};

Frames parse(std::span<const std::uint8_t> payload) {
  Frames f;
  if (payload.empty() || payload.size() > INT_MAX) return f;
  f.count = std::max(opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()),
                                       nullptr, f.data.data(), f.size.data(), nullptr),
                     0);
  return f;
}

class OpusDecoderImpl final : public Decoder {
 public:
  OpusDecoderImpl() : state_(opus_decoder_create(kRate, 1, nullptr)) {}
  SampleRate rate() const override { return kRate; }

  std::size_t samples_in(std::span<const std::uint8_t> payload) const override {
    if (parse(payload).count == 0) return 0;
    const int n =
        opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()), kRate);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const std::size_t n = samples_in(payload);
    if (n == 0 || n > out.size()) return 0;
    return run(payload, out.first(n), false);
  }

  bool has_fec(std::span<const std::uint8_t> next) const override {
    const Frames f = parse(next);
    // Configurations 16 to 31 are CELT only, which has no LBRR (section 3.1).
    if (f.count == 0 || (next[0] & 0x80) || f.size[0] < 1) return false;
    // A SILK frame is 10 or 20 ms; the header is a VAD bit for each of them and one LBRR bit, for
    // the mid and then the side channel, coded with even odds: plain bits (section 4.2.3).
    const int frame = opus_packet_get_samples_per_frame(next.data(), kRate);
    const int silk_frames = std::max(frame / 960, 1);
    const int channels = opus_packet_get_nb_channels(next.data());
    for (int c = 1; c <= channels; ++c) {
      const int bit = c * (silk_frames + 1) - 1;
      if (f.data[0][0] & (0x80 >> bit)) return true;
    }
    return false;
  }

  std::size_t decode_fec(std::span<const std::uint8_t> next, std::span<std::int16_t> out) override {
    if (!has_fec(next)) return 0;
    // The packet before is taken to be as long as this one. LBRR covers one frame, the last; the
    // decoder conceals what lies before it.
    const std::size_t n = std::min(samples_in(next), out.size());
    const auto frame =
        static_cast<std::size_t>(opus_packet_get_samples_per_frame(next.data(), kRate));
    if (n < frame || n % kGrain != 0) return 0;
    return run(next, out.first(n), true);
  }

  bool conceal(std::span<std::int16_t> out) override {
    if (!state_) return false;
    while (out.size() >= kGrain) {
      const std::size_t n = std::min(out.size() - out.size() % kGrain, kMaxSamples);
      if (run({}, out.first(n), false) != n) return false;
      out = out.subspan(n);
    }
    if (!out.empty()) {  // no whole grain: the rest of one more is thrown away
      std::array<std::int16_t, kGrain> rest;
      if (run({}, rest, false) != kGrain) return false;
      std::copy_n(rest.begin(), out.size(), out.begin());
    }
    return true;
  }

  void reset() override {
    if (state_) opus_decoder_ctl(state_.get(), OPUS_RESET_STATE);
  }

 private:
  std::size_t run(std::span<const std::uint8_t> payload, std::span<std::int16_t> out, bool fec) {
    if (!state_) return 0;
    const int n = opus_decode(state_.get(), payload.empty() ? nullptr : payload.data(),
                              static_cast<opus_int32>(payload.size()), out.data(),
                              static_cast<int>(out.size()), fec ? 1 : 0);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  std::unique_ptr<OpusDecoder, Destroy> state_;
};

}  // namespace

std::unique_ptr<Encoder> make_opus_encoder(const EncoderOptions& options) {
  return std::make_unique<OpusEncoderImpl>(options);
}
std::unique_ptr<Decoder> make_opus_decoder() { return std::make_unique<OpusDecoderImpl>(); }

}  // namespace lineman
