// Coders behind one pair of interfaces. Made on Control (that allocates), used on Media (that does
// not). RFC 3551 (G.711, G.722), RFC 6716 and RFC 7587 (Opus), RFC 3389 (comfort noise).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lineman/audio.h"
#include "lineman/sdp.h"

namespace lineman {

struct Encoder {
  virtual ~Encoder() = default;
  virtual SampleRate rate() const = 0;
  // One packet's worth of mono samples at rate() (10 to 200 ms; Opus 10, 20, 40, 60). Bytes
  // written, 0: send nothing.
  virtual std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) = 0;
};

struct Decoder {
  virtual ~Decoder() = default;
  virtual SampleRate rate() const = 0;
  // Samples at rate() that this payload decodes to; 0: malformed. Never reads beyond it.
  virtual std::size_t samples_in(std::span<const std::uint8_t> payload) const = 0;
  // Decodes one payload; returns samples written (0: malformed; `out` holds at most 200 ms).
  virtual std::size_t decode(std::span<const std::uint8_t> payload,
                             std::span<std::int16_t> out) = 0;
  // Does `next` carry in-band FEC for the packet before it? (Opus; RFC 6716 section 2.1.7)
  virtual bool has_fec(std::span<const std::uint8_t> next) const = 0;
  // What `next` knows of the packet before it, which is taken to be as long as `next` (or as
  // `out`, when that is shorter). Samples written; 0: no FEC, or `out` cannot hold a frame.
  virtual std::size_t decode_fec(std::span<const std::uint8_t> next,
                                 std::span<std::int16_t> out) = 0;
  // The codec's own concealment for out.size() samples; false: it has none, use PLC.
  virtual bool conceal(std::span<std::int16_t> out) = 0;
  virtual void reset() = 0;
};

struct EncoderOptions {
  int opus_bitrate = 24000, opus_complexity = 5;
  bool opus_fec = true;
};
std::unique_ptr<Encoder> make_encoder(CodecId codec, const EncoderOptions& options);
std::unique_ptr<Decoder> make_decoder(CodecId codec);

}  // namespace lineman
