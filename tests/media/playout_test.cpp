#include "playout.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "no_alloc.h"

namespace lineman {
namespace {

using Audio = std::vector<std::int16_t>;
using Bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
constexpr std::uint8_t kPcmu = 0, kG722 = 9, kNoise = 13, kFake = 96, kOpus = 111, kEvent = 101;
constexpr std::array kProfiles = {JitterProfile::kInteractive, JitterProfile::kDefault,
                                  JitterProfile::kRobust, JitterProfile::kFixed};

// 8 kHz, a byte is a sample and its value the audio; the first byte 255 carries FEC. It conceals by
// a constant when told to, else not at all.
struct FakeDecoder final : Decoder {
  explicit FakeDecoder(bool conceals) : conceals_(conceals) {}
  SampleRate rate() const override { return 8000; }
  std::size_t samples_in(std::span<const std::uint8_t> p) const override { return p.size(); }
  std::size_t decode(std::span<const std::uint8_t> p, std::span<std::int16_t> out) override {
    for (std::size_t i = 0; i < p.size(); i++) out[i] = p[i];
    return p.size();
  }
  bool has_fec(std::span<const std::uint8_t> p) const override { return p[0] == 255; }
  std::size_t decode_fec(std::span<const std::uint8_t>, std::span<std::int16_t> out) override {
    std::fill(out.begin(), out.end(), std::int16_t{7777});
    return out.size();
  }
  bool conceal(std::span<std::int16_t> out) override {
    std::fill(out.begin(), out.end(), std::int16_t{5000});
    return conceals_;
  }
  void reset() override {}
  bool conceals_;
};

std::vector<Playout::Coder> coders(bool fake_conceals = true) {
  std::vector<Playout::Coder> c;
  c.push_back({kPcmu, 8000, make_decoder(CodecId::kPcmu)});
  c.push_back({kG722, 8000, make_decoder(CodecId::kG722)});
  c.push_back({kOpus, 48000, make_decoder(CodecId::kOpus)});
  c.push_back({kFake, 8000, std::make_unique<FakeDecoder>(fake_conceals)});
  c.push_back({kNoise, 8000, nullptr});
  return c;
}

Audio sine(double hz, double seconds, SampleRate rate = 8000, double amplitude = 8000) {
  Audio a(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < a.size(); i++)
    a[i] = static_cast<std::int16_t>(
        std::lround(amplitude * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate)));
  return a;
}
double rms(const Audio& a, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; i++) sum += double{1} * a.at(i) * a.at(i);
  return std::sqrt(sum / static_cast<double>(to - from));
}
int steepest(const Audio& a) {
  int most = 0;
  for (std::size_t i = 1; i < a.size(); i++) most = std::max(most, std::abs(a[i] - a[i - 1]));
  return most;
}
Bytes encode(CodecId id, const Audio& a) {
  Bytes out(a.size() * 2 + 1500);
  out.resize(make_encoder(id, {})->encode(a, out));
  return out;
}

struct Rig {
  explicit Rig(JitterProfile profile = JitterProfile::kDefault, SampleRate leg_rate = 8000,
               bool fake_conceals = true)
      : playout(make_playout({profile, milliseconds(200)})), rate(leg_rate) {
    auto c = coders(fake_conceals);
    playout->exchange(c, rate);
  }
  void at(double ms, std::uint8_t type, int sequence, std::uint32_t timestamp, Bytes data) {
    queue.emplace(ms, Item{type, static_cast<std::uint16_t>(sequence), timestamp, std::move(data)});
  }
  // `audio` at 8 kHz as packets of `ms`, from `start`, with the sender's clock off by `ppm`.
  void pcmu(const Audio& audio, double start, int ms = 20, double ppm = 0,
            const std::function<bool(int)>& lost = {}) {
    const auto size = static_cast<std::size_t>(ms) * 8;
    const auto encoder = make_encoder(CodecId::kPcmu, {});
    for (std::size_t i = 0; (i + 1) * size <= audio.size(); i++) {
      Bytes b(size);
      encoder->encode(std::span(audio).subspan(i * size, size), b);
      if (!lost || !lost(static_cast<int>(i)))
        at(start + static_cast<double>(i) * ms * (1 + ppm), kPcmu, static_cast<int>(i),
           static_cast<std::uint32_t>(i * size), b);
    }
  }
  void run(double until) {
    for (; now < until; now += 10) {
      while (!queue.empty() && queue.begin()->first <= now) {
        const auto& [when, item] = *queue.begin();
        if (item.type == kEvent)
          playout->other(TimePoint{} + from_ms(when));
        else
          playout->push({item.sequence, item.timestamp, item.type, false, item.data,
                         TimePoint{} + from_ms(when)});
        queue.erase(queue.begin());
      }
      AudioFrame frame;
      playout->pull(TimePoint{} + from_ms(now), frame);
      ASSERT_EQ(frame.rate, rate);
      heard.insert(heard.end(), frame.span().begin(), frame.span().end());
    }
  }
  MediaStats::Rx stats() const {
    MediaStats::Rx rx;
    playout->stats(rx);
    return rx;
  }
  std::size_t first_sound() const {
    std::size_t i = 0;
    while (i < heard.size() && heard[i] == 0) i++;
    return i;
  }

  struct Item {
    std::uint8_t type;
    std::uint16_t sequence;
    std::uint32_t timestamp;
    Bytes data;
  };
  std::unique_ptr<Playout> playout;
  SampleRate rate;
  std::multimap<double, Item> queue;
  Audio heard;
  double now = 0;
};

Audio noise(double seconds) {
  std::mt19937 random(5);
  Audio a(static_cast<std::size_t>(seconds * 8000));
  for (auto& v : a) v = static_cast<std::int16_t>(random());
  return a;
}
Audio decoded(const Audio& a) {
  Audio out(a.size());
  const auto decoder = make_decoder(CodecId::kPcmu);
  for (std::size_t i = 0; i + 80 <= a.size(); i += 80)
    decoder->decode(encode(CodecId::kPcmu, {a.begin() + static_cast<long>(i),
                                            a.begin() + static_cast<long>(i) + 80}),
                    std::span(out).subspan(i, 80));
  return out;
}

TEST(Playout, SilenceBeforeTheFirstPacket) {
  for (SampleRate rate : kSampleRates) {
    Rig rig(JitterProfile::kDefault, rate);
    rig.run(200);
    EXPECT_EQ(rig.heard, Audio(static_cast<std::size_t>(rate) / 5));
    EXPECT_EQ(rig.stats().concealed, Duration{});
  }
}

TEST(Playout, CleanNetworkIsBitExactFor30Seconds) {
  const Audio sent = noise(30.4), expected = decoded(sent);
  for (JitterProfile p : kProfiles) {
    for (int ms : {10, 20, 30, 60, 200}) {
      Rig rig(p);
      rig.pcmu(sent, 103, ms);
      rig.run(30450);
      const std::size_t begin = rig.first_sound();
      const std::size_t count = std::min<std::size_t>(rig.heard.size() - begin, 8000 * 30);
      ASSERT_GE(count, 8000u * 30);
      SCOPED_TRACE(ms);
      ASSERT_TRUE(std::equal(expected.begin(), expected.begin() + static_cast<long>(count),
                             rig.heard.begin() + static_cast<long>(begin)));
      EXPECT_LE(begin, 8u * (p == JitterProfile::kFixed ? 310 : 120));
      const auto rx = rig.stats();
      EXPECT_EQ(rx.stretched + rx.concealed, Duration{});
      EXPECT_EQ(rx.ptime, milliseconds(ms));
      EXPECT_EQ(rx.late + rx.duplicate + rx.fec_recovered + rx.comfort_noise, 0u);
    }
  }
}

TEST(Playout, OtherRatesAreResampled) {
  for (SampleRate rate : {16000, 48000}) {
    Rig rig(JitterProfile::kDefault, rate);
    rig.pcmu(sine(440, 2), 0);
    rig.run(1900);
    EXPECT_EQ(rig.heard.size(), static_cast<std::size_t>(rate) / 100 * 190);
    const auto n = static_cast<std::size_t>(rate);
    EXPECT_NEAR(rms(rig.heard, n / 2, n * 3 / 2), 8000 / std::sqrt(2), 100);
    EXPECT_LT(steepest(rig.heard), 8000 * 2 * M_PI * 440 / rate * 1.4);
  }
}

TEST(Playout, LossIsConcealedAndTheTimeLineKept) {
  const Audio sent = sine(300, 6), expected = decoded(sent);
  Rig rig(JitterProfile::kFixed);
  rig.pcmu(sent, 0, 20, 0, [](int i) { return i > 10 && i % 20 == 15; });
  rig.run(6150);
  const std::size_t begin = 200 * 8;
  EXPECT_EQ(rig.stats().concealed, milliseconds(20) * 15);
  EXPECT_EQ(rig.stats().stretched, Duration{});
  double worst = 1e9;
  for (std::size_t i = 0; i < 285; i++)
    worst = std::min(worst, rms(rig.heard, begin + i * 160, begin + (i + 1) * 160));
  EXPECT_GT(worst, 3000);                  // no hole
  for (std::size_t i = 0; i < 280; i++) {  // a packet later all is as it was sent
    if (i > 10 && (i % 20 == 15 || i % 20 == 16)) continue;
    ASSERT_TRUE(std::equal(expected.begin() + static_cast<long>(i * 160),
                           expected.begin() + static_cast<long>(i * 160 + 160),
                           rig.heard.begin() + static_cast<long>(begin + i * 160)))
        << i;
  }
}

TEST(Playout, LongLossFadesToSilence) {
  for (bool codec : {false, true}) {
    Rig rig(JitterProfile::kDefault, 8000, codec);
    if (codec) {
      for (int i = 0; i < 50; i++)
        rig.at(20 * i, kFake, i, static_cast<std::uint32_t>(i) * 160, Bytes(160, 100));
    } else {
      rig.pcmu(sine(300, 1), 0);
    }
    rig.run(4000);
    EXPECT_GT(rms(rig.heard, 8 * 1015, 8 * 1030), 50);
    EXPECT_EQ(rms(rig.heard, 8 * 1250, 8 * 4000), 0);
    EXPECT_LE(rig.stats().concealed, milliseconds(1020));  // a source that went away: silence
  }
}

TEST(Playout, LostPacketComesFromFecOfTheNext) {
  Rig rig(JitterProfile::kFixed);
  for (int i = 0; i < 100; i++) {
    Bytes b(160, 1);
    b[0] = i % 2 ? 255 : 0;
    if (i % 10 != 4) rig.at(20 * i, kFake, i, static_cast<std::uint32_t>(i) * 160, b);
  }
  rig.run(2190);
  EXPECT_EQ(rig.stats().fec_recovered, 10u);
  EXPECT_EQ(rig.stats().concealed, Duration{});
  EXPECT_EQ(std::count(rig.heard.begin(), rig.heard.end(), 7777), 1600);
  EXPECT_EQ(rig.heard.at(200 * 8 + 4 * 160), 7777);
}

TEST(Playout, OpusWithLossUsesItsFecAndStaysWhole) {
  const Audio sent = sine(300, 6, 48000);
  const auto encoder = make_encoder(CodecId::kOpus, {});
  Rig rig(JitterProfile::kDefault, 48000);
  for (int i = 0; i < 300; i++) {
    Bytes b(1500);
    b.resize(encoder->encode(std::span(sent).subspan(static_cast<std::size_t>(i) * 960, 960), b));
    ASSERT_FALSE(b.empty());
    if (i % 15 != 7) rig.at(20 * i, kOpus, i, static_cast<std::uint32_t>(i) * 960, b);
  }
  rig.run(5900);
  const auto rx = rig.stats();
  EXPECT_EQ(rx.fec_recovered * 20 + static_cast<std::uint64_t>(to_ms(rx.concealed) / 20) * 20,
            20u * 20);
  EXPECT_GT(rms(rig.heard, 48000, 48000 * 5), 4000);
  EXPECT_EQ(rx.stretched, Duration{});
}

TEST(Playout, DriftIsAbsorbedWithoutAClick) {
  for (double ppm : {500e-6, -500e-6}) {
    for (int ms : {10, 20}) {
      Rig rig;
      rig.pcmu(sine(400, 120), 0, ms, ppm);
      rig.run(119000);
      const auto rx = rig.stats();
      SCOPED_TRACE(::testing::Message() << ppm << ' ' << ms);
      // Behind a short packet there is nothing yet to lengthen it with: concealment fills in.
      const Duration made_up = ms == 10 && ppm > 0 ? rx.concealed : rx.stretched;
      EXPECT_EQ(rx.concealed + rx.stretched, made_up);
      EXPECT_GT(made_up, milliseconds(15));
      EXPECT_LT(made_up, milliseconds(110));
      EXPECT_LT(rx.delay, milliseconds(45));
      EXPECT_LT(steepest(rig.heard), 8000 * 2 * M_PI * 400 / 8000 * 1.5);
      EXPECT_GT(rms(rig.heard, 8000, 8000 * 118), 5500);
    }
  }
}

TEST(Playout, BacklogIsWorkedOffBySmoothStretching) {
  Rig rig;
  const Audio sent = sine(250, 20);
  rig.pcmu(sent, 0);
  decltype(rig.queue) stuck;
  for (auto& [when, item] : rig.queue) stuck.emplace(when < 400 ? 400 : when, item);
  rig.queue = std::move(stuck);  // the call begins with 400 ms at once
  rig.run(15000);
  EXPECT_EQ(rig.stats().concealed, Duration{});
  EXPECT_GT(rig.stats().stretched, milliseconds(300));
  EXPECT_LT(rig.stats().delay, milliseconds(35));
  EXPECT_LT(steepest(rig.heard), 8000 * 2 * M_PI * 250 / 8000 * 1.5);
}

// RFC 4733: event packets take the place of audio, and its sequence numbers.
TEST(Playout, PauseForADigitIsNoLossAndCostsNoDelay) {
  for (JitterProfile p : kProfiles) {
    for (double jitter : {0., 60.}) {
      Rig rig(p);
      std::mt19937 random(3);
      for (int i = 0; i < 400; i++) {
        const bool event = i % 100 >= 40 && i % 100 < 48;
        const double late = jitter > 0 ? random() % 60 : 0;
        rig.at(20 * i + late, event ? kEvent : kFake, i, static_cast<std::uint32_t>(i) * 160,
               Bytes(160, 100));
      }
      rig.run(7900);
      SCOPED_TRACE(::testing::Message() << int(p) << ' ' << jitter);
      if (jitter == 0) {
        EXPECT_EQ(rig.stats().concealed + rig.stats().stretched, Duration{});
        EXPECT_LE(rig.stats().delay, milliseconds(p == JitterProfile::kFixed ? 210 : 20));
      } else if (p != JitterProfile::kInteractive) {
        EXPECT_LE(rig.stats().concealed, milliseconds(150));
        EXPECT_LE(rig.stats().delay, milliseconds(p == JitterProfile::kFixed ? 220 : 110));
      }
    }
  }
}

TEST(Playout, ComfortNoiseIsHeardInPauses) {
  Rig rig;
  rig.pcmu(sine(300, 1), 0);
  rig.at(1000, kNoise, 50, 8000, {60, 127, 127});
  rig.run(3000);
  const auto rx = rig.stats();
  EXPECT_EQ(rx.comfort_noise, 1u);
  EXPECT_EQ(rx.concealed, Duration{});
  const double level = 20 * std::log10(rms(rig.heard, 8 * 1200, 8 * 2900) / 32768);
  EXPECT_NEAR(level, -60, 4);
}

TEST(Playout, CodecsOfDifferentRatesChangeOver) {
  Rig rig(JitterProfile::kDefault, 16000);
  const auto g722 = make_encoder(CodecId::kG722, {});
  const Audio narrow = sine(300, 4), wide = sine(300, 4, 16000);
  for (int i = 0; i < 200; i++) {
    const bool first = i % 40 < 20;
    Bytes b(1500);
    const std::size_t n = first ? 160 : 320;
    const auto in = std::span(first ? narrow : wide).subspan(static_cast<std::size_t>(i) * n, n);
    b.resize(first ? make_encoder(CodecId::kPcmu, {})->encode(in, b) : g722->encode(in, b));
    rig.at(20 * i, first ? kPcmu : kG722, i, static_cast<std::uint32_t>(i) * 160, b);
  }
  rig.run(3900);
  EXPECT_EQ(rig.stats().concealed + rig.stats().stretched, Duration{});
  EXPECT_GT(rms(rig.heard, 16000, 16000 * 3), 5000);
}

TEST(Playout, ExchangeGivesBackTheOldCodersAndDropsWhatIsGone) {
  Rig rig(JitterProfile::kFixed);
  rig.pcmu(sine(300, 4), 0);
  rig.run(1000);
  EXPECT_TRUE(rig.playout->knows(kPcmu));
  EXPECT_FALSE(rig.playout->knows(77));
  auto same = coders();
  rig.playout->exchange(same, 8000);  // re-INVITE, nothing new: what is buffered is played
  ASSERT_EQ(same.size(), 5u);
  EXPECT_NE(same[0].decoder, nullptr);
  rig.run(2000);
  EXPECT_EQ(rig.stats().concealed, Duration{});
  std::vector<Playout::Coder> other;
  other.push_back({8, 8000, make_decoder(CodecId::kPcma)});
  rig.playout->exchange(other, 8000);
  EXPECT_EQ(other.size(), 5u);
  EXPECT_FALSE(rig.playout->knows(kPcmu));
  const std::size_t at = rig.heard.size();
  rig.run(4000);  // PCMU goes on coming and is not understood
  EXPECT_EQ(rms(rig.heard, at + 8 * 300, rig.heard.size()), 0);
  std::vector<Playout::Coder> none;
  rig.playout->exchange(none, 48000);
  rig.rate = 48000;
  rig.run(4200);
}

TEST(Playout, NewSourceStartsAfresh) {
  Rig rig;
  rig.pcmu(noise(1), 0);
  rig.run(900);
  rig.queue.clear();
  rig.playout->reset();
  rig.heard.clear();
  const Audio sent = noise(2), expected = decoded(sent);
  rig.pcmu(sent, 1500);
  rig.run(3000);
  const std::size_t begin = rig.first_sound();
  EXPECT_GE(begin, 8u * 600);
  EXPECT_TRUE(
      std::equal(rig.heard.begin() + static_cast<long>(begin), rig.heard.end(), expected.begin()));
}

TEST(Playout, MediaThreadDoesNotAllocate) {
  Rig rig(JitterProfile::kDefault, 48000);
  auto next = coders();
  prepare(next, 48000);
  const Bytes ulaw(160, 0x40), sid{60, 3, 9}, opus = encode(CodecId::kOpus, sine(300, .02, 48000));
  testing::AllocationCounter counter;
  AudioFrame frame;
  for (int i = 0; i < 2000; i++) {
    const TimePoint now = TimePoint{} + milliseconds(10 * i);
    if (i == 1000) rig.playout->exchange(next, 48000);
    const Bytes& data = i % 300 > 250 ? sid : i % 300 > 150 ? opus : ulaw;
    const std::uint8_t type = i % 300 > 250 ? kNoise : i % 300 > 150 ? kOpus : kPcmu;
    if (i % 2 == 0 && i % 14 != 0)
      rig.playout->push({static_cast<std::uint16_t>(i / 2), static_cast<std::uint32_t>(i) * 81,
                         type, false, data, now});
    rig.playout->pull(now, frame);
  }
  EXPECT_EQ(counter.count(), 0u);
}

TEST(Playout, HostileInputIsSurvived) {
  for (unsigned seed = 1; seed <= 12; seed++) {
    std::mt19937 random(seed);
    const auto dice = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Rig rig(kProfiles[seed % 4], kSampleRates[seed % 5]);
    const Bytes real = encode(CodecId::kOpus, sine(300, .02, 48000));
    RtpPayload p;
    TimePoint now{};
    AudioFrame frame;
    for (int i = 0; i < 3000; i++) {
      now += dice(100) ? kFrameTime : kFrameTime * dice(1000);
      for (int k = dice(30) ? dice(3) : dice(300); k > 0; k--) {
        Bytes b(static_cast<std::size_t>(dice(10) ? 160 : dice(3) ? dice(4) : dice(5000)));
        for (auto& v : b) v = static_cast<std::uint8_t>(random());
        if (dice(2)) b = real;
        p.sequence = static_cast<std::uint16_t>(dice(9) ? p.sequence + 1 : dice(65536));
        p.timestamp = dice(9) ? p.timestamp + 160 : static_cast<std::uint32_t>(random());
        p.payload_type = dice(5)
                             ? p.payload_type
                             : std::array{kPcmu, kG722, kNoise, kOpus, std::uint8_t{99}}[dice(5)];
        p.data = b;
        p.arrival = now;
        rig.playout->push(p);
      }
      rig.playout->pull(now, frame);
      ASSERT_EQ(frame.rate, rig.rate);
      if (dice(300) == 0) rig.playout->reset();
      if (dice(300) == 0) {
        auto c = coders();
        rig.rate = kSampleRates[static_cast<std::size_t>(dice(5))];
        rig.playout->exchange(c, rig.rate);
      }
    }
  }
}

}  // namespace
}  // namespace lineman
