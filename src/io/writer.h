// ThreadWriter: lineman/writer.h on a thread of its own.
//
// Control and Writer share queues under a mutex that is never held during a write; Media reaches
// Writer only through rings and an eventfd.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fd.h"
#include "lineman/writer.h"
#include "output_file.h"

namespace lineman {

// Lines on their way to one output; both writers use it.
class LineOutput {
 public:
  static constexpr std::size_t kMaxLines = 4096;
  static constexpr std::size_t kMaxBytes = 4 << 20;

  LineOutput(OutputFile to, std::function<void(const std::string&)> tell)
      : file(std::move(to)), closed(std::move(tell)) {}

  // Writer's (or the caller's, inline)
  OutputFile file;
  std::string buffer;  // taken from the queue, not yet written
  bool more = false;   // the queue had more than was taken
  std::function<void(const std::string&)> closed;
  bool gone = false;
  // Writes what there is room for; says once when the output is gone.
  void write_out();
  void lose(const std::string& why);

  // Under the mutex
  std::deque<std::string> queue;
  std::size_t queued_bytes = 0;
  bool refused = false;  // gone, as Control knows it
  bool room_for(const std::string& text) const {
    return queue.size() < kMaxLines && queued_bytes + text.size() <= kMaxBytes;
  }
};

class ThreadWriter final : public Writer {
 public:
  explicit ThreadWriter(Loop& loop);
  ~ThreadWriter() override;
  ThreadWriter(const ThreadWriter&) = delete;
  ThreadWriter& operator=(const ThreadWriter&) = delete;

  Result<std::unique_ptr<AudioSink>> open_recording(
      const std::string& path, SampleRate rate, int channels,
      std::function<void(const RecordingEnd&)> done) override;
  Result<LineId> open_lines(const std::string& where,
                            std::function<void(const std::string&)> closed) override;
  bool write_line(LineId output, std::string line, bool reserved) override;
  bool write_text(LineId output, std::string text, bool reserved) override;
  std::uint64_t dropped() const override { return dropped_.load(); }
  bool flush(Duration limit) override;
  void set_last_words(LineId output, std::string line, int exit_code) override;
  void set_deadline(TimePoint deadline) override;
  void attach(std::shared_ptr<WriterJob> job) override;
  std::shared_ptr<WriterWake> waker() override { return wake_; }

 private:
  struct Wake final : WriterWake {
    Fd fd;
    std::atomic<bool> jobs{false};  // somebody's ring wants service
    Wake();
    void wake() override;
    void signal() const;
  };

  void main();
  void take_queues();
  bool everything_written();
  void service_jobs(TimePoint now, bool all, bool final);
  void wait(TimePoint now);
  void speak_last_words();

  Loop& loop_;
  std::shared_ptr<Wake> wake_;
  std::atomic<std::uint64_t> dropped_{0};

  std::mutex mutex_;  // guards the following, and the queues of outputs_
  std::vector<std::shared_ptr<LineOutput>> new_outputs_;
  std::vector<std::shared_ptr<WriterJob>> new_jobs_;
  TimePoint deadline_ = kNever;
  bool graced_ = false;  // this deadline was moved once, after a stop
  LineId last_output_ = 0;
  std::string last_line_;
  int last_exit_ = 70;
  bool stop_ = false, flush_ = false;
  std::condition_variable flushed_;

  std::vector<std::shared_ptr<LineOutput>> all_;  // Control's, by LineId - 1

  // Writer's own
  std::vector<std::shared_ptr<LineOutput>> outputs_;
  struct Served {
    std::shared_ptr<WriterJob> job;
    TimePoint due{};
  };
  std::vector<Served> jobs_;

  std::thread thread_;
};

// A recording and the job behind it; its end is posted to `loop`. `waits`: writes to a pipe wait.
struct OpenRecording {
  std::unique_ptr<AudioSink> sink;
  std::shared_ptr<WriterJob> job;
};
Result<OpenRecording> make_recording(const std::string& path, SampleRate rate, int channels,
                                     bool waits, std::shared_ptr<WriterWake> wake, Loop& loop,
                                     std::function<void(const RecordingEnd&)> done);

}  // namespace lineman
