// From 10 ms frames to RTP packets: gathers up to the packet time, encodes, numbers. Timestamps go
// on through digits and pauses, as if the audio had been there (RFC 3550 section 5.1, RFC 4733
// section 2.5.1). Media thread; no allocation.
//
//   frame ─► gathered ── packet time ─► Encoder ─► header + payload ─► Packet
//   event ──────────────────────────────────────────────▲
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "codec.h"
#include "dtmf.h"
#include "lineman/audio.h"
#include "lineman/packet.h"
#include "rtp.h"

namespace lineman {

class Packetiser {
 public:
  static constexpr Duration kMaxPtime = std::chrono::milliseconds(200);

  // SSRC, first sequence number and first timestamp come from the seed.
  explicit Packetiser(std::uint64_t seed);

  // Encode with `encoder` from now on (null: with nothing, audio is lost). What was gathered stays
  // if the rate is the same.
  void use(Encoder* encoder, std::uint8_t payload_type, int clock_rate, Duration ptime);

  // Ten milliseconds at the encoder's rate. True: `out` is a packet to send.
  bool audio(TimePoint now, const AudioFrame& in, Packet& out);
  // Ten milliseconds that an event carries: no audio, no pause either.
  void replaced(TimePoint now);
  // Ten milliseconds in which nothing is sent: the next packet begins a talkspurt.
  void pause(TimePoint now);
  void event(TimePoint now, const DtmfPacket& event, Packet& out);

  int clock_rate() const { return clock_rate_; }
  bool boundary() const { return gathered_ == 0; }
  std::uint32_t timestamp() const { return timestamp_; }  // of the next frame
  // What goes with `now`: for sender reports.
  std::uint32_t timestamp_at(TimePoint now) const;

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t first_sequence() const { return first_sequence_; }
  std::uint32_t highest_sequence() const { return sequence_ - 1; }  // extended; with packets() > 0
  std::uint64_t packets() const { return packets_; }
  std::uint64_t octets() const { return octets_; }  // of payload
  TimePoint first_sent() const { return first_sent_; }

 private:
  void advance(TimePoint now);
  void finish(TimePoint now, std::size_t payload, Packet& out);

  std::uint32_t ssrc_, first_sequence_, sequence_, timestamp_;
  TimePoint frame_time_{};  // when the frame before timestamp_ began
  bool begun_ = false, talkspurt_ = true;
  Encoder* encoder_ = nullptr;
  std::uint8_t payload_type_ = 0;
  int clock_rate_ = 8000;
  SampleRate rate_ = 8000;
  std::size_t wanted_ = 160, gathered_ = 0;
  std::array<std::int16_t, 9600> samples_;  // 200 ms at 48 kHz; gathered_ of them hold
  std::uint64_t packets_ = 0, octets_ = 0;
  TimePoint first_sent_ = kNever;
};

}  // namespace lineman
