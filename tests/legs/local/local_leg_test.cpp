#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "lineman/leg.h"
#include "lineman/media_call.h"
#include "lineman/random.h"
#include "lineman/sdp.h"
#include "lineman/sim.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct MemorySink : AudioSink {
  explicit MemorySink(std::vector<std::int16_t>& to) : samples(to) {}
  bool write(std::span<const std::int16_t> frames) override {
    samples.insert(samples.end(), frames.begin(), frames.end());
    return true;
  }
  std::vector<std::int16_t>& samples;
};

double rms(const std::vector<std::int16_t>& x, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to && i < x.size(); ++i) sum += double{1} * x[i] * x[i];
  return std::sqrt(sum / static_cast<double>(to - from));
}

// Power at `hz` as a share of all power.
double purity(const std::vector<std::int16_t>& x, double hz, int rate) {
  double re = 0, im = 0, all = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    re += x[i] * std::cos(2 * M_PI * hz * static_cast<double>(i) / rate);
    im += x[i] * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate);
    all += double{1} * x[i] * x[i];
  }
  return all > 0 ? (re * re + im * im) * 2 / (all * static_cast<double>(x.size())) : 0;
}

// The near end: the smallest phone there is, over the same virtual time.
struct Near : LegSink, EngineSink {
  std::unique_ptr<Loop> loop = make_sim_loop();
  std::unique_ptr<Writer> writer = make_inline_writer(*loop);
  std::unique_ptr<MediaNetwork> network;
  std::unique_ptr<MediaEngine> engine = make_sim_engine(*loop);
  std::unique_ptr<MediaEngine> far_engine = make_sim_engine(*loop);
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<Leg> leg;
  LocalMedia local;
  MediaSockets sockets;
  RtpConfig config;
  std::uint64_t seed;

  std::vector<std::string> log;  // "2 ringing 180"
  std::string digits;
  LegEnd end;
  std::vector<std::int16_t> heard;
  std::unique_ptr<AudioSource> say;
  std::function<void()> on_established;
  CallMediaStats stats;
  bool media = false;

  explicit Near(std::uint64_t s = 1, std::vector<CodecId> codecs = {CodecId::kPcmu})
      : network(make_sim_network(*loop, s)), seed(s) {
    LocalOptions options;
    options.seed = s;
    endpoint = make_local_endpoint(*loop, *network, *far_engine, *writer, options);
    engine->set_sink(this);
    leg = endpoint->make_leg();
    leg->set_sink(this);
    sockets = network->open({}).value();
    local.rtp = sockets.rtp;
    local.codecs = std::move(codecs);
  }
  Result<void> dial(const std::string& uri) {
    DialRequest request;
    request.uri = uri;
    request.offer = {"application/sdp", make_offer(local)};
    return leg->dial(request);
  }
  void run(const std::string& uri) {
    const auto dialled = dial(uri);
    ASSERT_TRUE(dialled) << dialled.error().text;
    loop->run();
  }
  void hang_up_at(Duration time) {
    loop->at(TimePoint(time), [this] { leg->hang_up(""); });
  }
  void note(const std::string& text) {
    log.push_back(std::to_string(loop->now().time_since_epoch() / milliseconds(1)) + " " + text);
  }
  void start_media(const Body& answer) {
    auto negotiated = accept_answer(local, answer.text);
    ASSERT_TRUE(negotiated) << negotiated.error().text << answer.text;
    config = *negotiated;
    RtpLegOptions options;
    options.seed = derive(seed, "near");
    auto set = make_codec_set(config, options).value();
    const SampleRate rate = set->rate();
    auto call = make_media_call(make_rtp_leg(options), {}, seed, {});
    call->exchange(loop->now(), set);
    if (say) call->play(1, say, false);
    auto job = std::make_unique<RecordJob>();
    job->id = 1;
    job->rate = rate;
    job->sink = std::make_unique<MemorySink>(heard);
    ASSERT_TRUE(call->record(job));
    engine->add(1, std::move(call), std::move(sockets.transport));
    media = true;
  }
  void on_leg_event(LegEvent event) override {
    if (std::get_if<leg_event::Trying>(&event)) note("trying");
    if (const auto* e = std::get_if<leg_event::Ringing>(&event)) {
      note("ringing " + std::to_string(e->code));
    }
    if (const auto* e = std::get_if<leg_event::EarlyMedia>(&event)) {
      note("early " + std::to_string(e->code));
      start_media(e->body);
    }
    if (const auto* e = std::get_if<leg_event::Answered>(&event)) {
      note("answered " + std::to_string(e->code));
      if (!media) start_media(e->body);
    }
    if (std::get_if<leg_event::Established>(&event)) {
      note("established");
      if (on_established) on_established();
    }
    if (const auto* e = std::get_if<leg_event::Accepted>(&event)) {
      const auto changed = accept_answer(local, e->body.text);
      note("accepted " + std::string(changed ? direction_name(changed->direction) : "?"));
    }
    if (const auto* e = std::get_if<leg_event::Refused>(&event)) {
      note("refused " + std::to_string(e->code));
    }
    if (const auto* e = std::get_if<leg_event::Ended>(&event)) {
      end = e->end;
      note("ended " + std::string(cause_name(end.cause)) + " " +
           std::string(ended_by_name(end.by)) + " " + std::to_string(end.code));
      if (media) engine->remove(1);
      leg.reset();
    }
  }
  void on_media_event(CallId, const MediaEvent& event) override {
    if (event.kind == MediaEvent::Kind::kDigitReceived) digits.push_back(event.digit);
  }
  void on_removed(CallId, std::unique_ptr<MediaCall> call,
                  std::unique_ptr<PacketTransport>) override {
    call->stats(stats);
  }
};

using Log = std::vector<std::string>;

TEST(LocalLeg, RefusalsComeInTheOrderOfTheWire) {
  const auto log = [](const std::string& uri) {
    Near near;
    near.run(uri);
    return near.log;
  };
  EXPECT_EQ(log("local:busy"), (Log{"2 trying", "3 ended busy peer 486"}));
  EXPECT_EQ(log("local:decline"), (Log{"2 trying", "3 ended declined peer 603"}));
  EXPECT_EQ(log("local:reject?code=404"), (Log{"2 trying", "3 ended rejected peer 404"}));
  EXPECT_EQ(log("local:reject?code=480"), (Log{"2 trying", "3 ended no_answer peer 480"}));
}

TEST(LocalLeg, SilentIsNoResponseAndRingRingsUntilWeGiveUp) {
  Near silent;
  silent.run("local:silent");
  EXPECT_EQ(silent.log, (Log{"5000 ended no_response network 0"}));
  Near ring;
  ring.hang_up_at(seconds(30));
  ring.run("local:ring");
  EXPECT_EQ(ring.log, (Log{"2 trying", "3 ringing 180", "30002 ended cancelled local 0"}));
}

TEST(LocalLeg, EchoSendsBackWhatItHears) {
  Near near;
  near.say = make_tone_source(440, seconds(2), -6, 8000);
  near.hang_up_at(seconds(3));
  near.run("local:echo?ring=500ms&delay=100ms");
  EXPECT_EQ(near.log, (Log{"2 trying", "3 ringing 180", "503 answered 200", "505 established",
                           "3002 ended normal local 0"}));
  EXPECT_EQ(near.config.send.codec, CodecId::kPcmu);
  EXPECT_NEAR(static_cast<double>(near.heard.size()), 2.5 * 8000, 400);
  const std::vector<std::int16_t> middle(near.heard.begin() + 8000, near.heard.begin() + 12000);
  EXPECT_GT(purity(middle, 440, 8000), 0.98);
  EXPECT_NEAR(rms(middle, 0, 4000), 32768 * 0.5 / std::sqrt(2), 1500);
  EXPECT_LT(rms(near.heard, 0, 800), 50);  // not before the delay
  EXPECT_GT(near.stats.leg.rx.packets, 100u);
  EXPECT_EQ(near.stats.leg.rx.lost, 0);
  EXPECT_EQ(near.stats.leg.rx.concealed, Duration{});
}

TEST(LocalLeg, PlaysSendsDigitsRecordsAndHangsUpAsTold) {
  std::string dir = testing::TempDir() + "/linemanXXXXXX";
  ASSERT_NE(mkdtemp(dir.data()), nullptr);
  Near near;
  near.say = make_tone_source(1000, seconds(1), -6, 8000);
  near.run("local:answer?ring=0s&play=tone:440,1s&dtmf=12w3&hangup=3s&record=" + dir + "/far.wav");
  EXPECT_EQ(near.log.back(), "3003 ended normal peer 0");
  EXPECT_EQ(near.digits, "123");
  near.endpoint.reset();
  near.far_engine.reset();
  near.writer.reset();
  std::ifstream file(dir + "/far.wav", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GT(bytes.size(), 44u + 2 * 8000);
  std::vector<std::int16_t> far((bytes.size() - 44) / 2);
  std::memcpy(far.data(), bytes.data() + 44, far.size() * 2);
  EXPECT_NEAR(static_cast<double>(far.size()), 3 * 8000, 400);
  EXPECT_GT(purity({far.begin() + 2000, far.begin() + 6000}, 1000, 8000), 0.98);
  std::filesystem::remove_all(dir);
}

TEST(LocalLeg, EarlyMediaIsHeardBeforeTheAnswer) {
  Near near;
  near.hang_up_at(seconds(3));
  near.run("local:early?ring=2s&play=tone:440,1s");
  EXPECT_EQ(near.log, (Log{"2 trying", "3 early 183", "2003 answered 200", "2005 established",
                           "3002 ended normal local 0"}));
  EXPECT_GT(purity({near.heard.begin() + 2000, near.heard.begin() + 6000}, 440, 8000), 0.98);
}

TEST(LocalLeg, OneSeedIsOneOutcomeByteForByte) {
  const auto outcome = [](std::uint64_t seed) {
    Near near(seed, {CodecId::kG722, CodecId::kPcma});
    near.say = make_tone_source(440, seconds(2), -6, 16000);
    near.hang_up_at(seconds(2));
    near.run("local:echo");
    return std::tuple(near.log, near.heard, near.stats.leg.rx.ssrc, near.sockets.rtp.port);
  };
  const auto first = outcome(7);
  EXPECT_EQ(first, outcome(7));
  EXPECT_NE(std::get<2>(first), std::get<2>(outcome(8)));
  EXPECT_NE(std::get<3>(first), std::get<3>(outcome(8)));
}

TEST(LocalLeg, HoldsAndResumesByANewOffer) {
  Near near;
  near.hang_up_at(seconds(1));
  near.on_established = [&] {
    ++near.local.session_version;
    near.local.direction = Direction::kSendOnly;
    EXPECT_TRUE(near.leg->offer({"application/sdp", make_offer(near.local)}));
    near.loop->at(near.loop->now() + milliseconds(500), [&] {
      ++near.local.session_version;
      near.local.direction = Direction::kSendRecv;
      EXPECT_TRUE(near.leg->offer({"application/sdp", make_offer(near.local)}));
      EXPECT_TRUE(near.leg->offer({"application/sdp", "garbage"}));
    });
  };
  near.run("local:answer?ring=0s");
  EXPECT_EQ(near.log, (Log{"2 trying", "3 ringing 180", "3 answered 200", "5 established",
                           "7 accepted sendonly", "507 accepted sendrecv", "507 refused 488",
                           "1002 ended normal local 0"}));
}

TEST(LocalLeg, AnOfferItCannotAnswerIsA488) {
  Near near;
  DialRequest request;
  request.uri = "local:echo?ring=0s";
  request.offer = {"application/sdp",
                   "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                   "m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n"};
  ASSERT_TRUE(near.leg->dial(request));
  near.loop->run();
  EXPECT_EQ(near.log.back(), "3 ended media_negotiation peer 488");
}

TEST(LocalLeg, AFarEndThatCannotRecordIsOurFaultAndNotTheirs) {
  Near near;
  near.run("local:answer?ring=0s&record=/nowhere/x.wav");
  EXPECT_EQ(near.log.back(), "3 ended local_resource local 0");
  EXPECT_NE(near.end.reason.find("/nowhere/x.wav"), std::string::npos);
}

TEST(LocalLeg, WhatItCannotDoIsSaid) {
  Near near;
  EXPECT_EQ(near.dial("local:nobody").error().code, ErrorCode::kUsage);
  EXPECT_EQ(near.dial("local:answer?play=/nowhere.wav").error().code, ErrorCode::kFile);
  EXPECT_EQ(near.leg->answer({}).error().code, ErrorCode::kUnsupported);
  EXPECT_NE(near.leg->ring(180, {}).error().text.find("local:"), std::string::npos);
  EXPECT_EQ(near.leg->offer({}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(near.endpoint->enroll(seconds(1)).error().code, ErrorCode::kUnsupported);
  ASSERT_TRUE(near.dial("local:echo"));
  EXPECT_FALSE(near.dial("local:echo"));
}

TEST(LocalEndpoint, RoutesProbesAndShutsDown) {
  Near near;
  Log said;
  near.endpoint->route("local:echo", seconds(1),
                       [&](Result<Address> a) { said.push_back(a->ip_text()); });
  near.endpoint->route("local:eco", seconds(1),
                       [&](Result<Address> a) { said.push_back(a ? "?" : "no route"); });
  EXPECT_TRUE(said.empty());  // never from inside
  const auto probe = [&](const std::string& uri) {
    EXPECT_TRUE(near.endpoint->probe(uri, {}, [&](ProbeAnswer p) {
      said.push_back(std::string(cause_name(p.end.cause)) + std::to_string(p.end.code));
    }));
  };
  probe("local:echo");
  probe("local:silent");
  near.loop->run();
  EXPECT_EQ(said, (Log{"192.0.2.1", "no route", "normal200", "no_response0"}));

  ASSERT_TRUE(near.dial("local:ring"));
  bool clean = false;
  near.loop->at(near.loop->now() + seconds(1),
                [&] { near.endpoint->shut_down(seconds(1), [&](bool c) { clean = c; }); });
  near.loop->run();
  EXPECT_TRUE(clean);
  EXPECT_NE(near.log.back().find("ended cancelled local"), std::string::npos);
}

TEST(LocalLeg, AMinuteCostsLittle) {
  timespec before{}, after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  Near near;
  near.say = make_tone_source(440, seconds(60), -6, 8000);
  near.heard.reserve(61 * 8000);
  near.hang_up_at(seconds(60));
  near.run("local:echo");
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const double cpu = static_cast<double>(after.tv_sec - before.tv_sec) +
                     static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
  RecordProperty("cpu_seconds", std::to_string(cpu));
  std::printf("60 s of G.711, both ends: %.3f s of CPU\n", cpu);
  EXPECT_NEAR(static_cast<double>(near.stats.leg.rx.packets), 3000, 10);
  EXPECT_LT(cpu, 20.0);  // with sanitizers; the figure itself is scripts/bench's
}

}  // namespace
}  // namespace lineman
