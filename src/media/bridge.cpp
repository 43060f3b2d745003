#include "bridge.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "saturate.h"

namespace lineman {

namespace {

bool all_zero(std::span<const std::int16_t> samples) {
  static_assert(AudioFrame::kMaxSamples % 4 == 0);
  std::uint64_t any = 0, word = 0;
  for (std::size_t i = 0; i + 4 <= samples.size(); i += 4) {  // engine rates are multiples of 400
    std::memcpy(&word, &samples[i], sizeof word);
    any |= word;
  }
  return any == 0;
}

void add(std::vector<std::int32_t>& sum, const AudioFrame& frame, int sign) {
  for (std::size_t i = 0; i < frame.size(); ++i) sum[i] += sign * frame.samples[i];
}

}  // namespace

Bridge::Bridge(std::size_t capacity, SampleRate rate)
    : rate_(rate),
      ports_(capacity),
      routes_(capacity * capacity, 0),
      sum_(AudioFrame::kMaxSamples),
      total_(AudioFrame::kMaxSamples) {
  talkers_.reserve(capacity);
}

std::size_t Bridge::add(AudioPort& port, std::unique_ptr<PortRates> rates) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].port) continue;
    ports_[i].port = &port;
    ports_[i].rates = std::move(rates);
    ports_[i].own_rate = rate_;
    return i;
  }
  return kNoPort;
}

std::unique_ptr<PortRates> Bridge::remove(std::size_t port) {
  Port& p = ports_[port];
  p.port = nullptr;
  p.talks = false;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    route(i, port, false);
    route(port, i, false);
  }
  return std::exchange(p.rates, nullptr);
}

void Bridge::pull(TimePoint now, Port& p) {
  p.port->pull(now, p.said);
  p.own_rate = p.said.rate;
  if (p.said.rate != rate_) {
    if (p.rates) {
      scratch_ = p.said;
      p.rates->in.convert(scratch_, rate_, p.said);
    } else {
      p.said.rate = p.own_rate = rate_;
      p.said.silence();
      ++wrong_rates_;
    }
  }
  p.talks = !all_zero(p.said.span());
}

void Bridge::mix(std::size_t listener) {
  AudioFrame& out = ports_[listener].heard;
  out.rate = rate_;
  const std::uint8_t* hears = &routes_[listener * ports_.size()];
  std::size_t count = 0, last = 0;
  for (const std::size_t t : talkers_) {
    if (!hears[t]) continue;
    ++count;
    last = t;
  }
  const std::size_t n = out.size();
  SampleRate& nothing = ports_[listener].hears_nothing;
  if (count == 0) {
    if (nothing != rate_) std::fill_n(out.samples.begin(), n, std::int16_t{0});
    nothing = rate_;
    return;
  }
  nothing = 0;
  if (count == 1) {  // no arithmetic: bit for bit
    std::copy_n(ports_[last].said.samples.begin(), n, out.samples.begin());
    return;
  }
  const std::size_t deaf_to = talkers_.size() - count;
  if (deaf_to + 1 < count) {  // a conference: the sum of all, made once, minus a few
    if (!total_made_) {
      std::fill_n(total_.begin(), n, 0);
      for (const std::size_t t : talkers_) lineman::add(total_, ports_[t].said, 1);
      total_made_ = true;
    }
    std::copy_n(total_.begin(), n, sum_.begin());
    for (const std::size_t t : talkers_) {
      if (!hears[t]) lineman::add(sum_, ports_[t].said, -1);
    }
  } else {
    std::fill_n(sum_.begin(), n, 0);
    for (const std::size_t t : talkers_) {
      if (hears[t]) lineman::add(sum_, ports_[t].said, 1);
    }
  }
  for (std::size_t i = 0; i < n; ++i) out.samples[i] = saturate(sum_[i]);
}

void Bridge::tick(TimePoint now) {
  talkers_.clear();
  total_made_ = false;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (!ports_[i].port) continue;
    pull(now, ports_[i]);
    if (ports_[i].talks) talkers_.push_back(i);
  }
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    Port& p = ports_[i];
    if (!p.port) continue;
    mix(i);
    if (p.own_rate == rate_) {
      p.port->push(now, p.heard);
    } else {
      p.rates->out.convert(p.heard, p.own_rate, scratch_);
      p.port->push(now, scratch_);
    }
  }
}

}  // namespace lineman
