#include "stretch.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lineman {
namespace {

constexpr double kShortest = 0.0025, kLongest = 0.015;  // of a period, seconds
constexpr double kCorrelates = 0.85;                    // normalised; noise stays far below
constexpr double kSilence = 33;                         // RMS, -60 dBov

// Where to cut: `in` repeats itself after `period` samples from `at` on, for `fade` samples.
struct Place {
  int at = 0, period = 0, fade = 0;
  double correlation = -1;
};

double correlation(const std::int16_t* a, const std::int16_t* b, int n, int step) {
  double both = 0, ea = 1, eb = 1;
  for (int i = 0; i < n; i += step) {
    const double x = a[i], y = b[i];
    both += x * y;
    ea += x * x;
    eb += y * y;
  }
  // A cross-fade between unequal parts would be a jump in loudness.
  const double balance = std::min(ea, eb) / std::max(ea, eb);
  return balance < 0.25 ? -1 : both / std::sqrt(ea * eb);
}

class Search {
 public:
  Search(std::span<const std::int16_t> in, int longest, SampleRate rate)
      : in_(in),
        size_(static_cast<int>(in.size())),
        shortest_(static_cast<int>(kShortest * rate)),
        longest_(std::min({longest, static_cast<int>(kLongest * rate), size_ - shortest_})),
        step_(std::max(rate / 8000, 1)) {}

  // The pitch period nearest to `want`: of the lags whose correlation is a peak and high enough.
  // First on a grid of 8 kHz, then to the sample.
  Place find(int want) const {
    Place best;
    Place below, here = measure(shortest_);
    for (int lag = shortest_; lag <= longest_; lag += step_) {
      const Place above = lag + step_ <= longest_ ? measure(lag + step_) : Place{};
      const bool peak = here.correlation >= below.correlation &&
                        here.correlation >= above.correlation && here.correlation >= kCorrelates;
      if (peak && (best.period == 0 || std::abs(lag - want) < std::abs(best.period - want)))
        best = here;
      below = here;
      here = above;
    }
    if (best.period == 0 || step_ == 1) return best;
    const int coarse = best.period;
    best.correlation = -1;
    for (int lag = coarse - step_ + 1; lag < coarse + step_; ++lag) {
      if (lag < shortest_ || lag > longest_) continue;
      const Place place = at(best.at, lag, 1);
      if (place.correlation > best.correlation) best = place;
    }
    return best.correlation >= kCorrelates ? best : Place{};
  }

  // Anywhere, of about `want` samples.
  Place anywhere(int want) const { return at(0, std::clamp(want, shortest_, longest_), step_); }
  bool possible() const { return longest_ >= shortest_; }

 private:
  Place at(int from, int lag, int step) const {
    const int fade = std::min(lag, size_ - lag - from);
    const std::int16_t* const x = in_.data() + from;
    return {from, lag, fade, correlation(x, x + lag, fade, step)};
  }
  // The best of the beginning, the middle and the end.
  Place measure(int lag) const {
    const int room = size_ - lag - std::min(lag, size_ - lag);
    Place best = at(0, lag, step_);
    for (const int from : {room / 2, room}) {
      if (from == best.at) continue;
      const Place place = at(from, lag, step_);
      if (place.correlation > best.correlation) best = place;
    }
    return best;
  }

  std::span<const std::int16_t> in_;
  int size_, shortest_, longest_, step_;
};

bool is_silent(std::span<const std::int16_t> in) {
  double sum = 0;
  for (const double x : in) sum += x * x;
  return sum < kSilence * kSilence * static_cast<double>(in.size());
}

// out = from[0..n) cross-faded into to[0..n), a raised cosine.
void cross_fade(const std::int16_t* from, const std::int16_t* to, int n, std::int16_t* out) {
  for (int i = 0; i < n; ++i) {
    const double w = 0.5 - 0.5 * std::cos(3.14159265358979 * (i + 1) / (n + 1));
    out[i] = static_cast<std::int16_t>(std::lrint((1 - w) * from[i] + w * to[i]));
  }
}

}  // namespace

StretchResult stretch(std::span<const std::int16_t> in, std::span<std::int16_t> out, int want,
                      SampleRate rate) {
  const auto unchanged = [&]() -> StretchResult {
    const std::size_t n = std::min(in.size(), out.size());
    std::copy_n(in.begin(), n, out.begin());
    return {n, 0};
  };
  const int size = static_cast<int>(in.size());
  const int room = want > 0 ? static_cast<int>(out.size()) - size : size;
  const Search search(in, room, rate);
  if (want == 0 || size < rate / 50 || out.size() < in.size() || !search.possible())
    return unchanged();
  Place place = search.find(std::abs(want));
  if (place.period == 0 && is_silent(in)) place = search.anywhere(std::abs(want));
  if (place.period == 0) return unchanged();

  // Shorter: the first of two periods fades into the second. Longer: after both, the second fades
  // back into the first, and it is said again.
  const std::int16_t* const first = in.data() + place.at;
  const std::int16_t* const second = first + place.period;
  const bool longer = want > 0;
  const std::int16_t* const head_end = longer ? second : first;
  std::int16_t* to = std::copy(in.data(), head_end, out.data());
  cross_fade(longer ? second : first, longer ? first : second, place.fade, to);
  to += place.fade;
  std::copy((longer ? first : second) + place.fade, in.data() + size, to);
  const int change = longer ? place.period : -place.period;
  return {static_cast<std::size_t>(size + change), change};
}

}  // namespace lineman
