// An RtpLeg on a bench: a playout that only notes, packets made by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bytes.h"
#include "codec_set.h"
#include "dtmf.h"
#include "rtcp.h"
#include "rtp.h"
#include "rtp_leg.h"

namespace lineman::testing {

using Kind = MediaEvent::Kind;
inline constexpr TimePoint at_ms(double n) { return TimePoint(from_ms(n)); }

inline Address address(const std::string& text) { return Address::parse(text).value(); }

struct NotingPlayout final : Playout {
  struct Seen {
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::uint8_t payload_type;
    std::size_t size;
    TimePoint arrival;
  };
  std::vector<Coder> coders_;
  std::vector<Seen> seen;
  SampleRate rate_ = 8000;
  int resets = 0, pulls = 0;
  NotingPlayout() { seen.reserve(100'000); }

  void exchange(std::vector<Coder>& coders, SampleRate rate) override {
    coders_.swap(coders);
    rate_ = rate;
  }
  bool knows(std::uint8_t) const override { return true; }
  void push(const RtpPayload& p) override {
    seen.push_back({p.sequence, p.timestamp, p.payload_type, p.data.size(), p.arrival});
  }
  void pull(TimePoint, AudioFrame& out) override {
    ++pulls;
    out.rate = rate_;
    for (auto& s : out.span()) s = 1234;
  }
  void reset() override { ++resets; }
  void stats(MediaStats::Rx& out) const override { out.late = 77; }
};

inline RtpConfig g711() {
  RtpConfig c;
  c.remote_rtp = address("10.0.0.2:4000");
  c.remote_rtcp = address("10.0.0.2:4001");
  c.send = {0, CodecId::kPcmu};
  c.receive = {{0, CodecId::kPcmu}, {8, CodecId::kPcma}};
  c.events_receive = {{101, 8000}};
  c.events_send = EventPayloadType{101, 8000};
  c.comfort_noise = 13;
  return c;
}

struct Bench {
  RtpLegOptions options;
  NotingPlayout* playout = nullptr;
  std::unique_ptr<RtpLeg> leg;
  std::unique_ptr<CodecSet> spare;  // what the last exchange gave back
  TimePoint now{};
  Address from = address("10.0.0.2:4000");
  Address rtcp_from = address("10.0.0.2:4001");
  std::uint32_t ssrc = 0x1000, timestamp = 160'000;
  std::uint16_t sequence = 65'000;
  std::vector<MediaEvent> events;
  std::vector<Packet> sent;

  explicit Bench(const RtpLegOptions& o = {}) : options(o) {
    auto owned = std::make_unique<NotingPlayout>();
    playout = owned.get();
    leg = make_rtp_leg(options, std::move(owned));
  }
  void use(const RtpConfig& config) {
    auto set = make_codec_set(config, options);
    ASSERT_TRUE(set) << set.error().text;
    spare = std::move(*set);
    leg->exchange(now, spare);
  }
  static Packet datagram(const Address& from, TimePoint at, std::span<const std::uint8_t> bytes,
                         Component component = Component::kRtp) {
    Packet p;
    p.component = component;
    p.peer = from;
    p.time = at;
    p.size = static_cast<std::uint16_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), p.bytes.begin());
    return p;
  }
  // One RTP packet as it is; the stream's own numbers do not move.
  void raw(std::uint8_t payload_type, std::uint16_t seq, std::uint32_t ts, std::uint32_t source,
           const Address& peer,
           std::vector<std::uint8_t> payload = std::vector<std::uint8_t>(160)) {
    std::vector<std::uint8_t> bytes(RtpHeader::kSize);
    write_rtp_header({payload_type, false, seq, ts, source}, bytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    leg->on_packet(datagram(peer, now, bytes));
  }
  // The next packet of the peer's stream.
  void rtp(std::uint8_t payload_type = 0, unsigned units = 160) {
    raw(payload_type, sequence, timestamp, ssrc, from, std::vector<std::uint8_t>(units));
    ++sequence;
    timestamp += units;
  }
  void rtcp(const RtcpCompound& compound) {
    std::vector<std::uint8_t> bytes(RtcpCompound::kMaxSize);
    bytes.resize(write_rtcp(compound, bytes));
    leg->on_packet(datagram(rtcp_from, now, bytes, Component::kRtcp));
  }
  // One 10 ms tick, as the engine makes it.
  void tick(std::int16_t value = 0, SampleRate rate = 8000) {
    AudioFrame frame;
    leg->pull(now, frame);
    frame.rate = rate;
    frame.samples.fill(value);
    leg->push(now, frame);
    if (now >= leg->next_timeout()) leg->on_timeout(now);
    drain();
    now += kFrameTime;
  }
  void run(Duration d) {
    for (const TimePoint end = now + d; now < end;) tick();
  }
  void drain() {
    Packet p;
    while (leg->next_packet(p)) sent.push_back(p);
    MediaEvent e;
    while (leg->next_event(e)) events.push_back(e);
  }
  std::vector<Packet> sent_rtcp() const {
    std::vector<Packet> v;
    for (const auto& p : sent) {
      if (looks_like_rtcp(p.data())) v.push_back(p);
    }
    return v;
  }
  std::vector<Packet> sent_rtp() const {
    std::vector<Packet> v;
    for (const auto& p : sent) {
      if (!looks_like_rtcp(p.data())) v.push_back(p);
    }
    return v;
  }
  const MediaEvent* event(Kind kind) {
    drain();
    for (const auto& e : events) {
      if (e.kind == kind) return &e;
    }
    return nullptr;
  }
  std::size_t count(Kind kind) {
    drain();
    std::size_t n = 0;
    for (const auto& e : events) n += e.kind == kind;
    return n;
  }
  MediaStats stats() const {
    MediaStats s;
    leg->stats(s);
    return s;
  }
};

}  // namespace lineman::testing
