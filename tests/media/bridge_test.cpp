#include "bridge.h"

#include <gtest/gtest.h>

#include "echo.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using testing::Samples;

// Says `says` (then zeros) at its own rate and keeps what it hears.
struct Port final : AudioPort {
  explicit Port(SampleRate r, Samples s = {}) : rate(r), says(std::move(s)) {
    heard.reserve(1 << 17);
  }
  void pull(TimePoint, AudioFrame& out) override {
    out.rate = rate;
    for (std::int16_t& s : out.span()) s = at < says.size() ? says[at++] : std::int16_t{0};
    ++pulls;
  }
  void push(TimePoint, const AudioFrame& in) override {
    heard_rate = in.rate;
    heard.insert(heard.end(), in.span().begin(), in.span().end());
  }
  SampleRate rate, heard_rate = 0;
  Samples says, heard;
  std::size_t at = 0;
  int pulls = 0;
};

void run(Bridge& bridge, int ticks) {
  for (int i = 0; i < ticks; ++i) bridge.tick(TimePoint{} + i * kFrameTime);
}

Samples noise(std::uint64_t seed, std::size_t n, double amplitude = 32767) {
  testing::Noise source(seed);
  Samples out(n);
  for (auto& s : out) s = testing::to_sample(amplitude * source.next());
  return out;
}

TEST(Bridge, OneTalkerPassesBitForBit) {
  Bridge bridge(4, 8000);
  Port a(8000, noise(1, 800)), b(8000), c(8000);  // c is routed but says zeros
  const auto pa = bridge.add(a), pb = bridge.add(b), pc = bridge.add(c);
  bridge.route(pa, pb, true);
  bridge.route(pc, pb, true);
  run(bridge, 10);
  EXPECT_EQ(b.heard, a.says);
  EXPECT_EQ(a.heard, Samples(800, 0));  // hears nobody, still hears: silence
  EXPECT_EQ(a.pulls, 10);
  EXPECT_EQ(bridge.wrong_rates(), 0u);
}

TEST(Bridge, ConferenceIsEveryoneButMe) {
  constexpr std::size_t n = 9;
  Bridge bridge(n, 8000);
  std::vector<std::unique_ptr<Port>> ports;
  for (std::size_t i = 0; i < n; ++i) {
    ports.push_back(std::make_unique<Port>(8000, noise(i + 1, 400, 3000)));
    ASSERT_EQ(bridge.add(*ports[i]), i);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) bridge.route(i, j, i != j);
  }
  bridge.route(3, 5, false);                                     // 5 does not hear 3 either
  for (std::size_t j : {0, 1, 3, 4}) bridge.route(j, 8, false);  // 8 hears fewer than half
  run(bridge, 5);
  for (std::size_t listener = 0; listener < n; ++listener) {
    for (std::size_t s = 0; s < 400; ++s) {
      int sum = 0;
      for (std::size_t talker = 0; talker < n; ++talker) {
        if (bridge.routed(talker, listener)) sum += ports[talker]->says[s];
      }
      ASSERT_EQ(ports[listener]->heard[s], sum) << listener << " at " << s;
    }
  }
}

TEST(Bridge, SumsSaturateBothWays) {
  Bridge bridge(3, 8000);
  Port a(8000, {30000, -30000, 100, INT16_MIN}), b(8000, {30000, -30000, -100, INT16_MIN}), c(8000);
  bridge.add(a), bridge.add(b), bridge.add(c);
  bridge.route(0, 2, true);
  bridge.route(1, 2, true);
  run(bridge, 1);
  c.heard.resize(4);
  EXPECT_EQ(c.heard, (Samples{32767, -32768, 0, -32768}));
}

TEST(Bridge, OtherRatesAreConvertedBothWays) {
  Bridge bridge(2, 16000);
  Port narrow(8000, testing::sine(1000, 8000, 8000, 8000));
  Port wide(16000, testing::sine(700, 8000, 16000, 16000));
  bridge.add(narrow, std::make_unique<PortRates>(16000));
  bridge.add(wide);
  bridge.route(0, 1, true);
  bridge.route(1, 0, true);
  run(bridge, 100);
  EXPECT_EQ(narrow.heard_rate, 8000);
  EXPECT_EQ(wide.heard_rate, 16000);
  const std::span<const std::int16_t> n(narrow.heard), w(wide.heard);
  EXPECT_NEAR(testing::amplitude_at(n.last(4000), 700, 8000), 8000, 100);
  EXPECT_NEAR(testing::amplitude_at(w.last(8000), 1000, 16000), 8000, 100);
  EXPECT_LT(testing::amplitude_at(w.last(8000), 7000, 16000), 8);  // no image
}

TEST(Bridge, AWrongRateWithoutConvertersIsSilenceAndCounted) {
  Bridge bridge(2, 8000);
  Port wide(16000, noise(1, 320)), b(8000);
  bridge.add(wide), bridge.add(b);
  bridge.route(0, 1, true);
  run(bridge, 2);
  EXPECT_EQ(b.heard, Samples(160, 0));
  EXPECT_EQ(bridge.wrong_rates(), 2u);
}

TEST(Bridge, FullRemoveAndAddAgain) {
  Bridge bridge(2, 8000);
  Port a(8000, noise(1, 800)), b(8000), c(8000);
  bridge.add(a), bridge.add(b);
  EXPECT_EQ(bridge.add(c), Bridge::kNoPort);
  bridge.route(0, 1, true);
  bridge.remove(1);
  EXPECT_EQ(bridge.add(c), 1u);
  run(bridge, 1);
  EXPECT_EQ(c.heard, Samples(80, 0));  // the routes of the one before are gone
  EXPECT_TRUE(b.heard.empty());
}

TEST(Bridge, TicksDoNotAllocate) {
  Bridge bridge(3, 16000);
  Port a(8000, noise(1, 8000)), b(48000, noise(2, 48000)), c(16000, noise(3, 16000));
  bridge.add(a, std::make_unique<PortRates>(16000));
  bridge.add(b, std::make_unique<PortRates>(16000));
  bridge.add(c);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) bridge.route(i, j, true);
  }
  testing::AllocationCounter counter;
  run(bridge, 50);
  a.rate = 24000;  // a leg that renegotiates
  run(bridge, 50);
  EXPECT_EQ(counter.count(), 0u);
}

struct EchoRun {
  Samples said, heard;
};
EchoRun echo_run(SampleRate rate, Duration delay, int ticks) {
  Bridge bridge(2, rate);
  Port leg(rate, noise(7, static_cast<std::size_t>(rate / 100 * ticks)));
  Echo echo(bridge.said(0));
  bridge.add(leg), bridge.add(echo);
  bridge.route(1, 0, true);
  echo.start(delay);
  run(bridge, ticks);
  return {leg.says, leg.heard};
}

TEST(Echo, DelayIsExactToTheSample) {
  for (const SampleRate rate : {8000, 16000, 48000}) {
    for (const int ms : {0, 1, 10, 20, 25, 500, 2000}) {
      const auto [said, heard] = echo_run(rate, std::chrono::milliseconds(ms), 450);
      const auto back = static_cast<std::size_t>(ms * rate / 1000);
      Samples expected(back, 0);
      expected.insert(expected.end(), said.begin(), said.end() - static_cast<std::ptrdiff_t>(back));
      ASSERT_TRUE(heard == expected) << rate << " Hz, " << ms << " ms";
    }
  }
}

TEST(Echo, LongDelaysAreCutToTwoSeconds) {
  const auto [said, heard] = echo_run(8000, std::chrono::seconds(60), 250);
  EXPECT_EQ(heard[15999], 0);
  EXPECT_TRUE(std::equal(heard.begin() + 16000, heard.end(), said.begin()));
}

TEST(Echo, OffIsSilentAndStartForgets) {
  Bridge bridge(2, 8000);
  Port leg(8000, noise(7, 8000));
  Echo echo(bridge.said(0));
  bridge.add(leg), bridge.add(echo);
  bridge.route(1, 0, true);
  run(bridge, 5);
  EXPECT_EQ(leg.heard, Samples(400, 0));
  echo.start(std::chrono::milliseconds(20));
  run(bridge, 5);
  echo.stop();
  echo.start(std::chrono::milliseconds(20));
  leg.heard.clear();
  run(bridge, 3);
  EXPECT_TRUE(
      std::all_of(leg.heard.begin(), leg.heard.begin() + 160, [](int s) { return s == 0; }));
  EXPECT_TRUE(std::equal(leg.heard.begin() + 160, leg.heard.end(), leg.says.begin() + 800));
}

}  // namespace
}  // namespace lineman
