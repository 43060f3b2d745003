#include "recorder.h"

#include <gtest/gtest.h>

#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using testing::Samples;
using namespace std::chrono_literals;

struct Tape {
  Samples samples;
  bool room = true, closed = false;
  int refused = 0;
};
struct TapeSink final : AudioSink {
  explicit TapeSink(Tape& t) : tape(t) { tape.samples.reserve(1 << 20); }
  bool write(std::span<const std::int16_t> frames) override {
    if (!tape.room) {
      ++tape.refused;
      return false;
    }
    tape.samples.insert(tape.samples.end(), frames.begin(), frames.end());
    return true;
  }
  bool closed() const override { return tape.closed; }
  Tape& tape;
};

struct Rig {
  // A ramp that tells every sample of a tick from every other.
  void tick(SampleRate rate = 8000) {
    AudioFrame heard, sent;
    heard.rate = sent.rate = rate;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      heard.samples[i] = static_cast<std::int16_t>(++said % 30000);
      sent.samples[i] = static_cast<std::int16_t>(-heard.samples[i]);
    }
    recorder.write(heard, sent);
  }
  void sines(SampleRate rate, int ticks) {
    for (int t = 0; t < ticks; ++t) {
      AudioFrame heard, sent;
      heard.rate = sent.rate = rate;
      for (std::size_t i = 0; i < heard.size(); ++i) {
        heard.samples[i] =
            static_cast<std::int16_t>(8000 * std::sin(phase += 2 * M_PI * 500 / rate));
        sent.samples[i] = static_cast<std::int16_t>(-heard.samples[i]);
      }
      recorder.write(heard, sent);
    }
  }
  bool start(std::uint32_t id, Tape& tape, RecordWhat what, SampleRate rate, Duration max = {}) {
    auto job = make_record_job(id, what, rate, max, std::make_unique<TapeSink>(tape));
    return recorder.start(job, 8000);
  }
  MediaEvent ended() {
    MediaEvent event;
    if (events.pop(event)) {
      EXPECT_EQ(event.kind, MediaEvent::Kind::kRecordEnded);
      return event;
    }
    ADD_FAILURE() << "no event";
    return event;
  }
  EventQueue events;
  Recorder recorder{events};
  int said = 0;
  double phase = 0;
};

TEST(Recorder, HeardIsBitForBit) {
  Rig rig;
  Tape tape;
  ASSERT_TRUE(rig.start(1, tape, RecordWhat::kHeard, 8000));
  for (int i = 0; i < 10; ++i) rig.tick();
  ASSERT_EQ(tape.samples.size(), 800u);
  for (int i = 0; i < 800; ++i) ASSERT_EQ(tape.samples[static_cast<std::size_t>(i)], i + 1);
}

TEST(Recorder, StereoIsSentLeftHeardRightOfTheSameTick) {
  for (const SampleRate rate : {8000, 16000}) {
    Rig rig;
    Tape tape;
    ASSERT_TRUE(rig.start(1, tape, RecordWhat::kStereo, rate));
    if (rate == 8000) {
      for (int i = 0; i < 10; ++i) rig.tick();
    } else {
      rig.sines(8000, 10);
    }
    ASSERT_EQ(tape.samples.size(), 2u * 10 * static_cast<std::size_t>(rate) / 100);
    int most = 0;
    for (std::size_t i = 0; i < tape.samples.size(); i += 2) {
      ASSERT_NEAR(tape.samples[i], -tape.samples[i + 1], rate == 8000 ? 0 : 1);
      most = std::max<int>(most, tape.samples[i + 1]);
    }
    EXPECT_GT(most, 700);
  }
}

TEST(Recorder, MaximumIsExactToTheSample) {
  Rig rig;
  Tape tape, stereo;
  ASSERT_TRUE(rig.start(1, tape, RecordWhat::kHeard, 8000, 25125us));   // 201 frames
  ASSERT_TRUE(rig.start(2, stereo, RecordWhat::kStereo, 48000, 30ms));  // whole ticks
  for (int i = 0; i < 5; ++i) rig.tick();
  EXPECT_EQ(tape.samples.size(), 201u);
  EXPECT_EQ(stereo.samples.size(), 2u * 1440);
  for (const std::uint32_t id : {1u, 2u}) {
    const MediaEvent event = rig.ended();
    EXPECT_EQ(event.id, id);
    EXPECT_EQ(event.value, static_cast<int>(RecordEnd::kMax));
    EXPECT_EQ(event.duration, id == 1 ? Duration(25125us) : Duration(30ms));
    EXPECT_NE(rig.recorder.stop(id, RecordEnd::kStopped), nullptr);
  }
  MediaEvent event;
  EXPECT_FALSE(rig.events.pop(event));  // told once
}

TEST(Recorder, StopHangupAndSlots) {
  Rig rig;
  std::array<Tape, 5> tapes;
  for (std::uint32_t id = 0; id < 4; ++id) {
    ASSERT_TRUE(rig.start(id, tapes[id], RecordWhat::kHeard, 8000));
  }
  EXPECT_FALSE(rig.start(4, tapes[4], RecordWhat::kHeard, 8000));
  rig.tick();
  auto job = rig.recorder.stop(2, RecordEnd::kDigit);
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->id, 2u);
  EXPECT_EQ(rig.ended().value, static_cast<int>(RecordEnd::kDigit));
  EXPECT_EQ(rig.recorder.stop(2, RecordEnd::kDigit), nullptr);
  EXPECT_TRUE(rig.start(4, tapes[4], RecordWhat::kHeard, 8000));
  rig.recorder.end_all(RecordEnd::kHangup);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rig.ended().value, static_cast<int>(RecordEnd::kHangup));
  rig.tick();
  EXPECT_EQ(tapes[0].samples.size(), 80u);
  EXPECT_EQ(tapes[4].samples.size(), 0u);
}

TEST(Recorder, WhatFoundNoRoomBecomesSilenceOfTheSameLength) {
  Rig rig;
  Tape tape;
  ASSERT_TRUE(rig.start(1, tape, RecordWhat::kHeard, 8000));
  rig.tick();
  tape.room = false;
  for (int i = 0; i < 7; ++i) rig.tick();
  EXPECT_EQ(tape.refused, 7);
  tape.room = true;
  rig.tick();
  ASSERT_EQ(tape.samples.size(), 720u);
  EXPECT_EQ(tape.samples[79], 80);
  EXPECT_EQ(tape.samples[80], 0);
  EXPECT_EQ(tape.samples[639], 0);
  EXPECT_EQ(tape.samples[640], 641);  // where it belongs
  tape.room = false;
  rig.tick();
  tape.room = true;
  rig.recorder.stop(1, RecordEnd::kStopped);
  EXPECT_EQ(tape.samples.size(), 800u);
  EXPECT_EQ(rig.ended().duration, 100ms);
}

TEST(Recorder, AClosedSinkEndsIt) {
  Rig rig;
  Tape tape;
  ASSERT_TRUE(rig.start(1, tape, RecordWhat::kHeard, 8000));
  rig.tick();
  tape.room = false;
  tape.closed = true;
  rig.tick();
  EXPECT_EQ(rig.ended().value, static_cast<int>(RecordEnd::kSinkClosed));
}

TEST(Recorder, RateIsFixedAtItsStart) {
  Rig rig;
  Tape mono, stereo;
  ASSERT_TRUE(rig.start(1, mono, RecordWhat::kHeard, 16000));
  ASSERT_TRUE(rig.start(2, stereo, RecordWhat::kStereo, 8000));
  testing::AllocationCounter counter;
  for (const SampleRate rate : {8000, 16000, 48000, 24000, 8000}) rig.sines(rate, 20);
  EXPECT_EQ(counter.count(), 0u);
  ASSERT_EQ(mono.samples.size(), 100u * 160);
  ASSERT_EQ(stereo.samples.size(), 2u * 100 * 80);
  for (std::size_t at = 480; at < mono.samples.size();
       at += 20 * 160) {  // every stretch, one pitch
    EXPECT_NEAR(testing::amplitude_at(std::span(mono.samples).subspan(at, 2720), 500, 16000), 8000,
                100);
  }
}

TEST(Recorder, WithoutAConverterOnlyTheCallsRate) {
  Rig rig;
  Tape tape;
  const auto plain = [&](SampleRate rate) {
    auto job = std::make_unique<RecordJob>();
    job->rate = rate;
    job->sink = std::make_unique<TapeSink>(tape);
    return job;
  };
  auto job = plain(16000);
  EXPECT_FALSE(rig.recorder.start(job, 8000));
  EXPECT_NE(job, nullptr);
  job = plain(8000);
  EXPECT_TRUE(rig.recorder.start(job, 8000));
  rig.tick(8000);
  rig.tick(16000);
  EXPECT_EQ(rig.ended().value, static_cast<int>(RecordEnd::kSinkClosed));
  EXPECT_EQ(tape.samples.size(), 80u);
}

}  // namespace
}  // namespace lineman
