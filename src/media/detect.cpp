#include "detect.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "level.h"
#include "spectrum.h"

namespace lineman {

namespace {

constexpr float kActive = 32768.0F * 32768.0F * 1e-6F;     // -60 dBov
constexpr float kSpeechMin = 32768.0F * 32768.0F * 1e-5F;  // -50 dBov
constexpr float kFloorMin = 32768.0F * 32768.0F * 1e-7F;   // -70 dBov
constexpr float kOverFloor = 8;                            // 9 dB: speech against its background
constexpr float kSteady = 2.2F;          // 3.4 dB between the loudest and the quietest 5 ms
constexpr float kPurity = 0.9F;          // of the energy
constexpr float kVaries = 2.5F;          // 4 dB: noise of a constant level does not reach it
constexpr std::int64_t kToneBlocks = 3;  // 120 ms
constexpr std::size_t kSpeechFrames = 10;
constexpr int kBlocksUnlooked = 4;
constexpr double kLowest = 190, kHighest = 3850;
constexpr double kBin = 8000.0 / Spectrum::kSamples;
constexpr Duration kBlockTime = 4 * kFrameTime;

double tolerance(double hz) { return std::max(10.0, hz * 0.02); }

}  // namespace

bool Detector::Tone::near(double hz_now) const {
  return blocks > 0 && std::abs(hz_now - hz()) <= 5;
}

Detector::Detector(Duration silence_after, EventQueue* events)
    : events_(events), silence_after_(std::max<std::int64_t>(1, silence_after / kFrameTime)) {}

void Detector::emit(MediaEvent::Kind kind, double hz, std::int64_t frames) {
  if (!events_) return;
  MediaEvent event;
  event.kind = kind;
  event.value = std::lround(hz);
  event.duration = frames * kFrameTime;
  events_->push(event);
}

void Detector::frame(const AudioFrame& in) {
  if (in.rate != rate_) {
    rate_ = in.rate;
    frames_ = 0;
    design_filter();
  }
  const std::size_t n = in.size(), half = n / kParts;
  std::copy_n(in.samples.begin(), n, block_.begin() + static_cast<std::ptrdiff_t>(frames_ * n));
  float level = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    std::int64_t sum = 0;
    const std::int16_t* samples = &in.samples[part * half];
    for (std::size_t i = 0; i < half; ++i) {
      sum += static_cast<std::int64_t>(samples[i]) * samples[i];
    }
    const float mean = static_cast<float>(sum) / static_cast<float>(half);
    parts_[frames_ * kParts + part] = mean;
    level += mean / kParts;
  }
  levels_[frames_] = level;
  if (level > kActive) {
    begun_ = true;
    ++active_;
    energy_ += level;
  }
  if (begun_) ++all_;
  if (++frames_ == kBlockFrames) {
    frames_ = 0;
    end_block();
  }
}

void Detector::end_block() {
  double hz = 0;
  const Block block = classify(hz);
  follow_tone(block, hz);
  follow_speech(block);
}

Detector::Block Detector::classify(double& hz) {
  const auto active =
      std::count_if(levels_.begin(), levels_.end(), [](float level) { return level > kActive; });
  if (active == 0) return Block::kQuiet;
  const auto bounds = std::minmax_element(parts_.begin(), parts_.end());
  const bool steady = *bounds.first > kActive / 2 && *bounds.second < kSteady * *bounds.first;
  // In the middle of speech a look now and then is enough, until it finds tones.
  if (!steady && (active < 2 || (speaking_ && !tones_before_ && ++unlooked_ < kBlocksUnlooked))) {
    return Block::kOther;
  }
  unlooked_ = 0;

  std::array<std::int16_t, Spectrum::kSamples> samples;
  if (!to_8k(samples)) return Block::kOther;
  if (steady && tone_.blocks >= kToneBlocks) {
    hz = same_tone(samples, tone_.hz());
    if (hz >= kLowest && hz <= kHighest) return Block::kTone;
  }
  const Spectrum spectrum(samples);
  const float total = spectrum.sum(2, Spectrum::kBins);  // without a constant offset
  const auto& power = spectrum.power;
  const auto first =
      static_cast<std::size_t>(std::max_element(power.begin() + 2, power.end()) - power.begin());
  const float one = spectrum.sum(std::max<std::size_t>(first, 4) - 2, first + 2);
  hz = spectrum.peak_near(first) * kBin;
  if (one >= kPurity * total) {
    return steady && hz >= kLowest && hz <= kHighest ? Block::kTone : Block::kTones;
  }
  // Two of them, as keys and call progress tones are: not speech, and not a single tone.
  std::size_t second = 0;
  for (std::size_t k = 2; k < power.size(); ++k) {
    if (k + 2 >= first && k <= first + 2) continue;
    if (second == 0 || power[k] > power[second]) second = k;
  }
  float both = one;
  for (std::size_t k = std::max<std::size_t>(second, 4) - 2;
       k <= std::min(second + 2, power.size() - 1); ++k) {
    if (k + 2 < first || k > first + 2) both += power[k];
  }
  return both >= kPurity * total && hz >= kLowest ? Block::kTones : Block::kOther;
}

// The last 32 ms of the block. False: what there is lies above 4 kHz, or much of it.
bool Detector::to_8k(std::array<std::int16_t, 256>& out) const {
  const auto step = static_cast<std::size_t>(rate_ / 8000);
  const std::size_t end = kBlockFrames * static_cast<std::size_t>(rate_) / 100;
  if (step == 1) {
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(end - out.size()), out.size(),
                out.begin());
    return true;
  }
  const std::size_t taps = 24 * step;
  const std::size_t start = end - (out.size() - 1) * step - taps;
  double kept = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int16_t* in = &block_[start + i * step];
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < taps; ++k) sum += taps_[k] * in[k];
    const int sample = std::clamp(sum >> 14, INT16_MIN, INT16_MAX);
    out[i] = static_cast<std::int16_t>(sample);
    kept += static_cast<double>(sample) * sample;
  }
  double all = 0;
  for (const float level : levels_) all += level;
  return kept / out.size() >= 0.3 * all / kBlockFrames;
}

// Windowed sinc, cut off at 4 kHz. A change of rate is rare: made here, without allocation.
void Detector::design_filter() {
  const int step = rate_ / 8000;
  if (step <= 1) return;
  const int taps = 24 * step;
  for (int k = 0; k < taps; ++k) {
    const double t = (k - (taps - 1) / 2.0) / step;
    const double sinc = t == 0 ? 1 : std::sin(std::numbers::pi * t) / (std::numbers::pi * t);
    const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (k + 0.5) / taps);
    taps_[static_cast<std::size_t>(k)] =
        static_cast<std::int16_t>(std::lround(16384 * sinc * hann / step));
  }
}

void Detector::listen_for_tone(int hz) {
  wanted_hz_ = hz;
  reported_ = false;
  report_tone();
}

void Detector::report_tone() {
  if (reported_ || tone_.blocks < kToneBlocks) return;
  if (wanted_hz_ != 0 && std::abs(tone_.hz() - wanted_hz_) > tolerance(wanted_hz_)) return;
  reported_ = true;
  emit(MediaEvent::Kind::kToneStarted, tone_.hz(),
       tone_.blocks * static_cast<std::int64_t>(kBlockFrames));
}

void Detector::follow_tone(Block block, double hz) {
  if (block == Block::kTones) {
    ++mixed_blocks_;
    loudest_hz_ = hz;
  }
  if (block != Block::kTone) {
    // One block may be spoilt by a lost packet; quiet is the end.
    if (tone_.blocks > 0 && (block == Block::kQuiet || ++misses_ > 1)) end_tone();
    return;
  }
  if (!tone_.near(hz)) end_tone();
  misses_ = 0;
  tone_.hz_sum += hz;
  ++tone_.blocks;
  report_tone();
}

void Detector::end_tone() {
  if (reported_) {
    emit(MediaEvent::Kind::kToneEnded, tone_.hz(),
         tone_.blocks * static_cast<std::int64_t>(kBlockFrames));
  }
  if (tone_.blocks >= kToneBlocks) {
    tone_frames_ += tone_.blocks * static_cast<std::int64_t>(kBlockFrames);
    auto same = std::find_if(tones_.begin(), tones_.end(),
                             [this](const Tone& t) { return t.near(tone_.hz()); });
    if (same == tones_.end()) {  // the shortest makes room
      same = std::min_element(tones_.begin(), tones_.end(),
                              [](const Tone& a, const Tone& b) { return a.blocks < b.blocks; });
      if (same->blocks < tone_.blocks) *same = Tone{};
    }
    if (same->blocks == 0 || same->near(tone_.hz())) {
      same->hz_sum += tone_.hz_sum;
      same->blocks += tone_.blocks;
    }
  }
  tone_ = Tone{};
  misses_ = 0;
  reported_ = false;
}

bool Detector::sounds_like_speech() const {
  std::size_t active = 0;
  float low = 0, high = 0;
  for (std::size_t i = 0; i < kHistory; ++i) {
    const auto at = [this](std::size_t back) { return history_[(newest_ + back) % kHistory]; };
    if (at(i) == 0) continue;
    ++active;
    // Edges are not variation: only frames with active ones on both sides.
    if (i == 0 || i + 1 == kHistory || at(i - 1) == 0 || at(i + 1) == 0) continue;
    low = low == 0 ? at(i) : std::min(low, at(i));
    high = std::max(high, at(i));
  }
  return active >= kSpeechFrames && high > kVaries * low;
}

void Detector::follow_speech(Block block) {
  const bool tones = block == Block::kTone || block == Block::kTones;
  tones_before_ = tones;
  for (const float level : levels_) {
    const bool active = !tones && level > kSpeechMin && level > kOverFloor * floor_;
    history_[newest_] = active ? level : 0;
    newest_ = (newest_ + 1) % kHistory;
    // The background: down at once, up by 10 dB a second (1.5 while somebody speaks).
    if (level < floor_) {
      floor_ = std::max(kFloorMin, 0.7F * floor_ + 0.3F * level);
    } else {
      floor_ *= speaking_ ? 1.0035F : 1.023F;
    }
    if (!speaking_) continue;
    ++spoken_;
    quiet_ = active ? 0 : quiet_ + 1;
    if (quiet_ == 0) continue;
    if (quiet_ >= silence_after_) {
      speaking_ = false;
      emit(MediaEvent::Kind::kSpeechEnded, 0, spoken_ - quiet_);
      speech_frames_ += spoken_ - quiet_;
      history_.fill(0);
    }
  }
  if (speaking_ || !sounds_like_speech()) return;
  speaking_ = true;
  quiet_ = 0;
  spoken_ = static_cast<std::int64_t>(
      std::count_if(history_.begin(), history_.end(), [](float level) { return level > 0; }));
  emit(MediaEvent::Kind::kSpeechStarted, 0, spoken_);
}

AudioSummary Detector::summary() const {
  AudioSummary out;
  if (!begun_) return out;
  Detector ended = *this;  // what still sounds counts as if it ended now
  ended.events_ = nullptr;
  ended.end_tone();
  const std::int64_t speech = speech_frames_ + (speaking_ ? spoken_ - quiet_ : 0);
  const auto longest =
      std::max_element(ended.tones_.begin(), ended.tones_.end(),
                       [](const Tone& a, const Tone& b) { return a.blocks < b.blocks; });
  out.tone = ended.tone_frames_ * kFrameTime;
  out.speech = speech * kFrameTime;
  out.silence = std::max<std::int64_t>(0, all_ - active_) * kFrameTime;
  if (active_ == 0) {
    out.kind = AudioSummary::Kind::kSilence;
    return out;
  }
  out.level_db = dbov(energy_, static_cast<double>(active_));
  const Duration active = active_ * kFrameTime;
  if (2 * longest->blocks * kBlockTime >= active) {
    out.kind = AudioSummary::Kind::kTone;
    out.tone_hz = longest->hz();
  } else if (speech == 0 && 2 * mixed_blocks_ * kBlockTime >= active) {
    out.kind = AudioSummary::Kind::kTone;  // keys or call progress: the stronger of the pair
    out.tone_hz = loudest_hz_;
  } else {
    out.kind = AudioSummary::Kind::kSpeech;  // or noise: sound that is no tone
  }
  return out;
}

}  // namespace lineman
