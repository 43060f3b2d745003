#include "recorder.h"

#include <algorithm>
#include <utility>

#include "rate_converters.h"

namespace lineman {

namespace {

struct Converters final : RecordConverter {
  explicit Converters(SampleRate rate)
      : heard(RateConverters::Way::kTo, rate), sent(RateConverters::Way::kTo, rate) {}
  RateConverters heard, sent;
};

constexpr std::array<std::int16_t, 2 * AudioFrame::kMaxSamples> kSilentFrames{};
constexpr int kPaysATick = 50;  // frames of 10 ms of what is owed

std::int64_t channels(const RecordJob& job) { return job.what == RecordWhat::kStereo ? 2 : 1; }

}  // namespace

std::unique_ptr<RecordJob> make_record_job(std::uint32_t id, RecordWhat what, SampleRate rate,
                                           Duration max, std::unique_ptr<AudioSink> sink) {
  auto job = std::make_unique<RecordJob>();
  job->id = id;
  job->what = what;
  job->rate = rate;
  job->max = max;
  job->sink = std::move(sink);
  job->converter = std::make_unique<Converters>(rate);
  return job;
}

bool Recorder::start(std::unique_ptr<RecordJob>& job, SampleRate call_rate) {
  const auto slot =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.job; });
  if (slot == slots_.end() || !job || !job->sink || !is_engine_rate(job->rate)) return false;
  if (!job->converter && job->rate != call_rate) return false;
  *slot = Slot{};
  if (job->max > Duration{}) {
    constexpr std::int64_t second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
    const std::int64_t whole = job->max.count() / second, rest = job->max.count() % second;
    slot->max =
        std::max<std::int64_t>(1, whole * job->rate + (rest * job->rate + second / 2) / second);
  }
  slot->job = std::move(job);
  slot->running = true;
  return true;
}

std::unique_ptr<RecordJob> Recorder::stop(std::uint32_t id, RecordEnd why) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [id](const Slot& s) { return s.job && s.job->id == id; });
  if (slot == slots_.end()) return nullptr;
  if (slot->running) end(*slot, why);
  return std::move(slot->job);
}

void Recorder::end_all(RecordEnd why) {
  for (Slot& slot : slots_) {
    if (slot.running) end(slot, why);
  }
}

void Recorder::end(Slot& slot, RecordEnd why) {
  pay(slot);
  slot.running = false;
  MediaEvent event;
  event.kind = MediaEvent::Kind::kRecordEnded;
  event.id = slot.job->id;
  event.value = static_cast<std::int64_t>(why);
  event.duration = Duration(slot.made / slot.job->rate * 1'000'000'000 +
                            slot.made % slot.job->rate * 1'000'000'000 / slot.job->rate);
  events_.push(event);
}

bool Recorder::pay(Slot& slot) {
  const std::int64_t frame = slot.job->rate / 100;
  for (int i = 0; i < kPaysATick && slot.owed > 0; ++i) {
    const std::int64_t n = std::min(slot.owed, frame);
    const auto samples = static_cast<std::size_t>(n * channels(*slot.job));
    if (!slot.job->sink->write({kSilentFrames.data(), samples})) return false;
    slot.owed -= n;
  }
  return slot.owed == 0;
}

void Recorder::write(const AudioFrame& heard, const AudioFrame& sent) {
  for (Slot& slot : slots_) {
    if (slot.running) write(slot, heard, sent);
  }
}

void Recorder::write(Slot& slot, const AudioFrame& heard, const AudioFrame& sent) {
  RecordJob& job = *slot.job;
  const bool stereo = job.what == RecordWhat::kStereo;
  const AudioFrame* left = &heard;  // the only one, of mono
  const AudioFrame* right = nullptr;
  if (heard.rate != job.rate) {
    auto* converters = static_cast<Converters*>(job.converter.get());
    if (!converters) {
      end(slot, RecordEnd::kSinkClosed);
      return;
    }
    converters->heard.convert(heard, job.rate, heard_);
    left = &heard_;
    if (stereo) converters->sent.convert(sent, job.rate, sent_);
  }
  if (stereo) {
    right = left;
    left = heard.rate == job.rate ? &sent : &sent_;
  }

  std::int64_t n = job.rate / 100;
  if (slot.max > 0) n = std::min(n, slot.max - slot.made);
  const auto frames = static_cast<std::size_t>(n);
  std::span<const std::int16_t> out{left->samples.data(), frames};
  if (right) {
    for (std::size_t i = 0; i < frames; ++i) {
      interleaved_[2 * i] = left->samples[i];
      interleaved_[2 * i + 1] = right->samples[i];
    }
    out = {interleaved_.data(), 2 * frames};
  }
  slot.made += n;
  if (!pay(slot) || !job.sink->write(out)) slot.owed += n;
  if (job.sink->closed()) {
    end(slot, RecordEnd::kSinkClosed);
  } else if (slot.max > 0 && slot.made == slot.max) {
    end(slot, RecordEnd::kMax);
  }
}

}  // namespace lineman
