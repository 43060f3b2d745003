#include "impair.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "no_alloc.h"

namespace lineman {
namespace {

constexpr Duration ms(double n) { return from_ms(n); }

Packet numbered(std::uint32_t n, TimePoint at, std::size_t size = 172) {
  Packet p;
  p.size = static_cast<std::uint16_t>(size);
  std::fill_n(p.bytes.begin(), size, std::uint8_t(n));
  std::memcpy(p.bytes.data(), &n, sizeof n);
  p.time = at;
  return p;
}

struct Arrival {
  std::uint32_t number;
  TimePoint at;
};

// `count` packets each `spacing`, through the way, to the last that is under way.
std::vector<Arrival> through(const Impairment::Way& spec, std::uint32_t count,
                             std::uint64_t seed = 1,
                             Duration spacing = std::chrono::milliseconds(20)) {
  ImpairedWay way(spec, seed);
  std::vector<Arrival> out;
  Packet p;
  const auto drain = [&](TimePoint now) {
    while (way.pop(now, p)) {
      std::uint32_t n;
      std::memcpy(&n, p.bytes.data(), sizeof n);
      out.push_back({n, p.time});
    }
  };
  for (std::uint32_t n = 0; n < count; ++n) {
    const TimePoint at(n * spacing);
    drain(at);
    way.push(numbered(n, at));
    drain(at);
  }
  while (way.next() != kNever) drain(way.next());
  return out;
}

TEST(Impair, NothingChangesNothing) { EXPECT_FALSE(ImpairedWay({}, 1).active()); }

TEST(Impair, DelayIsExactAndKeepsTheContent) {
  Impairment::Way spec;
  spec.delay = ms(40);
  ImpairedWay way(spec, 1);
  const Packet in = numbered(0xa1b2c3d4, TimePoint(ms(100)), 2048);
  way.push(in);
  EXPECT_EQ(way.next(), TimePoint(ms(140)));
  Packet out;
  EXPECT_FALSE(way.pop(TimePoint(ms(140)) - Duration(1), out));
  ASSERT_TRUE(way.pop(TimePoint(ms(140)), out));
  EXPECT_EQ(out.time, TimePoint(ms(140)));
  EXPECT_EQ(out.size, 2048);
  EXPECT_EQ(out.bytes, in.bytes);
  EXPECT_EQ(way.next(), kNever);
}

TEST(Impair, IndependentLossIsItsShare) {
  Impairment::Way spec;
  spec.loss = 0.05;
  const auto out = through(spec, 100'000);
  EXPECT_NEAR(1 - static_cast<double>(out.size()) / 100'000, 0.05, 0.003);
}

TEST(Impair, BurstsHaveTheirMeanLengthAndTheLossItsShare) {
  for (const double burst : {2.0, 3.0, 8.0}) {
    Impairment::Way spec;
    spec.loss = 0.05;
    spec.burst = burst;
    std::uint32_t expected = 0;
    double lost = 0, bursts = 0;
    for (const auto& a : through(spec, 400'000, 7)) {
      if (a.number != expected) ++bursts;
      lost += a.number - expected;
      expected = a.number + 1;
    }
    EXPECT_NEAR(lost / 400'000, 0.05, 0.004) << burst;
    EXPECT_NEAR(lost / bursts, burst, burst * 0.06);
  }
}

TEST(Impair, AllIsLostAtAHundredPercent) {
  Impairment::Way spec;
  spec.loss = 1;
  spec.burst = 3;
  EXPECT_TRUE(through(spec, 1000).empty());
}

TEST(Impair, JitterHasItsMeanAndShape) {
  Impairment::Way spec;
  spec.jitter = ms(20);
  spec.delay = ms(5);
  double sum = 0, square = 0;
  const Duration apart = std::chrono::seconds(10);  // so far that keeping the order adds nothing
  const auto out = through(spec, 50'000, 3, apart);
  for (const auto& a : out) {
    const double d = to_ms(a.at - TimePoint(a.number * apart)) - 5;
    EXPECT_GE(d, 0);
    sum += d;
    square += d * d;
  }
  ASSERT_EQ(out.size(), 50'000u);
  const double mean = sum / 50'000;
  EXPECT_NEAR(mean, 20, 0.4);
  EXPECT_NEAR(std::sqrt(square / 50'000 - mean * mean), 15, 0.5);
}

TEST(Impair, JitterKeepsTheOrder) {
  Impairment::Way spec;
  spec.jitter = ms(60);
  const auto out = through(spec, 5000);
  ASSERT_EQ(out.size(), 5000u);
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(out[i].number, i);
}

TEST(Impair, ReorderedPacketsAreOvertakenByOne) {
  Impairment::Way spec;
  spec.reorder = 0.01;
  spec.delay = ms(30);
  const auto out = through(spec, 20'000);
  ASSERT_EQ(out.size(), 20'000u);
  int overtaken = 0;
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    ASSERT_LE(std::abs(static_cast<int>(out[i].number) - static_cast<int>(i)), 2);
    overtaken += i > 0 && out[i].number < out[i - 1].number;
  }
  EXPECT_NEAR(overtaken, 200, 45);
}

TEST(Impair, DuplicatesFollowTheirOriginal) {
  Impairment::Way spec;
  spec.duplicate = 0.1;
  const auto out = through(spec, 10'000);
  EXPECT_NEAR(static_cast<double>(out.size()), 11'000, 100);
  for (std::size_t i = 1; i < out.size(); ++i) ASSERT_GE(out[i].number, out[i - 1].number);
}

TEST(Impair, TheSeedDecides) {
  Impairment::Way spec;
  spec.loss = 0.1;
  spec.jitter = ms(10);
  const auto numbers = [&](std::uint64_t seed) {
    std::vector<std::pair<std::uint32_t, TimePoint>> v;
    for (const auto& a : through(spec, 500, seed)) v.emplace_back(a.number, a.at);
    return v;
  };
  EXPECT_EQ(numbers(5), numbers(5));
  EXPECT_NE(numbers(5), numbers(6));
}

TEST(Impair, ManyUnderWayAreBoundedAndNothingIsAllocated) {
  Impairment::Way spec;
  spec.delay = ms(2000);
  spec.jitter = ms(20);
  spec.duplicate = 0.5;
  spec.reorder = 0.1;
  ImpairedWay way(spec, 1);
  Packet p = numbered(1, TimePoint{});
  std::size_t out = 0;
  testing::AllocationCounter counter;
  for (int i = 0; i < 5000; ++i) way.push(p);
  while (way.pop(kNever - ms(1), p)) ++out;
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_EQ(out, ImpairedWay::kCapacity);
}

// A leg that records what reaches it, and says what it is given to say.
struct Probe final : MediaLeg {
  std::vector<TimePoint> arrived;
  std::vector<Packet> to_send;
  TimePoint timeout = kNever;
  int timeouts = 0, closed = 0;
  void on_packet(const Packet& p) override { arrived.push_back(p.time); }
  void on_timeout(TimePoint) override { ++timeouts; }
  TimePoint next_timeout() const override { return timeout; }
  bool next_packet(Packet& out) override {
    if (to_send.empty()) return false;
    out = to_send.front();
    to_send.erase(to_send.begin());
    return true;
  }
  bool next_event(MediaEvent&) override { return false; }
  void pull(TimePoint, AudioFrame&) override {}
  void push(TimePoint, const AudioFrame&) override {}
  SampleRate rate() const override { return 16000; }
  bool send_digit(char, Duration, Duration, DtmfMode, std::uint32_t) override { return true; }
  void stats(MediaStats& out) const override { out.rx.packets = arrived.size(); }
  void close(TimePoint) override { ++closed; }
};

TEST(ImpairedLeg, DelaysBothWaysAndSaysWhen) {
  auto owned = std::make_unique<Probe>();
  Probe& probe = *owned;
  Impairment spec;
  spec.rx.delay = ms(30);
  spec.tx.delay = ms(50);
  const auto leg = make_impaired(std::move(owned), spec, 1);
  leg->on_packet(numbered(1, TimePoint(ms(0))));
  EXPECT_TRUE(probe.arrived.empty());
  EXPECT_EQ(leg->next_timeout(), TimePoint(ms(30)));
  AudioFrame frame;
  leg->pull(TimePoint(ms(29)), frame);
  EXPECT_TRUE(probe.arrived.empty());
  leg->pull(TimePoint(ms(32)), frame);
  EXPECT_EQ(probe.arrived, std::vector<TimePoint>{TimePoint(ms(30))});

  probe.to_send.push_back(numbered(2, TimePoint(ms(40))));
  Packet out;
  EXPECT_FALSE(leg->next_packet(out));
  EXPECT_EQ(leg->next_timeout(), TimePoint(ms(90)));
  leg->on_timeout(TimePoint(ms(90)));
  EXPECT_EQ(probe.timeouts, 0);  // its own timer is not due
  ASSERT_TRUE(leg->next_packet(out));
  EXPECT_EQ(out.time, TimePoint(ms(90)));
  EXPECT_FALSE(leg->next_packet(out));

  probe.timeout = TimePoint(ms(95));
  EXPECT_EQ(leg->next_timeout(), TimePoint(ms(95)));
  leg->on_timeout(TimePoint(ms(95)));
  EXPECT_EQ(probe.timeouts, 1);
  EXPECT_EQ(leg->rate(), 16000);
  leg->close(TimePoint(ms(100)));
  EXPECT_EQ(probe.closed, 1);
}

TEST(ImpairedLeg, AWayWithoutImpairmentPassesAtOnce) {
  auto owned = std::make_unique<Probe>();
  Probe& probe = *owned;
  const auto leg = make_impaired(std::move(owned), {}, 1);
  leg->on_packet(numbered(1, TimePoint(ms(7))));
  EXPECT_EQ(probe.arrived, std::vector<TimePoint>{TimePoint(ms(7))});
  probe.to_send.push_back(numbered(2, TimePoint(ms(8))));
  Packet out;
  ASSERT_TRUE(leg->next_packet(out));
  EXPECT_EQ(out.time, TimePoint(ms(8)));
}

TEST(ParseImpairment, ReadsAll) {
  const auto spec = parse_impairment(
      "rx:loss=3%,jitter=20ms,delay=0.04s,reorder=1%,dup=0.5%,burst=3; tx: loss = 100%");
  ASSERT_TRUE(spec) << spec.error().text;
  EXPECT_DOUBLE_EQ(spec->rx.loss, 0.03);
  EXPECT_EQ(spec->rx.jitter, ms(20));
  EXPECT_EQ(spec->rx.delay, ms(40));
  EXPECT_DOUBLE_EQ(spec->rx.reorder, 0.01);
  EXPECT_DOUBLE_EQ(spec->rx.duplicate, 0.005);
  EXPECT_DOUBLE_EQ(spec->rx.burst, 3);
  EXPECT_DOUBLE_EQ(spec->tx.loss, 1);
  EXPECT_EQ(spec->tx.delay, Duration{});
}

TEST(ParseImpairment, ErrorsNameTheKeyAndTheCure) {
  const struct {
    const char *text, *says;
  } cases[] = {
      {"", "missing"},
      {"loss=3%", "rx:"},
      {"xx:loss=3%", "rx:"},
      {"rx:los=3%", "loss"},
      {"rx:los=3%", "there are loss, burst, delay, jitter, reorder and dup"},
      {"rx:loss", "loss is a percentage"},
      {"rx:loss=3", "loss is a percentage"},
      {"rx:loss=101%", "loss is a percentage"},
      {"rx:loss=-1%", "loss is a percentage"},
      {"rx:dup=nan%", "dup is a percentage"},
      {"tx:delay=20", "delay is a time"},
      {"tx:delay=3s", "delay is a time"},
      {"tx:jitter=ms", "jitter is a time"},
      {"tx:burst=0", "burst is the mean length"},
      {"tx:burst=3%", "burst is the mean length"},
      {"rx:loss=1%;rx:dup=1%", "twice"},
      {"rx:", "''"},
      {"rx:loss=1%,", "''"},
  };
  for (const auto& c : cases) {
    const auto spec = parse_impairment(c.text);
    ASSERT_FALSE(spec) << c.text;
    EXPECT_EQ(spec.error().code, ErrorCode::kUsage);
    EXPECT_NE(spec.error().text.find(c.says), std::string::npos)
        << c.text << ": " << spec.error().text;
  }
}

TEST(ParseJitter, ReadsProfiles) {
  EXPECT_EQ(parse_jitter("interactive")->profile, JitterProfile::kInteractive);
  EXPECT_EQ(parse_jitter("default")->profile, JitterProfile::kDefault);
  EXPECT_EQ(parse_jitter("robust")->profile, JitterProfile::kRobust);
  const auto fixed = parse_jitter("fixed:1.5s");
  ASSERT_TRUE(fixed);
  EXPECT_EQ(fixed->profile, JitterProfile::kFixed);
  EXPECT_EQ(fixed->fixed, ms(1500));
  for (const char* bad :
       {"", "fixed", "fixed:", "fixed:200", "fixed:3s", "fixed:-1ms", "Robust", "robus"}) {
    const auto r = parse_jitter(bad);
    ASSERT_FALSE(r) << bad;
    EXPECT_EQ(r.error().code, ErrorCode::kUsage);
    EXPECT_NE(r.error().text.find("fixed:200ms"), std::string::npos) << r.error().text;
  }
}

}  // namespace
}  // namespace lineman
