#include "plc.h"

#include <gtest/gtest.h>

#include "level.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;

enum class How { kSilence, kRepeat, kPlc };

// Packets of 20 ms, lost at random; `lost` says which.
Samples impaired(const Samples& in, SampleRate rate, double loss, How how,
                 std::vector<bool>& lost) {
  const auto packet = static_cast<std::size_t>(rate) / 50;
  Samples out = in;
  Plc plc(rate);
  Noise noise(11);
  lost.clear();
  for (std::size_t i = 0; i + packet <= in.size(); i += packet) {
    const auto io = std::span(out).subspan(i, packet);
    lost.push_back(i > 5 * packet && noise.bits() < loss * 4294967296.0);
    if (how == How::kPlc) {
      lost.back() ? plc.conceal(io) : plc.good(io);
    } else if (lost.back()) {
      if (how == How::kSilence) std::fill(io.begin(), io.end(), std::int16_t{0});
      if (how == How::kRepeat)
        std::copy(io.begin() - static_cast<long>(packet), io.begin(), io.begin());
    }
  }
  return out;
}

// Of the lost packets that were not silent: mean SNR, log-spectral distance (dB, bands) around
// them, and the step at their two ends.
struct Score {
  double snr = 0, distance = 0, step = 0;
};
Score score(const Samples& want, const Samples& got, const std::vector<bool>& lost,
            SampleRate rate) {
  const auto packet = static_cast<std::size_t>(rate) / 50;
  Score sum;
  int counted = 0;
  for (std::size_t k = 1; k + 1 < lost.size(); ++k) {
    const auto w = std::span(want).subspan(k * packet, packet);
    if (!lost[k] || rms(w) < 100) continue;
    sum.snr += std::clamp(snr(w, std::span(got).subspan(k * packet, packet)), -10.0, 35.0);
    const std::size_t from = k * packet - packet / 2;
    double d = 0;
    constexpr int kBands = 11;  // of 300 Hz
    for (int band = 0; band < kBands; ++band) {
      const auto log_of = [&](const Samples& x) {
        double power = 10;
        for (double hz = 150 + 300 * band; hz < 450 + 300 * band; hz += 25) {
          const double a = amplitude_at(std::span(x).subspan(from, 2 * packet), hz, rate);
          power += a * a;
        }
        return 10 * std::log10(power);
      };
      const double delta = log_of(want) - log_of(got);
      d += delta * delta;
    }
    sum.distance += std::sqrt(d / kBands);
    for (const std::size_t edge : {k * packet, (k + 1) * packet})
      sum.step += std::abs(got[edge] - got[edge - 1]) / 2.0;
    ++counted;
  }
  return {sum.snr / counted, sum.distance / counted, sum.step / counted};
}

class PlcRates : public ::testing::TestWithParam<SampleRate> {
 protected:
  SampleRate rate_ = GetParam();
  std::size_t ms(std::size_t n) const { return n * static_cast<std::size_t>(rate_) / 1000; }
};
INSTANTIATE_TEST_SUITE_P(Rates, PlcRates, ::testing::Values(8000, 16000));

TEST_P(PlcRates, GoodAudioPassesBitForBit) {
  const Samples in = speech(rate_, ms(2000));
  Samples out = in;
  Plc plc(rate_);
  for (std::size_t i = 0, n = 1; i < out.size(); i += n, n = n % ms(30) + 7) {
    n = std::min(n, out.size() - i);
    plc.good(std::span(out).subspan(i, n));
  }
  EXPECT_EQ(out, in);
}

TEST_P(PlcRates, NearerThanSilenceAndThanRepetition) {
  const Samples in = speech(rate_, ms(15000), 5);
  for (const double loss : {0.05, 0.10}) {
    std::vector<bool> lost;
    const Score silence = score(in, impaired(in, rate_, loss, How::kSilence, lost), lost, rate_);
    const Score repeat = score(in, impaired(in, rate_, loss, How::kRepeat, lost), lost, rate_);
    const Score plc = score(in, impaired(in, rate_, loss, How::kPlc, lost), lost, rate_);
    EXPECT_GT(plc.snr, silence.snr + 1) << loss;
    EXPECT_GT(plc.snr, repeat.snr + 3) << loss;
    EXPECT_LT(plc.distance, silence.distance / 2) << loss;
    EXPECT_LT(plc.step, silence.step) << loss;
    EXPECT_LT(plc.step, repeat.step * 0.6) << loss;
    const auto record = [&](const char* name, const Score& s) {
      RecordProperty(name + std::to_string(static_cast<int>(loss * 100)),
                     std::to_string(s.snr) + " dB SNR, " + std::to_string(s.distance) +
                         " dB distance, step " + std::to_string(s.step));
    };
    record("silence_", silence);
    record("repeat_", repeat);
    record("plc_", plc);
  }
}

TEST_P(PlcRates, ContinuesAPeriodicSignal) {
  for (const double hz : {80.0, 100.0, 131.0, 190.0, 440.0, 1000.0}) {
    Samples in = sine(hz, 8000, rate_, ms(120));
    const Samples want = in;
    Plc plc(rate_);
    plc.good(std::span(in).first(ms(100)));
    plc.conceal(std::span(in).subspan(ms(100), ms(10)));
    plc.good(std::span(in).subspan(ms(110)));
    EXPECT_GT(snr(std::span(want).subspan(ms(100)), std::span(in).subspan(ms(100))), 12) << hz;
    EXPECT_LT(largest_step(in), 1.6 * largest_step(want) + 100) << hz;
  }
}

TEST_P(PlcRates, FadesToSilenceBySixtyMilliseconds) {
  Plc plc(rate_);
  Samples in = sine(150, 8000, rate_, ms(200));
  plc.good(in);
  Samples gap(ms(200));
  for (std::size_t i = 0; i < gap.size(); i += ms(10))
    plc.conceal(std::span(gap).subspan(i, ms(10)));
  EXPECT_GT(rms(std::span(gap).first(ms(10))), 5000);
  double before = 1e9;
  for (std::size_t i = 0; i < 6; ++i) {
    const double now = rms(std::span(gap).subspan(ms(10) * i, ms(10)));
    EXPECT_LT(now, before * 1.02) << i;
    before = now;
  }
  EXPECT_EQ(energy(std::span(gap).subspan(ms(60))), 0);
  // And back without a click, untouched after 4 ms.
  Samples back = sine(150, 8000, rate_, ms(40));
  const Samples want = back;
  plc.good(back);
  EXPECT_LT(std::abs(back[0]), 1000);
  EXPECT_TRUE(std::equal(back.begin() + static_cast<long>(ms(4)), back.end(),
                         want.begin() + static_cast<long>(ms(4))));
}

TEST_P(PlcRates, MergesWithinTenMillisecondsThenPasses) {
  for (const std::size_t gap : {10u, 20u, 30u, 50u}) {
    Samples in = speech(rate_, ms(300), 2);
    const Samples want = in;
    Plc plc(rate_);
    plc.good(std::span(in).first(ms(100)));
    plc.conceal(std::span(in).subspan(ms(100), ms(gap)));
    for (std::size_t i = ms(100 + gap); i < in.size(); i += ms(5))  // in parts, too
      plc.good(std::span(in).subspan(i, std::min(ms(5), in.size() - i)));
    EXPECT_TRUE(std::equal(in.begin() + static_cast<long>(ms(110 + gap)), in.end(),
                           want.begin() + static_cast<long>(ms(110 + gap))));
    EXPECT_LT(largest_step(in), 1.6 * largest_step(want));
  }
}

TEST_P(PlcRates, NothingHeardIsSilence) {
  Plc plc(rate_);
  Samples out(ms(20), 7);
  plc.conceal(out);
  EXPECT_EQ(out, Samples(ms(20)));
  Samples in = sine(300, 9000, rate_, ms(100));
  plc.good(in);
  plc.reset();
  plc.conceal(out);
  EXPECT_EQ(out, Samples(ms(20)));
}

TEST_P(PlcRates, FullScaleAndAnyLength) {
  Plc plc(rate_);
  Noise noise(3);
  Samples buffer(ms(300));
  const AllocationCounter counter;
  for (int i = 0; i < 2000; ++i) {
    const auto part = std::span(buffer).first(noise.bits() % (i % 10 ? ms(25) : buffer.size()));
    if (noise.bits() % 3 == 0) {
      plc.conceal(part);
    } else {
      for (auto& s : part) s = noise.bits() % 2 ? 32767 : -32768;
      plc.good(part);
    }
  }
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace lineman
