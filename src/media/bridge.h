// Bridge: a mix-minus matrix over N ports. A plain call, a recording, an announcement and a
// conference are all bridges: what differs is who hears whom. Media thread; no allocation once
// made.
//
//   pull every port ─► said[i] ─► heard[j] = sum of said[i] that j is routed to, saturated ─► push
//
// Ports are pulled in the order of their numbers, all before the first is pushed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "lineman/audio.h"
#include "rate_converters.h"

namespace lineman {

// For a port that speaks at its own rate, whatever the bridge runs at. Made on Control.
struct PortRates {
  explicit PortRates(SampleRate bridge_rate)
      : in(RateConverters::Way::kTo, bridge_rate), out(RateConverters::Way::kFrom, bridge_rate) {}
  RateConverters in, out;
};

class Bridge {
 public:
  static constexpr std::size_t kNoPort = SIZE_MAX;

  Bridge(std::size_t capacity, SampleRate rate);

  SampleRate rate() const { return rate_; }
  // For ports without PortRates, which all follow the bridge's rate.
  void set_rate(SampleRate rate) { rate_ = rate; }

  // The port is not owned. Nobody hears it yet and it hears nobody. kNoPort: the bridge is full.
  // Without `rates` what it says at another rate is silence, and counted.
  std::size_t add(AudioPort& port, std::unique_ptr<PortRates> rates = nullptr);
  std::unique_ptr<PortRates> remove(std::size_t port);
  void route(std::size_t from, std::size_t to, bool on) { routes_[to * ports_.size() + from] = on; }
  bool routed(std::size_t from, std::size_t to) const {
    return routes_[to * ports_.size() + from] != 0;
  }

  void tick(TimePoint now);

  // Of the newest tick, at the bridge's rate. said() of a lower port may be read inside pull().
  const AudioFrame& said(std::size_t port) const { return ports_[port].said; }
  const AudioFrame& heard(std::size_t port) const { return ports_[port].heard; }
  std::uint64_t wrong_rates() const { return wrong_rates_; }

 private:
  struct Port {
    AudioPort* port = nullptr;
    std::unique_ptr<PortRates> rates;
    SampleRate own_rate = 0;
    bool talks = false;            // said something other than zeros
    SampleRate hears_nothing = 0;  // `heard` is zeros at this rate already
    AudioFrame said, heard;
  };

  void pull(TimePoint now, Port& port);
  void mix(std::size_t listener);

  SampleRate rate_;
  std::vector<Port> ports_;
  std::vector<std::uint8_t> routes_;  // [listener][talker]
  std::vector<std::size_t> talkers_;  // of this tick
  std::vector<std::int32_t> sum_;     // of one listener
  std::vector<std::int32_t> total_;   // of all talkers
  bool total_made_ = false;
  AudioFrame scratch_;
  std::uint64_t wrong_rates_ = 0;
};

}  // namespace lineman
