#include "plc.h"

#include <algorithm>
#include <cmath>

namespace lineman {
namespace {

constexpr int kHold = 10, kSilent = 60;  // ms: full level until, silence from

std::int16_t to_sample(double x) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(x, -32768.0, 32767.0)));
}

}  // namespace

Plc::Plc(SampleRate rate) : rate_(std::clamp(rate, 8000, 16000)), size_(rate_ / 20) {}

void Plc::reset() { *this = Plc(rate_); }

void Plc::good(std::span<std::int16_t> io) {
  if (gap_ > 0) {
    if (merge_ == 0) {
      // A quarter of a period, and 4 ms more for each further 10 ms (G.711 I.2.7), as the loop is
      // less and less what the talker says. Nothing but a click to avoid after silence.
      merge_ =
          gap_ >= ms(kSilent) ? ms(4) : std::min(overlap_ + ms(4) * ((gap_ - 1) / ms(10)), ms(10));
    }
    for (std::int16_t& sample : io) {
      if (merged_ == merge_) break;
      const double in = (merged_ + 1.0) / (merge_ + 1.0);
      sample = to_sample(in * sample + (1 - in) * next());
      ++merged_;
    }
    if (merged_ == merge_) gap_ = merge_ = merged_ = 0;
  }
  remember(io);
}

void Plc::conceal(std::span<std::int16_t> out) {
  if (gap_ == 0) start();
  merge_ = merged_ = 0;
  for (std::int16_t& sample : out) sample = to_sample(next());
  remember(out);
}

void Plc::start() {
  std::rotate_copy(said_.begin(), said_.begin() + oldest_, said_.begin() + size_, history_.begin());
  find_pitch();
  overlap_ = pitch_ / 4;
  loop_ = {1, 0};
  const auto end = static_cast<std::size_t>(size_);
  jump_ = history_[end - 1] - history_[end - 1 - static_cast<std::size_t>(pitch_)];
  previous_ = {};
  fade_ = ms(1);  // as short as it can be without a click
}

// The lag of 5 to 15 ms with the greatest normalised correlation over the last 10 ms (of 7 to 20
// measured the best on speech); every second
// sample is enough at first.
void Plc::find_pitch() {
  const int window = ms(10);
  const std::int16_t* const end = history_.data() + size_;
  const auto correlation = [&](int lag, int step) {
    double both = 0, energy = 1;
    for (int i = -window; i < 0; i += step) {
      const double past = end[i - lag];
      both += end[i] * past;
      energy += past * past;
    }
    return both / std::sqrt(energy);
  };
  const auto best = [&](int from, int to, int step) {
    double most = -1e30;
    int at = from;
    for (int lag = from; lag <= to; lag += step) {
      const double c = correlation(lag, step);
      if (c > most) most = c, at = lag;
    }
    return at;
  };
  const int coarse = best(ms(5), ms(15), 2);
  pitch_ = best(std::max(coarse - 1, ms(5)), std::min(coarse + 1, ms(15)), 1);
}

// The loop's end is blended into what came before its start, so that it closes without a click.
double Plc::sample(Loop& loop) const {
  const int length = loop.periods * pitch_;
  const int at = loop.at;
  loop.at = (at + 1) % length;
  const std::int16_t* const from = history_.data() + size_ - length;
  const int tail = at - (length - overlap_);
  if (tail < 0) return from[at];
  const double w = (tail + 1.0) / (overlap_ + 1.0);
  return (1 - w) * from[at] + w * from[at - length];
}

double Plc::next() {
  if (gap_ >= ms(kSilent)) return 0;
  // More periods as the gap grows, or it would buzz (I.2.4; twice as late as there: measured
  // nearer to the speech that was lost).
  if ((gap_ == ms(20) || gap_ == ms(40)) && loop_.periods < 3) {
    previous_ = loop_;
    loop_.periods += 1;
    loop_.at %= pitch_;
    fade_ = overlap_;
  }
  double out = sample(loop_);
  if (fade_ > 0) {
    const double w = fade_ / ((previous_.periods > 0 ? overlap_ : ms(1)) + 1.0);
    // Appendix I holds speech back by 3.75 ms to blend the start of a gap. Here what was heard is
    // out already: the loop begins with the jump taken off, and comes to itself.
    out = previous_.periods > 0 ? w * sample(previous_) + (1 - w) * out : out + w * jump_;
    --fade_;
  }
  const int late = std::max(gap_ - ms(kHold), 0);
  ++gap_;
  return out * (1 - static_cast<double>(late) / ms(kSilent - kHold));
}

void Plc::remember(std::span<const std::int16_t> heard) {
  heard = heard.last(std::min(heard.size(), static_cast<std::size_t>(size_)));
  const auto first = std::min(heard.size(), static_cast<std::size_t>(size_ - oldest_));
  std::copy_n(heard.begin(), first, said_.begin() + oldest_);
  std::copy(heard.begin() + static_cast<std::ptrdiff_t>(first), heard.end(), said_.begin());
  oldest_ = (oldest_ + static_cast<int>(heard.size())) % size_;
}

}  // namespace lineman
