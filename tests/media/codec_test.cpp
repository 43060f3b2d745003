// G.722 and Opus: round trips, in-band FEC, concealment, hostile payloads.
#include "codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "level.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;
using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> encode_all(Encoder& encoder, const Samples& in, std::size_t packet) {
  std::vector<Bytes> out;
  std::array<std::uint8_t, 4000> buffer;
  for (std::size_t i = 0; i + packet <= in.size(); i += packet) {
    const std::size_t n = encoder.encode(std::span(in).subspan(i, packet), buffer);
    EXPECT_GT(n, 0u);
    out.emplace_back(buffer.begin(), buffer.begin() + static_cast<long>(n));
  }
  return out;
}

Samples decode_all(Decoder& decoder, const std::vector<Bytes>& packets) {
  Samples out;
  std::array<std::int16_t, 9600> buffer;
  for (const Bytes& packet : packets) {
    const std::size_t n = decoder.decode(packet, buffer);
    EXPECT_EQ(n, decoder.samples_in(packet));
    out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<long>(n));
  }
  return out;
}

struct RoundTrip {
  CodecId codec;
  std::size_t packet;  // samples
  double hz, snr;
};
class RoundTrips : public ::testing::TestWithParam<RoundTrip> {};

TEST_P(RoundTrips, ToneComesThrough) {
  const auto [codec, packet, hz, least] = GetParam();
  const auto encoder = make_encoder(codec, {.opus_bitrate = 64000});
  const auto decoder = make_decoder(codec);
  ASSERT_EQ(encoder->rate(), decoder->rate());
  const SampleRate rate = encoder->rate();
  const Samples in = sine(hz, 10000, rate, static_cast<std::size_t>(rate));
  const std::vector<Bytes> packets = encode_all(*encoder, in, packet);
  const Samples out = decode_all(*decoder, packets);
  ASSERT_EQ(out.size(), in.size() / packet * packet);
  const auto steady = std::span(out).subspan(out.size() / 2);
  EXPECT_NEAR(strongest_near(steady, hz, rate), hz, 0.5);
  EXPECT_NEAR(db(amplitude_at(steady, hz, rate) / 10000), 0, 0.5);
  EXPECT_GT(snr_aligned(std::span(in).subspan(in.size() / 2, in.size() / 4), steady,
                        static_cast<std::size_t>(rate) / 50),
            least);
}

INSTANTIATE_TEST_SUITE_P(Codecs, RoundTrips,
                         ::testing::Values(RoundTrip{CodecId::kG722, 160, 1000, 30},
                                           RoundTrip{CodecId::kG722, 320, 440, 30},
                                           RoundTrip{CodecId::kG722, 3200, 5500, 18},
                                           RoundTrip{CodecId::kOpus, 480, 1000, 15},
                                           RoundTrip{CodecId::kOpus, 960, 440, 15},
                                           RoundTrip{CodecId::kOpus, 1920, 1000, 15},
                                           RoundTrip{CodecId::kOpus, 2880, 700, 15}));

// The same integers on every machine: noise through a moving low-pass, in steps of loudness.
Samples steps_of_noise(std::size_t count) {
  Samples out(count);
  Noise noise(722);
  int low = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int loud = static_cast<int>(i / 1600 % 10) * 120;
    const int white = static_cast<int>(noise.bits() >> 24) - 128;
    low += (white * loud - low) / (1 + static_cast<int>(i / 8000) * 3);
    out[i] = static_cast<std::int16_t>(low / 8);
  }
  return out;
}

std::uint64_t fnv1a(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const std::uint8_t b : bytes) hash = (hash ^ b) * 1099511628211ull;
  return hash;
}

// Both hashes come from another implementation (spandsp 0.0.6) of the Recommendation.
TEST(G722, IsBitExact) {
  const auto encoder = make_encoder(CodecId::kG722, {});
  const auto decoder = make_decoder(CodecId::kG722);
  const auto packets = encode_all(*encoder, steps_of_noise(32000), 320);
  Bytes coded, said;
  for (const Bytes& packet : packets) coded.insert(coded.end(), packet.begin(), packet.end());
  EXPECT_EQ(fnv1a(coded), 0xb31e9692da6ce91eull);
  for (const std::int16_t sample : decode_all(*decoder, packets)) {
    said.push_back(static_cast<std::uint8_t>(sample & 255));
    said.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(sample) >> 8));
  }
  EXPECT_EQ(fnv1a(said), 0xe4dd3841f40daad8ull);
}

TEST(G722, FullScaleDoesNotWrap) {
  const auto encoder = make_encoder(CodecId::kG722, {});
  const auto decoder = make_decoder(CodecId::kG722);
  const Samples in = sine(1000, 32767, 16000, 16000);
  const Samples out = decode_all(*decoder, encode_all(*encoder, in, 320));
  EXPECT_LT(largest_step(out), 20000);  // the sine's own is 12,500, a wrap 65,535
}

TEST(G722, ResetIsAsNew) {
  const auto encoder = make_encoder(CodecId::kG722, {});
  const auto packets = encode_all(*encoder, speech(16000, 16000), 320);
  const auto decoder = make_decoder(CodecId::kG722);
  const Samples first = decode_all(*decoder, packets);
  decoder->reset();
  EXPECT_EQ(decode_all(*decoder, packets), first);
}

TEST(G722, OddOrTooMuchIsRefused) {
  const auto encoder = make_encoder(CodecId::kG722, {});
  const auto decoder = make_decoder(CodecId::kG722);
  Samples samples(3202);
  Bytes bytes(1601);
  EXPECT_EQ(encoder->encode(std::span(samples).first(161), bytes), 0u);
  EXPECT_EQ(encoder->encode(std::span(samples).first(320), std::span(bytes).first(159)), 0u);
  EXPECT_EQ(decoder->samples_in(bytes), 0u);
  EXPECT_EQ(decoder->decode(std::span(bytes).first(160), std::span(samples).first(319)), 0u);
  EXPECT_EQ(decoder->decode({}, samples), 0u);
}

TEST(Opus, EncoderTakesItsPacketTimesOnly) {
  const auto encoder = make_encoder(CodecId::kOpus, {});
  const Samples samples(9600);
  Bytes bytes(1500);
  for (const std::size_t n : {0u, 1u, 120u, 479u, 961u, 3840u, 9600u})
    EXPECT_EQ(encoder->encode(std::span(samples).first(n), bytes), 0u) << n;
  EXPECT_EQ(encoder->encode(std::span(samples).first(960), {}), 0u);
}

TEST(Opus, BitrateOption) {
  const Samples in = speech(48000, 96000);
  const auto rate_of = [&](int bitrate, bool fec) {
    const auto encoder = make_encoder(CodecId::kOpus, {.opus_bitrate = bitrate, .opus_fec = fec});
    std::size_t bytes = 0;
    for (const Bytes& packet : encode_all(*encoder, in, 960)) bytes += packet.size();
    return static_cast<double>(bytes) * 8 / 2;
  };
  EXPECT_NEAR(rate_of(24000, true), 24000, 6000);
  EXPECT_NEAR(rate_of(64000, false), 64000, 16000);
}

TEST(Opus, StereoAndDtxDecodeToMono) {
  const auto decoder = make_decoder(CodecId::kOpus);
  Samples out(9600);
  const Bytes dtx_stereo = {0x4c};  // SILK wide-band 20 ms, stereo, an empty frame
  EXPECT_EQ(decoder->samples_in(dtx_stereo), 960u);
  EXPECT_EQ(decoder->decode(dtx_stereo, out), 960u);
  const Bytes dtx_three = {0x4b, 0x03};  // three frames
  EXPECT_EQ(decoder->samples_in(dtx_three), 2880u);
  EXPECT_EQ(decoder->decode(dtx_three, out), 2880u);
}

// Every packet that carries FEC is decoded twice: with the packet before it lost and made from
// FEC, and lost and concealed. FEC must be nearer to what was lost.
TEST(Opus, FecBeatsConcealment) {
  for (const std::size_t packet : {480u, 960u, 1920u, 2880u}) {
    const Samples in = speech(48000, 96000, 3);
    const auto encoder = make_encoder(CodecId::kOpus, {});
    const auto packets = encode_all(*encoder, in, packet);
    const auto clean = make_decoder(CodecId::kOpus);
    const Samples reference = decode_all(*clean, packets);
    double fec_error = 0, plc_error = 0, signal = 0;
    int carried = 0;
    for (std::size_t lost = 1; lost + 1 < packets.size(); lost += 5) {
      if (!clean->has_fec(packets[lost + 1])) continue;
      ++carried;
      const auto want = std::span(reference).subspan(lost * packet, packet);
      const std::vector<Bytes> before(packets.begin(), packets.begin() + static_cast<long>(lost));
      for (const bool fec : {true, false}) {
        const auto decoder = make_decoder(CodecId::kOpus);
        decode_all(*decoder, before);
        Samples got(fec ? 9600 : packet);
        if (fec) {
          ASSERT_EQ(decoder->decode_fec(packets[lost + 1], got), packet);
        } else {
          ASSERT_TRUE(decoder->conceal(got));
        }
        double error = 0;
        for (std::size_t i = 0; i < packet; ++i) {
          const double d = want[i] - got[i];
          error += d * d;
        }
        (fec ? fec_error : plc_error) += error;
      }
      signal += energy(want);
    }
    EXPECT_GT(carried, 3) << packet;
    const double fec_snr = 10 * std::log10(signal / fec_error);
    const double plc_snr = 10 * std::log10(signal / plc_error);
    EXPECT_GT(fec_snr, plc_snr + 3) << packet;
    RecordProperty("fec_snr_" + std::to_string(packet), std::to_string(fec_snr));
    RecordProperty("plc_snr_" + std::to_string(packet), std::to_string(plc_snr));
  }
}

TEST(Opus, WithoutFecNothingCarriesIt) {
  const auto encoder = make_encoder(CodecId::kOpus, {.opus_fec = false});
  const auto decoder = make_decoder(CodecId::kOpus);
  Samples out(9600);
  for (const Bytes& packet : encode_all(*encoder, speech(48000, 96000), 960)) {
    EXPECT_FALSE(decoder->has_fec(packet));
    EXPECT_EQ(decoder->decode_fec(packet, out), 0u);
  }
}

TEST(Opus, FecOfAnAwkwardSize) {
  const auto encoder = make_encoder(CodecId::kOpus, {});
  const auto decoder = make_decoder(CodecId::kOpus);
  Samples out(9600);
  for (const Bytes& packet : encode_all(*encoder, speech(48000, 48000), 960)) {
    if (!decoder->has_fec(packet)) continue;
    EXPECT_EQ(decoder->decode_fec(packet, std::span(out).first(959)), 0u);
    EXPECT_EQ(decoder->decode_fec(packet, std::span(out).first(960)), 960u);
  }
}

TEST(Opus, ConcealsAnyLengthAndFades) {
  const auto encoder = make_encoder(CodecId::kOpus, {});
  const auto decoder = make_decoder(CodecId::kOpus);
  Samples first(480, 1);
  EXPECT_TRUE(decoder->conceal(first)) << "nothing heard yet";
  EXPECT_EQ(first, Samples(480));
  decode_all(*decoder, encode_all(*encoder, sine(300, 8000, 48000, 24000), 960));
  for (const std::size_t n : {1u, 119u, 121u, 480u, 960u, 7000u}) {
    Samples out(n);
    EXPECT_TRUE(decoder->conceal(out)) << n;
  }
  Samples out(48000);
  EXPECT_TRUE(decoder->conceal(out));
  EXPECT_LT(level_dbov(std::span(out).last(4800)), -50);
}

class Hostile : public ::testing::TestWithParam<CodecId> {};

TEST_P(Hostile, PayloadsNeitherCrashNorOverrun) {
  const auto decoder = make_decoder(GetParam());
  const auto encoder = make_encoder(GetParam(), {});
  const std::size_t packet = static_cast<std::size_t>(encoder->rate()) / 50;
  const auto good = encode_all(*encoder, speech(encoder->rate(), packet * 50), packet);
  Noise noise(7);
  constexpr std::int16_t kGuard = 12345;
  Samples out(9600 + 1);
  for (int round = 0; round < 6000; ++round) {
    Bytes bytes;
    if (round % 3 == 0) {  // noise
      bytes.resize(noise.bits() % 300);
      for (auto& b : bytes) b = static_cast<std::uint8_t>(noise.bits());
    } else {  // a good packet, cut or with bits turned
      bytes = good[noise.bits() % good.size()];
      if (round % 3 == 1) bytes.resize(noise.bits() % (bytes.size() + 1));
      for (int i = 0; i < 3 && !bytes.empty(); ++i)
        bytes[noise.bits() % bytes.size()] ^= static_cast<std::uint8_t>(noise.bits());
    }
    const std::size_t room = round % 5 == 0 ? noise.bits() % 2000 : 9600;
    out[room] = kGuard;
    const std::size_t said = decoder->samples_in(bytes);
    const std::size_t got = decoder->decode(bytes, std::span(out).first(room));
    EXPECT_TRUE(got == 0 || got == said);
    EXPECT_LE(got, room);
    if (bytes.empty()) {
      EXPECT_EQ(got, 0u);
    }
    const std::size_t fec = decoder->decode_fec(bytes, std::span(out).first(room));
    EXPECT_LE(fec, room);
    if (!decoder->has_fec(bytes)) {
      EXPECT_EQ(fec, 0u);
    }
    ASSERT_EQ(out[room], kGuard);
  }
}

TEST_P(Hostile, SteadyStateDoesNotAllocate) {
  const auto encoder = make_encoder(GetParam(), {});
  const auto decoder = make_decoder(GetParam());
  const std::size_t packet = static_cast<std::size_t>(encoder->rate()) / 50;
  const Samples in = speech(encoder->rate(), packet * 50);
  Bytes bytes(1500);
  Samples out(9600);
  const AllocationCounter counter;
  for (std::size_t i = 0; i + packet <= in.size(); i += packet) {
    const std::size_t n = encoder->encode(std::span(in).subspan(i, packet), bytes);
    const auto payload = std::span<const std::uint8_t>(bytes).first(n);
    if (i % 3 == 0) decoder->decode_fec(payload, out);
    if (i % 7 == 0) decoder->conceal(std::span(out).first(packet));
    decoder->decode(payload, out);
  }
  decoder->reset();
  EXPECT_EQ(counter.count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Hostile,
                         ::testing::Values(CodecId::kPcmu, CodecId::kPcma, CodecId::kG722,
                                           CodecId::kOpus));

}  // namespace
}  // namespace lineman
