#include "packetiser.h"

#include <algorithm>

#include "lineman/random.h"

namespace lineman {

Packetiser::Packetiser(std::uint64_t seed) {
  Random random(derive(seed, "rtp"));
  ssrc_ = random.u32();
  // The upper half is left out, so that the first wrap is far enough away for receivers that begin
  // to listen late (RFC 3711 section 3.3.1 advises the same).
  first_sequence_ = sequence_ = random.u16() & 0x7fff;
  timestamp_ = random.u32();
}

void Packetiser::use(Encoder* encoder, std::uint8_t payload_type, int clock_rate, Duration ptime) {
  ptime = std::clamp(ptime, kFrameTime, kMaxPtime) / kFrameTime * kFrameTime;
  const SampleRate rate = encoder ? encoder->rate() : rate_;
  const auto wanted = static_cast<std::size_t>(to_clock(ptime, rate));
  if (rate != rate_ || clock_rate != clock_rate_ || gathered_ >= wanted) gathered_ = 0;
  encoder_ = encoder;
  payload_type_ = payload_type;
  clock_rate_ = clock_rate;
  rate_ = rate;
  wanted_ = wanted;
}

void Packetiser::advance(TimePoint now) {
  timestamp_ += static_cast<std::uint32_t>(clock_rate_ / 100);
  frame_time_ = now;
  begun_ = true;
}

std::uint32_t Packetiser::timestamp_at(TimePoint now) const {
  if (!begun_) return timestamp_;
  return timestamp_ +
         static_cast<std::uint32_t>(to_clock(now - frame_time_ - kFrameTime, clock_rate_));
}

bool Packetiser::audio(TimePoint now, const AudioFrame& in, Packet& out) {
  advance(now);
  if (!encoder_ || in.rate != rate_) return false;
  std::copy_n(in.samples.begin(), in.size(),
              samples_.begin() + static_cast<std::ptrdiff_t>(gathered_));
  gathered_ += in.size();
  if (gathered_ < wanted_) return false;
  const std::span<std::uint8_t> room(out.bytes.data() + RtpHeader::kSize,
                                     out.bytes.size() - RtpHeader::kSize);
  const std::size_t payload = encoder_->encode({samples_.data(), gathered_}, room);
  // Unsigned, as all of RTP's arithmetic: the time of the first sample gathered.
  const auto span = static_cast<std::uint32_t>(gathered_ * static_cast<std::size_t>(clock_rate_) /
                                               static_cast<std::size_t>(rate_));
  gathered_ = 0;
  if (payload == 0) return false;  // nothing to say (DTX): time passes
  write_rtp_header(
      {payload_type_, talkspurt_, static_cast<std::uint16_t>(sequence_), timestamp_ - span, ssrc_},
      out.bytes);
  talkspurt_ = false;
  finish(now, payload, out);
  return true;
}

void Packetiser::replaced(TimePoint now) {
  gathered_ = 0;
  advance(now);
}

void Packetiser::pause(TimePoint now) {
  replaced(now);
  talkspurt_ = true;
}

void Packetiser::event(TimePoint now, const DtmfPacket& event, Packet& out) {
  write_rtp_header({event.payload_type, event.marker, static_cast<std::uint16_t>(sequence_),
                    event.timestamp, ssrc_},
                   out.bytes);
  write_dtmf(event.payload, std::span(out.bytes).subspan(RtpHeader::kSize));
  finish(now, DtmfPayload::kSize, out);
}

void Packetiser::finish(TimePoint now, std::size_t payload, Packet& out) {
  out.component = Component::kRtp;
  out.size = static_cast<std::uint16_t>(RtpHeader::kSize + payload);
  out.time = now;
  if (packets_++ == 0) first_sent_ = now;
  octets_ += payload;
  ++sequence_;
}

}  // namespace lineman
