#include "packetiser.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "no_alloc.h"

namespace lineman {
namespace {

// Writes the low byte of each sample; says nothing when the first is -1.
struct Bytes final : Encoder {
  SampleRate rate_;
  explicit Bytes(SampleRate r) : rate_(r) {}
  SampleRate rate() const override { return rate_; }
  std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) override {
    if (in[0] == -1) return 0;
    const std::size_t n = std::min(in.size(), out.size());
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(in[i]);
    return n;
  }
};

struct Line {
  Bytes encoder;
  Packetiser p{42};
  TimePoint now{};
  std::vector<RtpHeader> headers;
  std::vector<std::size_t> sizes;
  std::vector<std::uint8_t> audio;
  explicit Line(SampleRate rate = 8000, int clock = 8000, int ptime_ms = 20) : encoder(rate) {
    p.use(&encoder, 8, clock, std::chrono::milliseconds(ptime_ms));
  }
  std::int16_t next = 0;
  bool frame(bool silent = false) {
    AudioFrame f;
    f.rate = encoder.rate();
    for (auto& s : f.span()) s = silent ? std::int16_t(-1) : (next++ & 0xff);
    Packet out;
    const bool ready = p.audio(now, f, out);
    if (ready) {
      EXPECT_EQ(out.time, now);
      EXPECT_EQ(out.component, Component::kRtp);
      take(out);
    }
    now += kFrameTime;
    return ready;
  }
  void take(const Packet& out) {
    const auto view = parse_rtp(out.data());
    ASSERT_TRUE(view);
    headers.push_back(view->header);
    sizes.push_back(view->payload.size());
    audio.insert(audio.end(), view->payload.begin(), view->payload.end());
  }
};

TEST(Packetiser, EveryPacketTime) {
  for (int ptime : {10, 20, 30, 40, 60, 100, 200}) {
    Line line(8000, 8000, ptime);
    for (int i = 0; i < 600; ++i) line.frame();
    ASSERT_EQ(line.headers.size(), 6000u / static_cast<unsigned>(ptime));
    for (std::size_t i = 0; i < line.headers.size(); ++i) {
      EXPECT_EQ(line.sizes[i], static_cast<std::size_t>(8 * ptime));
      EXPECT_EQ(line.headers[i].marker, i == 0);
      EXPECT_EQ(line.headers[i].payload_type, 8);
      if (i == 0) continue;
      EXPECT_EQ(sequence_distance(line.headers[i - 1].sequence, line.headers[i].sequence), 1);
      EXPECT_EQ(timestamp_distance(line.headers[i - 1].timestamp, line.headers[i].timestamp),
                8 * ptime);
    }
    for (std::size_t i = 0; i < line.audio.size(); ++i) ASSERT_EQ(line.audio[i], i & 0xff);
  }
}

TEST(Packetiser, TheRtpClockNeedNotBeTheSampleRate) {
  Line line(16000, 8000);  // G.722
  for (int i = 0; i < 4; ++i) line.frame();
  ASSERT_EQ(line.headers.size(), 2u);
  EXPECT_EQ(line.sizes[0], 320u);
  EXPECT_EQ(line.headers[1].timestamp - line.headers[0].timestamp, 160u);
}

TEST(Packetiser, TheSeedDecides) {
  const Packetiser a(1), b(1), c(2);
  EXPECT_EQ(a.ssrc(), b.ssrc());
  EXPECT_EQ(a.first_sequence(), b.first_sequence());
  EXPECT_EQ(a.timestamp(), b.timestamp());
  EXPECT_NE(a.ssrc(), c.ssrc());
  EXPECT_NE(a.timestamp(), c.timestamp());
}

TEST(Packetiser, SequenceExtendsOverTheWrap) {
  Line line(8000, 8000, 10);
  const std::uint32_t first = line.p.first_sequence();
  for (int i = 0; i < 70'000; ++i) line.frame();
  EXPECT_EQ(line.p.highest_sequence(), first + 69'999);
  EXPECT_EQ(line.headers.back().sequence, static_cast<std::uint16_t>(first + 69'999));
  EXPECT_EQ(line.p.packets(), 70'000u);
  EXPECT_EQ(line.p.octets(), 70'000u * 80);
}

TEST(Packetiser, PausesMarkTheNextTalkspurtAndTimeGoesOn) {
  Line line;
  line.frame();
  line.frame();
  for (int i = 0; i < 7; ++i) line.p.pause(line.now);
  line.frame();
  line.frame();
  ASSERT_EQ(line.headers.size(), 2u);
  EXPECT_TRUE(line.headers[1].marker);
  EXPECT_EQ(line.headers[1].timestamp - line.headers[0].timestamp, 160u + 560u);
  EXPECT_EQ(sequence_distance(line.headers[0].sequence, line.headers[1].sequence), 1);
}

TEST(Packetiser, EventsShareTheSequenceAndAudioGoesOnBehindThem) {
  Line line;
  line.frame();
  line.frame();
  const std::uint32_t start = line.p.timestamp();
  EXPECT_TRUE(line.p.boundary());
  Packet out;
  line.p.replaced(line.now);
  line.p.replaced(line.now);
  line.p.event(line.now, {{5, true, 10, 160}, start, true, 101}, out);
  line.take(out);
  line.frame();
  EXPECT_FALSE(line.p.boundary());
  line.frame();
  ASSERT_EQ(line.headers.size(), 3u);
  EXPECT_EQ(line.headers[1].payload_type, 101);
  EXPECT_TRUE(line.headers[1].marker);
  EXPECT_EQ(line.headers[1].timestamp, line.headers[0].timestamp + 160);
  EXPECT_EQ(line.sizes[1], 4u);
  EXPECT_FALSE(line.headers[2].marker);
  EXPECT_EQ(line.headers[2].timestamp, line.headers[0].timestamp + 320);
  EXPECT_EQ(sequence_distance(line.headers[0].sequence, line.headers[2].sequence), 2);
}

TEST(Packetiser, WhatTheEncoderKeepsToItselfTakesTimeButNoNumber) {
  Line line;
  line.frame();
  line.frame();
  line.frame(true);
  line.frame(true);
  line.frame();
  line.frame();
  ASSERT_EQ(line.headers.size(), 2u);
  EXPECT_EQ(line.headers[1].timestamp - line.headers[0].timestamp, 320u);
  EXPECT_EQ(sequence_distance(line.headers[0].sequence, line.headers[1].sequence), 1);
}

TEST(Packetiser, AnotherPayloadTypeAtTheSameRateLosesNothing) {
  Line line;
  for (int i = 0; i < 3; ++i) line.frame();
  line.p.use(&line.encoder, 0, 8000, std::chrono::milliseconds(20));
  for (int i = 0; i < 3; ++i) line.frame();
  ASSERT_EQ(line.audio.size(), 480u);
  for (std::size_t i = 0; i < 480; ++i) ASSERT_EQ(line.audio[i], i & 0xff);
  EXPECT_EQ(line.headers[1].payload_type, 0);
}

TEST(Packetiser, AnotherCodecKeepsSequenceAndTimestampGoing) {
  Line line;
  for (int i = 0; i < 4; ++i) line.frame();
  Bytes opus(48000);
  line.p.use(&opus, 111, 48000, std::chrono::milliseconds(20));
  AudioFrame f;
  f.rate = 48000;
  Packet out;
  EXPECT_FALSE(line.p.audio(line.now, f, out));
  ASSERT_TRUE(line.p.audio(line.now, f, out));
  line.take(out);
  ASSERT_EQ(line.headers.size(), 3u);
  EXPECT_EQ(line.headers[2].timestamp - line.headers[1].timestamp, 160u);
  EXPECT_EQ(sequence_distance(line.headers[1].sequence, line.headers[2].sequence), 1);
  EXPECT_EQ(line.p.timestamp() - line.headers[2].timestamp, 960u);
}

TEST(Packetiser, TimestampOfAMoment) {
  Line line;
  line.now = TimePoint(std::chrono::seconds(5));
  const std::uint32_t start = line.p.timestamp();
  line.frame();
  EXPECT_EQ(line.p.timestamp_at(TimePoint(std::chrono::seconds(5))), start);
  EXPECT_EQ(line.p.timestamp_at(TimePoint(std::chrono::seconds(6))), start + 8000);
}

TEST(Packetiser, AllocatesNothing) {
  Line line(48000, 48000, 60);
  AudioFrame f;
  f.rate = 48000;
  Packet out;
  testing::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) line.p.audio(line.now, f, out);
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace lineman
