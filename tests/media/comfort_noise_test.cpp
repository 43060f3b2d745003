#include "comfort_noise.h"

#include <gtest/gtest.h>

#include "level.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;
using Payload = std::vector<std::uint8_t>;

// Autocorrelation at `lag` over that at 0.
double correlation(const Samples& x, std::size_t lag) {
  double both = 0, energy = 0;
  for (std::size_t i = lag; i < x.size(); ++i) {
    both += static_cast<double>(x[i]) * x[i - lag];
    energy += static_cast<double>(x[i]) * x[i];
  }
  return both / energy;
}

TEST(ComfortNoise, SilentBeforeTheFirstPayload) {
  ComfortNoise noise;
  Samples out(160, 5);
  noise.generate(out);
  EXPECT_EQ(out, Samples(160));
  noise.update({});
  noise.generate(out);
  EXPECT_EQ(out, Samples(160));
}

TEST(ComfortNoise, LevelIsWhatThePayloadSays) {
  for (const int level : {20, 35, 50, 65}) {
    for (const Payload& spectrum : {Payload{}, Payload{40}, Payload{60, 170, 127, 90}}) {
      Payload payload = {static_cast<std::uint8_t>(level)};
      payload.insert(payload.end(), spectrum.begin(), spectrum.end());
      ComfortNoise noise;
      noise.update(payload);
      Samples out(80000);
      noise.generate(out);
      EXPECT_NEAR(level_dbov(out), -level, 0.4) << level << " " << spectrum.size();
    }
  }
  ComfortNoise off;
  off.update(Payload{127});
  Samples out(160, 5);
  off.generate(out);
  EXPECT_EQ(energy(out), 0);
}

TEST(ComfortNoise, SpectrumIsWhatThePayloadSays) {
  // One coefficient makes a first-order process, whose neighbours correlate by -k1.
  for (const int index : {30, 127, 200}) {
    ComfortNoise noise;
    noise.update(Payload{20, static_cast<std::uint8_t>(index)});
    Samples out(80000);
    noise.generate(out);
    const double k = 258.0 * (index - 127) / 32768;
    EXPECT_NEAR(correlation(out, 1), -k, 0.02) << index;
    EXPECT_NEAR(correlation(out, 2), k * k, 0.03) << index;
  }
  // Two: the second reflection coefficient of what comes out is the one that went in.
  ComfortNoise noise;
  noise.update(Payload{20, 60, 190});
  Samples out(200000);
  noise.generate(out);
  const double r1 = correlation(out, 1), r2 = correlation(out, 2);
  const double k1 = -r1, k2 = -(r2 + k1 * r1) / (1 - k1 * k1);
  EXPECT_NEAR(k1, 258.0 * (60 - 127) / 32768, 0.02);
  EXPECT_NEAR(k2, 258.0 * (190 - 127) / 32768, 0.02);
}

TEST(ComfortNoise, ChangesGlide) {
  ComfortNoise noise;
  noise.update(Payload{30});
  Samples before(800), middle(40), after(8000);
  noise.generate(before);
  noise.update(Payload{60});
  noise.generate(middle);
  EXPECT_GT(level_dbov(middle), -42);
  noise.generate(std::span(after).first(800));
  noise.generate(after);
  EXPECT_NEAR(level_dbov(after), -60, 0.5);
}

TEST(ComfortNoise, FadesToExactSilence) {
  ComfortNoise noise;
  noise.update(Payload{20, 60});
  Samples out(8000);
  noise.generate(out);
  noise.update(Payload{127, 60});
  noise.generate(out);
  EXPECT_EQ(energy(std::span(out).last(1000)), 0);
}

TEST(ComfortNoise, SameCallsSameNoise) {
  const auto run = [] {
    ComfortNoise noise;
    Samples out(480);
    noise.update(Payload{40, 100});
    noise.generate(out);
    return out;
  };
  EXPECT_EQ(run(), run());
}

TEST(ComfortNoise, AnyPayloadIsStable) {
  Noise random(1);
  Samples out(1600);
  Payload payload;
  ComfortNoise noise;
  for (int i = 0; i < 1000; ++i) {
    payload.resize(random.bits() % 40);
    for (auto& b : payload)
      b = static_cast<std::uint8_t>(i % 3 == 0 ? (random.bits() % 2) * 255 : random.bits());
    noise.update(payload);
    noise.generate(out);
  }
  const Payload calm = {50};
  const AllocationCounter counter;
  noise.update(calm);
  for (int i = 0; i < 10; ++i) noise.generate(out);
  EXPECT_EQ(counter.count(), 0u);
  noise.generate(out);
  EXPECT_NEAR(level_dbov(out), -50, 1.5);  // it came back from whatever that was
}

}  // namespace
}  // namespace lineman
