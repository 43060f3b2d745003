// ITU-T G.722 (2012) at 64 kbit/s: 16 kHz audio split by a quadrature mirror filter, six bits of
// ADPCM for the low band and two for the high. The RTP clock is 8 kHz by an old mistake that RFC
// 3551 section 4.5.2 keeps, so that here, as in G.711, a byte is one tick.
//
//   x ─► QMF ─► low ──► − ─► 6 bit quantiser ─┬─► byte        Block names are those of the
//                       ▲                     ▼                Recommendation, section 6.
//                       └── predictor ◄── inverse quantiser
//
// Written out here because the library at hand wraps around at full scale where the Recommendation
// saturates.
#include <algorithm>
#include <array>

#include "codec_impl.h"

namespace lineman {
namespace {

constexpr std::size_t kMaxBytes = 1600;  // 200 ms

// Every second coefficient of the symmetric mirror filter; backwards they are the others.
constexpr std::array<int, 12> kQmf = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};
// Quantiser decision levels (Q6), and its output codes for negative and positive differences.
constexpr std::array<int, 30> kDecision = {
    0,   35,  72,  110, 150,  190,  233,  276,  323,  370,  422,  473,  530,  587,  650,
    714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};
constexpr std::array<int, 31> kCodeNegative = {0,  63, 62, 31, 30, 29, 28, 27, 26, 25, 24,
                                               23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                                               12, 11, 10, 9,  8,  7,  6,  5,  4};
constexpr std::array<int, 31> kCodePositive = {0,  61, 60, 59, 58, 57, 56, 55, 54, 53, 52,
                                               51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
                                               40, 39, 38, 37, 36, 35, 34, 33, 32};
// Inverse quantisers of 2, 4 and 6 bits.
constexpr std::array<int, 4> kInverse2 = {-7408, -1616, 7408, 1616};
constexpr std::array<int, 16> kInverse4 = {0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                           20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};
constexpr std::array<int, 64> kInverse6 = {
    -136,   -136,   -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280,
    -11192, -10232, -9360, -8576, -7856,  -7192,  -6576,  -6000,  -5456,  -4944,  -4464,
    -4008,  -3576,  -3168, -2776, -2400,  -2032,  -1688,  -1360,  -1040,  -728,   24808,
    21904,  19008,  16704, 14984, 13512,  12280,  11192,  10232,  9360,   8576,   7856,
    7192,   6576,   6000,  5456,  4944,   4464,   4008,   3576,   3168,   2776,   2400,
    2032,   1688,   1360,  1040,  728,    432,    136,    -432,   -136};
// Log scale factor: multipliers by code, and 2^(n/32).
constexpr std::array<int, 16> kScaleLow = {-60,  3042, 1198, 538, 334, 172, 58,  -30,
                                           3042, 1198, 538,  334, 172, 58,  -30, -60};
constexpr std::array<int, 4> kScaleHigh = {798, -214, 798, -214};
constexpr std::array<int, 32> kAntilog = {
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};

constexpr int saturate(int x) { return std::clamp(x, -32768, 32767); }
constexpr int to_15_bit(int x) { return std::clamp(x, -16384, 16383); }
constexpr bool same_sign(int a, int b) { return (a < 0) == (b < 0); }

// One sub-band: the adaptive scale factor and the predictor of two poles and six zeros.
class Band {
 public:
  enum Kind { kLow, kHigh };
  explicit Band(Kind kind) : kind_(kind), scale_(kind == kLow ? 32 : 8) {}

  int predicted() const { return s_; }
  int scale() const { return scale_; }

  // LOGSCL/LOGSCH and SCALEL/SCALEH: `code` is of four bits in the low band, two in the high.
  // Then block 4 with the difference it stands for.
  void adapt(int code) {
    const auto i = static_cast<std::size_t>(code);
    const int difference = (scale_ * (kind_ == kLow ? kInverse4[i] : kInverse2[i])) >> 15;
    const int step = kind_ == kLow ? kScaleLow[i] : kScaleHigh[i];
    log_scale_ = std::clamp(((log_scale_ * 127) >> 7) + step, 0, kind_ == kLow ? 18432 : 22528);
    const int mantissa = kAntilog[static_cast<std::size_t>((log_scale_ >> 6) & 31)];
    const int shift = (kind_ == kLow ? 8 : 10) - (log_scale_ >> 11);
    scale_ = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    predict(difference);
  }

 private:
  void predict(int d) {
    const int r = saturate(s_ + d);   // RECONS
    const int p = saturate(d + sz_);  // PARREC
    // UPPOL2, UPPOL1
    const int a1x4 = saturate(a1_ * 4);
    const int turned = same_sign(p, p1_) ? std::min(-a1x4, 32767) : a1x4;
    const int a2 = std::clamp(
        (turned >> 7) + (same_sign(p, p2_) ? 128 : -128) + ((a2_ * 32512) >> 15), -12288, 12288);
    const int most = 15360 - a2;
    a1_ =
        std::clamp(saturate((same_sign(p, p1_) ? 192 : -192) + ((a1_ * 32640) >> 15)), -most, most);
    a2_ = a2;
    // UPZERO with the differences before this one, DELAYA, FILTEZ
    const int step = d == 0 ? 0 : 128;
    for (std::size_t i = 0; i < 6; ++i)
      b_[i] = saturate((same_sign(d, d_[i]) ? step : -step) + ((b_[i] * 32640) >> 15));
    std::copy_backward(d_.begin(), d_.end() - 1, d_.end());
    d_[0] = d;
    sz_ = 0;
    for (std::size_t i = 6; i-- > 0;) sz_ = saturate(sz_ + ((b_[i] * saturate(2 * d_[i])) >> 15));
    // FILTEP, PREDIC
    r2_ = r1_;
    r1_ = r;
    p2_ = p1_;
    p1_ = p;
    const int sp = saturate(((a1_ * saturate(2 * r1_)) >> 15) + ((a2_ * saturate(2 * r2_)) >> 15));
    s_ = saturate(sp + sz_);
  }

  Kind kind_;
  int scale_, log_scale_ = 0;
  int s_ = 0, sz_ = 0;
  int r1_ = 0, r2_ = 0, p1_ = 0, p2_ = 0, a1_ = 0, a2_ = 0;
  std::array<int, 6> b_{}, d_{};
};

// The last 24 samples of the mirror filter, two new ones at a time.
class QmfHistory {
 public:
  void add(int first, int second) {
    std::copy(x_.begin() + 2, x_.end(), x_.begin());
    x_[22] = first;
    x_[23] = second;
  }
  // The sums over the even and the odd places.
  int even() const { return sum(0, 1, 0); }
  int odd() const { return sum(1, -1, 11); }

 private:
  int sum(std::size_t from, int step, int tap) const {
    int total = 0;
    for (std::size_t i = from; i < 24; i += 2, tap += step)
      total += x_[i] * kQmf[static_cast<std::size_t>(tap)];
    return total;
  }
  std::array<int, 24> x_{};
};

class G722Encoder final : public Encoder {
 public:
  SampleRate rate() const override { return 16000; }
  std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) override {
    const std::size_t n = in.size() / 2;
    if (in.size() % 2 != 0 || n > out.size() || n > kMaxBytes) return 0;
    for (std::size_t i = 0; i < n; ++i) out[i] = encode_pair(in[2 * i], in[2 * i + 1]);
    return n;
  }

 private:
  std::uint8_t encode_pair(int first, int second) {
    history_.add(first, second);
    const int even = history_.even(), odd = history_.odd();
    const int low = low_code(to_15_bit((even + odd) >> 14));
    const int high = high_code(to_15_bit((odd - even) >> 14));
    low_.adapt(low >> 2);
    high_.adapt(high);
    return static_cast<std::uint8_t>((high << 6) | low);
  }
  // SUBTRA and QUANTL/QUANTH. Negative differences are mirrored by one's complement.
  int low_code(int x) const {
    const int e = saturate(x - low_.predicted());
    const int magnitude = e < 0 ? ~e : e;
    std::size_t i = 1;
    while (i < 30 && magnitude >= (kDecision[i] * low_.scale()) >> 12) ++i;
    return e < 0 ? kCodeNegative[i] : kCodePositive[i];
  }
  int high_code(int x) const {
    const int e = saturate(x - high_.predicted());
    const bool far = (e < 0 ? ~e : e) >= (564 * high_.scale()) >> 12;
    return e < 0 ? (far ? 0 : 1) : (far ? 2 : 3);
  }

  Band low_{Band::kLow}, high_{Band::kHigh};
  QmfHistory history_;
};

class G722Decoder final : public Decoder {
 public:
  SampleRate rate() const override { return 16000; }
  std::size_t samples_in(std::span<const std::uint8_t> payload) const override {
    return payload.size() <= kMaxBytes ? payload.size() * 2 : 0;
  }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const std::size_t n = samples_in(payload);
    if (n > out.size()) return 0;
    for (std::size_t i = 0; i < n; i += 2) decode_byte(payload[i / 2], out[i], out[i + 1]);
    return n;
  }
  bool has_fec(std::span<const std::uint8_t>) const override { return false; }
  std::size_t decode_fec(std::span<const std::uint8_t>, std::span<std::int16_t>) override {
    return 0;
  }
  bool conceal(std::span<std::int16_t>) override { return false; }
  void reset() override {
    low_ = Band(Band::kLow);
    high_ = Band(Band::kHigh);
    history_ = {};
  }

 private:
  void decode_byte(std::uint8_t code, std::int16_t& first, std::int16_t& second) {
    const int low = code & 63, high = code >> 6;
    // The six bits are heard, only four of them steer the predictor.
    const int heard = (low_.scale() * kInverse6[static_cast<std::size_t>(low)]) >> 15;
    const int x_low = to_15_bit(low_.predicted() + heard);
    low_.adapt(low >> 2);
    const int x_high = to_15_bit(
        high_.predicted() + ((high_.scale() * kInverse2[static_cast<std::size_t>(high)]) >> 15));
    high_.adapt(high);
    history_.add(x_low + x_high, x_low - x_high);
    first = static_cast<std::int16_t>(saturate(history_.odd() >> 11));
    second = static_cast<std::int16_t>(saturate(history_.even() >> 11));
  }

  Band low_{Band::kLow}, high_{Band::kHigh};
  QmfHistory history_;
};

}  // namespace

std::unique_ptr<Encoder> make_g722_encoder() { return std::make_unique<G722Encoder>(); }
std::unique_ptr<Decoder> make_g722_decoder() { return std::make_unique<G722Decoder>(); }

}  // namespace lineman
