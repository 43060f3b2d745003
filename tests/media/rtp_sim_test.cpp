// Two RtpLegs over a network on a simulated clock: what one says the other hears.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "bytes.h"
#include "codec.h"
#include "lineman/media.h"
#include "lineman/random.h"
#include "rtp.h"
#include "signals.h"

namespace lineman::testing {
namespace {

using Kind = MediaEvent::Kind;
constexpr Duration ms(int n) { return std::chrono::milliseconds(n); }
constexpr Duration s(int n) { return std::chrono::seconds(n); }

RtpConfig config_for(CodecId codec, Duration ptime = ms(20)) {
  RtpConfig c;
  const auto& info = codec_info(codec);
  const auto number = static_cast<std::uint8_t>(info.payload_type);
  c.send = {number, codec};
  c.receive = {{number, codec}};
  c.ptime = ptime;
  c.peer_ptime = ptime;
  c.events_receive = {{101, info.clock_rate}};
  c.events_send = EventPayloadType{101, info.clock_rate};
  c.comfort_noise = 13;
  c.opus_fec = true;
  return c;
}

struct End {
  RtpLegOptions options;
  Impairment impairment;
  std::unique_ptr<MediaLeg> leg;
  RtpLeg* rtp = nullptr;
  Address address;
  double ppm = 0;  // its clock's
  Duration phase{};
  std::int64_t ticks = 0;
  Samples says;  // at the leg's rate; silence behind its end
  std::size_t said = 0;
  Samples heard;
  std::vector<MediaEvent> events;

  TimePoint next_tick() const {
    const double ns = static_cast<double>(ticks) * 1e7 / (1 + ppm * 1e-6);
    return TimePoint(phase + Duration(std::llround(ns)));
  }
  MediaStats stats() const {
    MediaStats out;
    leg->stats(out);
    return out;
  }
  std::string digits() const {
    std::string out;
    for (const auto& e : events) {
      if (e.kind == Kind::kDigitReceived) out += e.digit;
    }
    return out;
  }
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [kind](const MediaEvent& e) { return e.kind == kind; }));
  }
};

// a says, b hears; b says too. One millisecond each way, unless a test meddles.
struct Call {
  End a, b;
  TimePoint now{};
  std::multimap<TimePoint, Packet> wire;
  // From a to b: false drops the packet; its time may be changed.
  std::function<bool(Packet&)> meddle = [](Packet&) { return true; };

  explicit Call(const JitterOptions& jitter = {}, const Impairment& impairment = {}) {
    a.address = Address::parse("10.0.0.1:4000").value();
    b.address = Address::parse("10.0.0.2:4000").value();
    a.options.seed = 11;
    b.options.seed = 22;
    b.options.jitter = jitter;
    b.impairment = impairment;
    b.phase = from_ms(3.7);  // the two ticks are not in step
    for (End* end : {&a, &b}) make(*end);
  }
  static void make(End& end) {
    auto leg = make_rtp_leg(end.options);
    end.rtp = leg.get();
    end.leg = std::move(leg);
    if (!(end.impairment == Impairment{})) {
      end.leg = make_impaired(std::move(end.leg), end.impairment, end.options.seed);
    }
  }
  void negotiate(End& end, const End& far, RtpConfig config) {
    config.remote_rtp = config.remote_rtcp = far.address;
    ++config.remote_rtcp.port;
    auto set = make_codec_set(config, end.options);
    ASSERT_TRUE(set) << set.error().text;
    end.rtp->exchange(now, *set);
  }
  void negotiate(const RtpConfig& config) {
    negotiate(a, b, config);
    negotiate(b, a, config);
  }
  void drain(End& from, const End& to) {
    Packet p;
    while (from.leg->next_packet(p)) {
      EXPECT_EQ(p.peer.ip, to.address.ip);
      p.peer = from.address;
      if (p.component == Component::kRtcp) ++p.peer.port;
      p.time += ms(1);
      if (&from == &a && !meddle(p)) continue;
      wire.emplace(p.time, p);
    }
    MediaEvent e;
    while (from.leg->next_event(e)) from.events.push_back(e);
  }
  void tick(End& end) {
    AudioFrame frame;
    end.leg->pull(now, frame);
    const auto heard = frame.span();
    end.heard.insert(end.heard.end(), heard.begin(), heard.end());
    frame.rate = end.leg->rate();
    for (auto& sample : frame.span()) {
      sample = end.said < end.says.size() ? end.says[end.said++] : std::int16_t{0};
    }
    end.leg->push(now, frame);
    ++end.ticks;
  }
  void run(Duration length) {
    const TimePoint until = now + length;
    for (;;) {
      const TimePoint packet = wire.empty() ? kNever : wire.begin()->first;
      now = std::min({packet, a.next_tick(), b.next_tick(), std::max(now, a.leg->next_timeout()),
                      std::max(now, b.leg->next_timeout())});
      if (now >= until) break;
      // Packets first: a socket is drained before the tick that it came before.
      while (!wire.empty() && wire.begin()->first <= now) {
        const Packet p = wire.begin()->second;
        wire.erase(wire.begin());
        (p.peer.same_ip(a.address) ? b : a).leg->on_packet(p);
      }
      for (End* end : {&a, &b}) {
        if (end->leg->next_timeout() <= now) end->leg->on_timeout(now);
        if (end->next_tick() <= now) tick(*end);
      }
      drain(a, b);
      drain(b, a);
    }
    now = until;
  }
};

// What a codec makes of it.
Samples coded(CodecId codec, const Samples& in, Duration ptime = ms(20)) {
  const auto encoder = make_encoder(codec, {});
  const auto decoder = make_decoder(codec);
  const auto step = static_cast<std::size_t>(to_clock(ptime, encoder->rate()));
  Samples out;
  std::vector<std::uint8_t> bytes(2000);
  Samples block(9600);
  for (std::size_t at = 0; at + step <= in.size(); at += step) {
    const std::size_t n = encoder->encode({in.data() + at, step}, bytes);
    const std::size_t got = decoder->decode({bytes.data(), n}, block);
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return out;
}

// Where `reference` begins in `heard`: the first place where its first 40 ms are.
std::ptrdiff_t find(const Samples& heard, const Samples& reference, std::size_t probe = 320) {
  const auto at = std::search(heard.begin(), heard.end(), reference.begin(),
                              reference.begin() + static_cast<std::ptrdiff_t>(probe));
  return at == heard.end() ? -1 : at - heard.begin();
}

// Never silent for long, and nowhere like itself elsewhere.
Samples material(SampleRate rate, int seconds, std::uint64_t seed = 5) {
  Samples x = speech(rate, static_cast<std::size_t>(rate * seconds), seed);
  Noise noise(seed);
  for (auto& v : x) v = to_sample(v * 0.7 + 300 * noise.next());
  return x;
}

constexpr JitterOptions kAllProfiles[] = {{JitterProfile::kInteractive, {}},
                                          {JitterProfile::kDefault, {}},
                                          {JitterProfile::kRobust, {}},
                                          {JitterProfile::kFixed, ms(200)}};

TEST(Sim, G711IsBitExactFor30Seconds) {
  const Samples said = material(8000, 30);
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma}) {
    const Samples reference = coded(codec, said);
    for (const auto& jitter : kAllProfiles) {
      SCOPED_TRACE(static_cast<int>(jitter.profile));
      Call call(jitter);
      call.a.says = said;
      call.negotiate(config_for(codec));
      call.run(s(31));
      const auto at = find(call.b.heard, reference);
      ASSERT_GE(at, 0);
      // Before it silence, in it nothing inserted and nothing dropped.
      EXPECT_TRUE(std::all_of(call.b.heard.begin(), call.b.heard.begin() + at,
                              [](std::int16_t v) { return v == 0; }));
      EXPECT_TRUE(std::equal(reference.begin(), reference.end(), call.b.heard.begin() + at));
      const auto stats = call.b.stats();
      EXPECT_EQ(stats.rx.lost, 0);
      EXPECT_EQ(stats.rx.late, 0u);
      EXPECT_EQ(stats.rx.concealed, Duration{});
      EXPECT_EQ(stats.rx.stretched, Duration{});
      EXPECT_EQ(stats.rx.jitter, Duration{});
      EXPECT_TRUE(call.a.stats().tx.heard_by_peer.value());
      ASSERT_TRUE(call.a.stats().tx.rtt);
      EXPECT_NEAR(to_ms(*call.a.stats().tx.rtt), 2, 0.1);
      EXPECT_EQ(call.b.count(Kind::kPtimeDiffers) + call.b.count(Kind::kStalled), 0u);
    }
  }
}

TEST(Sim, EveryPacketTimeIsBitExact) {
  const Samples said = material(8000, 10);
  for (const int ptime : {10, 20, 30, 40, 50, 60, 80, 100, 120, 160, 200}) {
    SCOPED_TRACE(ptime);
    const Samples reference = coded(CodecId::kPcmu, said, ms(ptime));
    Call call;
    call.a.says = said;
    call.negotiate(config_for(CodecId::kPcmu, ms(ptime)));
    call.run(s(11));
    const auto at = find(call.b.heard, reference);
    ASSERT_GE(at, 0);
    EXPECT_TRUE(std::equal(reference.begin(), reference.end(), call.b.heard.begin() + at));
    EXPECT_EQ(call.b.stats().rx.ptime, ms(ptime));
    EXPECT_EQ(call.b.stats().rx.concealed, Duration{});
  }
}

TEST(Sim, WidebandCodecsArriveAsCoded) {
  for (const CodecId codec : {CodecId::kG722, CodecId::kOpus}) {
    const SampleRate rate = codec_info(codec).sample_rate;
    const Samples said = material(rate, 8);
    const Samples reference = coded(codec, said);
    Call call;
    call.a.says = said;
    call.negotiate(config_for(codec));
    EXPECT_EQ(call.b.leg->rate(), rate);
    call.run(s(9));
    const auto at = find(call.b.heard, reference, static_cast<std::size_t>(rate / 25));
    ASSERT_GE(at, 0) << codec_info(codec).name;
    EXPECT_TRUE(std::equal(reference.begin(), reference.end(), call.b.heard.begin() + at));
  }
}

TEST(Sim, TheSameSeedIsTheSameCall) {
  Impairment bad;
  bad.rx = {0.05, 0.01, 0.01, 3, ms(40), ms(20)};
  Samples heard[3];
  for (int i = 0; i < 3; ++i) {
    Call call({}, bad);
    if (i == 2) {
      call.b.options.seed = 99;
      call.make(call.b);
    }
    call.a.says = material(8000, 10);
    call.negotiate(config_for(CodecId::kPcmu));
    call.run(s(10));
    heard[i] = call.b.heard;
  }
  EXPECT_EQ(heard[0], heard[1]);
  EXPECT_NE(heard[0], heard[2]);
}

TEST(Sim, LossIsConcealedAndNothingElseIsTouched) {
  Impairment bad;
  bad.rx.loss = 0.03;
  const Samples said = material(8000, 30);
  for (const auto& jitter : kAllProfiles) {
    SCOPED_TRACE(static_cast<int>(jitter.profile));
    Call call(jitter, bad);
    call.a.says = said;
    call.negotiate(config_for(CodecId::kPcmu));
    call.run(s(31));
    const auto stats = call.b.stats();
    const auto total = static_cast<double>(call.a.stats().tx.packets);
    EXPECT_NEAR(static_cast<double>(stats.rx.lost) / total, 0.03, 0.01);
    // What was lost was made up, and little more.
    EXPECT_GE(to_ms(stats.rx.concealed), 20 * (static_cast<double>(stats.rx.lost) - 2));
    EXPECT_LE(to_ms(stats.rx.concealed), 20 * (static_cast<double>(stats.rx.lost) + 3));
    // The time line holds: most frames are exact where they belong.
    const Samples reference = coded(CodecId::kPcmu, said);
    const auto at = find(call.b.heard, reference);
    ASSERT_GE(at, 0);
    int exact = 0;
    for (std::size_t i = 0; i + 160 <= reference.size(); i += 160) {
      exact += std::equal(reference.begin() + static_cast<std::ptrdiff_t>(i),
                          reference.begin() + static_cast<std::ptrdiff_t>(i + 160),
                          call.b.heard.begin() + at + static_cast<std::ptrdiff_t>(i));
    }
    EXPECT_GE(exact, 1500 * 0.92);
  }
}

TEST(Sim, JitterAndReorderingAreAbsorbed) {
  Impairment bad;
  bad.rx.jitter = ms(20);
  bad.rx.delay = ms(30);
  bad.rx.reorder = 0.01;
  for (const JitterProfile profile :
       {JitterProfile::kInteractive, JitterProfile::kDefault, JitterProfile::kRobust}) {
    SCOPED_TRACE(static_cast<int>(profile));
    Call call({profile, {}}, bad);
    call.a.says = material(8000, 60);
    call.negotiate(config_for(CodecId::kPcmu));
    call.run(s(60));
    const auto rx = call.b.stats().rx;
    EXPECT_EQ(rx.lost, 0);
    EXPECT_GT(rx.reordered, 10u);
    EXPECT_LT(to_ms(rx.concealed) / 60'000, 0.025);
    EXPECT_LT(to_ms(rx.delay_mean), 130);
    EXPECT_GT(to_ms(rx.jitter), 5);
  }
}

TEST(Sim, DigitsComeThroughLossOnceEach) {
  Impairment bad;
  bad.rx.loss = 0.10;
  bad.rx.jitter = ms(15);
  bad.rx.reorder = 0.02;
  bad.rx.duplicate = 0.02;
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kG722, CodecId::kOpus}) {
    SCOPED_TRACE(codec_info(codec).name);
    Call call({}, bad);
    call.negotiate(config_for(codec));
    call.run(ms(200));
    const std::string digits = "0123456789*#ABCD5551212##00";
    for (const char d : digits) {
      ASSERT_TRUE(call.a.leg->send_digit(d, ms(100), ms(60), DtmfMode::kAuto, 1));
    }
    call.run(s(6));
    EXPECT_EQ(call.b.digits(), digits);
    EXPECT_EQ(call.a.count(Kind::kDigitSent), digits.size());
    EXPECT_EQ(call.a.count(Kind::kDigitsDone), 1u);
  }
}

TEST(Sim, AudioBesideDigitsKeepsItsPlace) {
  const Samples said = material(8000, 6);
  Call call;
  call.a.says = said;
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(s(2));
  call.a.leg->send_digit('5', ms(200), ms(100), DtmfMode::kAuto, 1);
  call.run(s(5));
  EXPECT_EQ(call.b.digits(), "5");
  const Samples reference = coded(CodecId::kPcmu, said);
  const auto at = find(call.b.heard, reference);
  ASSERT_GE(at, 0);
  // Two seconds after the digit all is where it was: the 200 ms were replaced, not inserted.
  const auto heard = call.b.heard.begin() + at;
  EXPECT_TRUE(std::equal(reference.begin(), reference.begin() + 15'800, heard));
  EXPECT_TRUE(std::equal(reference.begin() + 34'000, reference.end(), heard + 34'000));
}

TEST(Sim, LongDigitsAtEveryClockKeepTheirLength) {
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kOpus}) {
    Call call;
    call.negotiate(config_for(codec));
    call.a.leg->send_digit('#', s(10), ms(100), DtmfMode::kAuto, 1);
    call.run(s(11));
    ASSERT_EQ(call.b.digits(), "#");
    for (const auto& e : call.b.events) {
      if (e.kind != Kind::kDigitReceived) continue;
      EXPECT_EQ(e.duration, s(10));
    }
  }
}

// A tone shows every click: the largest step between neighbours is the tone's own.
TEST(Sim, DriftIsAbsorbedWithoutAClick) {
  for (const double ppm : {-500.0, 500.0}) {
    for (const auto& jitter : kAllProfiles) {
      SCOPED_TRACE(ppm);
      SCOPED_TRACE(static_cast<int>(jitter.profile));
      Call call(jitter);
      call.a.ppm = ppm;
      call.a.says = sine(400, 8000, 8000, 8000 * 180);
      call.negotiate(config_for(CodecId::kPcmu));
      call.run(s(180));
      const auto rx = call.b.stats().rx;
      EXPECT_EQ(rx.lost, 0);
      const Samples steady(call.b.heard.begin() + 8000, call.b.heard.end());
      const int own = largest_step(coded(CodecId::kPcmu, sine(400, 8000, 8000, 8000)));
      EXPECT_LE(largest_step(steady), own * 5 / 4);
      EXPECT_LT(to_ms(rx.concealed), 200);
      // 180 s at 500 ppm are 90 ms. They do not pile up, but a fixed delay is not touched.
      EXPECT_LT(to_ms(rx.delay), jitter.profile == JitterProfile::kFixed ? 300 : 90);
    }
  }
}

TEST(Sim, AnotherSourceInMidStreamIsHeardAtOnce) {
  Call call;
  call.a.says = material(8000, 10);
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(s(3));
  // The same address, another leg: as a switch behind it does.
  const Samples second(call.a.says.begin() + static_cast<std::ptrdiff_t>(call.a.said),
                       call.a.says.end());
  call.a.options.seed = 777;
  call.make(call.a);
  call.negotiate(call.a, call.b, config_for(CodecId::kPcmu));
  call.run(s(8));
  const auto rx = call.b.stats().rx;
  EXPECT_EQ(rx.ssrc_changes, 1u);
  EXPECT_EQ(rx.lost, 0);
  EXPECT_EQ(call.b.count(Kind::kSsrcChanged), 1u);
  const Samples reference = coded(CodecId::kPcmu, second);
  const auto at = find(call.b.heard, reference);
  ASSERT_GE(at, 0) << "its first packet is heard too";
  EXPECT_LE(at, 8000 * 3 + 8000 / 10);
  EXPECT_TRUE(std::equal(reference.begin(), reference.end(), call.b.heard.begin() + at));
}

TEST(Sim, SequenceRestartIsSurvived) {
  const Samples said = material(8000, 10);
  Call call;
  call.a.says = said;
  call.negotiate(config_for(CodecId::kPcmu));
  int packets = 0;
  call.meddle = [&](Packet& p) {
    if (p.component != Component::kRtp || ++packets <= 150) return true;
    store16(&p.bytes[2], load16(&p.bytes[2]) + 20'000u);
    store32(&p.bytes[4], load32(&p.bytes[4]) + 1'000'000'000u);
    return true;
  };
  call.run(s(11));
  EXPECT_EQ(call.b.stats().rx.lost, 0);
  EXPECT_EQ(call.b.stats().rx.ssrc_changes, 0u);
  const Samples all = coded(CodecId::kPcmu, said);
  const Samples behind(all.begin() + 150 * 160, all.end());
  const auto at = find(call.b.heard, behind);
  ASSERT_GE(at, 0);
  EXPECT_TRUE(std::equal(behind.begin(), behind.end(), call.b.heard.begin() + at));
}

TEST(Sim, ABurstOfThreeSecondsIsSurvived) {
  const Samples said = material(8000, 20);
  for (const JitterProfile profile :
       {JitterProfile::kInteractive, JitterProfile::kDefault, JitterProfile::kRobust}) {
    SCOPED_TRACE(static_cast<int>(profile));
    Call call({profile, {}});
    call.a.says = said;
    call.negotiate(config_for(CodecId::kPcmu));
    call.meddle = [&](Packet& p) {
      const TimePoint from(s(5)), until(s(8));
      if (p.time >= from && p.time < until) p.time = until;
      return true;
    };
    call.run(s(21));
    const auto rx = call.b.stats().rx;
    EXPECT_EQ(rx.lost, 0);
    EXPECT_EQ(call.b.count(Kind::kStalled), 0u);
    // Some seconds later playout is near the wire again, and the end is heard as it was said.
    EXPECT_LT(to_ms(rx.delay), 600);
    const Samples all = coded(CodecId::kPcmu, said);
    const Samples end(all.end() - 8000, all.end());
    const auto at = find(call.b.heard, end);
    EXPECT_GE(at, 8000 * 19);
    EXPECT_LE(at, 8000 * 19 + 8000 * 6 / 10);
  }
}

TEST(Sim, AnotherCodecInMidCall) {
  Call call;
  const Samples first = material(8000, 3, 5), second = material(16000, 3, 6);
  call.a.says = first;
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(s(3));
  const std::size_t before = call.b.heard.size();
  call.a.says = second;
  call.a.said = 0;
  call.negotiate(config_for(CodecId::kG722));
  EXPECT_EQ(call.b.leg->rate(), 16000);
  call.run(s(4));
  EXPECT_EQ(call.b.stats().rx.lost, 0);
  EXPECT_EQ(call.b.stats().rx.unknown_payload_type, 0u);
  EXPECT_EQ(call.b.stats().rx.payload_type, 9);
  // Within a tenth of a second the new audio is there, and it is the new codec's.
  const Samples tail(call.b.heard.begin() + static_cast<std::ptrdiff_t>(before),
                     call.b.heard.end());
  const Samples reference = coded(CodecId::kG722, second);
  const Samples late(reference.begin() + 16000, reference.end());
  const auto at = find(tail, late);
  ASSERT_GE(at, 0);
  EXPECT_LE(at, 16000 + 3200);
  EXPECT_TRUE(std::equal(late.begin(), late.end(), tail.begin() + at));
}

TEST(Sim, HoldAndResume) {
  const Samples said = material(8000, 12);
  Call call;
  call.a.options.stall_after = call.b.options.stall_after = s(1);
  for (End* end : {&call.a, &call.b}) Call::make(*end);
  call.a.says = said;
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(s(3));
  const auto sent = call.a.stats().tx.packets;
  RtpConfig held = config_for(CodecId::kPcmu);
  held.direction = Direction::kInactive;
  call.negotiate(held);
  call.run(s(4));
  EXPECT_EQ(call.a.stats().tx.packets, sent);
  const Samples hold(call.b.heard.end() - 8000 * 3, call.b.heard.end());
  EXPECT_EQ(rms(hold), 0);
  call.negotiate(config_for(CodecId::kPcmu));
  const std::size_t resumed_at = call.a.said;
  const std::size_t heard_at = call.b.heard.size();
  call.run(s(6));
  EXPECT_EQ(call.b.count(Kind::kStalled), 0u);
  EXPECT_EQ(call.b.stats().rx.lost, 0);
  const Samples rest(said.begin() + static_cast<std::ptrdiff_t>(resumed_at), said.end());
  const Samples reference = coded(CodecId::kPcmu, rest);
  const auto at = find(call.b.heard, reference);
  ASSERT_GE(at, static_cast<std::ptrdiff_t>(heard_at)) << "from the first sample on";
  EXPECT_LE(at, static_cast<std::ptrdiff_t>(heard_at + 800));
  EXPECT_TRUE(std::equal(reference.begin(), reference.end(), call.b.heard.begin() + at));
}

TEST(Sim, OneWayIsSeenFromBothEnds) {
  Call call;
  call.a.says = material(8000, 10);
  call.b.says = material(8000, 10, 8);
  call.meddle = [](Packet& p) {
    return p.component == Component::kRtcp;
  };  // a's audio never arrives
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(s(8));
  EXPECT_EQ(call.b.stats().rx.packets, 0u);
  EXPECT_EQ(call.b.count(Kind::kStalled), 1u);
  ASSERT_TRUE(call.a.stats().tx.heard_by_peer.has_value());
  EXPECT_FALSE(*call.a.stats().tx.heard_by_peer);
  EXPECT_TRUE(call.b.stats().tx.heard_by_peer.value());
}

TEST(Sim, ShortCallsKnowByTheGoodbye) {
  Call call;
  call.a.says = call.b.says = material(8000, 1);
  call.negotiate(config_for(CodecId::kPcmu));
  call.run(ms(400));  // before any report is due
  call.a.leg->close(call.now);
  call.run(ms(200));
  EXPECT_EQ(call.b.count(Kind::kRtcpBye), 1u);
  EXPECT_TRUE(call.a.stats().tx.heard_by_peer.value_or(false));
  EXPECT_TRUE(call.b.stats().tx.heard_by_peer.value_or(false));
  call.b.leg->close(call.now);
  call.run(ms(200));
  EXPECT_EQ(call.a.count(Kind::kRtcpBye), 1u);
}

}  // namespace
}  // namespace lineman::testing
