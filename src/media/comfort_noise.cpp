#include "comfort_noise.h"

#include <algorithm>
#include <cmath>

namespace lineman {
namespace {

constexpr std::size_t kBlock = 40;  // samples between two steps of the glide
constexpr double kGlide = 0.3;      // of the way, a step

// Ends at `wanted`: what only nears 0 becomes denormal, and slow.
void glide(double& value, double wanted) {
  value += kGlide * (wanted - value);
  if (std::abs(wanted - value) < 1e-6) value = wanted;
}

}  // namespace

void ComfortNoise::update(std::span<const std::uint8_t> payload) {
  if (payload.empty()) return;
  const int level = payload[0] & 0x7f;  // the top bit is 0 (section 3.1)
  wanted_rms_ = level == 127 ? 0 : 32768 * std::pow(10, -level / 20.0);
  wanted_.fill(0);
  const std::size_t n = std::min(payload.size() - 1, kOrder);
  for (std::size_t i = 0; i < n; ++i) {
    // Section 3.2. 255 is reserved, and 0 would be -1: keep the filter stable.
    const int index = std::clamp<int>(payload[i + 1], 1, 253);
    wanted_[i] = 258.0 * (index - 127) / 32768;
  }
  if (started_) return;
  started_ = true;
  rms_ = wanted_rms_;
  reflection_ = wanted_;
}

void ComfortNoise::generate(std::span<std::int16_t> out) {
  if (!started_) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return;
  }
  while (!out.empty()) {
    const auto block = out.first(std::min(kBlock, out.size()));
    out = out.subspan(block.size());
    // Between two stable lattices every mixture is stable.
    double error = 1;  // of the prediction: what the filter will amplify by 1/error
    for (std::size_t i = 0; i < kOrder; ++i) {
      glide(reflection_[i], wanted_[i]);
      error *= 1 - reflection_[i] * reflection_[i];
    }
    const double from = rms_;
    glide(rms_, wanted_rms_);
    const double gain = std::sqrt(error);
    for (std::size_t i = 0; i < block.size(); ++i) {
      const double at = static_cast<double>(i + 1) / static_cast<double>(block.size());
      const double x = filter(white() * gain * (from + at * (rms_ - from)));
      block[i] = static_cast<std::int16_t>(std::lrint(std::clamp(x, -32768.0, 32767.0)));
    }
  }
}

// Variance 1, triangular: the sum of two uniform halves of one xorshift word.
double ComfortNoise::white() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  const double sum = static_cast<double>(random_ & 0xffff) + static_cast<double>(random_ >> 16);
  return (sum - 65535) * 3.737e-5;  // sqrt(6) / 65536
}

// 1 / A(z) with A(z) = 1 + a1 z^-1 + ..., whose step-up begins a1 = k1: a low-pass has k1 < 0.
double ComfortNoise::filter(double in) {
  double forward = in;
  for (std::size_t i = kOrder; i-- > 0;) {
    forward -= reflection_[i] * state_[i];
    state_[i + 1] = state_[i] + reflection_[i] * forward;
  }
  state_[0] = forward;
  return forward;
}

}  // namespace lineman
