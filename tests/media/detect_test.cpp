#include "detect.h"

#include <gtest/gtest.h>

#include "no_alloc.h"
#include "signals.h"
#include "spectrum.h"

namespace lineman {
namespace {

using testing::Noise;
using testing::Samples;
using namespace std::chrono_literals;
using Event = MediaEvent::Kind;
using Kind = AudioSummary::Kind;

struct Rig {
  explicit Rig(SampleRate r = 8000) : rate(r) {}

  Rig& hear(const Samples& x) {
    AudioFrame frame;
    frame.rate = rate;
    for (std::size_t at = 0; at + frame.size() <= x.size(); at += frame.size()) {
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(at), frame.size(), frame.samples.begin());
      now += kFrameTime;
      queue.set_now(now);
      detector.frame(frame);
      for (MediaEvent event; queue.pop(event);) events.push_back(event);
    }
    return *this;
  }
  Rig& silence(Duration d) { return hear(Samples(samples(d), 0)); }
  Rig& tone(double hz, double dbov, Duration d, double snr_db = 1000) {
    return hear(mixed({hz}, dbov, d, snr_db));
  }
  Samples mixed(const std::vector<double>& hz, double dbov, Duration d, double snr_db = 1000) {
    const double rms = 32768 * std::pow(10, dbov / 20);
    const double noise = rms * std::pow(10, -snr_db / 20) * std::sqrt(3);  // uniform
    Samples x(samples(d));
    for (std::size_t i = 0; i < x.size(); ++i) {
      double sum = noise * source.next();
      for (const double f : hz) {
        sum += rms * std::sqrt(2.0 / static_cast<double>(hz.size())) *
               std::sin(2 * M_PI * f * static_cast<double>(i) / rate + f);
      }
      x[i] = testing::to_sample(sum);
    }
    return x;
  }
  Samples noise(double dbov, Duration d) {
    const double peak = 32768 * std::pow(10, dbov / 20) * std::sqrt(3);
    Samples x(samples(d));
    for (auto& s : x) s = testing::to_sample(peak * source.next());
    return x;
  }
  std::size_t samples(Duration d) const { return static_cast<std::size_t>(d / 1ms * rate / 1000); }
  int count(Event kind) const {
    return static_cast<int>(std::count_if(events.begin(), events.end(),
                                          [kind](const MediaEvent& e) { return e.kind == kind; }));
  }
  const MediaEvent& first(Event kind) const {
    static const MediaEvent none{};
    const auto it = std::find_if(events.begin(), events.end(),
                                 [kind](const MediaEvent& e) { return e.kind == kind; });
    return it == events.end() ? none : *it;
  }

  SampleRate rate;
  EventQueue queue;
  Detector detector{500ms, &queue};
  TimePoint now{};
  std::vector<MediaEvent> events;
  Noise source{42};
};

TEST(Spectrum, AgreesWithTheSumThatDefinesIt) {
  Noise noise(3);
  std::array<std::int16_t, 256> x;
  for (auto& s : x) s = testing::to_sample(20000 * noise.next());
  const Spectrum spectrum(x);
  for (std::size_t k = 0; k < Spectrum::kBins; ++k) {
    double re = 0, im = 0;
    for (std::size_t n = 0; n < x.size(); ++n) {
      const double w = std::pow(std::sin(M_PI * static_cast<double>(n) / 256), 2);
      re += w * x[n] * std::cos(2 * M_PI * static_cast<double>(k * n) / 256);
      im -= w * x[n] * std::sin(2 * M_PI * static_cast<double>(k * n) / 256);
    }
    const double power = re * re + im * im;
    ASSERT_NEAR(std::sqrt(spectrum.power[k]), std::sqrt(power), 20) << k;
  }
}

std::array<std::int16_t, 256> sines(double level, std::initializer_list<double> frequencies,
                                    double noise_level = 0) {
  Noise noise(5);
  std::array<std::int16_t, 256> x;
  for (std::size_t n = 0; n < x.size(); ++n) {
    double sum = noise_level * noise.next();
    for (const double hz : frequencies) {
      sum += level * std::sin(2 * M_PI * hz * static_cast<double>(n) / 8000 + hz);
    }
    x[n] = testing::to_sample(sum);
  }
  return x;
}

TEST(SameTone, KnowsATonesNewFrequencyCloseToTheOldOne) {
  for (const double hz : {200.0, 350.0, 440.0, 1004.0, 2600.0, 3800.0}) {
    for (const double off : {-3.5, -1.0, 0.0, 0.3, 2.0, 3.5}) {
      for (const double noise : {0.0, 200.0}) {
        EXPECT_NEAR(same_tone(sines(8000, {hz + off}, noise), hz), hz + off, noise > 0 ? .4 : .1)
            << hz << " " << off;
      }
    }
  }
}

TEST(SameTone, IsCertainOfNothingElse) {
  EXPECT_EQ(same_tone(sines(0, {}), 440), 0);
  EXPECT_EQ(same_tone(sines(0, {}, 8000), 440), 0);
  EXPECT_EQ(same_tone(sines(8000, {440}, 8000), 440), 0);
  EXPECT_EQ(same_tone(sines(8000, {350, 440}), 440), 0);
  for (const double hz : {220.0, 400.0, 430.0, 450.0, 480.0, 880.0}) {
    EXPECT_EQ(same_tone(sines(8000, {hz}), 440), 0) << hz;
  }
}

TEST(Detector, AToneThatChangesEndsAndAnotherBegins) {
  Rig rig;
  rig.tone(440, -12, 1s).tone(480, -12, 1s).tone(484, -12, 1s).silence(330ms);
  EXPECT_EQ(rig.count(Event::kToneStarted), 2);
  EXPECT_NEAR(to_ms(rig.first(Event::kToneEnded).duration), 1000, 80);
}

TEST(Detector, TonesAtEveryLevelWithAndWithoutNoise) {
  for (const SampleRate rate : {8000, 16000, 48000}) {
    for (const double hz : {205.0, 300.0, 440.0, 1004.0, 2600.0, 3500.0}) {
      for (const double level : {-3.1, -15.0, -30.0, -45.0}) {
        for (const double snr : {100.0, 13.0}) {
          if (rate != 8000 && level == -15.0) continue;
          Rig rig(rate);
          rig.silence(330ms).tone(hz, level, 730ms, snr).silence(330ms);
          const std::string what = std::to_string(rate) + " " + std::to_string(hz) + " Hz " +
                                   std::to_string(level) + " dBov, SNR " + std::to_string(snr);
          ASSERT_EQ(rig.count(Event::kToneStarted), 1) << what;
          ASSERT_EQ(rig.count(Event::kToneEnded), 1) << what;
          EXPECT_NEAR(static_cast<double>(rig.first(Event::kToneStarted).value), hz, 3) << what;
          EXPECT_LE(rig.first(Event::kToneStarted).time, TimePoint{} + 540ms) << what;
          EXPECT_NEAR(to_ms(rig.first(Event::kToneEnded).duration), 730, 80) << what;
          EXPECT_EQ(rig.count(Event::kSpeechStarted), 0) << what;
          const AudioSummary s = rig.detector.summary();
          EXPECT_EQ(s.kind, Kind::kTone) << what;
          EXPECT_NEAR(s.tone_hz, hz, 1.5) << what;
          EXPECT_NEAR(s.level_db, level, 0.5) << what;
        }
      }
    }
  }
}

TEST(Detector, ShortTonesAreNone) {
  Rig rig;
  for (int i = 0; i < 20; ++i) rig.tone(1000, -10, 80ms).silence(200ms);
  EXPECT_EQ(rig.count(Event::kToneStarted), 0);
}

TEST(Detector, PairsAreNoSingleToneAndNoSpeech) {
  const std::vector<std::vector<double>> pairs = {
      {697, 1209}, {770, 1336}, {852, 1477}, {941, 1633},  // keys
      {350, 440},  {440, 480},  {480, 620},  {400, 450}};  // call progress
  for (const auto& pair : pairs) {
    for (int shift = 0; shift < 8; ++shift) {
      Rig rig;
      rig.hear(Samples(static_cast<std::size_t>(80 * 3 + shift * 10), 0));
      for (int i = 0; i < 4; ++i) rig.hear(rig.mixed(pair, -12, 1000ms, 40)).silence(400ms);
      EXPECT_EQ(rig.count(Event::kToneStarted), 0) << pair[0] << "+" << pair[1];
      EXPECT_EQ(rig.count(Event::kSpeechStarted), 0) << pair[0] << "+" << pair[1];
    }
  }
}

TEST(Detector, SpeechIsNoTone) {
  for (const SampleRate rate : {8000, 16000, 48000}) {
    for (std::uint64_t seed = 1; seed <= (rate == 8000 ? 4 : 1); ++seed) {
      Rig rig(rate);
      rig.silence(500ms).hear(testing::speech(rate, rig.samples(20s), seed)).silence(1s);
      EXPECT_EQ(rig.count(Event::kToneStarted), 0) << rate;
      EXPECT_EQ(rig.count(Event::kSpeechStarted), 1) << rate;
      EXPECT_EQ(rig.count(Event::kSpeechEnded), 1) << rate;
      EXPECT_LE(rig.first(Event::kSpeechStarted).time, TimePoint{} + 900ms);
      EXPECT_NEAR(to_ms(rig.first(Event::kSpeechEnded).time - TimePoint{}), 21000, 300);
      EXPECT_NEAR(to_ms(rig.first(Event::kSpeechEnded).duration), 20000, 500);
      const AudioSummary s = rig.detector.summary();
      EXPECT_EQ(s.kind, Kind::kSpeech);
      EXPECT_GT(s.speech, 19s);
    }
  }
}

TEST(Detector, SpeechEndsAfterTheHangOver) {
  Rig rig;
  const Samples words = testing::speech(8000, rig.samples(3s));
  rig.hear(words).silence(400ms).hear(words).silence(700ms).hear(words);
  EXPECT_EQ(rig.count(Event::kSpeechStarted), 2);  // 400 ms are a breath
  EXPECT_EQ(rig.count(Event::kSpeechEnded), 1);
}

TEST(Detector, SpeechOverNoise) {
  Rig rig;
  Samples x = testing::speech(8000, rig.samples(5s));
  const Samples hiss = rig.noise(-48, 5s);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = testing::to_sample(x[i] + hiss[i]);
  rig.hear(rig.noise(-48, 5s)).hear(x).hear(rig.noise(-48, 3s));
  EXPECT_EQ(rig.count(Event::kSpeechStarted), 1);
  EXPECT_EQ(rig.count(Event::kSpeechEnded), 1);
  EXPECT_GT(rig.first(Event::kSpeechStarted).time, TimePoint{} + 5s);
}

TEST(Detector, SteadyNoiseIsNeitherToneNorSpeech) {
  for (const double level : {-60.0, -40.0, -20.0, -6.0}) {
    Rig rig;
    rig.silence(1s).hear(rig.noise(level, 20s));
    EXPECT_TRUE(rig.events.empty()) << level;
  }
}

TEST(Detector, OnlyTheToneThatIsAskedFor) {
  Rig rig;
  rig.detector.listen_for_tone(1000);
  rig.tone(440, -20, 500ms).tone(1010, -20, 500ms).tone(1030, -20, 500ms).silence(100ms);
  ASSERT_EQ(rig.count(Event::kToneStarted), 1);
  EXPECT_NEAR(static_cast<double>(rig.first(Event::kToneStarted).value), 1010, 3);
  EXPECT_EQ(rig.count(Event::kToneEnded), 1);

  Rig late;  // asked while it sounds
  late.detector.listen_for_tone(2000);
  late.tone(440, -20, 500ms);
  EXPECT_TRUE(late.events.empty());
  late.detector.listen_for_tone(440);
  late.hear(late.mixed({440}, -20, 10ms));
  EXPECT_EQ(late.count(Event::kToneStarted), 1);
}

TEST(Detector, OneTonesEndIsTheNextOnesStart) {
  Rig rig;
  rig.tone(440, -20, 600ms).tone(880, -20, 600ms).silence(200ms);
  ASSERT_EQ(rig.events.size(), 4u);
  EXPECT_EQ(rig.events[0].value, 440);
  EXPECT_EQ(rig.events[1].kind, Event::kToneEnded);
  EXPECT_EQ(rig.events[2].value, 880);
  EXPECT_EQ(rig.events[3].kind, Event::kToneEnded);
}

TEST(Detector, AToneSurvivesALostPacket) {
  Rig rig;
  Samples x = rig.mixed({440}, -20, 2s);
  std::fill_n(x.begin() + 8000, 160, std::int16_t{0});
  rig.hear(x).silence(200ms);
  EXPECT_EQ(rig.count(Event::kToneStarted), 1);
}

TEST(Detector, SummaryKinds) {
  EXPECT_EQ(Rig().detector.summary().kind, Kind::kNone);
  EXPECT_EQ(Rig().silence(2s).detector.summary().kind, Kind::kNone);  // no packets yet
  Rig quiet;
  quiet.detector.begin();
  quiet.silence(1s).hear(quiet.noise(-75, 1s));
  EXPECT_EQ(quiet.detector.summary().kind, Kind::kSilence);
  EXPECT_EQ(quiet.detector.summary().silence, 2s);
  EXPECT_EQ(quiet.detector.summary().level_db, -100);

  Rig beeps;  // most of what is active is one tone, the mean of it
  beeps.tone(438, -20, 1s).silence(3s).tone(442, -20, 1s).tone(900, -20, 500ms);
  const AudioSummary s = beeps.detector.summary();
  EXPECT_EQ(s.kind, Kind::kTone);
  EXPECT_NEAR(s.tone_hz, 440, 0.5);
  EXPECT_NEAR(to_ms(s.tone), 2500, 100);
  EXPECT_NEAR(to_ms(s.silence), 3000, 20);
  EXPECT_NEAR(s.level_db, -20, 0.1);  // of the active part
}

TEST(Detector, FullScaleSquareIsZeroDbov) {
  Rig rig;
  Samples x(8000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i / 4 % 2 ? -32768 : 32767;
  rig.hear(x);
  EXPECT_NEAR(rig.detector.summary().level_db, 0, 0.01);
}

TEST(Detector, NothingIsAllocated) {
  Rig rig;
  const Samples x = testing::speech(8000, 16000), y = rig.mixed({440}, -10, 2s);
  AudioFrame frame;
  testing::AllocationCounter counter;
  for (const SampleRate rate : {8000, 48000, 16000}) {
    frame.rate = rate;
    for (const Samples* s : {&x, &y}) {
      for (std::size_t at = 0; at + frame.size() <= s->size(); at += frame.size()) {
        std::copy_n(s->begin() + static_cast<std::ptrdiff_t>(at), frame.size(),
                    frame.samples.begin());
        rig.detector.frame(frame);
      }
    }
  }
  EXPECT_GT(rig.detector.summary().tone, 0s);
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace lineman
