#include "delay_estimator.h"

#include <algorithm>

namespace lineman {

namespace {

using std::chrono::milliseconds;

constexpr Duration kBin = milliseconds(4), kMargin = milliseconds(2);
constexpr Duration kBucket = milliseconds(250), kPacket = milliseconds(20);
constexpr Duration kRise = milliseconds(20);  // of the base, that moves the histogram
// The base the histogram stands on follows slower changes than this without a move: clock drift.
constexpr Duration kLeak = milliseconds(1);  // a bucket
constexpr Duration kNone = Duration::max();

}  // namespace

DelayEstimator::DelayEstimator(const JitterOptions& options)
    : fixed_(options.profile == JitterProfile::kFixed),
      by_cost_(options.profile != JitterProfile::kRobust),
      late_cost_(options.profile == JitterProfile::kInteractive ? 6 : 30),
      quantile_(.995),
      forgetting_(options.profile == JitterProfile::kInteractive ? .995
                  : options.profile == JitterProfile::kRobust    ? .999
                                                                 : .998),
      target_(fixed_ ? options.fixed : 2 * kBin) {
  reset();
}

void DelayEstimator::rebase() { started_ = false; }

void DelayEstimator::reset() {
  rebase();
  histogram_.fill(0);
  total_ = 0;
  packets_ = 0;
  if (!fixed_) target_ = kBin + kMargin;
}

void DelayEstimator::packet(TimePoint arrival, Duration transit, Duration length) {
  const std::int64_t bucket = arrival.time_since_epoch() / kBucket;
  if (!started_) {
    started_ = true;
    minima_.fill(kNone);
    bucket_ = bucket;
    older_ = kNone;
    base_ = histogram_base_ = transit;
    minima_[static_cast<std::size_t>(bucket_ % kBuckets + kBuckets) % kBuckets] = transit;
  } else {
    if (bucket > bucket_) roll(bucket);
    Duration& newest = minima_[static_cast<std::size_t>(bucket_ % kBuckets + kBuckets) % kBuckets];
    newest = std::min(newest, transit);
    base_ = std::min(older_, newest);
  }
  if (fixed_) return;

  if (base_ - histogram_base_ > kRise) {
    move_down(base_ - histogram_base_);
    histogram_base_ = base_;
  }
  histogram_base_ = std::min(histogram_base_, base_);

  // No target would have saved a packet beyond the range: a stall, not jitter.
  if (transit - base_ >= kBins * kBin) return;

  // A plain average at first, so that the first packets count; a packet counts by its length.
  packets_++;
  const double share = std::clamp(to_ms(length) / to_ms(kPacket), .5, 10.);
  const double plain = 2. / static_cast<double>(packets_ + 1);
  const double weight = std::clamp(std::max((1 - forgetting_) * share, plain), 0., 1.);
  const auto bin = static_cast<std::size_t>((transit - base_) / kBin);
  if (weight >= 1 || total_ <= 0) {
    histogram_.fill(0);
    histogram_[bin] = total_ = 1;
  } else {
    const double add = total_ * weight / (1 - weight);
    histogram_[bin] += add;
    total_ += add;
  }
  if (total_ > 1e30) {
    for (double& v : histogram_) v /= total_;
    total_ = 0;
    for (double v : histogram_) total_ += v;
  }
  target_ = (pick() + 1) * kBin + kMargin;
}

void DelayEstimator::roll(std::int64_t bucket) {
  for (std::int64_t b = std::max(bucket_ + 1, bucket - kBuckets + 1); b <= bucket; b++)
    minima_[static_cast<std::size_t>(b % kBuckets + kBuckets) % kBuckets] = kNone;
  bucket_ = bucket;
  older_ = *std::min_element(minima_.begin(), minima_.end());
  histogram_base_ += std::min(kLeak, std::max(Duration{}, base_ - histogram_base_));
}

// A base that has risen leaves the histogram full of delays against the old one.
void DelayEstimator::move_down(Duration by) {
  const auto bins = static_cast<std::size_t>(std::min<std::int64_t>(by / kBin, kBins - 1));
  if (bins == 0) return;
  for (std::size_t b = 1; b <= bins; b++) histogram_[0] += histogram_[b];
  for (std::size_t b = 1; b < kBins; b++)
    histogram_[b] = b + bins < kBins ? histogram_[b + bins] : 0;
}

int DelayEstimator::pick() const {
  double seen = 0;
  if (!by_cost_) {
    for (std::size_t b = 0; b < kBins; b++)
      if ((seen += histogram_[b]) >= quantile_ * total_) return static_cast<int>(b);
    return kBins - 1;
  }
  // argmin over d of d + C · 100 · P(late at d): C is the ms that 1 % of late packets is worth.
  const double bin = to_ms(kBin);
  double least = 1e18;
  int best = 0;
  for (int b = 0; b < kBins && (b + 1) * bin < least; b++) {
    seen += histogram_[static_cast<std::size_t>(b)];
    const double cost = (b + 1) * bin + late_cost_ * 100 * (1 - seen / total_);
    if (cost < least - 1e-9) least = cost, best = b;
  }
  return best;
}

}  // namespace lineman
