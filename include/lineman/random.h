// Seeded random numbers: the same on every machine for the same seed, so that `--seed` repeats a
// call. xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64. Not for secrets.
// Any one thread; allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace lineman {

// An independent seed for one use of it: derive(seed, "ssrc", call). Two labels, two indices or two
// seeds give unrelated streams, and a new use never disturbs an older one's numbers.
std::uint64_t derive(std::uint64_t seed, std::string_view label, std::uint64_t index = 0);

class Random {  // a UniformRandomBitGenerator
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed);

  std::uint64_t u64();
  std::uint32_t u32() { return static_cast<std::uint32_t>(u64() >> 32); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(u64() >> 48); }
  double uniform();                                           // [0, 1)
  std::uint64_t below(std::uint64_t n);                       // 0 to n-1, without bias; 0 for n = 0
  std::int64_t between(std::int64_t low, std::int64_t high);  // both included
  bool chance(double probability) { return uniform() < probability; }
  double normal();  // mean 0, deviation 1
  double exponential(double mean);
  double gamma(double shape, double scale);  // mean shape * scale; both above 0

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return u64(); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace lineman
