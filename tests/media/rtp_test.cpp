#include "rtp.h"

#include <gtest/gtest.h>

#include <vector>

namespace lineman {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Fate = RtpSource::Fate;

Bytes header(std::uint8_t first = 0x80) {
  return {first, 0x80 | 8, 0x12, 0x34, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe};
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes payload_of(const Bytes& packet) {
  const auto view = parse_rtp(packet);
  if (!view) return {0xde, 0xad};
  return Bytes(view->payload.begin(), view->payload.end());
}

TEST(Rtp, WritesWhatItReads) {
  const RtpHeader h{101, true, 0xffff, 0xfffffffe, 0x80000001};
  Bytes bytes(RtpHeader::kSize);
  write_rtp_header(h, bytes);
  const auto view = parse_rtp(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header.payload_type, 101);
  EXPECT_TRUE(view->header.marker);
  EXPECT_EQ(view->header.sequence, 0xffff);
  EXPECT_EQ(view->header.timestamp, 0xfffffffe);
  EXPECT_EQ(view->header.ssrc, 0x80000001);
  EXPECT_TRUE(view->payload.empty());
}

TEST(Rtp, ReadsEveryField) {
  const auto bytes = header() + Bytes{9, 9};
  const auto view = parse_rtp(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header.payload_type, 8);
  EXPECT_EQ(view->header.sequence, 0x1234);
  EXPECT_EQ(view->header.timestamp, 0x01020304u);
  EXPECT_EQ(view->header.ssrc, 0xcafebabeu);
  EXPECT_EQ(payload_of(bytes), (Bytes{9, 9}));
}

TEST(Rtp, SkipsCsrcExtensionAndPadding) {
  EXPECT_EQ(payload_of(header(0x82) + Bytes{0, 0, 0, 1, 0, 0, 0, 2, 7}), (Bytes{7}));
  EXPECT_EQ(payload_of(header(0x90) + Bytes{0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7}), (Bytes{7}));
  EXPECT_EQ(payload_of(header(0x90) + Bytes{0xbe, 0xde, 0, 0, 7}), (Bytes{7}));
  EXPECT_EQ(payload_of(header(0xa0) + Bytes{7, 0, 0, 3}), (Bytes{7}));
  EXPECT_EQ(payload_of(header(0xb1) + Bytes{0, 0, 0, 1, 0, 0, 0, 1, 5, 5, 5, 5, 7, 8, 0, 2}),
            (Bytes{7, 8}));
  EXPECT_EQ(payload_of(header(0xa0) + Bytes{0, 0, 0, 4}), Bytes{});  // nothing but padding
}

TEST(Rtp, RefusesWhatDoesNotFit) {
  const Bytes bad[] = {
      {},
      Bytes(11, 0x80),
      header(0x40),                                  // version 1
      header(0xc0),                                  // version 3
      header(0x81),                                  // a CSRC that is not there
      header(0x90),                                  // an extension that is not there
      header(0x90) + Bytes{0, 0, 0},                 // half of its header
      header(0x90) + Bytes{0, 0, 0, 2, 1, 2, 3, 4},  // longer than the packet
      header(0x90) + Bytes{0, 0, 0xff, 0xff},        //
      header(0xa0),                                  // the padding count would be the SSRC's
      header(0xa0) + Bytes{1, 0},                    // padding of none
      header(0xa0) + Bytes{1, 3},                    // more than there is
      header(0xa1) + Bytes{0, 0, 0, 5},              // padding inside the CSRC list
  };
  for (const auto& bytes : bad) EXPECT_FALSE(parse_rtp(bytes)) << testing::PrintToString(bytes);
}

TEST(Rtp, TellsRtcpOnTheSamePort) {
  EXPECT_TRUE(looks_like_rtcp(Bytes{0x80, 200}));
  EXPECT_TRUE(looks_like_rtcp(Bytes{0x81, 207}));
  EXPECT_FALSE(looks_like_rtcp(Bytes{0x80, 0}));
  EXPECT_FALSE(looks_like_rtcp(Bytes{0x80, 0x80 | 101}));  // marker and telephone-event
  EXPECT_FALSE(looks_like_rtcp(Bytes{0x00, 200}));
  EXPECT_FALSE(looks_like_rtcp(Bytes{0x80}));
}

TEST(Rtp, ArithmeticWraps) {
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(0, 65535), -1);
  EXPECT_EQ(timestamp_distance(0xffffffff, 159), 160);
  EXPECT_EQ(to_clock(std::chrono::milliseconds(20), 8000), 160);
  EXPECT_EQ(to_clock(std::chrono::hours(24 * 365 * 50), 48000), 48000ll * 3600 * 24 * 365 * 50);
  EXPECT_EQ(from_clock(480, 48000), std::chrono::milliseconds(10));
}

TEST(RtpSource, CountsLossAndExtendsTheSequence) {
  RtpSource s;
  s.start(1, 65533);
  EXPECT_EQ(s.lost(), 0);
  EXPECT_EQ(s.update(65534), Fate::kNext);
  EXPECT_EQ(s.update(1), Fate::kGap);  // 65535 and 0 are missing
  EXPECT_EQ(s.extended_highest(), 65536u + 1);
  EXPECT_EQ(s.lost(), 2);
  EXPECT_EQ(s.update(65535), Fate::kReordered);
  EXPECT_EQ(s.lost(), 1);
  EXPECT_EQ(s.update(65535), Fate::kDuplicate);
  EXPECT_EQ(s.update(1), Fate::kDuplicate);
  EXPECT_EQ(s.lost(), -1);  // A.3: duplicates count as received
  EXPECT_EQ(s.extended_highest(), 65536u + 1);
}

TEST(RtpSource, WindowTellsReorderedFromDuplicateUpToMaxMisorder) {
  RtpSource s;
  s.start(1, 1000);
  EXPECT_EQ(s.update(1099), Fate::kGap);
  for (int seq = 1001; seq < 1099; ++seq) {
    EXPECT_EQ(s.update(static_cast<std::uint16_t>(seq)), Fate::kReordered) << seq;
    EXPECT_EQ(s.update(static_cast<std::uint16_t>(seq)), Fate::kDuplicate) << seq;
  }
  EXPECT_EQ(s.update(1000), Fate::kDuplicate);
  EXPECT_EQ(s.update(999), Fate::kJump);
}

TEST(RtpSource, JumpsAreNotTaken) {
  RtpSource s;
  s.start(1, 100);
  EXPECT_EQ(s.update(100 + RtpSource::kMaxDropout), Fate::kJump);
  EXPECT_EQ(s.update(40000), Fate::kJump);
  EXPECT_EQ(s.update(100 - RtpSource::kMaxMisorder), Fate::kJump);
  EXPECT_EQ(s.newest(), 100);
  EXPECT_EQ(s.lost(), 0);
  EXPECT_EQ(s.update(100 + RtpSource::kMaxDropout - 1), Fate::kGap);
  EXPECT_EQ(s.lost(), RtpSource::kMaxDropout - 2);
}

TEST(RtpSource, ReportsFractionOfTheIntervalOnly) {
  RtpSource s;
  s.start(1, 0);
  for (int i = 1; i < 100; ++i) s.update(static_cast<std::uint16_t>(i));
  EXPECT_EQ(s.report().fraction_lost, 0);
  for (int i = 100; i < 200; i += 2) s.update(static_cast<std::uint16_t>(i));
  const auto r = s.report();
  EXPECT_EQ(r.highest, 198u);
  EXPECT_EQ(r.lost, 49);
  EXPECT_EQ(r.fraction_lost, 49 * 256 / 99);
  EXPECT_EQ(s.report().fraction_lost, 0);
}

// Appendix A.8 by hand: transit differences of 8, 0, 16 units at 8 kHz.
TEST(RtpSource, JitterIsThatOfAppendixA8) {
  RtpSource s;
  s.start(1, 0);
  const double at_ms[] = {0, 21, 41, 59};  // of packets each 20 ms
  std::uint32_t timestamp = 0xffffff00;
  for (double ms : at_ms) {
    s.arrived(TimePoint(from_ms(ms)), timestamp, 8000);
    timestamp += 160;
  }
  std::int64_t j = 0;
  for (int d : {8, 0, 16}) j += d - ((j + 8) >> 4);
  EXPECT_EQ(s.report().jitter, static_cast<std::uint32_t>(j >> 4));
  EXPECT_EQ(s.jitter(), from_clock(j >> 4, 8000));
}

TEST(RtpSource, SteadyJitterConvergesToTheMeanDifference) {
  RtpSource s;
  s.start(1, 0);
  for (int i = 0; i < 1000; ++i) {  // alternately 0 and 5 ms late
    s.arrived(TimePoint(from_ms(20 * i + (i % 2 ? 5 : 0))), static_cast<std::uint32_t>(960 * i),
              48000);
  }
  EXPECT_NEAR(to_ms(s.jitter()), 5, 0.05);
}

}  // namespace
}  // namespace lineman
