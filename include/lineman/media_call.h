// MediaCall: all media of one call on the Media thread, sans-IO. A bridge between the leg, what is
// played to it, what records it and what listens to it. Verbs reach it as MediaTasks; what it
// notices leaves as MediaEvents.
//
//        packets ◄─► leg ──says──► bridge ──► recorder (heard), detectors, echo
//                     ▲                │
//                     └──hears── mix ◄─┴── players, echo        recorder (stereo: sent | heard,
//                     same tick)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lineman/audio.h"
#include "lineman/media.h"
#include "lineman/media_leg.h"

namespace lineman {

// What a play plays: a file in memory, a tone, a ring that a thread fills. Mono s16.
struct AudioSource {
  enum class State : std::uint8_t {
    kMore,   // `out` was filled
    kShort,  // a stream that is late: `got` samples, the rest of the frame is silence and counted
    kEnd,    // `got` samples, and no more after them
  };
  virtual ~AudioSource() = default;
  virtual SampleRate rate() const = 0;  // of what read() gives; only set_rate() changes it
  virtual State read(std::span<std::int16_t> out, std::size_t& got) = 0;
  virtual void rewind() {}  // for loops; streams cannot
  // Asks for another rate from here on, before the first read() or between two. False: it cannot,
  // nothing changed. A plain source need not know how: make_playable() gives it converters.
  virtual bool set_rate(SampleRate wanted) { return wanted == rate(); }
  // Never end, wrap to the start without a seam. False: it leaves that to who reads it (rewind()).
  virtual bool set_loop(bool on) { return !on; }
};

// Where a recording goes: a ring to Writer, or memory. `frames` is interleaved when there are two
// channels.
struct AudioSink {
  virtual ~AudioSink() = default;
  virtual bool write(
      std::span<const std::int16_t> frames) = 0;  // false: no room, counted by the sink
  // Nobody reads it any more, for ever (a pipe that broke, a full disk): the recording ends with
  // kSinkClosed. Otherwise what found no room is made up as silence when there is room again.
  virtual bool closed() const { return false; }
};

enum class RecordWhat : std::uint8_t { kHeard, kStereo };  // kStereo: sent left, heard right
enum class RecordEnd : std::uint8_t { kStopped, kMax, kHangup, kDigit, kSilence, kSinkClosed };

// Rate converters of a recording, made on Control beside it.
struct RecordConverter {
  virtual ~RecordConverter() = default;
};

// Made by make_record_job().
struct RecordJob {
  std::uint32_t id = 0;
  RecordWhat what = RecordWhat::kHeard;
  SampleRate rate = 8000;  // fixed for the whole recording
  Duration max{};          // 0: none; exact to the sample
  std::unique_ptr<AudioSink> sink;
  std::unique_ptr<RecordConverter> converter;
};
// Control. `rate` is free to choose: the call's rate may differ or change while it runs. (A job
// without a converter can be recorded only while the call runs at its rate; then it ends.)
std::unique_ptr<RecordJob> make_record_job(std::uint32_t id, RecordWhat what, SampleRate rate,
                                           Duration max, std::unique_ptr<AudioSink> sink);

// What came over the whole call, for `rx.audio` and `level_db`.
struct AudioSummary {
  enum class Kind : std::uint8_t { kNone, kSilence, kTone, kSpeech } kind = Kind::kNone;
  double tone_hz = 0;
  double level_db =
      -100;  // dBov RMS over the active part (RFC 6465 reference: full-scale square = 0)
  Duration tone{}, speech{}, silence{};  // how long of each
};

struct CallMediaStats {
  MediaStats leg;
  AudioSummary heard, sent;
  std::uint64_t events_dropped = 0;  // MediaEvents that nobody fetched in time
};

struct MediaCallOptions {
  Duration silence_after = std::chrono::milliseconds(500);  // hang-over of the speech detector
};

class MediaCall {
 public:
  virtual ~MediaCall() = default;

  // The engine's side.
  virtual void on_packet(const Packet& packet) = 0;
  virtual void tick(
      TimePoint now) = 0;  // one 10 ms frame each way; `now` is the frame's own deadline
  virtual void on_timeout(TimePoint now) = 0;
  virtual TimePoint next_timeout() const = 0;
  // How long it can go without a wake: its packet time, where nothing asks for less. With 20 ms or
  // more the engine ticks two frames a wake.
  virtual Duration frame_time() const { return kFrameTime; }
  virtual bool next_packet(Packet& out) = 0;
  virtual bool next_event(MediaEvent& out) = 0;
  virtual void close(TimePoint now) = 0;  // RTCP BYE, recorders end with kHangup

  // The verbs' side (inside MediaTasks). Unique pointers are swapped: what was displaced comes back
  // in them.
  virtual void exchange(TimePoint now, std::unique_ptr<CodecSet>& set) = 0;
  // Takes the source. False: all 8 slots are busy, or a source that cannot be had at rate() (see
  // make_playable). Its slot is busy until stop_play() collects it, after kPlayEnded too.
  virtual bool play(std::uint32_t id, std::unique_ptr<AudioSource>& source, bool loop) = 0;
  // Null: no such play. One that still ran ends here, with its kPlayEnded.
  virtual std::unique_ptr<AudioSource> stop_play(std::uint32_t id) = 0;
  // Takes the job. False: all 4 slots are busy, or another rate and no converter. Its slot is busy
  // until stop_record() collects it, after kRecordEnded too.
  virtual bool record(std::unique_ptr<RecordJob>& job) = 0;
  virtual std::unique_ptr<RecordJob> stop_record(std::uint32_t id, RecordEnd why) = 0;
  virtual void echo(bool on, Duration delay) = 0;  // delay <= 2 s, allocated at construction
  virtual void mute(bool on) = 0;                  // we send silence
  virtual void hold(bool on) = 0;  // no stall is reported, nothing is played or recorded as heard
  // Each digit that was sent gives kDigitSent, the last one queued under `id` kDigitsDone. False:
  // the leg's queue is full, or the mode is not possible here.
  virtual bool send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                          std::uint32_t id) = 0;
  // Report kToneStarted only within 10 Hz (2 % above 500 Hz) of this; 0: any single tone, which is
  // what it begins with. A tone that sounds already is reported at once.
  virtual void listen_for_tone(int hz) = 0;
  virtual void stats(CallMediaStats& out) const = 0;
  virtual SampleRate rate() const = 0;
};

std::unique_ptr<MediaCall> make_media_call(std::unique_ptr<RtpLeg> leg,
                                           const Impairment& impairment, std::uint64_t seed,
                                           const MediaCallOptions& options);

// Sources of floor 1, made on Control; files and streams are made in io. All of these, and what
// make_playable() made of another, carry the converters to every engine rate, so that play() takes
// them whatever the call's rate is, and a change of it in mid play costs no more than a frame.
// `level_db`: of the peak, below full scale.
std::unique_ptr<AudioSource> make_tone_source(double hz, Duration length, double level_db,
                                              SampleRate rate);
std::unique_ptr<AudioSource> make_silence_source(Duration length, SampleRate rate);
std::unique_ptr<AudioSource> make_buffer_source(
    std::shared_ptr<const std::vector<std::int16_t>> samples, SampleRate rate);
std::unique_ptr<AudioSource> make_playlist(
    std::vector<std::unique_ptr<AudioSource>> parts);  // gapless; rates may differ
std::unique_ptr<AudioSource> make_playable(std::unique_ptr<AudioSource> source);

// Offline conversion of a whole recording (Control, at load). Any positive rates.
std::vector<std::int16_t> resample(std::span<const std::int16_t> in, int from, int to);

}  // namespace lineman
