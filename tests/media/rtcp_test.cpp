#include "rtcp.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lineman {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Seen : RtcpVisitor {
  std::vector<std::uint32_t> reporters, byes;
  std::vector<RtcpSenderInfo> senders;
  std::vector<RtcpReportBlock> blocks;
  std::vector<std::string> names, reasons;
  void report(std::uint32_t ssrc, const RtcpSenderInfo* s) override {
    reporters.push_back(ssrc);
    if (s) senders.push_back(*s);
  }
  void block(std::uint32_t, const RtcpReportBlock& b) override { blocks.push_back(b); }
  void cname(std::uint32_t, std::string_view text) override { names.emplace_back(text); }
  void bye(std::uint32_t ssrc, std::string_view reason) override {
    byes.push_back(ssrc);
    reasons.emplace_back(reason);
  }
  bool nothing() const { return reporters.empty() && byes.empty() && names.empty(); }
};

Bytes written(const RtcpCompound& compound) {
  Bytes bytes(RtcpCompound::kMaxSize);
  bytes.resize(write_rtcp(compound, bytes));
  return bytes;
}

RtcpCompound full() {
  RtcpCompound c;
  c.ssrc = 0x11223344;
  c.sender = RtcpSenderInfo{0x0123456789abcdef, 0xfedcba98, 1000, 160000};
  c.block = RtcpReportBlock{0x55667788, {51, -3, 70000, 17}, 0xaabbccdd, 65536};
  c.cname = "u@h";
  c.bye = true;
  c.bye_reason = "bye bye";
  return c;
}

TEST(Rtcp, WritesWhatItReads) {
  const Bytes bytes = written(full());
  EXPECT_EQ(bytes.size() % 4, 0u);
  Seen seen;
  ASSERT_TRUE(parse_rtcp(bytes, seen));
  EXPECT_EQ(seen.reporters, std::vector<std::uint32_t>{0x11223344});
  ASSERT_EQ(seen.senders.size(), 1u);
  EXPECT_EQ(seen.senders[0].ntp, 0x0123456789abcdefu);
  EXPECT_EQ(seen.senders[0].rtp_timestamp, 0xfedcba98u);
  EXPECT_EQ(seen.senders[0].packets, 1000u);
  EXPECT_EQ(seen.senders[0].octets, 160000u);
  ASSERT_EQ(seen.blocks.size(), 1u);
  EXPECT_EQ(seen.blocks[0].ssrc, 0x55667788u);
  EXPECT_EQ(seen.blocks[0].reception.fraction_lost, 51);
  EXPECT_EQ(seen.blocks[0].reception.lost, -3);
  EXPECT_EQ(seen.blocks[0].reception.highest, 70000u);
  EXPECT_EQ(seen.blocks[0].reception.jitter, 17u);
  EXPECT_EQ(seen.blocks[0].last_sr, 0xaabbccddu);
  EXPECT_EQ(seen.blocks[0].delay_since_last_sr, 65536u);
  EXPECT_EQ(seen.names, std::vector<std::string>{"u@h"});
  EXPECT_EQ(seen.byes, std::vector<std::uint32_t>{0x11223344});
  EXPECT_EQ(seen.reasons, std::vector<std::string>{"bye bye"});
}

TEST(Rtcp, EveryTextLengthIsPaddedRight) {
  for (std::size_t n = 0; n <= 300; ++n) {
    const std::string text(n, 'x');
    RtcpCompound c;
    c.ssrc = 1;
    c.cname = text;
    c.bye = true;
    c.bye_reason = text;
    const Bytes bytes = written(c);
    ASSERT_EQ(bytes.size() % 4, 0u) << n;
    Seen seen;
    ASSERT_TRUE(parse_rtcp(bytes, seen)) << n;
    ASSERT_EQ(seen.names.at(0).size(), std::min<std::size_t>(n, 255));
    ASSERT_EQ(seen.reasons.at(0).size(), std::min<std::size_t>(n, 255));
  }
}

TEST(Rtcp, EveryCutIsRefusedOrHarmless) {
  const Bytes bytes = written(full());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    Seen seen;
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    const bool whole_packets = n == 52 || n == 68;  // behind the SR, behind the SDES
    EXPECT_EQ(parse_rtcp(cut, seen), whole_packets) << n;
    EXPECT_NE(seen.nothing(), whole_packets) << n;
  }
}

TEST(Rtcp, SkipsWhatItDoesNotKnow) {
  RtcpCompound rr;
  rr.ssrc = 7;
  Bytes bytes = written(rr);
  const Bytes app = {0x80, 204, 0, 2, 0, 0, 0, 7, 'n', 'a', 'm', 'e'};
  bytes.insert(bytes.end(), app.begin(), app.end());
  const Bytes bye = {0x82, 203, 0, 2, 0, 0, 0, 7, 0, 0, 0, 8};
  bytes.insert(bytes.end(), bye.begin(), bye.end());
  Seen seen;
  ASSERT_TRUE(parse_rtcp(bytes, seen));
  EXPECT_EQ(seen.byes, (std::vector<std::uint32_t>{7, 8}));
  EXPECT_EQ(seen.reasons[0], "");
}

TEST(Rtcp, RefusesHostileLengths) {
  const Bytes bad[] = {
      {},
      {0x80, 201, 0},
      {0x00, 201, 0, 1, 0, 0, 0, 1},                               // version 0
      {0x81, 201, 0, 1, 0, 0, 0, 1},                               // a block that is not there
      {0x80, 200, 0, 1, 0, 0, 0, 1},                               // an SR without sender info
      {0x80, 201, 0, 0},                                           // an RR without SSRC
      {0x80, 201, 0xff, 0xff, 0, 0, 0, 1},                         // longer than the datagram
      {0x82, 203, 0, 1, 0, 0, 0, 1},                               // two sources, room for one
      {0xa0, 201, 0, 1, 0, 0, 0, 8},                               // padding over the header
      {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0},                   // padding of none
      {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 203, 0, 0},  // padding before the last
      {0x80, 0, 0, 1, 0, 0, 0, 1},                                 // RTP
  };
  for (const auto& bytes : bad) {
    Seen seen;
    EXPECT_FALSE(parse_rtcp(bytes, seen)) << testing::PrintToString(bytes);
    EXPECT_TRUE(seen.nothing());
  }
  Seen seen;  // an item and a reason that run over their packet's end: the rest still counts
  EXPECT_TRUE(parse_rtcp(Bytes{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'a', 'b'}, seen));
  EXPECT_TRUE(parse_rtcp(Bytes{0x81, 203, 0, 2, 0, 0, 0, 9, 200, 'a', 'b', 'c'}, seen));
  EXPECT_TRUE(seen.names.empty());
  EXPECT_EQ(seen.byes, std::vector<std::uint32_t>{9});
  EXPECT_EQ(seen.reasons[0], "");
}

TEST(Rtcp, SeveralSdesChunks) {
  const Bytes bytes = {0x82, 202, 0,   6, 0, 0, 0,   1,   2,   1, 'n', 1,
                       2,    'a', 'b', 0,  // NAME, CNAME, end
                       0,    0,   0,   2, 1, 3, 'x', 'y', 'z', 0, 0,   0};
  Seen seen;
  ASSERT_TRUE(parse_rtcp(bytes, seen));
  EXPECT_EQ(seen.names, (std::vector<std::string>{"ab", "xyz"}));
}

TEST(Rtcp, NtpOfTime) {
  EXPECT_EQ(ntp_time(TimePoint{}), std::uint64_t{2208988800} << 32);
  const auto t = TimePoint(std::chrono::milliseconds(1500));
  EXPECT_EQ(ntp_time(t), (std::uint64_t{2208988801} << 32) + 0x80000000u);
  EXPECT_EQ(ntp_middle(ntp_time(t)), (2208988801u & 0xffff) << 16 | 0x8000);
}

TEST(Rtcp, RoundTrip) {
  const TimePoint sent(std::chrono::seconds(100));
  RtcpReportBlock b;
  EXPECT_FALSE(round_trip(b, sent));  // the peer saw no SR of ours
  b.last_sr = ntp_middle(ntp_time(sent));
  b.delay_since_last_sr = 2 << 16;  // it waited two seconds
  const auto rtt = round_trip(b, sent + from_ms(2123.4));
  ASSERT_TRUE(rtt);
  EXPECT_NEAR(to_ms(*rtt), 123.4, 0.05);
  EXPECT_FALSE(round_trip(b, sent + from_ms(1000)));  // answered before it was asked
  EXPECT_EQ(round_trip(b, sent + from_ms(1999.9)), Duration{});
}

TEST(RtcpSchedule, FirstIsEarlyThenFiveSecondsOrSo) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RtcpSchedule s(seed);
    EXPECT_EQ(s.next(), kNever);
    const TimePoint start(std::chrono::seconds(7));
    s.start(start);
    EXPECT_GE(to_ms(s.next() - start), 900);
    EXPECT_LE(to_ms(s.next() - start), 1100);
    const TimePoint first = s.next();
    s.start(start + from_ms(500));  // is running
    EXPECT_EQ(s.next(), first);
    s.sent(first);
    const double interval = to_ms(s.next() - first);
    EXPECT_GE(interval, 2500 / 1.21829);
    EXPECT_LE(interval, 7500 / 1.21828);
    sum += interval;
  }
  EXPECT_NEAR(sum / 200, 5000 / 1.21828, 200);
}

}  // namespace
}  // namespace lineman
