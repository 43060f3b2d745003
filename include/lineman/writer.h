// Writer: the thread that writes recordings, captures and event lines, behind queues, with ordinary
// blocking writes (a stdout that outlives us is never made O_NONBLOCK). A pipe is written only when
// it has room, so that one stalled reader stalls neither a call nor another output. In virtual time
// the same work is done inline (make_inline_writer).
//
//   Media ── AudioSink ─► ring ─┐
//   Control ── write_line ─► queue ─► Writer ─► files, pipes        Writer ─► Loop::post ─► Control
//
// Everything here is called on Control, except AudioSink::write. The Writer must outlive neither
// its sinks nor the calls that hold them; the Loop must outlive the Writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lineman/loop.h"
#include "lineman/media_call.h"
#include "lineman/result.h"

namespace lineman {

struct RecordingEnd {
  std::string path;
  std::uint64_t frames = 0;   // in the file, a channel
  std::uint64_t missing = 0;  // of these: came while the ring was full, silence in the file
  std::uint64_t bytes = 0;    // of the file
  Duration duration{};
  std::string error;  // "" or what went wrong, naming the file; the file is valid all the same
};

// A file that Writer feeds by itself (a recording, a capture). Its own thread calls service().
struct WriterJob {
  virtual ~WriterJob() = default;
  // Moves what waits to the file, without waiting. `final`: there is no next time. False: it has
  // ended and may be dropped.
  virtual bool service(TimePoint now, bool final) = 0;
  virtual Duration interval() const = 0;  // how long it can go without service
  virtual bool pending() const = 0;       // has been closed, and is not all written: for flush()
};

// Wakes Writer from any thread; never blocks. Held by those who feed a job.
struct WriterWake {
  virtual ~WriterWake() = default;
  virtual void wake() = 0;
};

struct Writer {
  using LineId = std::uint32_t;

  virtual ~Writer() = default;  // what can be written without waiting is; recordings end valid

  // A WAV file (16-bit PCM, its header refreshed every second, so that it is valid at every end),
  // or raw s16le for "-" (stdout). Destroying the sink, on Control, closes the recording; `done`
  // comes by Loop::post once it is on disk, or as soon as it failed (then the sink refuses what
  // follows).
  virtual Result<std::unique_ptr<AudioSink>> open_recording(
      const std::string& path, SampleRate rate, int channels,
      std::function<void(const RecordingEnd&)> done) = 0;

  // "-" (stdout), "fd:N", or a path, created or emptied. `closed` comes by Loop::post, once, when
  // nobody reads it any more or it cannot be written; what follows is dropped and not counted.
  virtual Result<LineId> open_lines(const std::string& where,
                                    std::function<void(const std::string& why)> closed) = 0;
  // `line` without its line break. False: dropped, because 4096 lines (or 4 MiB) already wait. A
  // `reserved` line (result, call.result) is never dropped.
  virtual bool write_line(LineId output, std::string line, bool reserved = false) = 0;
  virtual bool write_text(LineId output, std::string text, bool reserved = false) = 0;  // as it is
  virtual std::uint64_t dropped() const = 0;  // lines dropped on all outputs

  // Waits until every line and every closed recording is written; false when `limit` came first:
  // then leave by _exit, something below does not answer.
  virtual bool flush(Duration limit) = 0;

  // The watchdog: when `deadline` passes on CLOCK_MONOTONIC before it is moved again, Control is
  // stuck: Writer writes what waits, then `line` to `output`, and calls _exit(exit_code). (A
  // process that was stopped gets some seconds more.)
  virtual void set_last_words(LineId output, std::string line, int exit_code) = 0;
  virtual void set_deadline(TimePoint deadline) = 0;  // kNever: none

  // For captures: `job` is served until it says that it has ended.
  virtual void attach(std::shared_ptr<WriterJob> job) = 0;
  virtual std::shared_ptr<WriterWake> waker() = 0;
};

std::unique_ptr<Writer> make_writer(Loop& loop);
// On the calling thread, at once (lines) or when a ring is half full (jobs). No watchdog.
std::unique_ptr<Writer> make_inline_writer(Loop& loop);

}  // namespace lineman
