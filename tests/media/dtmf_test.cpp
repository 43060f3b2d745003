#include "dtmf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "bytes.h"

namespace lineman {
namespace {

using Kind = MediaEvent::Kind;
constexpr Duration ms(int n) { return std::chrono::milliseconds(n); }

// Runs a sender frame by frame; packets with the frame that they left behind.
struct Line {
  struct Sent {
    int frame;
    DtmfPacket packet;
  };
  DtmfSender sender;
  int clock;
  std::uint32_t timestamp = 5000;
  int frame = 0;
  std::vector<Sent> sent;
  std::vector<MediaEvent> events;
  std::string carriers;  // a letter a frame: . audio, e event, t tones

  explicit Line(int clock_rate = 8000, Duration ptime = ms(20)) : clock(clock_rate) {
    sender.use(EventPayloadType{101, clock}, ptime);
  }
  void run(int frames) {
    for (; frames > 0; --frames, ++frame) {
      const auto c = sender.frame(timestamp, frame % 2 == 0);
      carriers += c == DtmfSender::Carrier::kAudio   ? '.'
                  : c == DtmfSender::Carrier::kEvent ? 'e'
                                                     : 't';
      if (c == DtmfSender::Carrier::kTones) {
        AudioFrame f;
        sender.tones(f);
      }
      for (DtmfPacket p; sender.next_packet(p);) sent.push_back({frame, p});
      for (MediaEvent e; sender.next_event(e);) events.push_back(e);
      timestamp += static_cast<std::uint32_t>(clock / 100);
    }
  }
};

TEST(Dtmf, EventCodes) {
  const std::string digits = "0123456789*#ABCD";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    EXPECT_EQ(dtmf_event(digits[i]), i);
    EXPECT_EQ(dtmf_digit(static_cast<std::uint8_t>(i)), digits[i]);
  }
  EXPECT_EQ(dtmf_event('d'), 15);
  for (char c : {'E', 'w', ' ', '\0', ','}) EXPECT_FALSE(dtmf_event(c));
}

TEST(Dtmf, Payload) {
  std::uint8_t bytes[4];
  write_dtmf({11, true, 63, 0xabcd}, bytes);
  EXPECT_EQ(bytes[1], 0x80 | 63);
  const auto p = parse_dtmf(bytes);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->event, 11);
  EXPECT_TRUE(p->end);
  EXPECT_EQ(p->volume, 63);
  EXPECT_EQ(p->duration, 0xabcd);
  EXPECT_FALSE(parse_dtmf(std::span(bytes, 3)));
}

TEST(DtmfSender, OneDigit) {
  Line line;
  ASSERT_TRUE(line.sender.queue('5', ms(100), ms(50), DtmfMode::kAuto, 9));
  line.run(30);
  ASSERT_EQ(line.sent.size(), 7u);  // four updates, three ends
  for (std::size_t i = 0; i < line.sent.size(); ++i) {
    const auto& p = line.sent[i].packet;
    EXPECT_EQ(p.timestamp, 5000u);
    EXPECT_EQ(p.payload_type, 101);
    EXPECT_EQ(p.payload.event, 5);
    EXPECT_EQ(p.marker, i == 0);
    EXPECT_EQ(p.payload.end, i >= 4);
    EXPECT_EQ(p.payload.duration, std::min<std::size_t>(i + 1, 5) * 160);
    EXPECT_EQ(line.sent[i].frame, static_cast<int>(2 * i + 1));
  }
  EXPECT_EQ(line.carriers, "eeeeeeeeee" + std::string(20, '.'));
  ASSERT_EQ(line.events.size(), 2u);
  EXPECT_EQ(line.events[0].kind, Kind::kDigitSent);
  EXPECT_EQ(line.events[0].digit, '5');
  EXPECT_EQ(line.events[0].mode, DtmfMode::kRfc4733);
  EXPECT_EQ(line.events[0].duration, ms(100));
  EXPECT_EQ(line.events[1].kind, Kind::kDigitsDone);
  EXPECT_EQ(line.events[1].id, 9u);
  EXPECT_FALSE(line.sender.busy());
}

TEST(DtmfSender, SeveralDigitsHaveTheirGapAndTheirOwnTimestamps) {
  Line line;
  for (char d : {'1', '1', '2'}) line.sender.queue(d, ms(60), ms(40), DtmfMode::kRfc4733, d == '2');
  line.run(60);
  EXPECT_EQ(line.carriers.substr(0, 30), "eeeeee....eeeeee....eeeeee....");
  ASSERT_EQ(line.sent.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i) {
    EXPECT_EQ(line.sent[i].packet.timestamp, 5000 + i / 5 * 800);
    EXPECT_EQ(line.sent[i].packet.marker, i % 5 == 0);
  }
  std::string story;
  for (const auto& e : line.events)
    story += e.kind == Kind::kDigitSent ? e.digit : e.id ? '!' : '.';
  EXPECT_EQ(story, "11.2!");
}

TEST(DtmfSender, AGapTooShortWaitsForTheEndPackets) {
  Line line;
  line.sender.queue('1', ms(40), ms(0), DtmfMode::kAuto, 1);
  line.sender.queue('2', ms(40), ms(0), DtmfMode::kAuto, 1);
  line.run(30);
  ASSERT_EQ(line.sent.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(line.sent[i].packet.payload.event, i < 4 ? 1 : 2);
}

TEST(DtmfSender, BeginsAtAPacketBoundaryOnly) {
  Line line;
  line.run(1);
  line.sender.queue('1', ms(40), ms(0), DtmfMode::kAuto, 1);
  line.run(10);
  EXPECT_EQ(line.carriers, "..eeee.....");
  EXPECT_EQ(line.sent[0].packet.timestamp, 5160u);
}

TEST(DtmfSender, LongPacketTimesStillUpdateEach50Ms) {
  Line line(8000, ms(200));
  line.sender.queue('1', ms(200), ms(0), DtmfMode::kAuto, 1);
  line.run(40);
  ASSERT_EQ(line.sent.size(), 6u);
  EXPECT_EQ(line.sent[5].frame - line.sent[3].frame, 10);
}

TEST(DtmfSender, LongEventsAreSplit) {
  for (int clock : {8000, 16000, 48000}) {
    Line line(clock);
    line.sender.queue('#', ms(20000), ms(0), DtmfMode::kAuto, 1);
    line.run(2100);
    std::int64_t before = 0;
    std::uint32_t start = 5000;
    std::uint32_t previous = 0;
    int ends = 0;
    for (const auto& [frame, p] : line.sent) {
      if (p.timestamp != start) {
        EXPECT_EQ(p.timestamp, start + 0xffff);
        EXPECT_EQ(previous, 0xffffu);  // the segment was whole
        EXPECT_FALSE(p.marker);
        before += 0xffff;
        start = p.timestamp;
      } else {
        EXPECT_GE(p.payload.duration, previous);
      }
      previous = p.payload.duration;
      ends += p.payload.end;
    }
    EXPECT_EQ(before + previous, 20 * clock);
    EXPECT_EQ(ends, 3);
    EXPECT_EQ(line.events.at(0).duration, ms(20000));
  }
}

TEST(DtmfSender, RefusesWhatItCannotSend) {
  DtmfSender s;
  EXPECT_FALSE(s.queue('x', ms(100), ms(50), DtmfMode::kAuto, 1));
  EXPECT_FALSE(s.queue('1', ms(100), ms(50), DtmfMode::kInfo, 1));
  EXPECT_FALSE(s.queue('1', ms(100), ms(50), DtmfMode::kRfc4733, 1));  // not negotiated
  for (std::size_t i = 0; i < DtmfSender::kQueue; ++i) {
    EXPECT_TRUE(s.queue('1', ms(100), ms(50), DtmfMode::kAuto, 1));
  }
  EXPECT_FALSE(s.queue('1', ms(100), ms(50), DtmfMode::kAuto, 1));
}

TEST(DtmfSender, EventsThatAreNegotiatedAwayEndTheDigit) {
  Line line;
  line.sender.queue('1', ms(100), ms(20), DtmfMode::kAuto, 1);
  line.sender.queue('2', ms(100), ms(20), DtmfMode::kAuto, 1);
  line.run(4);
  line.sender.use(std::nullopt, ms(20));
  line.run(30);
  EXPECT_EQ(line.carriers.substr(0, 17), "eeee..tttttttttt.");
  EXPECT_EQ(line.sent.size(), 2u);
  ASSERT_EQ(line.events.size(), 3u);
  EXPECT_EQ(line.events[0].duration, ms(40));
  EXPECT_EQ(line.events[1].mode, DtmfMode::kInband);
}

double goertzel(const std::vector<std::int16_t>& x, double hz, int rate) {
  const double w = 2 * std::numbers::pi * hz / rate, c = 2 * std::cos(w);
  double a = 0, b = 0;
  for (auto s : x) {
    const double t = s + c * a - b;
    b = a;
    a = t;
  }
  return 2 * std::sqrt(a * a + b * b - c * a * b) / static_cast<double>(x.size());  // the peak
}

TEST(DtmfSender, TonesHaveTheirFrequenciesAndLevels) {
  const char* rows[4] = {"123A", "456B", "789C", "*0#D"};
  const double low[4] = {697, 770, 852, 941}, high[4] = {1209, 1336, 1477, 1633};
  for (int rate : {8000, 16000, 48000}) {
    for (int r = 0; r < 4; ++r) {
      for (int c = 0; c < 4; ++c) {
        DtmfSender s;
        s.queue(rows[r][c], ms(200), ms(0), DtmfMode::kInband, 1);
        std::vector<std::int16_t> all;
        while (s.frame(0, true) == DtmfSender::Carrier::kTones) {
          AudioFrame f;
          f.rate = rate;
          s.tones(f);
          all.insert(all.end(), f.samples.begin(), f.samples.begin() + static_cast<int>(f.size()));
        }
        ASSERT_EQ(all.size(), static_cast<std::size_t>(rate / 5));
        EXPECT_EQ(all.front(), 0);  // ramps
        const std::vector<std::int16_t> middle(all.begin() + rate / 20, all.end() - rate / 20);
        EXPECT_NEAR(20 * std::log10(goertzel(middle, low[r], rate) / 32767) + 3.17, -8, 0.3);
        EXPECT_NEAR(20 * std::log10(goertzel(middle, high[c], rate) / 32767) + 3.17, -6, 0.3);
        EXPECT_LT(goertzel(middle, low[(r + 1) % 4], rate), 600);
      }
    }
  }
}

// Receiving.

struct Ear {
  DtmfReceiver receiver;
  TimePoint now{};
  int clock = 8000;
  void packet(std::uint32_t timestamp, std::uint8_t event, unsigned duration, bool end = false) {
    std::uint8_t bytes[4];
    write_dtmf({event, end, 10, static_cast<std::uint16_t>(duration)}, bytes);
    EXPECT_TRUE(receiver.on_packet(timestamp, bytes, clock, now));
    now += ms(20);
  }
  std::string heard() {
    std::string s;
    for (MediaEvent e; receiver.next_event(e);) {
      s += std::string(1, e.digit) + std::to_string(e.duration / ms(1)) + " ";
    }
    return s;
  }
};

TEST(DtmfReceiver, OneDigitOnceWithItsDuration) {
  Ear ear;
  for (unsigned d = 160; d <= 800; d += 160) ear.packet(1000, 5, d);
  EXPECT_EQ(ear.heard(), "");
  for (int i = 0; i < 3; ++i) ear.packet(1000, 5, 960, true);
  EXPECT_EQ(ear.heard(), "5120 ");
  EXPECT_EQ(ear.receiver.next_timeout(), kNever);
}

TEST(DtmfReceiver, LostStartIsStillADigit) {
  Ear ear;
  ear.packet(1000, 5, 960, true);
  EXPECT_EQ(ear.heard(), "5120 ");
  ear.packet(3000, 5, 320);
  ear.packet(3000, 5, 480, true);
  EXPECT_EQ(ear.heard(), "560 ");
}

TEST(DtmfReceiver, LostEndEndsByTheNextDigitOrByTime) {
  Ear ear;
  ear.packet(1000, 1, 160);
  ear.packet(1000, 1, 320);
  ear.packet(3000, 2, 160);
  EXPECT_EQ(ear.heard(), "140 ");
  const TimePoint newest = ear.now - ms(20);
  EXPECT_EQ(ear.receiver.next_timeout(), newest + DtmfReceiver::kTimeout);
  ear.receiver.on_timeout(newest + DtmfReceiver::kTimeout - Duration(1));
  EXPECT_EQ(ear.heard(), "");
  ear.receiver.on_timeout(newest + DtmfReceiver::kTimeout);
  EXPECT_EQ(ear.heard(), "220 ");
  ear.packet(3000, 2, 800, true);  // its end after all: it was reported
  EXPECT_EQ(ear.heard(), "");
}

TEST(DtmfReceiver, OutOfOrderAndLatePackets) {
  Ear ear;
  ear.packet(1000, 1, 480);
  ear.packet(1000, 1, 160);
  ear.packet(1000, 1, 640, true);
  ear.packet(1000, 1, 320);
  EXPECT_EQ(ear.heard(), "180 ");
  ear.packet(3000, 2, 160);
  ear.packet(1000, 1, 640, true);  // a repeated end overtaken by the next digit
  ear.packet(3000, 2, 320, true);
  EXPECT_EQ(ear.heard(), "240 ");
}

TEST(DtmfReceiver, TheSameDigitTwice) {
  Ear ear;
  ear.packet(1000, 7, 160, true);
  ear.packet(1000, 7, 160, true);
  ear.packet(1800, 7, 160, true);
  EXPECT_EQ(ear.heard(), "720 720 ");
}

TEST(DtmfReceiver, TimestampsWrap) {
  Ear ear;
  ear.packet(0xfffffff0, 1, 160, true);
  ear.packet(0x00000400, 2, 160, true);
  ear.packet(0xfffffff0, 1, 160, true);
  EXPECT_EQ(ear.heard(), "120 220 ");
}

TEST(DtmfReceiver, TimestampsThatBeginAnewAreHeard) {
  Ear ear;
  ear.packet(500'000, 1, 160, true);
  ear.packet(1'000, 2, 160, true);
  EXPECT_EQ(ear.heard(), "120 220 ");
}

TEST(DtmfReceiver, SegmentsAddUp) {
  Ear ear;
  ear.packet(1000, 1, 0xff00);
  ear.packet(1000 + 0xffff, 1, 80);  // the whole first segment's packet was lost
  ear.packet(1000, 1, 0xffff);       // and comes late
  ear.packet(1000 + 0xffff, 1, 161, true);
  EXPECT_EQ(ear.heard(), "18212 ");
}

TEST(DtmfReceiver, AbsurdDurationsAreBounded) {
  Ear ear;
  std::uint32_t timestamp = 0;
  for (int i = 0; i < 1000; ++i, timestamp += 0xffff) ear.packet(timestamp, 1, 0xffff);
  ear.packet(timestamp, 1, 0xffff, true);
  EXPECT_EQ(ear.heard(), "160000 ");
}

TEST(DtmfReceiver, IgnoresOtherEventsAndShortPayloads) {
  DtmfReceiver r;
  const std::uint8_t flash[] = {16, 0x80, 0, 160}, half[] = {1, 0x80, 0};
  EXPECT_FALSE(r.on_packet(0, flash, 8000, {}));
  EXPECT_FALSE(r.on_packet(0, half, 8000, {}));
  EXPECT_FALSE(r.on_packet(0, {}, 8000, {}));
  MediaEvent e;
  EXPECT_FALSE(r.next_event(e));
}

TEST(DtmfReceiver, SeveralEventsInAPacket) {
  Ear ear;
  const std::uint8_t two[] = {1, 0x80, 0, 160, 2, 0x80, 1, 0x40};
  EXPECT_TRUE(ear.receiver.on_packet(0, two, 8000, {}));
  EXPECT_EQ(ear.heard(), "120 240 ");
}

TEST(Dtmf, WhatIsSentIsReceivedThroughLossAtEveryClock) {
  for (int clock : {8000, 16000, 48000}) {
    for (unsigned lose = 0; lose < 9; ++lose) {  // any two neighbours of a digit's packets
      Line line(clock);
      for (char d : std::string("18*D")) line.sender.queue(d, ms(100), ms(100), DtmfMode::kAuto, 1);
      line.run(100);
      Ear ear;
      ear.clock = clock;
      unsigned n = 0;
      for (const auto& s : line.sent) {
        const unsigned at = n++ % 7;
        if (at == lose || at + 1 == lose) continue;
        const auto& p = s.packet.payload;
        ear.packet(s.packet.timestamp, p.event, p.duration, p.end);
      }
      EXPECT_EQ(ear.heard(), "1100 8100 *100 D100 ") << clock << " " << lose;
    }
  }
}

}  // namespace
}  // namespace lineman
