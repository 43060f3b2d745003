// What is there to hear: a single tone, speech or silence, and how loud. One for each way of a
// call. Media thread; no allocation. A frame costs its energy; a transform is made, once in 40 ms,
// only when the level is steady as a tone's is, or to tell a beginning of speech from tones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "event_queue.h"
#include "lineman/audio.h"
#include "lineman/media_call.h"

namespace lineman {

class Detector {
 public:
  // Without `events` it only keeps the summary.
  Detector(Duration silence_after, EventQueue* events);

  void frame(const AudioFrame& in);
  void begin() { begun_ = true; }  // packets flow: silence counts from here (sound always does)
  void listen_for_tone(int hz);    // 0: any
  AudioSummary summary() const;

 private:
  static constexpr std::size_t kBlockFrames = 4;  // 40 ms
  static constexpr std::size_t kParts = 2;        // of a frame, whose levels must agree
  static constexpr std::size_t kHistory = 16;     // frames

  enum class Block : std::uint8_t { kQuiet, kOther, kTones, kTone };
  struct Tone {
    double hz_sum = 0;
    std::int64_t blocks = 0;
    double hz() const { return hz_sum / static_cast<double>(blocks); }
    bool near(double hz) const;
  };

  void end_block();
  Block classify(double& hz);
  bool to_8k(std::array<std::int16_t, 256>& out) const;
  void follow_tone(Block block, double hz);
  void end_tone();
  void report_tone();
  void follow_speech(Block block);
  bool sounds_like_speech() const;
  void design_filter();
  void emit(MediaEvent::Kind kind, double hz, std::int64_t frames);

  EventQueue* events_;
  std::int64_t silence_after_;  // frames

  // The block that is being filled.
  SampleRate rate_ = 8000;
  std::size_t frames_ = 0;
  std::array<std::int16_t, kBlockFrames * AudioFrame::kMaxSamples> block_{};
  std::array<float, kBlockFrames * kParts> parts_{};  // mean squares
  std::array<float, kBlockFrames> levels_{};
  std::array<std::int16_t, 144> taps_{};  // low-pass in front of the decimation to 8 kHz, Q14

  // Tone.
  int wanted_hz_ = 0;
  Tone tone_;  // the one that sounds, or may be one
  int misses_ = 0;
  bool reported_ = false;

  // Speech.
  float floor_ = 1024;                     // mean square of the background
  std::array<float, kHistory> history_{};  // mean squares; 0: not active, or tones
  std::size_t newest_ = 0;
  bool speaking_ = false, tones_before_ = false;
  int unlooked_ = 0;
  std::int64_t spoken_ = 0, quiet_ = 0;  // frames since it began; since the last active one

  // Summary, in frames.
  bool begun_ = false;
  std::int64_t active_ = 0, tone_frames_ = 0, speech_frames_ = 0, all_ = 0;
  double energy_ = 0;  // sum of the mean squares of active frames
  std::array<Tone, 4> tones_{};
  double loudest_hz_ = 0;  // of tones together
  std::int64_t mixed_blocks_ = 0;
};

}  // namespace lineman
