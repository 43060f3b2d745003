#include "rtp_leg.h"

#include "no_alloc.h"
#include "rtp_bench.h"

namespace lineman::testing {
namespace {

constexpr Duration ms(int n) { return std::chrono::milliseconds(n); }

TEST(RtpLeg, SendsFromTheFirstExchangeInTheNegotiatedForm) {
  Bench b;
  EXPECT_EQ(b.leg->rate(), 8000);
  b.tick();
  EXPECT_TRUE(b.sent.empty());
  b.use(g711());
  EXPECT_EQ(b.spare, nullptr);
  b.run(ms(100));
  const auto rtp = b.sent_rtp();
  ASSERT_EQ(rtp.size(), 5u);
  for (std::size_t i = 0; i < rtp.size(); ++i) {
    const auto view = parse_rtp(rtp[i].data());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->payload.size(), 160u);
    EXPECT_EQ(view->header.payload_type, 0);
    EXPECT_EQ(rtp[i].peer, address("10.0.0.2:4000"));
    EXPECT_EQ(rtp[i].time, at_ms(10 + 20 * (static_cast<double>(i)) + 10));
  }
  const auto s = b.stats();
  EXPECT_EQ(s.tx.packets, 5u);
  EXPECT_EQ(s.tx.bytes, 5u * 172);
  EXPECT_EQ(s.tx.highest_sequence - s.tx.first_sequence, 4u);
  EXPECT_EQ(s.rx.late, 77u);  // Playout's own fields
}

TEST(RtpLeg, TheFirstPacketIsHeard) {
  Bench b;
  b.use(g711());
  b.now = at_ms(33);
  b.rtp();
  ASSERT_EQ(b.playout->seen.size(), 1u);
  EXPECT_EQ(b.playout->seen[0].sequence, 65'000);
  EXPECT_EQ(b.playout->seen[0].arrival, at_ms(33));
  const auto* first = b.event(Kind::kFirstRtp);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->time, at_ms(33));
  EXPECT_EQ(first->peer, b.from);
  EXPECT_FALSE(b.event(Kind::kLatched));
  EXPECT_EQ(b.stats().rx.first, at_ms(33));
  EXPECT_EQ(b.stats().rx.payload_type, 0);
  AudioFrame f;
  b.leg->pull(b.now, f);
  EXPECT_EQ(f.samples[0], 1234);
}

TEST(RtpLeg, LatchesOntoTheFirstValidSource) {
  Bench b;
  b.use(g711());
  b.from = address("192.0.2.9:5555");
  b.raw(99, 1, 1, 1, address("198.51.100.1:9"));  // not a payload type of ours: no reason to latch
  b.rtp();
  const auto* latched = b.event(Kind::kLatched);
  ASSERT_TRUE(latched);
  EXPECT_EQ(latched->peer, b.from);
  b.run(ms(20));
  EXPECT_EQ(b.sent_rtp().back().peer, b.from);
  // What the SDP said is a stranger now.
  b.raw(0, 1, 1, 1, address("10.0.0.2:4000"));
  b.raw(0, 2, 1, 1, address("10.0.0.2:4000"));
  EXPECT_EQ(b.count(Kind::kStranger), 1u);
  EXPECT_EQ(b.event(Kind::kStranger)->peer, address("10.0.0.2:4000"));
  EXPECT_EQ(b.stats().rx.stranger, 2u);
  EXPECT_EQ(b.stats().rx.packets, 1u);
}

TEST(RtpLeg, ANewNegotiationOpensTheLatchAndKeepsAKnownWayThroughTheNat) {
  Bench b;
  b.use(g711());
  b.from = address("192.0.2.9:5555");
  b.rtp();
  b.use(g711());  // the same address again: behind its NAT
  b.run(ms(20));
  EXPECT_EQ(b.sent_rtp().back().peer, b.from);
  b.from = address("192.0.2.9:7777");
  b.rtp();
  EXPECT_EQ(b.count(Kind::kLatched), 2u);
  auto moved = g711();
  moved.remote_rtp = address("10.0.0.3:6000");
  b.use(moved);
  b.run(ms(20));
  EXPECT_EQ(b.sent_rtp().back().peer, moved.remote_rtp);
  b.rtp();  // under way from the old place: heard, but no latch
  EXPECT_EQ(b.stats().rx.packets, 3u);
  b.from = moved.remote_rtp;
  b.rtp();
  EXPECT_EQ(b.stats().rx.stranger, 0u);
  EXPECT_EQ(b.stats().rx.packets, 4u);
  EXPECT_EQ(b.count(Kind::kLatched), 2u);
}

TEST(RtpLeg, OnlyTheSdpsHostWhenAskedFor) {
  RtpLegOptions options;
  options.allow_any_source = false;
  Bench b(options);
  b.use(g711());
  b.raw(0, 1, 1, 1, address("192.0.2.9:5555"));
  EXPECT_EQ(b.stats().rx.stranger, 1u);
  b.from = address("10.0.0.2:6000");  // another port of it
  b.rtp();
  EXPECT_EQ(b.stats().rx.packets, 1u);
}

TEST(RtpLeg, WithoutARemoteAddressItHearsAndSaysNothing) {
  RtpLegOptions options;
  options.stall_after = ms(100);
  Bench b(options);
  auto early = g711();
  early.remote_rtp = early.remote_rtcp = {};
  b.use(early);
  b.rtp();
  b.run(std::chrono::seconds(10));
  EXPECT_EQ(b.playout->seen.size(), 1u);
  EXPECT_TRUE(b.sent.empty());
  EXPECT_FALSE(b.event(Kind::kStalled));
  EXPECT_FALSE(b.event(Kind::kLatched));
  b.leg->close(b.now);
  b.drain();
  EXPECT_TRUE(b.sent.empty());
}

TEST(RtpLeg, DirectionIsHonoured) {
  for (const Direction d : {Direction::kRecvOnly, Direction::kInactive, Direction::kSendOnly}) {
    Bench b;
    auto c = g711();
    c.direction = d;
    b.use(c);
    b.rtp();
    b.run(ms(100));
    EXPECT_EQ(b.sent_rtp().empty(), !sends(d));
    EXPECT_EQ(b.playout->seen.empty(), !receives(d));
    EXPECT_EQ(b.playout->pulls > 0, receives(d));
    EXPECT_EQ(b.stats().rx.packets, 1u);
    EXPECT_EQ(b.leg->send_digit('1', ms(100), ms(50), DtmfMode::kAuto, 1), sends(d));
  }
}

TEST(RtpLeg, ResumingFromHoldBeginsATalkspurtInTheSameTimeLine) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.run(ms(40));
  auto hold = g711();
  hold.direction = Direction::kInactive;
  b.use(hold);
  b.run(ms(1000));
  b.use(g711());
  EXPECT_EQ(b.playout->resets, 1);
  b.run(ms(20));
  const auto rtp = b.sent_rtp();
  ASSERT_EQ(rtp.size(), 3u);
  const auto before = parse_rtp(rtp[1].data())->header, after = parse_rtp(rtp[2].data())->header;
  EXPECT_TRUE(after.marker);
  EXPECT_EQ(after.timestamp - before.timestamp, 160u + 8000u);
  EXPECT_EQ(sequence_distance(before.sequence, after.sequence), 1);
}

TEST(RtpLeg, ExchangeGivesTheOldSetBackWithItsCoders) {
  Bench b;
  b.use(g711());
  auto c = g711();
  c.send = {9, CodecId::kG722};
  c.receive = {{9, CodecId::kG722}};
  b.use(c);
  ASSERT_TRUE(b.spare);
  EXPECT_EQ(b.spare->config().send.codec, CodecId::kPcmu);
  EXPECT_EQ(b.leg->rate(), 16000);
  EXPECT_EQ(static_cast<RtpCodecSet&>(*b.spare).coders.size(), 3u);
  EXPECT_EQ(b.playout->coders_.size(), 2u);
  b.run(ms(20));
  EXPECT_EQ(parse_rtp(b.sent_rtp().back().data())->header.payload_type, 9);
  std::unique_ptr<CodecSet> none;
  b.leg->exchange(b.now, none);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->config().send.codec, CodecId::kG722);
  EXPECT_EQ(b.leg->rate(), 8000);
  b.sent.clear();
  b.run(ms(2000));
  EXPECT_TRUE(b.sent.empty());
}

TEST(RtpLeg, FramesOfAnyRateAreSent) {
  for (const SampleRate rate : kSampleRates) {
    Bench b;
    b.use(g711());
    for (int i = 0; i < 20; ++i) b.tick(8000, rate);
    const auto rtp = b.sent_rtp();
    ASSERT_EQ(rtp.size(), 10u);
    const auto decoder = make_decoder(CodecId::kPcmu);
    std::int16_t out[1600];
    const auto view = parse_rtp(rtp.back().data());
    ASSERT_EQ(decoder->decode(view->payload, out), 160u);
    for (int i = 0; i < 160; ++i) EXPECT_NEAR(out[i], 8000, 300) << rate;
  }
}

TEST(RtpLeg, UnknownPayloadTypesAreCountedAndToldOnce) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.rtp(97);
  b.rtp(98);
  b.rtp();
  EXPECT_EQ(b.count(Kind::kUnknownPayloadType), 1u);
  EXPECT_EQ(b.event(Kind::kUnknownPayloadType)->value, 97);
  EXPECT_EQ(b.stats().rx.unknown_payload_type, 2u);
  EXPECT_EQ(b.stats().rx.lost, 0);  // of the stream they are all the same
  EXPECT_EQ(b.playout->seen.size(), 2u);
}

TEST(RtpLeg, GarbageIsCounted) {
  Bench b;
  b.use(g711());
  const std::uint8_t junk[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  b.leg->on_packet(Bench::datagram(b.from, b.now, junk));
  b.leg->on_packet(Bench::datagram(b.from, b.now, {}));
  b.leg->on_packet(Bench::datagram(b.rtcp_from, b.now, junk, Component::kRtcp));
  const std::uint8_t half[] = {0x81, 200, 0, 1, 0, 0, 0, 1};
  b.leg->on_packet(Bench::datagram(b.from, b.now, half));
  EXPECT_EQ(b.stats().rx.malformed, 4u);
  b.drain();
  EXPECT_TRUE(b.events.empty());
}

TEST(RtpLeg, OtherPacketTimesAreToldOnce) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 10; ++i) b.rtp();
  EXPECT_FALSE(b.event(Kind::kPtimeDiffers));
  for (int i = 0; i < 10; ++i) b.rtp(0, 240);
  EXPECT_EQ(b.count(Kind::kPtimeDiffers), 1u);
  EXPECT_EQ(b.event(Kind::kPtimeDiffers)->duration, ms(30));
  auto c = g711();
  c.peer_ptime = ms(30);
  b.use(c);
  for (int i = 0; i < 10; ++i) b.rtp(0, 240);
  EXPECT_EQ(b.count(Kind::kPtimeDiffers), 1u);
}

TEST(RtpLeg, StallsAndResumes) {
  RtpLegOptions options;
  options.stall_after = ms(500);
  Bench b(options);
  b.use(g711());
  b.now = at_ms(100);
  b.rtp();
  EXPECT_EQ(b.leg->next_timeout(), at_ms(600));
  b.run(ms(2000));
  ASSERT_EQ(b.count(Kind::kStalled), 1u);
  EXPECT_EQ(b.event(Kind::kStalled)->time, at_ms(600));
  EXPECT_EQ(b.event(Kind::kStalled)->duration, ms(500));
  b.rtp();
  ASSERT_TRUE(b.event(Kind::kResumed));
  EXPECT_EQ(b.event(Kind::kResumed)->duration, ms(2000));
  b.run(ms(600));
  EXPECT_EQ(b.count(Kind::kStalled), 2u);
}

TEST(RtpLeg, NothingAtAllIsAStallToo) {
  RtpLegOptions options;
  options.stall_after = ms(500);
  Bench b(options);
  b.use(g711());
  b.run(ms(600));
  ASSERT_TRUE(b.event(Kind::kStalled));
  b.rtp();
  EXPECT_TRUE(b.event(Kind::kFirstRtp));
  EXPECT_FALSE(b.event(Kind::kResumed));
}

TEST(RtpLeg, NoStallOnHoldNorInComfortNoise) {
  RtpLegOptions options;
  options.stall_after = ms(500);
  Bench b(options);
  b.use(g711());
  b.rtp();
  b.rtp(13, 1);  // comfort noise: the peer pauses
  b.run(ms(5000));
  EXPECT_FALSE(b.event(Kind::kStalled));
  b.rtp();
  auto hold = g711();
  hold.direction = Direction::kSendOnly;
  b.use(hold);
  b.run(ms(5000));
  EXPECT_FALSE(b.event(Kind::kStalled));
  b.use(g711());  // the clock starts anew
  b.run(ms(400));
  EXPECT_FALSE(b.event(Kind::kStalled));
  b.run(ms(200));
  EXPECT_TRUE(b.event(Kind::kStalled));
}

TEST(RtpLeg, AChangeOfSsrcLosesNothing) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 5; ++i, b.now += ms(20)) b.rtp();
  b.ssrc = 0x2000;
  b.sequence = 7;
  b.timestamp = 99;
  for (int i = 0; i < 5; ++i, b.now += ms(20)) b.rtp();
  EXPECT_EQ(b.count(Kind::kSsrcChanged), 1u);
  EXPECT_EQ(b.event(Kind::kSsrcChanged)->value, 0x2000);
  ASSERT_EQ(b.playout->seen.size(), 10u);
  EXPECT_EQ(b.playout->seen[5].sequence, 7);
  EXPECT_EQ(b.playout->seen[5].arrival, at_ms(100));  // its own, though it waited
  EXPECT_EQ(b.playout->seen[6].sequence, 8);
  EXPECT_EQ(b.playout->resets, 1);
  EXPECT_EQ(b.stats().rx.packets, 10u);
  EXPECT_EQ(b.stats().rx.lost, 0);
  EXPECT_EQ(b.stats().rx.ssrc, 0x2000u);
  EXPECT_EQ(b.stats().rx.ssrc_changes, 1u);
}

TEST(RtpLeg, StrayPacketsUpsetNothing) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 20; ++i, b.now += ms(20)) {
    b.rtp();
    if (i % 3 == 0) b.raw(0, static_cast<std::uint16_t>(i * 999), 5, 0x3000 + i, b.from);
    if (i % 5 == 0)
      b.raw(0, static_cast<std::uint16_t>(b.sequence + 20'000 + i), 5, b.ssrc, b.from);
  }
  EXPECT_EQ(b.playout->seen.size(), 20u);
  EXPECT_EQ(b.playout->resets, 0);
  EXPECT_EQ(b.stats().rx.ssrc_changes, 0u);
  EXPECT_EQ(b.stats().rx.lost, 0);
}

TEST(RtpLeg, TwoSourcesAtOnceDoNotAlternate) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 10; ++i, b.now += ms(20)) b.rtp();
  for (std::uint16_t i = 0; i < 50; ++i, b.now += ms(20)) {
    b.rtp();
    b.raw(0, i, i * 160u, 0x9999, b.from);
  }
  EXPECT_LE(b.stats().rx.ssrc_changes, 1u);
  EXPECT_GE(b.playout->seen.size(), 55u);
}

TEST(RtpLeg, SequenceRestartLosesNothing) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 5; ++i, b.now += ms(20)) b.rtp();
  b.sequence = 30'000;
  b.timestamp = 1;
  for (int i = 0; i < 5; ++i, b.now += ms(20)) b.rtp();
  EXPECT_EQ(b.playout->seen.size(), 10u);
  EXPECT_EQ(b.playout->resets, 1);
  EXPECT_FALSE(b.event(Kind::kSsrcChanged));
  EXPECT_EQ(b.stats().rx.lost, 0);
}

TEST(RtpLeg, CountsLossOverAChangeOfSource) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 10; ++i, b.now += ms(20)) {
    b.rtp();
    if (i % 2 == 0) ++b.sequence;  // five lost, the last of them with the old source
  }
  b.ssrc = 5;
  b.rtp();
  b.rtp();
  b.sequence += 3;
  b.rtp();
  EXPECT_EQ(b.stats().rx.lost, 5 + 3);
}

TEST(RtpLeg, DigitsAreHeardOnce) {
  Bench b;
  b.use(g711());
  b.rtp();
  for (int i = 1; i <= 7; ++i, b.now += ms(20)) {
    std::vector<std::uint8_t> payload(4);
    const bool end = i > 4;
    write_dtmf({7, end, 10, static_cast<std::uint16_t>(160 * std::min(i, 5))}, payload);
    b.raw(101, b.sequence++, b.timestamp, b.ssrc, b.from, payload);
  }
  ASSERT_EQ(b.count(Kind::kDigitReceived), 1u);
  const auto* digit = b.event(Kind::kDigitReceived);
  EXPECT_EQ(digit->digit, '7');
  EXPECT_EQ(digit->duration, ms(100));
  EXPECT_EQ(digit->mode, DtmfMode::kRfc4733);
  EXPECT_EQ(b.stats().rx.packets, 8u);
  EXPECT_EQ(b.playout->seen.size(), 1u);
}

TEST(RtpLeg, ALostEndIsATimeout) {
  Bench b;
  b.use(g711());
  std::vector<std::uint8_t> payload(4);
  write_dtmf({1, false, 10, 160}, payload);
  b.raw(101, b.sequence, b.timestamp, b.ssrc, b.from, payload);
  EXPECT_EQ(b.leg->next_timeout(), b.now + DtmfReceiver::kTimeout);
  b.run(ms(400));
  EXPECT_EQ(b.count(Kind::kDigitReceived), 1u);
}

TEST(RtpLeg, DigitsReplaceTheAudioAndTimeGoesOn) {
  Bench b;
  b.use(g711());
  b.run(ms(50));  // in the middle of a packet
  ASSERT_TRUE(b.leg->send_digit('1', ms(60), ms(60), DtmfMode::kAuto, 3));
  ASSERT_TRUE(b.leg->send_digit('2', ms(60), ms(60), DtmfMode::kRfc4733, 3));
  b.run(ms(450));
  std::uint32_t audio_time = 0;
  std::string events;
  std::uint16_t sequence = parse_rtp(b.sent_rtp()[0].data())->header.sequence;
  const std::uint32_t start = parse_rtp(b.sent_rtp()[0].data())->header.timestamp;
  for (const auto& p : b.sent_rtp()) {
    const auto view = parse_rtp(p.data());
    EXPECT_EQ(view->header.sequence, sequence++);
    if (view->header.payload_type == 101) {
      events += std::to_string(view->payload[0]);
      if (view->header.marker) {
        EXPECT_EQ(view->header.timestamp - start, audio_time) << "in line behind the audio";
        audio_time += 480;  // what the event takes
      }
    } else {
      EXPECT_EQ(view->header.timestamp - start, audio_time);
      audio_time += 160;
    }
  }
  EXPECT_EQ(events, "1111122222");
  EXPECT_EQ(audio_time, 4000u);
  ASSERT_EQ(b.count(Kind::kDigitSent), 2u);
  EXPECT_EQ(b.event(Kind::kDigitSent)->mode, DtmfMode::kRfc4733);
  ASSERT_EQ(b.count(Kind::kDigitsDone), 1u);
  EXPECT_EQ(b.event(Kind::kDigitsDone)->id, 3u);
  EXPECT_GT(b.event(Kind::kDigitsDone)->time, b.event(Kind::kDigitSent)->time);
}

TEST(RtpLeg, DigitsGoInBandWhenEventsWereNotNegotiated) {
  Bench b;
  auto c = g711();
  c.events_send.reset();
  b.use(c);
  EXPECT_FALSE(b.leg->send_digit('5', ms(100), ms(50), DtmfMode::kRfc4733, 1));
  EXPECT_FALSE(b.leg->send_digit('5', ms(100), ms(50), DtmfMode::kInfo, 1));
  ASSERT_TRUE(b.leg->send_digit('5', ms(100), ms(50), DtmfMode::kAuto, 1));
  b.run(ms(300));
  EXPECT_EQ(b.event(Kind::kDigitSent)->mode, DtmfMode::kInband);
  EXPECT_EQ(b.sent_rtp().size(), 15u);  // tones are audio
  const auto decoder = make_decoder(CodecId::kPcmu);
  std::int16_t out[1600];
  decoder->decode(parse_rtp(b.sent_rtp()[2].data())->payload, out);
  EXPECT_GT(*std::max_element(out, out + 160), 15000);
  decoder->decode(parse_rtp(b.sent_rtp()[6].data())->payload, out);
  EXPECT_EQ(*std::max_element(out, out + 160), 0);
}

// RTCP.

struct Reports final : RtcpVisitor {
  std::vector<RtcpReportBlock> blocks;
  std::vector<RtcpSenderInfo> senders;
  std::vector<std::string> names;
  int byes = 0;
  explicit Reports(const Packet& p) { EXPECT_TRUE(parse_rtcp(p.data(), *this)); }
  void report(std::uint32_t, const RtcpSenderInfo* s) override {
    if (s) senders.push_back(*s);
  }
  void block(std::uint32_t, const RtcpReportBlock& b) override { blocks.push_back(b); }
  void cname(std::uint32_t, std::string_view t) override { names.emplace_back(t); }
  void bye(std::uint32_t, std::string_view) override { ++byes; }
};

TEST(RtpLegRtcp, ReportsEarlyAndThenEachFewSeconds) {
  Bench b;
  b.use(g711());
  for (int i = 0; i < 1000; ++i) {
    if (i % 2 == 0 && i % 20 != 18) b.rtp();
    if (i % 20 == 18) ++b.sequence, b.timestamp += 160;  // one in ten is lost
    b.tick();
  }
  const auto rtcp = b.sent_rtcp();
  ASSERT_GE(rtcp.size(), 2u);
  ASSERT_LE(rtcp.size(), 5u);
  EXPECT_NEAR(to_ms(rtcp[0].time - at_ms(0)), 1000, 111);
  for (const auto& p : rtcp) {
    EXPECT_EQ(p.component, Component::kRtcp);
    EXPECT_EQ(p.peer, address("10.0.0.2:4001"));
    const Reports r(p);
    ASSERT_EQ(r.senders.size(), 1u);
    ASSERT_EQ(r.blocks.size(), 1u);
    EXPECT_EQ(r.blocks[0].ssrc, b.ssrc);
    EXPECT_NEAR(r.blocks[0].reception.fraction_lost, 25.6, 6);
    EXPECT_FALSE(r.names.at(0).empty());
    EXPECT_EQ(r.byes, 0);
  }
  const Reports first(rtcp[0]);
  EXPECT_EQ(first.senders[0].octets, first.senders[0].packets * 160);
  EXPECT_EQ(first.senders[0].ntp, ntp_time(rtcp[0].time));
  // The report's own timestamp lies on the line of the audio's.
  const auto audio = parse_rtp(b.sent_rtp()[0].data());
  EXPECT_EQ(first.senders[0].rtp_timestamp - audio->header.timestamp,
            to_clock(rtcp[0].time - at_ms(0), 8000));
}

TEST(RtpLegRtcp, WhoDoesNotSendReportsAsAReceiver) {
  Bench b;
  auto c = g711();
  c.direction = Direction::kRecvOnly;
  b.use(c);
  b.rtp();
  b.run(ms(1200));
  ASSERT_EQ(b.sent_rtcp().size(), 1u);
  const Reports r(b.sent_rtcp()[0]);
  EXPECT_TRUE(r.senders.empty());
  EXPECT_EQ(r.blocks.size(), 1u);
}

TEST(RtpLegRtcp, MuxedReportsGoTheWayOfTheAudio) {
  Bench b;
  auto c = g711();
  c.rtcp_mux = true;
  b.use(c);
  b.from = address("192.0.2.1:7000");
  b.rtp();
  b.run(ms(1200));
  ASSERT_EQ(b.sent_rtcp().size(), 1u);
  EXPECT_EQ(b.sent_rtcp()[0].component, Component::kRtp);
  EXPECT_EQ(b.sent_rtcp()[0].peer, b.from);
}

RtcpCompound about(const Bench& b, std::uint32_t highest) {
  RtcpCompound c;
  c.ssrc = b.ssrc;
  c.block = RtcpReportBlock{b.stats().tx.ssrc, {64, 10, highest, 80}, 0, 0};
  return c;
}

TEST(RtpLegRtcp, HeardByPeer) {
  Bench b;
  b.use(g711());
  b.run(ms(500));
  EXPECT_FALSE(b.stats().tx.heard_by_peer);
  RtcpCompound empty;
  empty.ssrc = b.ssrc;
  b.rtcp(empty);  // too early to mean anything
  EXPECT_FALSE(b.stats().tx.heard_by_peer);
  b.run(ms(2000));
  b.rtcp(empty);
  ASSERT_TRUE(b.stats().tx.heard_by_peer.has_value());
  EXPECT_FALSE(*b.stats().tx.heard_by_peer);
  b.rtcp(about(b, b.stats().tx.first_sequence + 40));
  EXPECT_TRUE(*b.stats().tx.heard_by_peer);
  b.rtcp(empty);  // it heard us once
  EXPECT_TRUE(*b.stats().tx.heard_by_peer);
  ASSERT_EQ(b.count(Kind::kPeerReport), 1u);
  const auto tx = b.stats().tx;
  EXPECT_EQ(tx.reports, 1u);
  EXPECT_EQ(tx.reported_lost, 10);
  EXPECT_DOUBLE_EQ(tx.reported_fraction_lost, 0.25);
  EXPECT_EQ(tx.reported_jitter, ms(10));
  EXPECT_EQ(tx.reported_highest, tx.first_sequence + 40);
}

TEST(RtpLegRtcp, AReportOfOtherSequencesIsNoProof) {
  Bench b;
  b.use(g711());
  b.run(ms(3000));
  b.rtcp(about(b, b.stats().tx.first_sequence + 30'000));
  EXPECT_FALSE(b.stats().tx.heard_by_peer.value());
  b.rtcp(about(b, (5u << 16) + b.stats().tx.first_sequence + 3));  // cycles are the peer's own
  EXPECT_TRUE(b.stats().tx.heard_by_peer.value());
}

TEST(RtpLegRtcp, OurOwnWordsEchoedAreNoReport) {
  Bench b;
  b.use(g711());
  b.run(ms(3000));
  auto echo = about(b, b.stats().tx.first_sequence + 3);
  echo.ssrc = b.stats().tx.ssrc;
  echo.bye = true;
  b.rtcp(echo);
  EXPECT_FALSE(b.stats().tx.heard_by_peer);
  EXPECT_FALSE(b.event(Kind::kRtcpBye));
  EXPECT_EQ(b.stats().tx.reports, 0u);
}

TEST(RtpLegRtcp, RoundTripBothWays) {
  Bench b;
  b.use(g711());
  b.rtp();
  RtcpCompound sr;
  sr.ssrc = b.ssrc;
  sr.sender = RtcpSenderInfo{0x1122334455667788, 1, 1, 1};
  b.rtcp(sr);
  b.run(ms(1200));
  const Packet ours = b.sent_rtcp().at(0);
  const Reports r(ours);
  EXPECT_EQ(r.blocks.at(0).last_sr, 0x33445566u);
  EXPECT_NEAR(r.blocks[0].delay_since_last_sr / 65536.0, to_ms(ours.time - at_ms(0)) / 1000, 1e-4);
  // The peer answers our report after 300 ms; each way took 40.
  RtcpCompound answer = about(b, b.stats().tx.first_sequence);
  answer.block->last_sr = ntp_middle(r.senders.at(0).ntp);
  answer.block->delay_since_last_sr = static_cast<std::uint32_t>(0.3 * 65536);
  b.now = ours.time + ms(380);
  b.rtcp(answer);
  ASSERT_TRUE(b.stats().tx.rtt);
  EXPECT_NEAR(to_ms(*b.stats().tx.rtt), 80, 0.1);
}

TEST(RtpLegRtcp, StrangersReportNothing) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.run(ms(500));
  b.rtcp_from = address("192.0.2.66:4001");
  auto c = about(b, b.stats().tx.first_sequence);
  c.bye = true;
  b.rtcp(c);
  EXPECT_EQ(b.stats().tx.reports, 0u);
  EXPECT_FALSE(b.event(Kind::kRtcpBye));
  EXPECT_EQ(b.stats().rx.stranger, 1u);
}

TEST(RtpLegRtcp, CloseSaysGoodbyeOnce) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.run(ms(100));
  b.sent.clear();
  b.leg->close(b.now);
  b.leg->close(b.now);
  b.drain();
  ASSERT_EQ(b.sent.size(), 1u);
  const Reports r(b.sent[0]);
  EXPECT_EQ(r.senders.size(), 1u);
  EXPECT_EQ(r.blocks.size(), 1u);
  EXPECT_EQ(r.byes, 1);
  EXPECT_EQ(b.leg->next_timeout(), kNever);
  b.run(ms(1000));
  EXPECT_EQ(b.sent.size(), 1u);
  // The peer's last report still counts.
  b.rtcp(about(b, b.stats().tx.first_sequence));
  EXPECT_TRUE(b.stats().tx.heard_by_peer.value());
}

TEST(RtpLegRtcp, AByeIsAnsweredWithAReport) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.run(ms(300));
  b.sent.clear();
  RtcpCompound bye;
  bye.ssrc = b.ssrc;
  bye.bye = true;
  b.rtcp(bye);
  EXPECT_TRUE(b.event(Kind::kRtcpBye));
  b.tick();
  ASSERT_EQ(b.sent_rtcp().size(), 1u);
  EXPECT_EQ(Reports(b.sent_rtcp()[0]).blocks.size(), 1u);
}

TEST(RtpLeg, AllocatesNothingOnceItRuns) {
  Bench b;
  b.use(g711());
  b.rtp();
  b.events.reserve(1000);
  b.sent.reserve(10'000);
  b.tick();
  std::vector<std::uint8_t> event(4), report(RtcpCompound::kMaxSize);
  std::vector<Packet> in;
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bytes(RtpHeader::kSize + 160);
    const bool digit = i % 200 > 180;
    const std::uint32_t ssrc = i < 1000 ? 1 : 2;
    write_rtp_header({std::uint8_t(digit         ? 101
                                   : i % 50 == 0 ? 77
                                                 : 0),
                      false, std::uint16_t(i + 60'000), static_cast<std::uint32_t>(160 * i), ssrc},
                     bytes);
    in.push_back(Bench::datagram(i % 100 == 99 ? b.rtcp_from : b.from, at_ms(20 * i), bytes));
  }
  RtcpCompound c = about(b, 1);
  report.resize(write_rtcp(c, report));
  const Packet rtcp = Bench::datagram(b.rtcp_from, at_ms(0), report, Component::kRtcp);
  auto next = make_codec_set(g711(), {}).value();
  AllocationCounter counter;
  for (int i = 0; i < 2000; ++i) {
    b.leg->on_packet(in[static_cast<std::size_t>(i)]);
    if (i % 100 == 0) b.leg->on_packet(rtcp);
    if (i % 100 == 50)
      b.leg->send_digit('1', ms(100), ms(50), i % 200 == 50 ? DtmfMode::kAuto : DtmfMode::kInband,
                        1);
    if (i == 1500) b.leg->exchange(b.now, next);
    b.tick(100, 48000);
    b.tick(100, 8000);
  }
  b.leg->close(b.now);
  MediaStats s;
  b.leg->stats(s);
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_GT(s.tx.packets, 1900u);
}

TEST(CodecSet, RateIsTheHighestAndPacketTimesAreThoseOfTheCodec) {
  auto c = g711();
  c.receive.push_back({111, CodecId::kOpus});
  auto set = make_codec_set(c, {});
  ASSERT_TRUE(set);
  EXPECT_EQ((*set)->rate(), 48000);
  EXPECT_EQ((*set)->config().receive.size(), 3u);
  const struct {
    CodecId codec;
    int asked, made;
  } cases[] = {{CodecId::kPcmu, 25, 20}, {CodecId::kPcmu, 5, 10},   {CodecId::kPcmu, 500, 200},
               {CodecId::kOpus, 30, 20}, {CodecId::kOpus, 100, 60}, {CodecId::kOpus, 5, 10},
               {CodecId::kG722, 30, 30}};
  for (const auto& t : cases) {
    c.send = {96, t.codec};
    c.ptime = ms(t.asked);
    EXPECT_EQ(static_cast<RtpCodecSet&>(*make_codec_set(c, {}).value()).ptime, ms(t.made));
  }
}

}  // namespace
}  // namespace lineman::testing
