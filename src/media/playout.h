// Playout: from RTP payloads to 10 ms frames. Jitter buffer decides, decoder, stretch and PLC act;
// what is left of a packet is kept here, and the buffer is asked only when less than 10 ms remain.
// Media thread; no allocation once made.
//
//   push(payload) ─► JitterBuffer ─┐ Decision
//   pull(now) ◄─ leftover ◄─ decode | FEC | conceal | stretch | comfort noise
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec.h"
#include "lineman/audio.h"
#include "lineman/media.h"
#include "lineman/media_leg.h"
#include "plc.h"
#include "resampler.h"

namespace lineman {

// One audio payload as the RTP layer validated it.
struct RtpPayload {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;  // RTP clock
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::span<const std::uint8_t> data;  // copied by push()
  TimePoint arrival{};
};

class Playout {
 public:
  struct Coder {
    std::uint8_t payload_type = 0;
    int clock_rate = 8000;             // RTP clock
    std::unique_ptr<Decoder> decoder;  // null: comfort noise (RFC 3389)
    // Made by prepare().
    std::unique_ptr<Plc> plc{};              // null: the codec must conceal for itself
    std::unique_ptr<Resampler> resampler{};  // null: the coder runs at the leg's rate
  };
  virtual ~Playout() = default;

  // Which payload types decode how; the old coders come back in `coders`. Frames leave at `rate`:
  // coders of other rates are resampled. Buffered packets of payload types that are gone are
  // dropped.
  virtual void exchange(std::vector<Coder>& coders, SampleRate rate) = 0;
  virtual bool knows(std::uint8_t payload_type) const = 0;
  virtual void push(const RtpPayload& payload) = 0;
  // A packet of the same stream that is no audio (telephone-event): a pause for it is no loss.
  virtual void other(TimePoint) {}
  virtual void pull(TimePoint now, AudioFrame& out) = 0;
  // A new source (SSRC change): forget timing, keep coders.
  virtual void reset() = 0;
  // The playout time of the newest packet heard, as media time: for DTMF and RTCP. Fills the rx
  // fields that it owns: late, duplicate, concealed, stretched, delay, delay_mean, target,
  // fec_recovered, comfort_noise, ptime.
  virtual void stats(MediaStats::Rx& out) const = 0;
};
// Control's part of exchange(): what the coders need besides their decoders is made here, so that
// exchange() does not allocate. Coders that were not prepared are prepared there.
void prepare(std::vector<Playout::Coder>& coders, SampleRate rate);
std::unique_ptr<Playout> make_playout(const JitterOptions& jitter);

}  // namespace lineman
