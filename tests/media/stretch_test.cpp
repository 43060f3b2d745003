#include "stretch.h"

#include <gtest/gtest.h>

#include "level.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;

class StretchRates : public ::testing::TestWithParam<SampleRate> {
 protected:
  SampleRate rate_ = GetParam();
  std::size_t ms(std::size_t n) const { return n * static_cast<std::size_t>(rate_) / 1000; }
  int want(double milliseconds) const { return static_cast<int>(milliseconds * rate_ / 1000); }

  // A stream cut into blocks of `block` ms, each stretched; `count` says how many were.
  Samples all(const Samples& in, std::size_t block, double milliseconds, int& count) {
    Samples out, buffer(ms(block) + ms(20));
    count = 0;
    for (std::size_t i = 0; i + ms(block) <= in.size(); i += ms(block)) {
      const auto part = std::span(in).subspan(i, ms(block));
      const StretchResult r = stretch(part, buffer, want(milliseconds), rate_);
      EXPECT_EQ(static_cast<int>(r.produced), static_cast<int>(part.size()) + r.change);
      if (r.change != 0) {
        ++count;
        EXPECT_EQ(r.change > 0, milliseconds > 0);
        EXPECT_GE(std::abs(r.change), want(2.5));
        EXPECT_LE(std::abs(r.change), want(15));
      } else {
        EXPECT_TRUE(std::equal(part.begin(), part.end(), buffer.begin()));
      }
      out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<long>(r.produced));
    }
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Rates, StretchRates, ::testing::Values(8000, 16000, 24000, 48000));

TEST_P(StretchRates, ASineStaysASine) {
  for (const double hz : {110.0, 200.0, 440.0, 1004.0, 2100.0}) {
    for (const double by : {-10.0, -4.0, 4.0, 10.0}) {
      for (const std::size_t block : {20u, 60u}) {
        const Samples in = sine(hz, 8000, rate_, ms(900));
        int count = 0;
        const Samples out = all(in, block, by, count);
        EXPECT_EQ(count, static_cast<int>(900 / block)) << hz << " " << by << " " << block;
        EXPECT_LE(largest_step(out), 1.25 * largest_step(in) + 10) << hz << " " << by;
        // Bounded leakage: with the tone's own band taken out, little is left. A sine of a few kHz
        // has its period between samples, so that each cut turns its phase a little.
        double in_band = 0;
        const auto middle = std::span(out).first(std::min(out.size(), ms(400)));
        for (double f = hz - 60; f <= hz + 60; f += 2.5) {
          const double a = amplitude_at(middle, f, rate_);
          in_band += a * a / 3;  // Hann: 1.5 bins of 2.5 Hz, half a square is power
        }
        EXPECT_NEAR(std::sqrt(in_band) / rms(middle), 1, 0.03) << hz << " " << by << " " << block;
      }
    }
  }
}

TEST_P(StretchRates, SpeechHasNoClick) {
  const Samples in = speech(rate_, ms(6000));
  for (const double by : {-12.0, -6.0, 6.0, 12.0}) {
    int count = 0;
    const Samples out = all(in, 30, by, count);
    EXPECT_GT(count, 100) << by;  // of 200 blocks, of which a third is not voiced
    EXPECT_LE(largest_step(out), largest_step(in) * 1.1) << by;
    EXPECT_NEAR(level_dbov(out), level_dbov(in), 1.5) << by;
  }
}

TEST_P(StretchRates, OnePeriodNearestToTheWish) {
  const Samples in = sine(200, 8000, rate_, ms(60));  // periods of 5 ms
  Samples out(ms(100));
  for (const auto& [wish, period] : {std::pair(4.0, 5), {6.0, 5}, {9.0, 10}, {30.0, 15}}) {
    EXPECT_NEAR(stretch(in, out, want(wish), rate_).change, want(period), 2) << wish;
    EXPECT_NEAR(stretch(in, out, -want(wish), rate_).change, -want(period), 2) << wish;
  }
}

TEST_P(StretchRates, SilenceAlwaysStretches) {
  Noise noise(9);
  Samples quiet(ms(20));
  Samples out(ms(60));
  for (const bool hiss : {false, true}) {
    if (hiss)
      for (auto& s : quiet) s = static_cast<std::int16_t>(noise.next() * 20);
    for (const double by : {-40.0, -7.0, -1.0, 1.0, 7.0, 40.0}) {
      const StretchResult r = stretch(quiet, out, want(by), rate_);
      EXPECT_NE(r.change, 0) << by;
      EXPECT_LT(rms(std::span(out).first(r.produced)), 20);
      if (!hiss && std::abs(by) < 15 && std::abs(by) > 2.5) {
        EXPECT_NEAR(r.change, want(by), want(0.2)) << by;
      }
    }
  }
}

TEST_P(StretchRates, NoiseHasNoGoodPlace) {
  Noise noise(4);
  Samples in(ms(30)), out(ms(60));
  int changed = 0;
  for (int i = 0; i < 50; ++i) {
    for (auto& s : in) s = static_cast<std::int16_t>(noise.next() * 8000);
    const StretchResult r = stretch(in, out, want(-8), rate_);
    if (r.change != 0)
      ++changed;
    else
      EXPECT_TRUE(std::equal(in.begin(), in.end(), out.begin()));
  }
  EXPECT_LT(changed, 5);
}

TEST_P(StretchRates, JoinsItsNeighbours) {
  const Samples in = speech(rate_, ms(600));
  Samples out(ms(60));
  for (std::size_t i = 0; i + ms(40) <= in.size(); i += ms(40)) {
    const auto part = std::span(in).subspan(i, ms(40));
    const StretchResult r = stretch(part, out, want(-6), rate_);
    EXPECT_NEAR(out[0], part[0], 0.05 * largest_step(in) + 1);
    EXPECT_NEAR(out[r.produced - 1], part.back(), 0.05 * largest_step(in) + 1);
  }
}

TEST_P(StretchRates, LimitsAndNoAllocation) {
  const Samples in = sine(300, 5000, rate_, ms(30));
  Samples out(ms(80));
  const AllocationCounter counter;
  EXPECT_EQ(stretch(in, out, 0, rate_).change, 0);
  EXPECT_EQ(stretch(std::span(in).first(ms(20) - 1), out, want(5), rate_).change, 0);
  EXPECT_EQ(stretch({}, out, want(5), rate_).produced, 0u);
  EXPECT_EQ(stretch(in, std::span(out).first(in.size()), want(5), rate_).change, 0) << "no room";
  const StretchResult r = stretch(in, std::span(out).first(in.size() + ms(4)), want(12), rate_);
  EXPECT_LE(r.change, static_cast<int>(ms(4)));
  EXPECT_GT(r.change, 0);
  EXPECT_EQ(stretch(in, std::span(out).first(7), want(-5), rate_).produced, 7u);
  EXPECT_EQ(counter.count(), 0u);
}

TEST_P(StretchRates, FullScaleDoesNotWrap) {
  Samples in(ms(30)), out(ms(60));
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = i / ms(3) % 2 ? -32768 : 32767;
  for (const double by : {-6.0, 6.0}) {
    const StretchResult r = stretch(in, out, want(by), rate_);
    EXPECT_NE(r.change, 0);
    for (const std::int16_t s : std::span(out).first(r.produced)) EXPECT_GE(std::abs(s), 32767);
  }
}

}  // namespace
}  // namespace lineman
