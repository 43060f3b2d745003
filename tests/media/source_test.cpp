#include "source.h"

#include <gtest/gtest.h>

#include "no_alloc.h"
#include "player.h"
#include "signals.h"

namespace lineman {
namespace {

using testing::Samples;
using namespace std::chrono_literals;
using State = AudioSource::State;

// All of it, in reads of `chunk`; at most `most` samples.
Samples drain(AudioSource& source, std::size_t chunk = 80, std::size_t most = 1 << 20) {
  Samples out, buffer(chunk);
  while (out.size() < most) {
    std::size_t got = 0;
    const State state = source.read(buffer, got);
    out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    if (state == State::kEnd) break;
  }
  return out;
}

std::unique_ptr<AudioSource> buffer(Samples samples, SampleRate rate) {
  return make_buffer_source(std::make_shared<const Samples>(std::move(samples)), rate);
}

template <class... Parts>
std::unique_ptr<AudioSource> playlist(Parts... parts) {
  std::vector<std::unique_ptr<AudioSource>> list;
  (list.push_back(std::move(parts)), ...);
  return make_playlist(std::move(list));
}

TEST(ToneSource, HalfASecondIsExactly4000Samples) {
  for (const std::size_t chunk : {std::size_t{80}, std::size_t{77}, std::size_t{4001}}) {
    EXPECT_EQ(drain(*make_tone_source(420, 500ms, 0, 8000), chunk).size(), 4000u);
  }
  EXPECT_EQ(drain(*make_tone_source(420, 500ms, 0, 48000)).size(), 24000u);
  EXPECT_EQ(drain(*make_tone_source(420, 1ns, 0, 8000)).size(), 0u);
  EXPECT_EQ(drain(*make_tone_source(420, -5s, 0, 8000)).size(), 0u);
  EXPECT_EQ(drain(*make_silence_source(1234ms, 8000)), Samples(9872, 0));
}

TEST(ToneSource, FrequencyAndPeak) {
  for (const double hz : {20.0, 440.0, 1004.0, 3900.0}) {
    for (const double level : {0.0, -6.0, -40.0}) {
      const Samples x = drain(*make_tone_source(hz, 500ms, level, 8000));
      const double peak = 32767 * std::pow(10, level / 20);
      EXPECT_NEAR(testing::strongest_near(x, hz, 8000), hz, 0.11);
      EXPECT_NEAR(testing::rms(std::span(x).subspan(40, x.size() - 80)), peak / std::sqrt(2),
                  peak * 0.01 + 1);
      EXPECT_LE(*std::max_element(x.begin(), x.end()), std::ceil(peak));
    }
  }
  const Samples nyquist = drain(*make_tone_source(4000, 100ms, 0, 8000));
  EXPECT_EQ(nyquist[400], 32767);
  EXPECT_EQ(nyquist[401], -32767);
  for (const double bad : {4001.0, 0.0, -440.0}) {
    EXPECT_EQ(drain(*make_tone_source(bad, 100ms, 0, 8000)), Samples(800, 0));
  }
}

TEST(ToneSource, NoClickAtTheEdgesAndNoDriftOverHours) {
  const Samples x = drain(*make_tone_source(200, 1s, 0, 8000));
  EXPECT_LT(std::abs(x.front()), 100);
  EXPECT_LT(std::abs(x.back()), 100);
  const int steepest = static_cast<int>(2 * std::numbers::pi * 200 / 8000 * 32767) + 2;
  EXPECT_LE(testing::largest_step(x), steepest);

  auto tone = make_tone_source(440.5, 1s, -6, 8000);
  ASSERT_TRUE(tone->set_loop(true));
  Samples frame(80);
  std::size_t got = 0;
  for (int i = 0; i < 100 * 3600; ++i) tone->read(frame, got);  // an hour on: still in phase
  const double peak = 32767 * std::pow(10, -6 / 20.0);
  for (int i = 0; i < 80; ++i) {
    const double cycles = std::fmod(440.5 * (100 * 3599 * 80 + 7920 + i) / 8000.0, 1);
    EXPECT_NEAR(frame[static_cast<std::size_t>(i)], peak * std::cos(2 * std::numbers::pi * cycles),
                1);
  }
}

TEST(Playlist, PartsFollowWithoutAGap) {
  Samples all;
  for (const auto& part : {drain(*make_tone_source(420, 500ms, 0, 8000)), Samples{1, 2, 3},
                           Samples(808, 0), drain(*make_tone_source(560, 500ms, 0, 8000))}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  auto list =
      playlist(make_tone_source(420, 500ms, 0, 8000), buffer({1, 2, 3}, 8000), buffer({}, 8000),
               make_silence_source(101ms, 8000), make_tone_source(560, 500ms, 0, 8000));
  EXPECT_EQ(drain(*list), all);
  list->rewind();
  EXPECT_EQ(drain(*list, 33), all);
  EXPECT_EQ(drain(*make_playlist({})).size(), 0u);
}

TEST(Playlist, MixedRatesRunAtTheHighestAndEachPartLastsAsLongAsItIs) {
  auto list = playlist(make_tone_source(420, 500ms, -6, 8000),
                       buffer(testing::sine(1000, 9000, 16000, 8000), 16000),
                       buffer(testing::sine(700, 9000, 8000, 4000), 8000));
  ASSERT_EQ(list->rate(), 16000);
  const Samples x = drain(*list, 160);
  ASSERT_EQ(x.size(), 24000u);
  const std::span<const std::int16_t> s(x);
  EXPECT_NEAR(testing::amplitude_at(s.subspan(1000, 6000), 420, 16000), 16422, 20);
  EXPECT_EQ(Samples(x.begin() + 8000, x.begin() + 16000), testing::sine(1000, 9000, 16000, 8000));
  EXPECT_NEAR(testing::amplitude_at(s.subspan(17000, 6000), 700, 16000), 9000, 50);
}

TEST(Rated, ConvertedLengthIsExactAndInTime) {
  for (const SampleRate from : kSampleRates) {
    for (const SampleRate to : kSampleRates) {
      for (const std::size_t n : {std::size_t{1}, std::size_t{799}, std::size_t{8000}}) {
        const auto count = n * static_cast<std::size_t>(from) / 8000;
        auto source = buffer(testing::sine(500, 10000, from, count), from);
        ASSERT_TRUE(source->set_rate(to));
        const Samples x = drain(*source, static_cast<std::size_t>(to) / 100);
        ASSERT_EQ(x.size(), count * static_cast<std::size_t>(to) / static_cast<std::size_t>(from));
        if (n < 8000) continue;
        // The converter's delay is gone: the sine is where it should be.
        const Samples ideal = testing::sine(500, 10000, to, x.size());
        const std::span<const std::int16_t> a(ideal), b(x);
        const auto edge = static_cast<std::size_t>(to) / 100;
        EXPECT_GT(testing::snr(a.subspan(edge, a.size() - 2 * edge),
                               b.subspan(edge, b.size() - 2 * edge)),
                  from == to ? 100 : 28)  // the delay may be no whole sample
            << from << " to " << to;
      }
    }
  }
}

TEST(Rated, FilesOfOtherRatesAreConvertedWhenMade) {
  auto source = buffer(testing::sine(1000, 10000, 44100, 44100), 44100);
  EXPECT_EQ(source->rate(), 48000);
  ASSERT_TRUE(source->set_rate(8000));
  const Samples x = drain(*source);
  EXPECT_EQ(x.size(), 8000u);
  EXPECT_NEAR(testing::strongest_near(x, 1000, 8000), 1000, 0.11);
}

struct Stream final : AudioSource {
  SampleRate rate() const override { return own; }
  State read(std::span<std::int16_t> out, std::size_t& got) override {
    const State state = script.at(reads++);
    got = state == State::kMore ? out.size() : state == State::kShort ? out.size() / 4 : 0;
    std::fill(out.begin(), out.end(), std::int16_t{-7777});  // stale, beyond `got`
    std::fill_n(out.begin(), got, std::int16_t{1000});
    return state;
  }
  SampleRate own = 8000;
  std::vector<State> script;
  std::size_t reads = 0;
};

std::unique_ptr<Stream> stream(std::vector<State> script, SampleRate rate = 8000) {
  auto s = std::make_unique<Stream>();
  s->own = rate;
  s->script = std::move(script);
  return s;
}

// A player as the bridge sees it.
struct Rig {
  explicit Rig(SampleRate r = 8000) : player(r, events) {}
  Samples run(int ticks) {
    Samples out;
    for (int i = 0; i < ticks; ++i) {
      AudioFrame frame;
      frame.samples.fill(-1);
      events.set_now(events.now() + kFrameTime);
      player.pull(events.now(), frame);
      out.insert(out.end(), frame.span().begin(), frame.span().end());
    }
    return out;
  }
  bool play(std::uint32_t id, std::unique_ptr<AudioSource> source, bool loop = false) {
    return player.play(id, source, loop);
  }
  EventQueue events;
  Player player;
};

TEST(Player, ShortLastFrameIsZeroFilledAndTheEndIsToldOnce) {
  Rig rig;
  ASSERT_TRUE(rig.play(5, buffer(Samples(201, 1234), 8000)));
  const Samples x = rig.run(4);
  EXPECT_TRUE(std::all_of(x.begin(), x.begin() + 201, [](int s) { return s == 1234; }));
  EXPECT_TRUE(std::all_of(x.begin() + 201, x.end(), [](int s) { return s == 0; }));
  MediaEvent event;
  ASSERT_TRUE(rig.events.pop(event));
  EXPECT_EQ(event.kind, MediaEvent::Kind::kPlayEnded);
  EXPECT_EQ(event.id, 5u);
  EXPECT_EQ(event.duration, 25125us);
  EXPECT_EQ(event.value, 0);
  EXPECT_EQ(event.time, TimePoint{} + 30ms);
  EXPECT_NE(rig.player.stop(5), nullptr);  // collected
  EXPECT_EQ(rig.player.stop(5), nullptr);
  EXPECT_FALSE(rig.events.pop(event));
}

TEST(Player, LoopsWrapWithoutASeam) {
  Rig rig;
  const Samples period = testing::sine(8000 / 77.0, 9000, 8000, 77);  // one whole wave
  ASSERT_TRUE(rig.play(1, buffer(period, 8000), true));
  const Samples x = rig.run(100);
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], period[i % 77]);

  Rig tones;  // the phase goes on, and there is no ramp where it wraps
  ASSERT_TRUE(tones.play(1, make_tone_source(333, 100ms, -6, 8000), true));
  const Samples y = tones.run(100);
  const double peak = 32767 * std::pow(10, -6 / 20.0);
  for (std::size_t i = 40; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], peak * std::cos(2 * std::numbers::pi * 333 * static_cast<double>(i) / 8000),
                1);
  }
}

TEST(Player, ConvertedLoopsWrapInFrontOfTheConverter) {
  Rig rig(8000);
  ASSERT_TRUE(rig.play(1, buffer(testing::sine(500, 9000, 16000, 1600), 16000), true));
  const Samples x = rig.run(100);  // 50 waves each time: a seam would be a click
  const Samples ideal = testing::sine(500, 9000, 8000, x.size());
  EXPECT_GT(testing::snr(std::span(ideal).subspan(80), std::span(x).subspan(80)), 35);
}

TEST(Player, EmptyLoopsEnd) {
  Rig rig;
  ASSERT_TRUE(rig.play(1, buffer({}, 8000), true));
  ASSERT_TRUE(rig.play(2, make_tone_source(440, 0s, 0, 8000), true));
  ASSERT_TRUE(rig.play(3, make_playable(stream({State::kEnd, State::kEnd})), true));
  rig.run(1);
  EXPECT_FALSE(rig.player.playing());
}

TEST(Player, SourcesMixAndSaturate) {
  Rig rig;
  for (std::uint32_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE(rig.play(id, buffer({30000, -30000, 10000, 1}, 8000)));
  }
  Samples x = rig.run(1);
  x.resize(5);
  EXPECT_EQ(x, (Samples{32767, -32768, 30000, 3, 0}));
}

TEST(Player, EightSlotsUntilCollected) {
  Rig rig;
  for (std::uint32_t id = 0; id < 8; ++id) ASSERT_TRUE(rig.play(id, buffer({1}, 8000)));
  auto ninth = buffer({1}, 8000);
  EXPECT_FALSE(rig.player.play(9, ninth, false));
  EXPECT_NE(ninth, nullptr);  // stays with its owner
  rig.run(2);
  EXPECT_FALSE(rig.player.play(9, ninth, false));
  rig.player.stop(3);
  EXPECT_TRUE(rig.player.play(9, ninth, false));
  EXPECT_EQ(ninth, nullptr);
}

TEST(Player, LateStreamsAreSilentAndCounted) {
  for (const bool wrapped : {false, true}) {
    Rig rig;
    std::unique_ptr<AudioSource> source =
        stream({State::kMore, State::kShort, State::kShort, State::kMore, State::kEnd});
    if (wrapped) source = make_playable(std::move(source));
    ASSERT_TRUE(rig.play(1, std::move(source)));
    const Samples x = rig.run(5);
    EXPECT_EQ(x[79], 1000);
    EXPECT_EQ(x[99], 1000);
    EXPECT_EQ(x[100], 0);  // nothing stale
    EXPECT_EQ(x[240], 1000);
    MediaEvent event;
    ASSERT_TRUE(rig.events.pop(event));
    EXPECT_EQ(event.value, 2);
  }
  Rig other;  // at another rate the gaps are where they were
  ASSERT_TRUE(other.play(
      1, make_playable(stream(std::vector<State>{State::kMore, State::kShort, State::kMore,
                                                 State::kMore, State::kEnd},
                              16000))));
  const Samples x = other.run(5);
  EXPECT_NEAR(x[40], 1000, 60);
  EXPECT_NEAR(x[140], 0, 60);
  EXPECT_NEAR(x[260], 1000, 60);
}

TEST(Player, PlainSourcesOfAnotherRateAreRefused) {
  Rig rig;
  std::unique_ptr<AudioSource> source = stream({State::kMore}, 16000);
  EXPECT_FALSE(rig.player.play(1, source, false));
  EXPECT_NE(source, nullptr);
}

TEST(Player, TheRateMayChangeInMidPlay) {
  Rig rig;
  ASSERT_TRUE(rig.play(1, buffer(testing::sine(1000, 9000, 16000, 16000), 16000)));
  ASSERT_TRUE(rig.play(2, make_silence_source(1s, 8000)));
  testing::AllocationCounter counter;
  rig.player.set_rate(8000);
  EXPECT_EQ(counter.count(), 0u);
  rig.run(50);
  const std::size_t before = testing::allocations;
  rig.player.set_rate(48000);
  AudioFrame frame;
  rig.player.pull({}, frame);
  EXPECT_EQ(testing::allocations, before);
  const Samples x = rig.run(60);
  EXPECT_NEAR(testing::strongest_near(std::span(x).subspan(960, 9600), 1000, 48000), 1000, 1);
  EXPECT_NEAR(testing::amplitude_at(std::span(x).subspan(960, 9600), 1000, 48000), 9000, 90);
  MediaEvent event;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(rig.events.pop(event));
    EXPECT_LE(std::chrono::abs(event.duration - 1s), 10ms);
  }
}

TEST(Player, PauseStopsTimeForSources) {
  Rig rig;
  ASSERT_TRUE(rig.play(1, buffer(testing::sine(440, 9000, 8000, 800), 8000)));
  rig.run(3);
  rig.player.pause(true);
  EXPECT_EQ(rig.run(20), Samples(1600, 0));
  rig.player.pause(false);
  const Samples rest = rig.run(7), ideal = testing::sine(440, 9000, 8000, 800);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), ideal.begin() + 240));
}

TEST(Player, PlayingDoesNotAllocate) {
  Rig rig(16000);
  ASSERT_TRUE(rig.play(1,
                       playlist(make_tone_source(440, 100ms, 0, 8000),
                                buffer(Samples(999, 5), 48000), buffer(Samples(77, 5), 16000)),
                       true));
  ASSERT_TRUE(rig.play(2, buffer(Samples(4444, 9), 8000)));
  AudioFrame frame;
  testing::AllocationCounter counter;
  for (int i = 0; i < 200; ++i) rig.player.pull({}, frame);
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace lineman
