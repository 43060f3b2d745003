// A whole RtpLeg, jitter buffer and decoders included, between a hostile network and a steady tick.
// The input is a script: an operation, its argument, and bytes.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "lineman/media.h"
#include "rtp.h"

using namespace lineman;

namespace {

RtpConfig config_for(unsigned kind, const Address& remote) {
  RtpConfig c;
  c.remote_rtp = c.remote_rtcp = remote;
  ++c.remote_rtcp.port;
  c.rtcp_mux = kind & 1;
  c.receive = {{0, CodecId::kPcmu}, {8, CodecId::kPcma}, {9, CodecId::kG722}};
  if (kind & 2) c.receive.push_back({111, CodecId::kOpus});
  c.send = c.receive[kind % c.receive.size()];
  c.events_receive = {{101, 8000}, {102, 48000}};
  c.events_send = EventPayloadType{101, 8000};
  c.comfort_noise = 13;
  if (kind & 4) c.direction = Direction::kInactive;
  if (kind & 8) c.remote_rtp = c.remote_rtcp = {};
  return c;
}

void use(RtpLeg& leg, TimePoint now, unsigned kind, const Address& remote) {
  auto set = make_codec_set(config_for(kind, remote), {});
  if (!set) std::abort();
  leg.exchange(now, *set);
}

void drain(RtpLeg& leg) {
  Packet packet;
  for (int n = 0; leg.next_packet(packet); ++n) {
    if (n > 100 || packet.size < RtpHeader::kSize - 4 || !packet.peer) std::abort();
  }
  MediaEvent event;
  for (int n = 0; leg.next_event(event); ++n) {
    if (n > 1000) std::abort();
  }
}

void tick(RtpLeg& leg, TimePoint& now) {
  now += kFrameTime;
  AudioFrame frame;
  leg.pull(now, frame);
  if (frame.rate != leg.rate()) std::abort();
  leg.push(now, frame);
  if (leg.next_timeout() <= now) {
    leg.on_timeout(now);
    if (leg.next_timeout() <= now) std::abort();  // it would never end
  }
  drain(leg);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RtpLegOptions options;
  options.stall_after = std::chrono::seconds(1);
  if (size > 0) options.jitter.profile = static_cast<JitterProfile>(data[0] % 4);
  options.jitter.fixed = std::chrono::milliseconds(60);
  const auto leg = make_rtp_leg(options);
  Address remote;
  remote.family = Address::Family::kV4;
  remote.ip = {10, 0, 0, 2};
  remote.port = 4000;
  TimePoint now{};
  use(*leg, now, 2, remote);

  Packet packet;
  RtpHeader header{0, false, 65'530, 0xffffff00, 1};
  // Opus costs most of the time: some seconds of a call are enough.
  int ticks = 300;
  for (std::size_t at = 0; at + 3 <= size && ticks > 0; --ticks) {
    const unsigned operation = data[at] % 8, argument = data[at + 1];
    const std::size_t length = std::min<std::size_t>(data[at + 2], size - at - 3);
    const std::span<const std::uint8_t> bytes(data + at + 3, length);
    at += 3 + length;
    packet.peer = remote;
    packet.peer.port = static_cast<std::uint16_t>(4000 + (argument >> 7));
    packet.time = now;
    packet.component = operation == 2 ? Component::kRtcp : Component::kRtp;
    switch (operation) {
      case 0:  // the stream goes on, its header bent by the first bytes
        header.payload_type = static_cast<std::uint8_t>(length > 0 ? bytes[0] & 0x7f : 0);
        header.sequence = static_cast<std::uint16_t>(header.sequence + (argument & 3));
        header.timestamp += (argument & 0x7c) * 40;
        header.ssrc = length > 1 ? 1 + bytes[1] % 3 : 1;
        write_rtp_header(header, packet.bytes);
        std::copy(bytes.begin(), bytes.end(), packet.bytes.begin() + RtpHeader::kSize);
        packet.size = static_cast<std::uint16_t>(RtpHeader::kSize + length);
        leg->on_packet(packet);
        break;
      case 1:  // any datagram
      case 2:
        std::copy(bytes.begin(), bytes.end(), packet.bytes.begin());
        packet.size = static_cast<std::uint16_t>(length);
        leg->on_packet(packet);
        break;
      case 3: use(*leg, now, argument, remote); break;
      case 4:
        leg->send_digit(static_cast<char>('0' + argument % 10), argument * kFrameTime, kFrameTime,
                        argument & 1 ? DtmfMode::kAuto : DtmfMode::kInband, 1);
        break;
      case 5:  // a jump of the clock between ticks: a machine that slept
        now += argument * std::chrono::milliseconds(37);
        break;
      case 6:
        if (argument == 255) leg->close(now);
        break;
      default:
        for (unsigned i = 0; i < argument % 16; ++i, --ticks) tick(*leg, now);
    }
    tick(*leg, now);
  }
  MediaStats stats;
  leg->stats(stats);
  if (stats.rx.concealed < Duration{} || stats.rx.delay < Duration{}) std::abort();
  return 0;
}
