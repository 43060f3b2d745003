#include "delay_estimator.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace lineman {
namespace {

using std::chrono::milliseconds;

struct Feed {
  explicit Feed(JitterProfile p, Duration fixed = {}) : estimator({p, fixed}) {}
  void packets(int count, double base, const std::function<double()>& jitter) {
    for (; count > 0; count--, sent += 20)
      estimator.packet(TimePoint{} + from_ms(sent + 1000), from_ms(base + jitter()),
                       milliseconds(20));
  }
  double target() const { return to_ms(estimator.target()); }
  double base() const { return to_ms(estimator.base()); }
  DelayEstimator estimator;
  double sent = 0;
};
const auto kSteady = [] { return 0.; };

TEST(DelayEstimator, SteadyTransitAsksForNearlyNothing) {
  for (JitterProfile p :
       {JitterProfile::kInteractive, JitterProfile::kDefault, JitterProfile::kRobust}) {
    Feed feed(p);
    feed.packets(1, -12345, kSteady);
    const double first = feed.target();
    feed.packets(500, -12345, kSteady);
    EXPECT_EQ(feed.target(), first);
    EXPECT_LE(first, 8);
    EXPECT_EQ(feed.base(), -12345);
  }
}

TEST(DelayEstimator, ProfilesDifferInWhatLateIsWorth) {
  double before = 0;
  for (JitterProfile p :
       {JitterProfile::kInteractive, JitterProfile::kDefault, JitterProfile::kRobust}) {
    std::mt19937 random(1);
    // 3 % of the packets come 100 ms late, 1 % 200 ms.
    Feed feed(p);
    feed.packets(3000, 40, [&] {
      const auto dice = random() % 100;
      return dice == 0 ? 200. : dice < 4 ? 100. : 0.;
    });
    EXPECT_GE(feed.target(), before);
    before = feed.target();
    if (p == JitterProfile::kInteractive) {
      EXPECT_LT(feed.target(), 100);
    }
    if (p == JitterProfile::kRobust) {
      EXPECT_NEAR(feed.target(), 205, 6);
    }
  }
}

TEST(DelayEstimator, FixedIsFixed) {
  Feed feed(JitterProfile::kFixed, milliseconds(60));
  std::mt19937 random(1);
  feed.packets(1000, 40, [&] { return static_cast<double>(random() % 400); });
  EXPECT_EQ(feed.target(), 60);
}

TEST(DelayEstimator, RisingBaseTakesTheHistogramWithIt) {
  Feed feed(JitterProfile::kRobust);
  std::mt19937 random(1);
  const auto jitter = [&] { return static_cast<double>(random() % 12); };
  feed.packets(1000, 40, jitter);
  const double narrow = feed.target();
  feed.packets(150, 120, jitter);  // 3 s after a step of 80 ms: against the old base
  EXPECT_NEAR(feed.base(), 40, 1);
  EXPECT_GE(feed.target(), narrow + 76);
  feed.packets(300, 120, jitter);  // 9 s: the old minimum is gone
  EXPECT_NEAR(feed.base(), 120, 1);
  EXPECT_LE(feed.target(), narrow + 4);
}

TEST(DelayEstimator, StallBeyondTheRangeDoesNotCount) {
  Feed feed(JitterProfile::kDefault);
  feed.packets(500, 40, kSteady);
  const double before = feed.target();
  feed.packets(100, 40, [] { return 2000.; });
  EXPECT_EQ(feed.target(), before);
}

TEST(DelayEstimator, DriftIsFollowedWithoutAMove) {
  Feed feed(JitterProfile::kDefault);
  double transit = 0;
  feed.packets(15000, 0, [&] { return transit += .01; });  // 500 ppm for 5 minutes
  EXPECT_NEAR(feed.base(), transit, 4.5);
  EXPECT_LE(feed.target(), 10);
}

TEST(DelayEstimator, VeryLongCallsKeepTheirScale) {
  Feed feed(JitterProfile::kInteractive);
  feed.packets(100000, 0, kSteady);
  feed.packets(2000, 0, [] {
    static int n = 0;
    return n++ % 2 ? 50. : 0.;
  });
  EXPECT_NEAR(feed.target(), 54, 4);
}

}  // namespace
}  // namespace lineman
