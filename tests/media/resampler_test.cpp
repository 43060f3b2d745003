#include "resampler.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "level.h"
#include "lineman/media_call.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;

Samples through(Resampler& resampler, const Samples& in) {
  Samples out;
  AudioFrame a, b;
  a.rate = resampler.from();
  for (std::size_t i = 0; i + a.size() <= in.size(); i += a.size()) {
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(i), a.size(), a.samples.begin());
    b.silence();
    resampler.frame(a, b);
    EXPECT_EQ(b.rate, resampler.to());
    out.insert(out.end(), b.samples.begin(), b.samples.begin() + static_cast<long>(b.size()));
  }
  return out;
}

struct Rates {
  SampleRate from, to;
};
class EveryPair : public ::testing::TestWithParam<Rates> {};

TEST_P(EveryPair, KeepsFrequencyAndLevel) {
  const auto [from, to] = GetParam();
  for (const double hz : {300.0, 1004.0, 3400.0}) {
    Resampler resampler(from, to);
    const Samples out = through(resampler, sine(hz, 10000, from, static_cast<std::size_t>(from)));
    const auto steady = std::span(out).subspan(out.size() / 10);
    EXPECT_NEAR(strongest_near(steady, hz, to), hz, 1.0);
    EXPECT_NEAR(db(amplitude_at(steady, hz, to) / 10000), 0, 0.1) << hz;
    // Nothing else is in it: no image, no click at frame borders.
    EXPECT_LT(db(rms(steady) * std::sqrt(2.0) / 10000), 0.1);
    EXPECT_NEAR(rms(steady) / (amplitude_at(steady, hz, to) / std::sqrt(2.0)), 1, 0.002) << hz;
  }
}

class Downwards : public EveryPair {};

TEST_P(Downwards, RejectsWhatWouldAlias) {
  const auto [from, to] = GetParam();
  for (double hz = to * 0.58; hz < from / 2.0; hz += from / 37.0) {
    Resampler resampler(from, to);
    const Samples out = through(resampler, sine(hz, 20000, from, static_cast<std::size_t>(from)));
    EXPECT_LT(db(rms(std::span(out).subspan(out.size() / 10)) * std::sqrt(2.0) / 20000), -60) << hz;
  }
}

TEST_P(EveryPair, FrameDoesNotAllocate) {
  const auto [from, to] = GetParam();
  Resampler resampler(from, to);
  AudioFrame in, out;
  in.rate = from;
  const AllocationCounter counter;
  for (int i = 0; i < 50; ++i) resampler.frame(in, out);
  EXPECT_EQ(counter.count(), 0u);
}

std::vector<Rates> pairs(bool upwards) {
  std::vector<Rates> out;
  for (const SampleRate from : kSampleRates)
    for (const SampleRate to : kSampleRates)
      if (to < from || (upwards && to > from)) out.push_back({from, to});
  return out;
}
std::string name(const ::testing::TestParamInfo<Rates>& test) {
  return std::to_string(test.param.from) + "To" + std::to_string(test.param.to);
}
INSTANTIATE_TEST_SUITE_P(Resampler, EveryPair, ::testing::ValuesIn(pairs(true)), name);
INSTANTIATE_TEST_SUITE_P(Resampler, Downwards, ::testing::ValuesIn(pairs(false)), name);

TEST(Resampler, EqualRatesCopyBitForBit) {
  Resampler resampler(16000, 16000);
  const Samples in = speech(16000, 16000);
  EXPECT_EQ(through(resampler, in), in);
}

TEST(Resampler, SaturatesInsteadOfWrapping) {
  Resampler resampler(8000, 48000);
  Samples square(8000);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = (i / 20) % 2 ? -32768 : 32767;
  const Samples out = through(resampler, square);
  EXPECT_LT(largest_step(out), 30000);  // a wrap would be a step of 65535
}

TEST(Resampler, MovesKeepTheFilter) {
  const Samples in = speech(8000, 4000);
  Resampler plain(8000, 48000);
  const Samples want = through(plain, in);
  Resampler first(8000, 48000);
  const auto middle = in.begin() + 2000;
  Samples got = through(first, Samples(in.begin(), middle));
  Resampler second(16000, 8000);
  second = std::move(first);
  Resampler third(std::move(second));
  const Samples rest = through(third, Samples(middle, in.end()));
  got.insert(got.end(), rest.begin(), rest.end());
  EXPECT_EQ(got, want);
}

TEST(Resample, LengthIsExactAndDelayCompensated) {
  for (const int from : {8000, 11025, 22050, 44100, 48000, 96000, 7999, 192000}) {
    for (const int to : {8000, 16000, 48000, 44100}) {
      for (const std::size_t n : {1u, 7u, 441u, 12345u}) {
        const Samples in(n, 100);
        const auto want =
            static_cast<std::size_t>(std::llround(static_cast<double>(n) * to / from));
        EXPECT_EQ(resample(in, from, to).size(), want) << from << " " << to << " " << n;
      }
    }
  }
}

TEST(Resample, ToneStaysInPhase) {
  for (const int from : {11025, 22050, 44100, 48000, 8000}) {
    for (const int to : {8000, 16000, 48000}) {
      const Samples in = sine(440, 10000, from, static_cast<std::size_t>(from));
      const Samples out = resample(in, from, to);
      const Samples want = sine(440, 10000, to, out.size());
      const std::size_t edge = out.size() / 20;
      EXPECT_GT(
          snr(std::span(want).subspan(edge, out.size() - 2 * edge), std::span(out).subspan(edge)),
          50)
          << from << " to " << to;
    }
  }
}

TEST(Resample, RejectsWhatWouldAlias) {
  const Samples out = resample(sine(6000, 20000, 44100, 44100), 44100, 8000);
  EXPECT_LT(db(rms(std::span(out).subspan(200, out.size() - 400)) / 14142), -60);
}

TEST(Resample, EqualRatesAndNothingCopy) {
  const Samples in = speech(8000, 1234);
  EXPECT_EQ(resample(in, 44100, 44100), in);
  EXPECT_TRUE(resample({}, 44100, 8000).empty());
}

TEST(Resample, OddRates) {
  const Samples level(100000, 1000);
  for (const int from : {1, 100, 12347, 1000000, 2147483647}) {
    const std::size_t n = from < 1000 ? 200 : level.size();
    const Samples out = resample(std::span(level).first(n), from, 8000);
    EXPECT_EQ(out.size(),
              static_cast<std::size_t>(std::llround(static_cast<double>(n) * 8000 / from)));
    if (out.size() > 4000) {
      EXPECT_NEAR(out[out.size() / 2], 1000, 20) << from;
    }
  }
}

TEST(AllocationCounter, SeesCAndCpp) {
  const AllocationCounter counter;
  void* volatile kept = std::malloc(3);  // volatile: or the pair is optimised away
  std::free(kept);
  EXPECT_EQ(counter.count(), 1u);
  int* volatile made = new int(1);
  delete made;
  EXPECT_EQ(counter.count(), 2u);
}

TEST(Level, IsRelativeToAFullScaleSquare) {
  EXPECT_NEAR(level_dbov(Samples(160, 32767)), 0, 0.001);
  EXPECT_EQ(level_dbov(Samples(160, -32768)), 0);
  EXPECT_NEAR(level_dbov(sine(1000, 32767, 8000, 8000)), -3.01, 0.01);
  EXPECT_NEAR(level_dbov(sine(1000, 3276.7, 8000, 8000)), -23.01, 0.01);
  EXPECT_EQ(level_dbov(Samples(160)), kSilenceDbov);
  EXPECT_EQ(level_dbov({}), kSilenceDbov);
}

}  // namespace
}  // namespace lineman
