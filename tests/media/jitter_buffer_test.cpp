#include "jitter_buffer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "bench/jitter_suite.h"

namespace lineman {
namespace {

using Kind = Decision::Kind;
constexpr double kMs = kMediaRate / 1000.;

JitterOptions profile(JitterProfile p) { return {p, std::chrono::milliseconds(200)}; }
constexpr std::array kProfiles = {JitterProfile::kInteractive, JitterProfile::kDefault,
                                  JitterProfile::kRobust, JitterProfile::kFixed};

// Packets in, ticks of 10 ms, ideal stretching; what was heard is kept as played pieces.
struct Sim {
  struct Piece {
    std::uint16_t sequence;
    MediaTime skip, length, stretch;
    double at;  // ms
    std::uint8_t first;
  };
  explicit Sim(JitterProfile p = JitterProfile::kDefault)
      : buffer(std::make_unique<JitterBuffer>(profile(p))) {}

  void at(double arrival, JitterPacket packet) { queue.emplace(arrival, packet); }
  // A PCMU packet of `ms`, the n-th of a regular stream.
  JitterPacket regular(int n, double ms = 20) const {
    JitterPacket p;
    p.sequence = static_cast<std::uint16_t>(sequence + n);
    p.timestamp = timestamp + static_cast<std::uint32_t>(n * ms * 8);
    p.length = static_cast<MediaTime>(ms * kMs);
    p.data = data;
    return p;
  }
  void stream(int from, int to, double start, double ms = 20) {
    for (int n = from; n < to; n++) at(start + (n - from) * ms, regular(n, ms));
  }
  void run(double until) {
    for (; now < until; now += 10) {
      while (!queue.empty() && queue.begin()->first <= now) {
        buffer->push(queue.begin()->second, TimePoint{} + from_ms(queue.begin()->first));
        queue.erase(queue.begin());
      }
      int asked = 0;
      while (left < 10 - 1e-6) {
        ASSERT_LT(asked++, 100);
        take(buffer->pull(TimePoint{} + from_ms(now), from_ms(left)));
      }
      left -= 10;
    }
  }
  void take(const Decision& d) {
    decisions[d.kind]++;
    const double at = now + left;
    switch (d.kind) {
      case Kind::kIdle: left = 10; return;
      case Kind::kPlay:
      case Kind::kStretch:
        played.push_back({d.packet->sequence, d.skip, d.length, d.stretch, at, d.packet->data[0]});
        stretched += std::abs(static_cast<double>(d.stretch)) / kMs;
        break;
      case Kind::kConceal:
        (d.late ? late : lost) += static_cast<double>(d.length) / kMs;
        last_concealed = at;
        break;
      default: break;
    }
    ASSERT_GT(d.length, 0);
    left += static_cast<double>(d.length + d.stretch) / kMs;
  }
  double delay() const { return to_ms(buffer->stats().delay); }
  double excess() const { return delay() - to_ms(buffer->stats().target); }
  // Each of these packets, whole, in order, unstretched.
  void expect_exact(std::size_t from, std::size_t count, int first) {
    ASSERT_GE(played.size(), from + count);
    for (std::size_t i = 0; i < count; i++) {
      const Piece& p = played[from + i];
      ASSERT_EQ(p.sequence, static_cast<std::uint16_t>(sequence + first + static_cast<int>(i)));
      ASSERT_EQ(p.skip, 0);
      ASSERT_EQ(p.stretch, 0);
    }
  }

  std::unique_ptr<JitterBuffer> buffer;
  std::multimap<double, JitterPacket> queue;
  std::vector<std::uint8_t> data = std::vector<std::uint8_t>(160, 0xFF);
  std::uint16_t sequence = 65400;  // both wrap
  std::uint32_t timestamp = 0xFFFFFF00u - 8000;
  double now = 0, left = 0, late = 0, lost = 0, stretched = 0, last_concealed = -1;
  std::vector<Piece> played;
  std::map<Kind, int> decisions;
};

TEST(JitterBuffer, NothingComesNothingIsHeard) {
  Sim sim;
  sim.run(1000);
  EXPECT_EQ(sim.decisions[Kind::kIdle], 100);
  EXPECT_EQ(sim.decisions.size(), 1u);
}

TEST(JitterBuffer, CleanNetworkIsExactForEveryProfilePacketLengthAndPhase) {
  for (JitterProfile p : kProfiles) {
    for (double ms : {10., 20., 30., 40., 60., 100., 200.}) {
      for (double phase : {0., .001, 3.7, 5., 9.999}) {
        Sim sim(p);
        const int count = static_cast<int>(30000 / ms);
        sim.stream(0, count, 1000 + phase, ms);
        sim.run(1000 + 30000);
        SCOPED_TRACE(::testing::Message() << int(p) << ' ' << ms << " ms, phase " << phase);
        sim.expect_exact(0, static_cast<std::size_t>((30000 - 220) / ms), 0);
        EXPECT_EQ(sim.late + sim.lost + sim.stretched, 0);
        EXPECT_LE(sim.delay(), p == JitterProfile::kFixed ? 210 : 20);
      }
    }
  }
}

TEST(JitterBuffer, MillisecondsOfJitterOnTheWayChangeNothing) {
  for (JitterProfile p : kProfiles) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> jitter(0, 4);
    Sim sim(p);
    for (int n = 0; n < 1500; n++) sim.at(20 * n + jitter(random), sim.regular(n));
    sim.run(29900);
    sim.expect_exact(0, 1450, 0);
    EXPECT_EQ(sim.late + sim.lost + sim.stretched, 0);
  }
}

TEST(JitterBuffer, FixedDelayStaysFixed) {
  Sim sim(JitterProfile::kFixed);
  std::mt19937 random(3);
  std::gamma_distribution<double> jitter(1.5, 20);
  double most = 0;
  for (int n = 0; n < 3000; n++) {
    const double j = n == 0 ? 0 : std::min(190., jitter(random));
    most = std::max(most, j);
    sim.at(20 * n + j, sim.regular(n));
  }
  sim.run(59000);
  EXPECT_GT(most, 100);
  sim.expect_exact(0, 2900, 0);
  EXPECT_EQ(sim.late + sim.lost + sim.stretched, 0);
  EXPECT_NEAR(sim.delay(), 205, 6);
  sim.at(60250, sim.regular(3000));  // 250 ms behind: too late, and the clock does not wait
  sim.stream(3001, 3100, 60020);
  sim.run(62000);
  EXPECT_EQ(sim.buffer->stats().late, 1u);
  EXPECT_NEAR(sim.lost + sim.late, 20, .01);
  EXPECT_NEAR(sim.delay(), 205, 6);
}

TEST(JitterBuffer, ClockDriftIsAbsorbedAndDelayDoesNotGrow) {
  for (double ppm : {500e-6, -500e-6}) {
    for (JitterProfile p : kProfiles) {
      Sim sim(p);
      for (int n = 0; n < 30000; n++) sim.at(20 * n * (1 + ppm), sim.regular(n));
      sim.run(590000);
      SCOPED_TRACE(::testing::Message() << int(p) << ' ' << ppm);
      EXPECT_EQ(sim.lost + sim.late, 0);
      EXPECT_EQ(sim.buffer->stats().late, 0u);
      EXPECT_LT(std::abs(sim.excess()), p == JitterProfile::kFixed ? 110 : 30);
      EXPECT_NEAR(sim.stretched, 300, p == JitterProfile::kFixed ? 120 : 40);
      EXPECT_LT(sim.decisions[Kind::kStretch], 300);  // in few places
    }
  }
}

TEST(JitterBuffer, StepInTransitSettlesBothWays) {
  for (JitterProfile p :
       {JitterProfile::kInteractive, JitterProfile::kDefault, JitterProfile::kRobust}) {
    std::mt19937 random(11);
    std::gamma_distribution<double> jitter(2, 2.5);
    Sim sim(p);
    const auto term = [](int n) { return n >= 1000 && n < 2000 ? 80. : 0.; };  // 20 s to 40 s
    for (int n = 0; n < 4000; n++) sim.at(20 * n + jitter(random) + term(n), sim.regular(n));
    SCOPED_TRACE(int(p));
    sim.run(20000);
    const double before = sim.delay(), concealed = sim.late + sim.lost;
    sim.run(23000);
    EXPECT_NEAR(sim.late + sim.lost - concealed, 80, 50);
    const double settled = sim.late + sim.lost;
    sim.run(32000);  // enough delay after 3 s, no excess after 12
    EXPECT_LE(sim.late + sim.lost - settled, 20);
    EXPECT_LT(sim.delay(), before + 26);
    EXPECT_LT(sim.excess(), 20.1);
    sim.run(40000);
    const double down = sim.late + sim.lost;
    sim.run(43000);
    EXPECT_LT(sim.excess(), 25);
    EXPECT_EQ(sim.late + sim.lost, down);
  }
}

TEST(JitterBuffer, ThreeSecondsStuckInTheNetworkAreSkippedToTheLivePoint) {
  for (JitterProfile p : kProfiles) {
    Sim sim(p);
    sim.stream(0, 500, 0);
    for (int n = 500; n < 650; n++) sim.at(13000 + (n - 500) * .04, sim.regular(n));
    sim.stream(650, 1500, 13000);
    sim.run(14000);
    SCOPED_TRACE(int(p));
    EXPECT_LE(sim.late + sim.lost, 1100);  // then silence, which is not concealment
    const std::size_t played = sim.played.size();
    EXPECT_GE(sim.played.back().sequence, static_cast<std::uint16_t>(sim.sequence + 655));
    sim.run(29000);
    EXPECT_LE(sim.late + sim.lost, 1100);
    EXPECT_NEAR(static_cast<double>(sim.played.size() - played), 15000 / 20., 20);
    EXPECT_GT(sim.buffer->stats().late, 100u);
  }
}

// An unpaced source (AudioSocket behind Asterisk) sends a file at once: it is all content.
TEST(JitterBuffer, BurstSentAheadOfTimeIsPlayedWhole) {
  for (JitterProfile p : kProfiles) {
    Sim sim(p);
    for (int n = 0; n < 150; n++) sim.at(100 + n * .04, sim.regular(n));
    sim.run(4000);
    sim.timestamp += 8 * 900;  // 900 ms of silence, by the sender's clock 3 s ahead by now
    for (int n = 150; n < 300; n++) sim.at(4000 + n * .04, sim.regular(n));
    sim.run(7500);
    SCOPED_TRACE(int(p));
    sim.expect_exact(0, 300, 0);
    EXPECT_EQ(sim.played.size(), 300u);
    EXPECT_EQ(sim.lost + sim.stretched, 0);
    EXPECT_LT(sim.played[150].at - 4000, p == JitterProfile::kFixed ? 211 : 100);
  }
}

TEST(JitterBuffer, BacklogOfAFlowingStreamIsPlayedFasterNotDropped) {
  Sim sim;
  for (int n = 0; n < 25; n++) sim.at(100 + n * .04, sim.regular(n));
  sim.stream(25, 2000, 120);
  sim.run(20000);
  EXPECT_LT(sim.excess(), 20.1);
  EXPECT_GT(sim.stretched, 400);
  EXPECT_EQ(sim.lost + sim.late, 0);
  for (std::size_t i = 0; i < sim.played.size(); i++)
    ASSERT_EQ(sim.played[i].sequence, static_cast<std::uint16_t>(sim.sequence + i));
}

TEST(JitterBuffer, StorageOverflowKeepsTheNewest) {
  Sim sim;
  sim.data.assign(1600, 0xD5);
  for (int n = 0; n < 200; n++) sim.at(100, sim.regular(n, 200));
  sim.run(300);
  EXPECT_GE(sim.played.at(0).sequence, static_cast<std::uint16_t>(sim.sequence + 160));
  sim.run(20000);
  EXPECT_EQ(sim.played.back().sequence, static_cast<std::uint16_t>(sim.sequence + 199));
}

TEST(JitterBuffer, DuplicatesReorderedAndLateAreCounted) {
  Sim sim;
  for (int n = 0; n < 1000; n++) {
    const double swap = n % 10 == 4 ? 25 : 0;  // arrives behind its successor
    sim.at(20 * n + swap, sim.regular(n));
    if (n % 7 == 0) sim.at(20 * n + swap + 1, sim.regular(n));
    if (n % 7 == 1) sim.at(20 * n + swap + 400, sim.regular(n));  // long after it was played
  }
  sim.run(19990);
  EXPECT_EQ(sim.buffer->stats().duplicate, 283u);
  EXPECT_LE(sim.late + sim.lost, 60);
  EXPECT_LE(sim.buffer->stats().late, 3u);
  const auto late = sim.buffer->stats().late;
  sim.at(20510, sim.regular(1000));
  sim.at(20520, sim.regular(1001));
  sim.at(20540, sim.regular(1003));
  sim.at(20560, sim.regular(1004));
  sim.run(20700);
  sim.at(20700, sim.regular(1002));
  sim.run(20720);
  EXPECT_EQ(sim.buffer->stats().late, late + 1);
}

TEST(JitterBuffer, LossIsConcealedInPlaceOrTakenFromFec) {
  for (bool fec : {false, true}) {
    Sim sim(JitterProfile::kFixed);
    for (int n = 0; n < 100; n++) {
      JitterPacket p = sim.regular(n);
      p.fec = fec;
      if (n % 10 != 5) sim.at(20 * n, p);
    }
    sim.run(2190);
    EXPECT_EQ(sim.late, 0);
    EXPECT_NEAR(sim.lost, fec ? 0 : 200, .01);
    EXPECT_EQ(sim.decisions[Kind::kPlayFec], fec ? 10 : 0);
    EXPECT_EQ(sim.played.size(), 90u);
    EXPECT_NEAR(sim.played.back().at - sim.played.front().at, 99 * 20, .01);
  }
}

TEST(JitterBuffer, TimestampsThatJumpRepeatOrRestartLoseNothing) {
  for (std::uint32_t jump :
       {0x40000000u, 0x90000000u, 0x80000000u, 48000u, 0xFFFFFFFFu - 8000u, 0xFFFFFFFFu - 80000u}) {
    for (JitterProfile p : kProfiles) {
      Sim sim(p);
      sim.stream(0, 300, 0);
      sim.timestamp += jump;
      sim.stream(300, 600, 6000);
      sim.run(11600);
      SCOPED_TRACE(::testing::Message() << int(p) << " jump " << jump);
      if (jump == 48000u) {  // 6 s ahead without a pause: joined
        EXPECT_EQ(sim.lost, 0);
      }
      EXPECT_EQ(sim.lost + sim.late, 0);
      sim.expect_exact(0, 560, 0);
    }
  }
  Sim repeats(JitterProfile::kFixed);  // Asterisk, 200 ms messages unpaced: one timestamp for all
  for (int n = 0; n < 15; n++) {
    JitterPacket p = repeats.regular(n, 200);
    p.timestamp = 1234;
    repeats.at(100 + n * .04, p);
  }
  repeats.run(3500);
  repeats.expect_exact(0, 15, 0);
  EXPECT_EQ(repeats.lost, 0);
}

TEST(JitterBuffer, SequenceRestartIsNoLoss) {
  Sim sim;
  sim.stream(0, 200, 0);
  sim.sequence = static_cast<std::uint16_t>(sim.sequence + 20000);
  sim.stream(200, 400, 4000);
  sim.run(7900);
  EXPECT_EQ(sim.lost + sim.late + sim.stretched, 0);
  EXPECT_GE(sim.played.size(), 390u);
}

TEST(JitterBuffer, BothRestartCostsOnePacket) {
  Sim sim;
  sim.stream(0, 200, 0);
  sim.sequence = static_cast<std::uint16_t>(sim.sequence + 20000);
  sim.timestamp += 0x50000000u;
  sim.stream(200, 400, 4000);
  sim.run(7900);
  EXPECT_LE(sim.lost + sim.late, 40);
  EXPECT_GE(sim.played.size(), 390u);
}

TEST(JitterBuffer, OneStrayPacketMovesNothing) {
  Sim sim;
  sim.stream(0, 500, 0);
  JitterPacket stray = sim.regular(31000);
  stray.timestamp += 0x33333333u;
  sim.at(5005, stray);
  sim.run(9900);
  sim.expect_exact(0, 490, 0);
  EXPECT_EQ(sim.lost + sim.late, 0);
}

TEST(JitterBuffer, ResetStartsANewSource) {
  Sim sim;
  sim.stream(0, 100, 0);
  sim.run(1990);
  sim.queue.clear();
  sim.buffer->reset();
  EXPECT_EQ(sim.buffer->pull(TimePoint{} + from_ms(2000)).kind, Kind::kIdle);
  sim.played.clear();
  sim.sequence = 7;
  sim.timestamp = 99;
  sim.stream(0, 100, 2500);
  sim.run(4400);
  sim.expect_exact(0, 90, 0);
  EXPECT_EQ(sim.lost + sim.late, 0);
}

TEST(JitterBuffer, SilentGapIsNotLossAndRestoresTheDelay) {
  Sim sim(JitterProfile::kFixed);
  sim.stream(0, 100, 0);
  sim.timestamp += 8 * 5000;  // nothing is sent for 5 s; the sequence goes on
  sim.stream(100, 200, 7000);
  sim.run(8900);
  sim.expect_exact(0, 180, 0);
  EXPECT_EQ(sim.lost, 0);
  EXPECT_LE(sim.late, 1010);
  EXPECT_NEAR(sim.delay(), 205, 6);
}

TEST(JitterBuffer, ComfortNoiseFillsTheGapExactly) {
  for (JitterProfile p : kProfiles) {
    Sim sim(p);
    sim.stream(0, 100, 0);
    JitterPacket sid = sim.regular(100);
    sid.length = 0;
    sim.at(2000, sid);
    sid.sequence++;
    sid.timestamp += 8 * 200;
    sim.at(2200, sid);
    sim.sequence++;
    sim.timestamp += 8 * 460;
    sim.stream(101, 200, 2480);
    sim.run(4200);
    SCOPED_TRACE(int(p));
    EXPECT_EQ(sim.lost + sim.late, 0);
    EXPECT_EQ(sim.decisions[Kind::kComfortNoise], 48);
    sim.expect_exact(0, 100, -1);
    EXPECT_NEAR(sim.played[100].at - sim.played[99].at, 500, 10.01);
  }
}

TEST(JitterBuffer, OpusSilenceIsComfortNoiseNotLoss) {
  Sim sim;
  for (int n = 0; n < 100; n++) {
    JitterPacket p = sim.regular(n);
    p.clock_rate = 48000;
    p.timestamp = static_cast<std::uint32_t>(n) * 960;
    p.silence = n >= 50;
    if (n <= 50 || n == 70 || n > 90) sim.at(20 * n, p);
  }
  sim.run(1950);
  EXPECT_EQ(sim.lost + sim.late, 0);
  EXPECT_GT(sim.decisions[Kind::kComfortNoise], 60);
}

TEST(JitterBuffer, ClockRateChangeGoesOn) {
  Sim sim(JitterProfile::kInteractive);
  sim.stream(0, 100, 0);
  for (int n = 100; n < 200; n++) {
    JitterPacket p = sim.regular(n);
    p.clock_rate = 48000;
    p.timestamp = 17 + static_cast<std::uint32_t>(n) * 960;
    sim.at(20 * n, p);
  }
  sim.run(3900);
  sim.expect_exact(0, 190, 0);
  EXPECT_EQ(sim.lost + sim.late, 0);
}

TEST(JitterBuffer, HostileInputIsSurvived) {
  for (unsigned seed = 1; seed <= 40; seed++) {
    std::mt19937 random(seed);
    const auto dice = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    JitterOptions options = profile(kProfiles[seed % 4]);
    const auto buffer = std::make_unique<JitterBuffer>(options);
    std::vector<std::uint8_t> bytes(70000);
    JitterPacket p;
    TimePoint now{};
    double left = 0;
    for (int i = 0; i < 4000; i++) {
      now += std::chrono::milliseconds(dice(50) == 0 ? dice(20000) : dice(30));
      for (int k = dice(20) == 0 ? dice(700) : dice(4); k > 0; k--) {
        p.sequence = static_cast<std::uint16_t>(dice(9) ? p.sequence + 1 : dice(65536));
        p.timestamp = dice(9) ? p.timestamp + 160 : static_cast<std::uint32_t>(random());
        p.clock_rate =
            std::array{8000, 8000, 8000, 48000, 16000, 44100, 0, -8000}[dice(40) ? 0 : dice(8)];
        p.length = dice(30) ? 960 : std::array<MediaTime, 5>{0, 1, 9600, -5, 1 << 20}[dice(5)];
        p.fec = dice(2);
        p.silence = dice(20) == 0;
        p.data = {bytes.data(), static_cast<std::size_t>(dice(30)  ? 160
                                                         : dice(2) ? 0
                                                                   : dice(70000))};
        buffer->push(p, now + std::chrono::milliseconds(dice(5) ? 0 : dice(100) - 50));
      }
      for (int asked = 0; left < 10; asked++) {
        ASSERT_LT(asked, 200);
        const Decision d = buffer->pull(now, from_ms(left));
        if (d.kind == Kind::kIdle) break;
        ASSERT_GT(d.length, 0);
        if (d.packet && d.kind != Kind::kPlayFec && d.packet->length > 0) {
          ASSERT_GE(d.skip, 0);
          ASSERT_EQ(d.skip + d.length, d.packet->length);
        }
        if (d.packet) {
          ASSERT_GT(d.packet->data.size(), 0u);
          unsigned sum = 0;
          for (std::uint8_t b : d.packet->data) sum += b;
          ASSERT_EQ(sum, 0u);
        }
        left += static_cast<double>(d.length) / kMs;
      }
      left = std::min(std::max(0., left - 10), 9.);
    }
  }
}

// A shortened suite with generous bounds; bench_jitter has the whole one with the targets.
TEST(JitterBuffer, TraceSuiteStaysWithinBounds) {
  struct Row {
    JitterProfile profile;
    double delay, concealed;
  };
  for (const Row& row :
       {Row{JitterProfile::kInteractive, 62, 1.1}, Row{JitterProfile::kDefault, 72, .8},
        Row{JitterProfile::kRobust, 90, .6}}) {
    double delay = 0, concealed = 0;
    for (std::string_view trace : bench::kTraces) {
      const auto r = bench::median_of(trace, profile(row.profile), 2, 60);
      delay += r.delay / bench::kTraces.size();
      concealed += r.concealed / bench::kTraces.size();
      if (trace == "lan") {
        EXPECT_LE(r.delay, 20);
        EXPECT_LE(r.concealed, .05);
      }
    }
    EXPECT_LE(delay, row.delay) << int(row.profile);
    EXPECT_LE(concealed, row.concealed) << int(row.profile);
  }
}

}  // namespace
}  // namespace lineman
