// The Media thread with everything real on it: MediaCall, RtpLeg, UDP sockets, a recording and a
// capture, and the promise that none of it allocates while it runs.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "fakes.h"
#include "lineman/pcap.h"
#include "lineman/process.h"
#include "lineman/writer.h"
#include "no_alloc.h"
#include "wav.h"

namespace lineman {
namespace {

using std::chrono::seconds;

double purity(const std::int16_t* x, std::size_t n, double hz, double rate) {
  double re = 0, im = 0, all = 1;
  for (std::size_t i = 0; i < n; ++i) {
    re += x[i] * std::cos(2 * M_PI * hz * static_cast<double>(i) / rate);
    im += x[i] * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate);
    all += 1.0 * x[i] * x[i];
  }
  return (re * re + im * im) * 2 / (all * static_cast<double>(n));
}

struct RealCalls : ::testing::TestWithParam<CodecId> {
  TempDir dir;
  std::unique_ptr<Loop> loop = make_loop();
  std::unique_ptr<Writer> writer = make_writer(*loop);
  std::unique_ptr<MediaNetwork> network = make_udp_network({}, 1);
  FakeSink sink;
  std::unique_ptr<MediaEngine> engine = make_media_thread(*loop);
  RealCalls() { engine->set_sink(&sink); }
};

TEST_P(RealCalls, AToneComesBackFromAnEchoAndNothingAllocates) {
  const CodecInfo& codec = codec_info(GetParam());
  std::optional<CaptureEnd> captured;
  auto capture = open_capture(*loop, *writer, dir / "x.pcapng", wall_epoch(loop->now()),
                              [&](const CaptureEnd& end) { captured = end; })
                     .value();
  std::optional<RecordingEnd> recorded;
  std::array<MediaSockets, 2> sockets;
  for (auto& s : sockets) s = network->open(Address::parse_ip("127.0.0.1").value()).value();
  for (CallId id = 0; id < 2; ++id) {
    RtpLegOptions options;
    options.seed = id + 1;
    RtpConfig config;
    config.remote_rtp = sockets[1 - id].rtp;
    config.remote_rtcp = sockets[1 - id].rtcp;
    const auto number = static_cast<std::uint8_t>(codec.payload_type);
    config.send = {number, GetParam()};
    config.receive = {config.send};
    auto set = make_codec_set(config, options).value();
    auto call = make_media_call(make_rtp_leg(options), {}, id, {});
    call->exchange(loop->now(), set);
    if (id == 1) {
      call->echo(true, {});
    } else {
      auto tone = make_tone_source(440, seconds(60), -6, 8000);
      ASSERT_TRUE(call->play(1, tone, false));
      auto to =
          writer->open_recording(dir / "x.wav", 8000, 1, [&](const auto& e) { recorded = e; });
      auto job = make_record_job(1, RecordWhat::kHeard, 8000, {}, std::move(*to));
      ASSERT_TRUE(call->record(job));
    }
    auto transport =
        capture->wrap(std::move(sockets[id].transport), sockets[id].rtp, sockets[id].rtcp);
    engine->add(id, std::move(call), std::move(transport));
  }

  // Once in the tone and once out of it: the same count of the Media thread's own.
  std::optional<std::size_t> before, after;
  engine->run(0, make_task([&](TimePoint, MediaCall&) { before = testing::allocations; }));
  std::uint64_t packets = 0;
  std::function<void()> ask = [&] {
    auto seen = std::make_shared<CallMediaStats>();
    engine->run(0, make_task([seen](TimePoint, MediaCall& call) { call.stats(*seen); },
                             [&, seen] {
                               packets = seen->leg.rx.packets;
                               if (packets < 60) ask();
                             }));
  };
  ask();
  ASSERT_TRUE(turn_until(*loop, [&] { return packets >= 60; }));
  bool home = false;
  engine->run(0, make_task([&](TimePoint, MediaCall&) { after = testing::allocations; },
                           [&] { home = true; }));
  ASSERT_TRUE(turn_until(*loop, [&] { return home; }));
  EXPECT_EQ(*after - *before, 0u);

  for (CallId id = 0; id < 2; ++id) engine->remove(id);
  ASSERT_TRUE(turn_until(*loop, [&] { return sink.removed.size() == 2; }));
  EXPECT_GE(sink.removed[0].transport->counters().received, 60u);
  sink.removed.clear();  // closes the recording
  capture.reset();
  ASSERT_TRUE(turn_until(*loop, [&] { return recorded && captured; }));
  EXPECT_EQ(recorded->error, "");
  EXPECT_EQ(captured->dropped, 0u);
  EXPECT_GE(captured->packets, 4u * 60 - 10);
  const Wav wav = read_wav(dir / "x.wav");
  ASSERT_TRUE(wav.valid);
  double best = 0;
  for (std::size_t at = 0; at + 800 <= wav.samples.size(); at += 400) {
    best = std::max(best, purity(wav.samples.data() + at, 800, 440, 8000));
  }
  EXPECT_GT(best, 0.95);
}
INSTANTIATE_TEST_SUITE_P(Codecs, RealCalls,
                         ::testing::Values(CodecId::kPcmu, CodecId::kG722, CodecId::kOpus),
                         [](const auto& it) { return std::string(codec_info(it.param).name); });

}  // namespace
}  // namespace lineman
