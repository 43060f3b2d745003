// The jitter buffer's trace suite: eleven networks of 300 s as packet arrival times, and a playout
// with ideal stretching that drives the real JitterBuffer over them and measures delay against
// concealment. Packets of 20 ms, ticks of 10 ms, the first 5 s are ignored. Used by bench_jitter
// and, shortened, by the unit tests.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "jitter_buffer.h"

namespace lineman::bench {

inline constexpr double kPacketMs = 20, kTickMs = 10, kTransitMs = 40, kIgnoredMs = 5000;
inline constexpr std::array<std::string_view, 11> kTraces = {
    "lan",   "gamma10", "gamma30", "spikes", "wifi", "lte",
    "burst", "step",    "drift+",  "drift-", "loss2"};

struct TracePacket {
  int index = 0;
  double earliest = 0;  // ms: sent, plus the constant transit
  double arrival = 0;   // ms
};

// In order of arrival; lost packets are absent. Γ(k, mean) is a gamma distribution of shape k.
inline std::vector<TracePacket> make_trace(std::string_view name, std::uint64_t seed,
                                           double seconds) {
  std::mt19937_64 random(seed * 7919 + std::hash<std::string_view>{}(name));
  const auto gamma = [&](double shape, double mean) {
    return std::gamma_distribution<double>(shape, mean / shape)(random);
  };
  const auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  const bool fifo = name == "spikes" || name == "wifi" || name == "lte" || name == "burst";
  const int count = static_cast<int>(seconds * 1000 / kPacketMs);
  const double ppm = name == "drift+" ? 200e-6 : name == "drift-" ? -200e-6 : 0;
  double queue = 0, next_queue = uniform(4000, 12000), walk = 0, before = 0;
  bool bad = false;
  int group = 0, member = 0;

  std::vector<TracePacket> packets;
  packets.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++) {
    const double sent = i * kPacketMs * (1 + ppm);
    double term = 0;
    if (name == "lan") {
      term = gamma(2, 1.5);
    } else if (name == "gamma10") {
      term = gamma(1.5, 10);
    } else if (name == "gamma30") {
      term = gamma(1.5, 30);
    } else if (name == "spikes") {
      if (sent >= next_queue) queue = uniform(80, 250), next_queue = sent + uniform(4000, 12000);
      term = gamma(2, 3) + queue;
      queue = std::max(0., queue - kPacketMs);
    } else if (name == "wifi") {
      bad = uniform(0, 1) < (bad ? .98 : .004);
      term = bad ? gamma(1.2, 25) : gamma(2, 3);
      if (uniform(0, 1) < .0012) term += uniform(80, 220);
    } else if (name == "lte") {
      walk = .985 * walk + std::normal_distribution<double>(0, 5)(random);
      term = std::abs(walk) + gamma(2, 5);
      term = std::ceil((sent + term) / kPacketMs) * kPacketMs - sent;
    } else if (name == "burst") {
      if (member == group) group = static_cast<int>(uniform(3, 7)), member = 0;
      term = (group - 1 - member++) * kPacketMs + gamma(2, 1);
    } else {
      term = gamma(2, 5);
      if (name == "step" && i >= count / 3 && i < count / 3 * 2) term += 80;
    }
    const bool lost = name == "loss2" && uniform(0, 1) < .02;
    // No packet of the slotted network can come before its first slot.
    const double slot = name == "lte" ? kPacketMs : 0;
    TracePacket packet{i, sent + kTransitMs + slot, sent + kTransitMs + term};
    if (fifo) packet.arrival = std::max(packet.arrival, before + .1);
    before = packet.arrival;
    if (!lost) packets.push_back(packet);
  }
  std::stable_sort(packets.begin(), packets.end(),
                   [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  return packets;
}

struct TraceResult {
  double delay = 0;      // ms, mean over what was played, against the earliest possible arrival
  double concealed = 0;  // per cent of the time
  double stretched = 0;  // per cent
};

// Stretching does exactly what it is asked to, at no cost.
inline TraceResult run_trace(std::span<const TracePacket> packets, JitterBuffer& buffer,
                             double seconds) {
  static constexpr std::array<std::uint8_t, 160> kSilence{};
  const double per_ms = kMediaRate / 1000.;
  std::vector<double> earliest(static_cast<std::size_t>(seconds * 1000 / kPacketMs) + 1);
  for (const TracePacket& p : packets) earliest[static_cast<std::size_t>(p.index)] = p.earliest;

  double left = 0, delay = 0, played = 0, concealed = 0, stretched = 0, total = 0;
  std::size_t next = 0;
  for (double now = 0; now < seconds * 1000; now += kTickMs) {
    for (; next < packets.size() && packets[next].arrival <= now; next++) {
      JitterPacket p;
      const auto index = static_cast<std::uint32_t>(packets[next].index);
      p.sequence = static_cast<std::uint16_t>(index + 65000);
      p.timestamp = index * 160 + 0xFFFF0000;
      p.length = static_cast<MediaTime>(kPacketMs * per_ms);
      p.data = kSilence;
      buffer.push(p, TimePoint{} + from_ms(packets[next].arrival));
    }
    const bool counts = now >= kIgnoredMs;
    while (left < kTickMs - 1e-6) {
      const Decision d = buffer.pull(TimePoint{} + from_ms(now), from_ms(left));
      const double length = static_cast<double>(d.length) / per_ms;
      const double at = now + left;
      switch (d.kind) {
        case Decision::Kind::kPlay:
        case Decision::Kind::kStretch: {
          const double change = static_cast<double>(d.stretch) / per_ms;
          left += length + change;
          if (!counts) break;
          const auto index = static_cast<std::uint16_t>(d.packet->sequence - 65000);
          const double skipped = static_cast<double>(d.skip) / per_ms;
          delay += (at + change / 2 - skipped - earliest[index]) * length;
          played += length;
          stretched += std::abs(change);
          break;
        }
        case Decision::Kind::kConceal:
          left += length;
          if (counts) concealed += length;
          break;
        default: left += kTickMs - left; break;
      }
    }
    left -= kTickMs;
    if (counts) total += kTickMs;
  }
  return {delay / played, 100 * concealed / total, 100 * stretched / total};
}

// The median over seeds 1..count, each figure for itself.
inline TraceResult median_of(std::string_view trace, const JitterOptions& options, int count,
                             double seconds) {
  std::vector<double> delay, concealed, stretched;
  for (int seed = 1; seed <= count; seed++) {
    const auto packets = make_trace(trace, static_cast<std::uint64_t>(seed), seconds);
    const auto buffer = std::make_unique<JitterBuffer>(options);
    const TraceResult r = run_trace(packets, *buffer, seconds);
    delay.push_back(r.delay);
    concealed.push_back(r.concealed);
    stretched.push_back(r.stretched);
  }
  const auto median = [](std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
  };
  return {median(delay), median(concealed), median(stretched)};
}

}  // namespace lineman::bench
