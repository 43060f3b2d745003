#include "lineman/media_call.h"

#include <gtest/gtest.h>

#include <deque>

#include "event_queue.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using testing::Samples;
using namespace std::chrono_literals;
using Event = MediaEvent::Kind;
using Kind = AudioSummary::Kind;

struct FakeSet final : CodecSet {
  explicit FakeSet(SampleRate r, Duration ptime) : rate_(r) { config_.ptime = ptime; }
  const RtpConfig& config() const override { return config_; }
  SampleRate rate() const override { return rate_; }
  RtpConfig config_;
  SampleRate rate_;
};

// What the far end says is `says`; what it hears is kept. Digits take one tick each.
struct FakeLeg final : RtpLeg {
  FakeLeg() { heard.reserve(1 << 20); }
  void pull(TimePoint now, AudioFrame& out) override {
    out.rate = current;
    for (std::int16_t& s : out.span()) s = at < says.size() ? says[at++] : std::int16_t{0};
    ++pulls;
    if (digits.empty()) return;
    MediaEvent sent;
    sent.kind = Event::kDigitSent;
    sent.digit = digits.front().digit;
    sent.id = digits.front().id;
    sent.time = now;
    digits.pop_front();
    events.push_back(sent);
    if (digits.empty() || digits.front().id != sent.id) {
      sent.kind = Event::kDigitsDone;
      events.push_back(sent);
    }
  }
  void push(TimePoint, const AudioFrame& in) override {
    EXPECT_EQ(in.rate, current);
    heard.insert(heard.end(), in.span().begin(), in.span().end());
    ++pushes;
  }
  void on_packet(const Packet&) override { ++packets; }
  void on_timeout(TimePoint) override {}
  TimePoint next_timeout() const override { return TimePoint{} + 77ms; }
  bool next_packet(Packet&) override { return false; }
  bool next_event(MediaEvent& out) override {
    if (events.empty()) return false;
    out = events.front();
    events.pop_front();
    return true;
  }
  SampleRate rate() const override { return current; }
  bool send_digit(char digit, Duration, Duration, DtmfMode, std::uint32_t id) override {
    if (digits.size() == 6) return false;
    digits.push_back({digit, id});
    return true;
  }
  void stats(MediaStats& out) const override {
    out = {};
    out.rx.packets = static_cast<std::uint64_t>(packets);
    out.tx.packets = static_cast<std::uint64_t>(pushes);
  }
  void close(TimePoint) override { ++closes; }
  void exchange(TimePoint, std::unique_ptr<CodecSet>& set) override {
    std::swap(set, coders);
    current = coders->rate();
  }
  void notice(Event kind, TimePoint time, Duration duration = {}) {
    MediaEvent event;
    event.kind = kind;
    event.time = time;
    event.duration = duration;
    events.push_back(event);
  }

  struct Digit {
    char digit;
    std::uint32_t id;
  };
  SampleRate current = 8000;
  Samples says, heard;
  std::size_t at = 0;
  int pulls = 0, pushes = 0, packets = 0, closes = 0;
  std::deque<Digit> digits;
  std::deque<MediaEvent> events;
  std::unique_ptr<CodecSet> coders;
};

struct MemorySink final : AudioSink {
  explicit MemorySink(Samples& s) : samples(s) { samples.reserve(1 << 20); }
  bool write(std::span<const std::int16_t> frames) override {
    samples.insert(samples.end(), frames.begin(), frames.end());
    return true;
  }
  Samples& samples;
};

struct Rig {
  explicit Rig(Samples says = {}) {
    auto made = std::make_unique<FakeLeg>();
    leg = made.get();
    leg->says = std::move(says);
    call = make_media_call(std::move(made), {}, 1, {});
  }
  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) call->tick(now += kFrameTime);
  }
  bool play(std::uint32_t id, Samples samples, SampleRate rate = 8000) {
    auto source = make_buffer_source(std::make_shared<const Samples>(std::move(samples)), rate);
    return call->play(id, source, false);
  }
  bool record(std::uint32_t id, Samples& tape, RecordWhat what, SampleRate rate = 8000) {
    auto job = make_record_job(id, what, rate, {}, std::make_unique<MemorySink>(tape));
    return call->record(job);
  }
  std::vector<MediaEvent> events() {
    std::vector<MediaEvent> out;
    for (MediaEvent e; call->next_event(e);) out.push_back(e);
    return out;
  }
  void exchange(SampleRate rate, Duration ptime = 20ms) {
    std::unique_ptr<CodecSet> set = std::make_unique<FakeSet>(rate, ptime);
    call->exchange(now, set);
  }
  FakeLeg* leg;
  std::unique_ptr<MediaCall> call;
  TimePoint now{};
};

TEST(MediaCall, PullsAndPushesTheLegOncePerTick) {
  Rig rig;
  rig.run(25);
  EXPECT_EQ(rig.leg->pulls, 25);
  EXPECT_EQ(rig.leg->pushes, 25);
  EXPECT_EQ(rig.leg->heard, Samples(2000, 0));
  EXPECT_EQ(rig.call->next_timeout(), TimePoint{} + 77ms);
  rig.call->on_packet(Packet{});
  EXPECT_EQ(rig.leg->packets, 1);
}

TEST(MediaCall, PlayReachesTheLegAndBothRecordingsSampleBySample) {
  const Samples voice = testing::speech(8000, 8000, 2), file = testing::speech(8000, 4001, 3);
  Rig rig(voice);
  Samples heard, both;
  ASSERT_TRUE(rig.record(1, heard, RecordWhat::kHeard));
  ASSERT_TRUE(rig.record(2, both, RecordWhat::kStereo));
  rig.run(10);
  ASSERT_TRUE(rig.play(3, file));
  rig.run(90);
  Samples sent(800, 0);
  sent.insert(sent.end(), file.begin(), file.end());
  sent.resize(8000, 0);
  EXPECT_EQ(rig.leg->heard, sent);
  EXPECT_EQ(heard, voice);  // no echo of what we play
  ASSERT_EQ(both.size(), 16000u);
  for (std::size_t i = 0; i < 8000; ++i) {
    ASSERT_EQ(both[2 * i], sent[i]) << i;  // the same tick: no sample between them
    ASSERT_EQ(both[2 * i + 1], voice[i]) << i;
  }
  rig.call->close(rig.now);
  rig.call->close(rig.now);
  EXPECT_EQ(rig.leg->closes, 1);
  std::vector<MediaEvent> ended;
  for (const auto& e : rig.events()) {
    if (e.kind == Event::kRecordEnded || e.kind == Event::kPlayEnded) ended.push_back(e);
  }
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0].id, 3u);
  EXPECT_EQ(ended[0].duration, 500125us);
  EXPECT_EQ(ended[0].time, TimePoint{} + 610ms);
  EXPECT_EQ(ended[1].value, static_cast<int>(RecordEnd::kHangup));
  EXPECT_EQ(ended[1].duration, 1s);
  EXPECT_NE(rig.call->stop_record(1, RecordEnd::kStopped), nullptr);
  EXPECT_NE(rig.call->stop_play(3), nullptr);
  rig.run(3);
  EXPECT_EQ(rig.leg->pulls, 100);  // closed
}

TEST(MediaCall, StoppedPlaysStopAtOnceAndTellHowFarTheyCame) {
  Rig rig;
  auto tone = make_tone_source(440, 1s, -6, 8000);
  ASSERT_TRUE(rig.call->play(9, tone, true));
  EXPECT_EQ(tone, nullptr);
  rig.run(12);
  EXPECT_NE(rig.call->stop_play(9), nullptr);
  rig.run(1);
  EXPECT_TRUE(
      std::all_of(rig.leg->heard.end() - 80, rig.leg->heard.end(), [](int s) { return s == 0; }));
  const auto events = rig.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Event::kPlayEnded);
  EXPECT_EQ(events[0].duration, 120ms);
}

TEST(MediaCall, EchoThroughTheCall) {
  const Samples voice = testing::speech(8000, 16000, 5);
  Rig rig(voice);
  rig.call->echo(true, 130ms);
  rig.run(200);
  EXPECT_EQ(rig.leg->heard[1039], 0);
  EXPECT_TRUE(std::equal(rig.leg->heard.begin() + 1040, rig.leg->heard.end(), voice.begin()));
  // And by measurement: the correlation peaks at the delay.
  double best = 0;
  std::size_t at = 0;
  for (std::size_t lag = 0; lag < 3000; ++lag) {
    double sum = 0;
    for (std::size_t i = 4000; i < 8000; ++i)
      sum += 1.0 * voice[i - 3000] * rig.leg->heard[i - 3000 + lag];
    if (sum > best) best = sum, at = lag;
  }
  EXPECT_EQ(at, 1040u);
  rig.call->echo(false, {});
  rig.leg->heard.clear();
  rig.run(2);
  EXPECT_EQ(rig.leg->heard, Samples(160, 0));
}

TEST(MediaCall, MuteSendsSilenceAndTimeGoesOn) {
  const Samples file = testing::speech(8000, 8000, 3);
  Rig rig(testing::speech(8000, 8000, 4));
  Samples both;
  rig.record(1, both, RecordWhat::kStereo);
  rig.play(2, file);
  rig.call->echo(true, 0ms);
  rig.call->mute(true);
  rig.run(50);
  EXPECT_EQ(rig.leg->heard, Samples(4000, 0));
  rig.call->echo(false, {});
  rig.call->mute(false);
  rig.run(50);
  EXPECT_TRUE(std::equal(rig.leg->heard.begin() + 4000, rig.leg->heard.end(), file.begin() + 4000));
  EXPECT_EQ(both[2 * 3999], 0);
  EXPECT_EQ(both[2 * 3999 + 1], rig.leg->says[3999]);  // muted is not deaf
}

TEST(MediaCall, HoldPausesPlaysAndRecordsSilence) {
  const Samples file = testing::speech(8000, 1600, 3);
  Rig rig(Samples(1 << 16, 1000));
  Samples heard;
  rig.record(1, heard, RecordWhat::kHeard);
  rig.play(2, file);
  rig.run(10);
  rig.call->hold(true);
  rig.run(10);
  rig.call->hold(false);
  rig.run(10);
  EXPECT_TRUE(std::equal(file.begin(), file.begin() + 800, rig.leg->heard.begin()));
  EXPECT_EQ(Samples(rig.leg->heard.begin() + 800, rig.leg->heard.begin() + 1600), Samples(800, 0));
  EXPECT_TRUE(std::equal(file.begin() + 800, file.end(), rig.leg->heard.begin() + 1600));
  ASSERT_EQ(heard.size(), 2400u);  // the time line goes on
  EXPECT_EQ(heard[799], 1000);
  EXPECT_EQ(heard[800], 0);
  EXPECT_EQ(heard[1599], 0);
  EXPECT_EQ(heard[1600], 1000);
}

TEST(MediaCall, NoStallIsToldOnHold) {
  Rig rig;
  const auto kinds = [&] {
    std::vector<Event> out;
    for (const auto& e : rig.events()) out.push_back(e.kind);
    return out;
  };
  rig.call->hold(true);
  rig.leg->notice(Event::kStalled, rig.now, 5s);
  rig.leg->notice(Event::kResumed, rig.now);
  rig.run(1);
  rig.leg->notice(Event::kStalled, rig.now, 5s);
  rig.run(1000);
  rig.call->hold(false);
  rig.run(499);
  EXPECT_TRUE(kinds().empty());
  rig.run(2);  // as long after the hold as it takes to be one: still nothing came
  const auto events = rig.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Event::kStalled);
  EXPECT_NEAR(to_ms(events[0].duration), 20000, 20);
  rig.leg->notice(Event::kResumed, rig.now);
  EXPECT_EQ(kinds(), std::vector<Event>{Event::kResumed});
  rig.leg->notice(Event::kStalled, rig.now, 5s);
  rig.run(1);
  EXPECT_EQ(kinds(), std::vector<Event>{Event::kStalled});
}

TEST(MediaCall, DigitsAreDoneOncePerVerb) {
  Rig rig;
  const auto send = [&](char digit, std::uint32_t id) {
    return rig.call->send_digit(digit, 100ms, 100ms, DtmfMode::kRfc4733, id);
  };
  for (const char d : {'1', '2', '3'}) ASSERT_TRUE(send(d, 7));
  for (const char d : {'4', '5', '#'}) ASSERT_TRUE(send(d, 8));
  EXPECT_FALSE(send('6', 8));  // the leg's queue is full
  rig.run(10);
  std::string order;
  for (const auto& e : rig.events()) {
    if (e.kind == Event::kDigitSent) order += e.digit;
    if (e.kind == Event::kDigitsDone) order += e.id == 7 ? " seven " : " eight";
  }
  EXPECT_EQ(order, "123 seven 45# eight");
  for (int round = 0; round < 40; ++round) {  // ids are not used up
    ASSERT_TRUE(send('0', 100 + static_cast<std::uint32_t>(round)));
    rig.run(1);
    EXPECT_EQ(rig.events().size(), 2u);
  }
}

TEST(MediaCall, SummariesOfBothWays) {
  Rig rig;
  CallMediaStats stats;
  rig.run(100);
  rig.call->stats(stats);
  EXPECT_EQ(stats.heard.kind, Kind::kNone);    // no packet came
  EXPECT_EQ(stats.sent.kind, Kind::kSilence);  // packets of nothing
  rig.call->on_packet(Packet{});
  rig.leg->notice(Event::kFirstRtp, rig.now);
  rig.leg->says = testing::sine(1004, 8000, 8000, 16000);
  auto tone = make_tone_source(440, 3s, -20, 8000);
  rig.call->play(1, tone, false);
  rig.run(300);
  rig.call->stats(stats);
  EXPECT_EQ(stats.heard.kind, Kind::kTone);
  EXPECT_NEAR(stats.heard.tone_hz, 1004, 1);
  EXPECT_NEAR(stats.heard.level_db, 20 * std::log10(8000 / 32768.0 / std::sqrt(2)), 0.1);
  EXPECT_NEAR(to_ms(stats.heard.silence), 1000, 30);
  EXPECT_EQ(stats.sent.kind, Kind::kTone);
  EXPECT_NEAR(stats.sent.tone_hz, 440, 1);
  EXPECT_NEAR(stats.sent.level_db, -23, 0.2);
}

TEST(MediaCall, ARateThatChangesKeepsEverythingGoing) {
  Rig rig;
  EXPECT_EQ(rig.call->frame_time(), 10ms);
  Samples tape;
  ASSERT_TRUE(rig.record(1, tape, RecordWhat::kStereo, 8000));
  ASSERT_TRUE(rig.play(2, testing::sine(1000, 8000, 8000, 16000)));
  rig.run(50);
  rig.exchange(48000, 40ms);
  EXPECT_EQ(rig.call->rate(), 48000);
  EXPECT_EQ(rig.call->frame_time(), 40ms);
  rig.run(50);
  rig.exchange(16000);
  rig.run(50);
  EXPECT_EQ(rig.leg->heard.size(), 50u * (80 + 480 + 160));
  EXPECT_EQ(tape.size(), 2u * 150 * 80);
  const std::span<const std::int16_t> heard(rig.leg->heard);
  EXPECT_NEAR(testing::amplitude_at(heard.subspan(5000, 20000), 1000, 48000), 8000, 80);
  EXPECT_NEAR(testing::amplitude_at(heard.last(6000), 1000, 16000), 8000, 80);
}

TEST(MediaCall, ACallBeforeItsFirstTickTakesTheNewRate) {
  Rig rig;
  rig.exchange(16000);
  Samples tape;
  auto job = std::make_unique<RecordJob>();
  job->rate = 16000;
  job->sink = std::make_unique<MemorySink>(tape);
  ASSERT_TRUE(rig.call->record(job));
  ASSERT_TRUE(rig.play(2, Samples(160, 7), 16000));
  rig.run(1);
  EXPECT_EQ(rig.leg->heard, Samples(160, 7));
  EXPECT_EQ(tape.size(), 160u);
}

TEST(MediaCall, EventsNobodyFetchesAreBoundedAndTheLegKeepsItsOwn) {
  Rig rig;
  for (int i = 0; i < 100; ++i) rig.leg->notice(Event::kSsrcChanged, rig.now);
  for (std::uint32_t round = 0; round < 50; ++round) {
    ASSERT_TRUE(rig.play(round, Samples(1, 1)));
    rig.run(1);
    rig.call->stop_play(round);
  }
  CallMediaStats stats;
  rig.call->stats(stats);
  EXPECT_GT(stats.events_dropped, 0u);
  const auto events = rig.events();
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const MediaEvent& e) { return e.kind == Event::kSsrcChanged; }),
            100);
  EXPECT_EQ(events.size() + stats.events_dropped, 150u);
}

TEST(MediaCall, ImpairmentKeepsTheCodersReachable) {
  auto made = std::make_unique<FakeLeg>();
  Impairment impairment;
  impairment.rx.loss = 1;
  auto call = make_media_call(std::move(made), impairment, 1, {});
  std::unique_ptr<CodecSet> set = std::make_unique<FakeSet>(16000, 20ms);
  call->exchange({}, set);
  EXPECT_EQ(call->rate(), 16000);
}

TEST(MediaCall, TicksDoNotAllocate) {
  Rig rig(testing::speech(8000, 32000));
  Samples a, b;
  rig.record(1, a, RecordWhat::kHeard, 16000);
  rig.record(2, b, RecordWhat::kStereo, 8000);
  rig.play(3, testing::speech(16000, 16000), 16000);
  rig.play(4, testing::speech(8000, 8000));
  std::unique_ptr<CodecSet> wide = std::make_unique<FakeSet>(48000, 20ms);
  MediaEvent event;
  testing::AllocationCounter counter;
  rig.call->echo(true, 100ms);
  for (int i = 0; i < 100; ++i) {
    rig.call->tick(rig.now += kFrameTime);
    while (rig.call->next_event(event)) {}
  }
  rig.call->exchange(rig.now, wide);
  rig.call->listen_for_tone(440);
  for (int i = 0; i < 100; ++i) rig.call->tick(rig.now += kFrameTime);
  auto job = rig.call->stop_record(1, RecordEnd::kStopped);
  auto source = rig.call->stop_play(3);
  CallMediaStats stats;
  rig.call->stats(stats);
  rig.call->close(rig.now);
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_NE(job, nullptr);
  EXPECT_NE(source, nullptr);
}

}  // namespace
}  // namespace lineman
