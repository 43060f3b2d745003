// bench_tick [CALLS [SECONDS [CODEC [cold]]]]: what the media of echoing calls costs without the
// network: MediaHost with real calls, fed from memory, as fast as it goes. Prints microseconds of
// CPU per call and second of audio. With `cold` the caches are filled with something else between
// two wakes, as a busy machine does. For a profiler: valgrind --tool=callgrind bench_tick 4 20
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numbers>
#include <vector>

#include "codec.h"
#include "lineman/media.h"
#include "media_host.h"
#include "rtp.h"

namespace {

using namespace lineman;
using std::chrono::milliseconds;

constexpr Duration kPtime = milliseconds(20);

// A second of a tone in packets, over and over.
struct Feeder final : PacketTransport {
  Feeder(const std::vector<std::vector<std::uint8_t>>& p, const RtpConfig& c, std::uint32_t seed)
      : payloads(p), config(c), ssrc(seed) {}
  bool receive(Packet& out, TimePoint now) override {
    if (now == last) return false;
    last = now;
    const auto& payload = payloads[sequence % payloads.size()];
    const auto clock = static_cast<std::uint32_t>(codec_info(config.send.codec).clock_rate / 50);
    const RtpHeader header{config.send.number, sequence == 0, sequence, sequence * clock, ssrc};
    write_rtp_header(header, out.bytes);
    std::copy(payload.begin(), payload.end(), out.bytes.begin() + RtpHeader::kSize);
    out.size = static_cast<std::uint16_t>(RtpHeader::kSize + payload.size());
    out.component = Component::kRtp;
    out.peer = config.remote_rtp;
    out.time = now - milliseconds(3);
    ++sequence;
    return true;
  }
  void send(const Packet& packet) override { sent += packet.size; }

  const std::vector<std::vector<std::uint8_t>>& payloads;
  RtpConfig config;
  std::uint32_t ssrc;
  std::uint16_t sequence = 0;
  std::uint64_t sent = 0;
  TimePoint last{};
};

std::vector<std::vector<std::uint8_t>> tone_packets(CodecId codec) {
  const auto encoder = make_encoder(codec, {});
  const auto n = static_cast<std::size_t>(encoder->rate() / 50);
  std::vector<std::vector<std::uint8_t>> packets;
  std::vector<std::int16_t> samples(n);
  std::vector<std::uint8_t> bytes(1500);
  for (std::size_t i = 0, t = 0; i < 50; ++i) {
    for (auto& s : samples) {
      s = static_cast<std::int16_t>(
          8000 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(t++) / encoder->rate()));
    }
    const auto size = static_cast<std::size_t>(encoder->encode(samples, bytes));
    packets.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return packets;
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(1, std::atoi(argv[1])) : 100;
  const int seconds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 20;
  const auto codecs = parse_codec_list(argc > 3 ? argv[3] : "pcmu");
  if (!codecs) {
    std::fprintf(stderr, "%s\n", codecs.error().text.c_str());
    return 2;
  }
  const CodecInfo& info = codec_info(codecs->front());
  RtpConfig config;
  config.remote_rtp = Address::parse("10.0.0.1:4000").value();
  config.remote_rtcp = Address::parse("10.0.0.1:4001").value();
  config.send = {static_cast<std::uint8_t>(info.payload_type), info.id};
  config.receive = {config.send};
  const auto packets = tone_packets(info.id);

  MediaHost host;
  std::vector<std::unique_ptr<HostedCall>> hosted;
  std::vector<std::unique_ptr<CodecSet>> spare;
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < calls; ++i) {
    RtpLegOptions options;
    options.seed = static_cast<std::uint64_t>(i) + 1;
    auto call = std::make_unique<HostedCall>();
    call->call = make_media_call(make_rtp_leg(options), {}, options.seed, {});
    call->transport =
        std::make_unique<Feeder>(packets, config, static_cast<std::uint32_t>(options.seed));
    auto set = make_codec_set(config, options);
    if (!set) return 2;
    call->call->exchange(now, *set);
    call->call->echo(true, {});
    spare.push_back(std::move(*set));
    host.add(*call);
    hosted.push_back(std::move(call));
  }
  const bool cold = argc > 4;
  std::vector<int> other(cold ? 2'000'000 : 0);
  MediaEvent event;
  double used = 0;
  const auto turns = [&](int n) {
    used = 0;
    for (int i = 0; i < n; ++i, now += kPtime) {
      for (int& o : other) o += i;
      const double before = cpu_seconds();
      host.turn(now, now, 2);
      used += cpu_seconds() - before;
      for (const auto& call : hosted) {
        while (call->call->next_event(event)) {}
      }
    }
  };
  turns(50);
  turns(50 * seconds);
  std::printf("%.1f\n", used * 1e6 / seconds / calls);
  return 0;
}
