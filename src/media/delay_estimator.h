// How late packets come and how long playout should wait for them: the jitter buffer's target
// delay. Transit less the minimum of the last 8 s goes into a histogram with forgetting; the target
// is the delay at which another millisecond costs more than the late packets it saves, or a
// quantile. Media thread; no allocation.
//
//   packet(arrival, transit) ─► transit − base (8 s minimum) ─► histogram ─► target
#pragma once

#include <array>
#include <cstdint>

#include "lineman/media.h"
#include "lineman/time.h"

namespace lineman {

class DelayEstimator {
 public:
  explicit DelayEstimator(const JitterOptions& options);
  // `transit` is arrival less media time (of any origin); `length` is the packet's, or zero.
  void packet(TimePoint arrival, Duration transit, Duration length);
  void rebase();  // the sender's clock has jumped: forget the minima, keep the histogram
  void reset();
  Duration base() const { return base_; }
  Duration target() const { return target_; }  // above the base

 private:
  static constexpr int kBins = 160, kBuckets = 32;

  void roll(std::int64_t bucket);
  void move_down(Duration by);
  int pick() const;

  bool fixed_, by_cost_;
  double late_cost_, quantile_, forgetting_;
  std::array<double, kBins> histogram_{};  // weights grow instead of the old ones shrinking
  double total_ = 0;
  std::uint64_t packets_ = 0;

  std::array<Duration, kBuckets> minima_{};  // of 250 ms each
  std::int64_t bucket_ = 0;
  Duration older_{}, base_{}, histogram_base_{}, target_{};
  bool started_ = false;
};

}  // namespace lineman
