#include "lineman/random.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace lineman {
namespace {

// One step of SplitMix64 (Steele, Lea and Flood, 2014): a bijection that spreads every input bit.
std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t derive(std::uint64_t seed, std::string_view label, std::uint64_t index) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix(mix(mix(seed) ^ hash) ^ index);
}

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) {
    word = mix(seed);
    seed += 0x9e3779b97f4a7c15u;
  }
}

std::uint64_t Random::u64() {
  auto& s = state_;
  const std::uint64_t out = std::rotl(s[1] * 5, 7) * 9;
  const std::uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = std::rotl(s[3], 45);
  return out;
}

double Random::uniform() { return static_cast<double>(u64() >> 11) * 0x1p-53; }

std::uint64_t Random::below(std::uint64_t n) {
  if (n == 0) return 0;
  // The lowest 2^64 mod n values would make the small remainders more likely: draw again.
  const std::uint64_t unfair = (std::uint64_t{0} - n) % n;
  std::uint64_t drawn = u64();
  while (drawn < unfair) drawn = u64();
  return drawn % n;
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  if (high <= low) return low;
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = span == 0 ? u64() : below(span);  // 0: all 64 bits
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::normal() {  // Box and Muller, one half of the pair: no state beside the generator's
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::exponential(double mean) { return -mean * std::log1p(-uniform()); }

double Random::gamma(double shape, double scale) {  // Marsaglia and Tsang, 2000
  // Shapes under 1 by their boosting identity: gamma(a) = gamma(a + 1) * U^(1/a).
  double boost = 1;
  if (shape < 1) {
    boost = std::pow(1 - uniform(), 1 / shape);
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(), t = 1 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t;
    if (std::log1p(-uniform()) < 0.5 * x * x + d - d * v + d * std::log(v))
      return boost * d * v * scale;
  }
}

}  // namespace lineman
