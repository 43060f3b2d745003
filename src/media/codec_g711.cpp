// ITU-T G.711, PCMU and PCMA of RFC 3551 section 4.5.14. Decoding is a table of 256 values;
// encoding finds the segment by the highest set bit. Linear samples are 16 bit with the law's 14
// (mu) or 13 (A) bits left-aligned; negative ones are mirrored by one's complement, as the ITU-T
// Software Tool Library (G.191) does it.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "codec_impl.h"

namespace lineman {
namespace {

constexpr std::size_t kMaxSamples = 1600;  // 200 ms

constexpr std::int16_t ulaw_to_linear(std::uint8_t code) {
  const int c = ~code & 0xff;
  const int segment = (c >> 4) & 7;
  const int magnitude = ((((c & 15) << 3) + 0x84) << segment) - 0x84;
  return static_cast<std::int16_t>((c & 0x80) ? -magnitude : magnitude);
}

constexpr std::int16_t alaw_to_linear(std::uint8_t code) {
  const int c = code ^ 0x55;
  const int segment = (c >> 4) & 7;
  int magnitude = ((c & 15) << 4) + 8;
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((c & 0x80) ? magnitude : -magnitude);
}

using Table = std::array<std::int16_t, 256>;
constexpr Table make_table(std::int16_t (*to_linear)(std::uint8_t)) {
  Table table{};
  for (int i = 0; i < 256; ++i)
    table[static_cast<std::size_t>(i)] = to_linear(static_cast<std::uint8_t>(i));
  return table;
}
constexpr Table kUlaw = make_table(ulaw_to_linear);
constexpr Table kAlaw = make_table(alaw_to_linear);

// The number of the highest set bit and the four bits below it lie side by side in the value as a
// float (IEEE 754 single: 23 bits of fraction, an exponent with a bias of 127). Without a branch
// or a search, so that a compiler makes vectors of it.
constexpr int highest_bits(int value) {
  static_assert(std::numeric_limits<float>::is_iec559);
  return std::bit_cast<std::int32_t>(static_cast<float>(value)) >> (23 - 4);
}
constexpr int segments_from(int bit) { return (127 + bit) << 4; }

constexpr std::uint8_t linear_to_ulaw(std::int16_t sample) {
  const int sign = sample >> 15;
  const int biased = std::min(((sample ^ sign) >> 2) + 33, 0x1fff);
  const int code = highest_bits(biased) - segments_from(5);  // 33 has six bits
  return static_cast<std::uint8_t>((code ^ 0x7f) | (~sign & 0x80));
}

constexpr std::uint8_t linear_to_alaw(std::int16_t sample) {
  const int sign = sample >> 15;
  const int mirrored = (sample ^ sign) >> 4;
  // The lowest two segments are one line.
  const int code = mirrored < 16 ? mirrored : highest_bits(mirrored) - segments_from(3);
  return static_cast<std::uint8_t>((code | (~sign & 0x80)) ^ 0x55);
}

class G711Encoder final : public Encoder {
 public:
  explicit G711Encoder(bool alaw) : alaw_(alaw) {}
  SampleRate rate() const override { return 8000; }
  std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) override {
    if (in.size() > out.size()) return 0;
    if (alaw_) {
      std::transform(in.begin(), in.end(), out.begin(), [](auto s) { return linear_to_alaw(s); });
    } else {
      std::transform(in.begin(), in.end(), out.begin(), [](auto s) { return linear_to_ulaw(s); });
    }
    return in.size();
  }

 private:
  bool alaw_;
};

class G711Decoder final : public Decoder {
 public:
  explicit G711Decoder(const Table& table) : table_(table) {}
  SampleRate rate() const override { return 8000; }
  std::size_t samples_in(std::span<const std::uint8_t> payload) const override {
    return payload.size() <= kMaxSamples ? payload.size() : 0;
  }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const std::size_t n = samples_in(payload);
    if (n > out.size()) return 0;
    std::transform(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(n), out.begin(),
                   [this](std::uint8_t code) { return table_[code]; });
    return n;
  }
  bool has_fec(std::span<const std::uint8_t>) const override { return false; }
  std::size_t decode_fec(std::span<const std::uint8_t>, std::span<std::int16_t>) override {
    return 0;
  }
  bool conceal(std::span<std::int16_t>) override { return false; }
  void reset() override {}

 private:
  const Table& table_;
};

}  // namespace

std::unique_ptr<Encoder> make_g711_encoder(CodecId law) {
  return std::make_unique<G711Encoder>(law == CodecId::kPcma);
}

std::unique_ptr<Decoder> make_g711_decoder(CodecId law) {
  return std::make_unique<G711Decoder>(law == CodecId::kPcma ? kAlaw : kUlaw);
}

}  // namespace lineman
