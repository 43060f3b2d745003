#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "codec.h"
#include "no_alloc.h"
#include "signals.h"

namespace lineman {
namespace {

using namespace testing;

// The laws as the standard writes them, tables 1 and 2: decision values by segment, in units of the
// law's uniform code (13 bits signed for A, 14 for mu), output values in the middle of a step.
struct Law {
  CodecId codec;
  int unit;                         // of 16 bit samples
  std::array<int, 129> decision{};  // magnitude; [128] is the virtual one
  std::array<int, 128> output{};    // magnitude, 16 bit

  static Law make(CodecId codec) {
    Law law{codec, codec == CodecId::kPcma ? 8 : 4, {}, {}};
    // A: 32 steps of 2 to 64, then 16 each of 4, 8, 16, 32, 64, 128 to 4096.
    // mu: a step of 1, 15 of 2 to 31, then 16 each of 4, 8, 16, 32, 64, 128, 256 to 8159.
    int at = 0;
    for (std::size_t n = 0; n < 128; ++n) {
      int step = 0;
      if (codec == CodecId::kPcma) step = n < 32 ? 2 : 2 << (n / 16 - 1);
      if (codec == CodecId::kPcmu) step = n == 0 ? 1 : 2 << (n / 16);
      law.decision[n] = at;
      law.output[n] = codec == CodecId::kPcmu && n == 0 ? 0 : (2 * at + step) * law.unit / 2;
      at += step;
    }
    law.decision[128] = at;
    return law;
  }
  // The character signal before and after inversion: A inverts even bits, mu all of them.
  std::uint8_t code(int n, bool negative) const {
    if (codec == CodecId::kPcma)
      return static_cast<std::uint8_t>((n | (negative ? 0 : 0x80)) ^ 0x55);
    return static_cast<std::uint8_t>((0x7f - n) | (negative ? 0 : 0x80));
  }
};

class G711 : public ::testing::TestWithParam<CodecId> {
 protected:
  Law law_ = Law::make(GetParam());
  std::unique_ptr<Encoder> encoder_ = make_encoder(GetParam(), {});
  std::unique_ptr<Decoder> decoder_ = make_decoder(GetParam());
  int decode(std::uint8_t code) {
    std::int16_t out = 1;
    EXPECT_EQ(decoder_->decode({&code, 1}, {&out, 1}), 1u);
    return out;
  }
  std::uint8_t encode(std::int16_t sample) {
    std::uint8_t out = 0;
    EXPECT_EQ(encoder_->encode({&sample, 1}, {&out, 1}), 1u);
    return out;
  }
};

TEST_P(G711, TheStandardsEnds) {
  EXPECT_EQ(law_.decision[128], GetParam() == CodecId::kPcma ? 4096 : 8159);
  EXPECT_EQ(law_.output[127], GetParam() == CodecId::kPcma ? 4032 * 8 : 8031 * 4);
}

TEST_P(G711, All256CodesDecode) {
  for (int n = 0; n < 128; ++n) {
    const int value = law_.output[static_cast<std::size_t>(n)];
    EXPECT_EQ(decode(law_.code(n, false)), value) << n;
    EXPECT_EQ(decode(law_.code(n, true)), -value) << n;
  }
}

TEST_P(G711, All65536SamplesEncode) {
  for (int sample = -32768; sample <= 32767; ++sample) {
    // One's complement mirrors negative samples: an exact decision value belongs to the step above
    // it when positive, below it when negative.
    const int magnitude = sample < 0 ? -sample - 1 : sample;
    int n = 127;
    while (law_.decision[static_cast<std::size_t>(n)] * law_.unit > magnitude) --n;
    ASSERT_EQ(encode(static_cast<std::int16_t>(sample)), law_.code(n, sample < 0)) << sample;
  }
}

TEST_P(G711, DecodedCodesEncodeToThemselves) {
  for (int code = 0; code < 256; ++code) {
    if (GetParam() == CodecId::kPcmu && code == 0x7f) continue;  // the other zero
    EXPECT_EQ(encode(static_cast<std::int16_t>(decode(static_cast<std::uint8_t>(code)))), code);
  }
}

TEST_P(G711, Spans) {
  std::array<std::int16_t, 1601> samples{};
  std::array<std::uint8_t, 1601> bytes{};
  EXPECT_EQ(encoder_->encode(std::span(samples).first(160), std::span(bytes).first(159)), 0u);
  EXPECT_EQ(encoder_->encode(std::span(samples).first(1600), bytes), 1600u);
  EXPECT_EQ(decoder_->samples_in(std::span(bytes).first(160)), 160u);
  EXPECT_EQ(decoder_->decode({}, samples), 0u);
  EXPECT_EQ(decoder_->decode(std::span(bytes).first(160), std::span(samples).first(159)), 0u);
  EXPECT_EQ(decoder_->samples_in(bytes), 0u) << "more than 200 ms";
  EXPECT_EQ(decoder_->decode(bytes, samples), 0u);
  EXPECT_FALSE(decoder_->conceal(samples));
  EXPECT_FALSE(decoder_->has_fec(bytes));
  EXPECT_EQ(decoder_->rate(), 8000);
}

INSTANTIATE_TEST_SUITE_P(Laws, G711, ::testing::Values(CodecId::kPcmu, CodecId::kPcma),
                         [](const auto& test) {
                           return test.param == CodecId::kPcmu ? "Pcmu" : "Pcma";
                         });

}  // namespace
}  // namespace lineman
