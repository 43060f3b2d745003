#include "spectrum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace lineman {

namespace {

constexpr double kPi = 3.14159265358979323846;

// For tables made by the compiler: the library's is not constexpr. |x| <= 2 pi.
constexpr double sine(double x) {
  double term = x, sum = x;
  for (int i = 1; i < 25; ++i) {
    term *= -x * x / ((2.0 * i) * (2.0 * i + 1));
    sum += term;
  }
  return sum;
}

struct Tables {
  std::array<float, Spectrum::kSamples> hann{};
  std::array<float, Spectrum::kBins> short_hann{};  // of half the length
  std::array<float, Spectrum::kBins> cos{}, sin{};  // of 2 pi k / 256
  std::array<std::uint8_t, Spectrum::kBins> reversed{};
};

constexpr Tables make_tables() {
  Tables t;
  for (std::size_t i = 0; i < Spectrum::kSamples; ++i) {
    const double s = sine(kPi * static_cast<double>(i) / Spectrum::kSamples);
    t.hann[i] = static_cast<float>(s * s);
  }
  for (std::size_t k = 0; k < Spectrum::kBins; ++k) {
    t.short_hann[k] = t.hann[2 * k];
    const double x = 2 * kPi * static_cast<double>(k) / Spectrum::kSamples;
    t.sin[k] = static_cast<float>(sine(x));
    t.cos[k] = static_cast<float>(sine(kPi / 2 - x));
    std::size_t r = 0;
    for (std::size_t bit = 1, out = Spectrum::kBins / 2; bit < Spectrum::kBins;
         bit <<= 1, out >>= 1) {
      if (k & bit) r |= out;
    }
    t.reversed[k] = static_cast<std::uint8_t>(r);
  }
  return t;
}

constexpr Tables kTables = make_tables();

// Four samples at a time: g++ and clang make vector instructions of it where there are any.
using Four [[gnu::vector_size(16)]] = float;

Four four(const std::int16_t* samples) {
  using Short [[gnu::vector_size(8)]] = std::int16_t;
  Short in;
  std::memcpy(&in, samples, sizeof in);
  return __builtin_convertvector(in, Four);
}

float sum(Four x) { return (x[0] + x[1]) + (x[2] + x[3]); }

}  // namespace

// A real transform of 2 n as a complex one of n: even samples real, odd ones imaginary, taken apart
// at the end.
Spectrum::Spectrum(std::span<const std::int16_t, kSamples> samples) {
  constexpr std::size_t n = kBins;
  std::array<float, n> re, im;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t to = kTables.reversed[i];
    re[to] = kTables.hann[2 * i] * static_cast<float>(samples[2 * i]);
    im[to] = kTables.hann[2 * i + 1] * static_cast<float>(samples[2 * i + 1]);
  }
  for (std::size_t half = 1; half < n; half *= 2) {
    const std::size_t stride = kSamples / (2 * half);
    for (std::size_t k = 0; k < half; ++k) {
      const float c = kTables.cos[k * stride], s = kTables.sin[k * stride];
      for (std::size_t a = k; a < n; a += 2 * half) {
        const std::size_t b = a + half;
        const float x = re[b] * c + im[b] * s, y = im[b] * c - re[b] * s;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t j = (n - k) % n;
    const float er = (re[k] + re[j]) / 2, ei = (im[k] - im[j]) / 2;
    const float odd_r = (im[k] + im[j]) / 2, odd_i = (re[j] - re[k]) / 2;
    const float c = kTables.cos[k], s = kTables.sin[k];
    const float x = er + odd_r * c + odd_i * s, y = ei + odd_i * c - odd_r * s;
    power[k] = x * x + y * y;
  }
}

float Spectrum::sum(std::size_t first, std::size_t last) const {
  float total = 0;
  for (std::size_t k = first; k <= std::min(last, kBins - 1); ++k) total += power[k];
  return total;
}

float Spectrum::peak_near(std::size_t bin) const {
  if (bin < 1 || bin + 1 >= kBins || power[bin] <= 0) return static_cast<float>(bin);
  const float above = power[bin + 1], below = power[bin - 1];
  const float ratio = std::sqrt(std::max(above, below) / power[bin]);
  const float shift = (2 * ratio - 1) / (1 + ratio);
  return static_cast<float>(bin) + (above > below ? shift : -shift);
}

double same_tone(std::span<const std::int16_t, Spectrum::kSamples> samples, double hz) {
  constexpr std::size_t n = Spectrum::kSamples / 2;
  constexpr double kRate = 8000, kMost = 4;  // Hz
  // Of one tone: power / energy, for n samples behind a Hann window.
  constexpr float kPure = n / 3.0F, kPurity = 0.96F;
  const double w = 2 * kPi * hz / kRate;
  const auto turned_by = [w](double k) {
    return std::pair(static_cast<float>(std::cos(w * k)), static_cast<float>(std::sin(w * k)));
  };
  Four cos_w{}, sin_w{}, a_re{}, a_im{}, b_re{}, b_im{}, energy{};
  for (int k = 0; k < 4; ++k) {
    cos_w[k] = turned_by(k).first;
    sin_w[k] = turned_by(k).second;
  }
  const auto [turn_re, turn_im] = turned_by(4);
  for (std::size_t i = 0; i < n; i += 4) {
    Four hann;
    std::memcpy(&hann, &kTables.short_hann[i], sizeof hann);
    const Four a = hann * four(&samples[i]), b = hann * four(&samples[n + i]);
    energy += a * a + b * b;
    a_re += a * cos_w;
    a_im -= a * sin_w;
    b_re += b * cos_w;
    b_im -= b * sin_w;
    const Four next = cos_w * turn_re - sin_w * turn_im;
    sin_w = sin_w * turn_re + cos_w * turn_im;
    cos_w = next;
  }
  const float ar = sum(a_re), ai = sum(a_im), br = sum(b_re), bi = sum(b_im);
  const float power = ar * ar + ai * ai + br * br + bi * bi;
  if (sum(energy) <= 0 || power < kPurity * kPure * sum(energy)) return 0;
  const double turned = std::atan2(bi * ar - br * ai, br * ar + bi * ai);
  const double off = std::remainder(turned - w * n, 2 * kPi) * kRate / (2 * kPi * n);
  return std::abs(off) <= kMost ? hz + off : 0;
}

}  // namespace lineman
