#include "source.h"

#include <algorithm>
#include <utility>

#include "rate_converters.h"

namespace lineman {

AudioSource::State read_looped(AudioSource& source, bool loop, std::span<std::int16_t> out,
                               std::size_t& got) {
  got = 0;
  bool rewound = false;
  for (;;) {
    std::size_t n = 0;
    const AudioSource::State state = source.read(out.subspan(got), n);
    got += n;
    if (state != AudioSource::State::kEnd || !loop) return state;
    if (n == 0 && rewound) return state;  // empty, or a stream: there is nothing to repeat
    source.rewind();
    rewound = true;
    if (got == out.size()) return AudioSource::State::kMore;
  }
}

namespace {

using State = AudioSource::State;

class BufferSource final : public AudioSource {
 public:
  BufferSource(std::shared_ptr<const std::vector<std::int16_t>> samples, SampleRate rate)
      : samples_(std::move(samples)), rate_(rate) {}
  SampleRate rate() const override { return rate_; }
  State read(std::span<std::int16_t> out, std::size_t& got) override {
    got = std::min(out.size(), samples_->size() - at_);
    std::copy_n(samples_->begin() + static_cast<std::ptrdiff_t>(at_), got, out.begin());
    at_ += got;
    return at_ == samples_->size() ? State::kEnd : State::kMore;
  }
  void rewind() override { at_ = 0; }

 private:
  std::shared_ptr<const std::vector<std::int16_t>> samples_;
  SampleRate rate_;
  std::size_t at_ = 0;
};

// Parts of one rate, one after the other without a gap.
class Sequence final : public AudioSource {
 public:
  explicit Sequence(std::vector<std::unique_ptr<AudioSource>> parts) : parts_(std::move(parts)) {}
  SampleRate rate() const override { return parts_.front()->rate(); }

  State read(std::span<std::int16_t> out, std::size_t& got) override {
    got = 0;
    while (at_ < parts_.size()) {
      std::size_t n = 0;
      const State state = parts_[at_]->read(out.subspan(got), n);
      got += n;
      if (state == State::kShort) return state;
      if (state == State::kMore) return State::kMore;
      ++at_;
      if (got == out.size()) break;
    }
    return at_ == parts_.size() ? State::kEnd : State::kMore;
  }
  void rewind() override {
    for (auto& part : parts_) part->rewind();
    at_ = 0;
  }
  bool set_rate(SampleRate wanted) override {
    const SampleRate old = rate();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i]->set_rate(wanted)) continue;
      while (i > 0) parts_[--i]->set_rate(old);  // all or none
      return false;
    }
    return true;
  }
  bool set_loop(bool on) override {
    return parts_.size() == 1 ? parts_.front()->set_loop(on) : !on;
  }

 private:
  std::vector<std::unique_ptr<AudioSource>> parts_;
  std::size_t at_ = 0;
};

// Any source at any engine rate. n samples become exactly n * to / from, rounded: the converter's
// delay is cut off in front and fetched at the end. A loop wraps in front of the converter.
class Rated final : public AudioSource {
 public:
  explicit Rated(std::unique_ptr<AudioSource> source)
      : source_(std::move(source)),
        rate_(source_->rate()),
        converters_(RateConverters::Way::kFrom, rate_) {}

  SampleRate rate() const override { return rate_; }

  State read(std::span<std::int16_t> out, std::size_t& got) override {
    if (source_->rate() == rate_) return read_looped(*source_, loop_, out, got);
    got = 0;
    late_ = false;
    while (got < out.size() && more()) {
      const std::size_t n = std::min(out.size() - got, ready_ - at_);
      std::copy_n(converted_.samples.begin() + static_cast<std::ptrdiff_t>(at_), n,
                  out.begin() + static_cast<std::ptrdiff_t>(got));
      at_ += n;
      got += n;
    }
    if (got < out.size() || (ended_ && at_ == ready_ && made_ == due())) return State::kEnd;
    return late_ ? State::kShort : State::kMore;
  }

  void rewind() override {
    source_->rewind();
    converters_.reset();
    start_over();
    ended_ = false;
  }

  bool set_rate(SampleRate wanted) override {
    if (wanted == rate_) return true;
    const bool native = source_->set_rate(wanted);
    if (!native && (!is_engine_rate(wanted) || !is_engine_rate(source_->rate()))) return false;
    rate_ = wanted;
    converters_.reset();
    start_over();
    return true;
  }

  bool set_loop(bool on) override {
    if (!source_->set_loop(on)) loop_ = on;
    return true;
  }

 private:
  // Samples that the source gave since start_over(), at our rate.
  std::int64_t due() const {
    const SampleRate from = source_->rate();
    return (taken_ * rate_ + from / 2) / from;
  }

  void start_over() {
    taken_ = made_ = 0;
    at_ = ready_ = 0;
    skip_ = source_->rate() == rate_ ? 0 : converters_.lag(rate_);
  }

  // Something to hand out in converted_[at_, ready_)?
  bool more() {
    while (at_ == ready_) {
      if (ended_ && made_ == due()) return false;
      fetch();
      converters_.convert(fetched_, rate_, converted_);
      at_ = std::min(skip_, converted_.size());
      skip_ -= at_;
      ready_ = converted_.size();
      if (ended_) {
        const auto left = static_cast<std::size_t>(due() - made_);
        ready_ = std::min(ready_, at_ + left);
      }
      made_ += static_cast<std::int64_t>(ready_ - at_);
    }
    return true;
  }

  void fetch() {
    fetched_.rate = source_->rate();
    std::size_t n = 0;
    if (!ended_) {
      const State state = read_looped(*source_, loop_, fetched_.span(), n);
      ended_ = state == State::kEnd;
      late_ = late_ || state == State::kShort;
      taken_ += static_cast<std::int64_t>(ended_ ? n : fetched_.size());
    }
    std::fill(fetched_.span().begin() + static_cast<std::ptrdiff_t>(n), fetched_.span().end(),
              std::int16_t{0});
  }

  std::unique_ptr<AudioSource> source_;
  SampleRate rate_;
  RateConverters converters_;
  AudioFrame fetched_, converted_;
  std::size_t at_ = 0, ready_ = 0, skip_ = 0;
  std::int64_t taken_ = 0, made_ = 0;
  bool loop_ = false, ended_ = false, late_ = false;
};

}  // namespace

std::unique_ptr<AudioSource> make_playable(std::unique_ptr<AudioSource> source) {
  // One that can be had at any rate by itself (a tone) needs no converters.
  const SampleRate own = source->rate(), other = own == 8000 ? 16000 : 8000;
  if (source->set_rate(other) && source->set_rate(own)) return source;
  return std::make_unique<Rated>(std::move(source));
}

std::unique_ptr<AudioSource> make_buffer_source(
    std::shared_ptr<const std::vector<std::int16_t>> samples, SampleRate rate) {
  if (!samples) samples = std::make_shared<const std::vector<std::int16_t>>();
  if (!is_engine_rate(rate)) {  // a file as it came: the next engine rate above holds all of it
    const auto above = std::find_if(kSampleRates.begin(), kSampleRates.end(),
                                    [rate](SampleRate r) { return r > rate; });
    const SampleRate to = above == kSampleRates.end() ? kSampleRates.back() : *above;
    samples = std::make_shared<const std::vector<std::int16_t>>(resample(*samples, rate, to));
    rate = to;
  }
  return make_playable(std::make_unique<BufferSource>(std::move(samples), rate));
}

std::unique_ptr<AudioSource> make_playlist(std::vector<std::unique_ptr<AudioSource>> parts) {
  if (parts.empty()) return make_silence_source({}, kSampleRates.front());
  if (parts.size() == 1) return make_playable(std::move(parts.front()));
  // A converter for a run of parts, not for each: no seam between parts of one rate.
  std::vector<std::unique_ptr<AudioSource>> runs, run;
  SampleRate highest = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const SampleRate rate = parts[i]->rate();
    highest = std::max(highest, rate);
    run.push_back(std::move(parts[i]));
    if (i + 1 < parts.size() && parts[i + 1]->rate() == rate) continue;
    runs.push_back(make_playable(std::make_unique<Sequence>(std::move(run))));
    run.clear();
  }
  if (runs.size() == 1) return std::move(runs.front());
  for (auto& r : runs) r->set_rate(highest);
  return std::make_unique<Sequence>(std::move(runs));
}

}  // namespace lineman
