// InlineWriter: lineman/writer.h for virtual time. No thread and no queue: lines are written as
// they come, rings when they are half full, and a slow reader is waited for: nothing depends on how
// fast anybody is.
#include <signal.h>

#include <algorithm>
#include <vector>

#include "writer.h"

namespace lineman {
namespace {

class InlineWriter final : public Writer {
 public:
  explicit InlineWriter(Loop& loop) : loop_(loop), wake_(std::make_shared<Wake>()) {
    wake_->writer = this;
  }
  ~InlineWriter() override {
    wake_->writer = nullptr;
    service(true);
  }

  Result<std::unique_ptr<AudioSink>> open_recording(
      const std::string& path, SampleRate rate, int channels,
      std::function<void(const RecordingEnd&)> done) override {
    auto open = make_recording(path, rate, channels, true, wake_, loop_, std::move(done));
    if (!open) return tl::make_unexpected(open.error());
    attach(std::move(open->job));
    return std::move(open->sink);
  }

  Result<LineId> open_lines(const std::string& where,
                            std::function<void(const std::string&)> closed) override {
    auto file = OutputFile::open(where);
    if (!file) return tl::make_unexpected(file.error());
    file->wait_for_room();
    outputs_.push_back(std::make_unique<LineOutput>(
        std::move(*file), [this, closed = std::move(closed)](const std::string& why) {
          if (closed) loop_.post([closed, why] { closed(why); });
        }));
    return static_cast<LineId>(outputs_.size());
  }

  bool write_line(LineId output, std::string line, bool reserved) override {
    line.push_back('\n');
    return write_text(output, std::move(line), reserved);
  }

  bool write_text(LineId id, std::string text, bool) override {
    if (id == 0 || id > outputs_.size() || outputs_[id - 1]->gone) return false;
    const NoSigpipe guard;
    outputs_[id - 1]->buffer += text;
    outputs_[id - 1]->write_out();
    return true;
  }

  std::uint64_t dropped() const override { return 0; }
  bool flush(Duration) override {
    service(false);
    return true;
  }
  void set_last_words(LineId, std::string, int) override {}
  void set_deadline(TimePoint) override {}
  void attach(std::shared_ptr<WriterJob> job) override { jobs_.push_back(std::move(job)); }
  std::shared_ptr<WriterWake> waker() override { return wake_; }

 private:
  struct Wake final : WriterWake {
    InlineWriter* writer = nullptr;
    void wake() override {
      if (writer) writer->service(false);
    }
  };

  // A reader that went away is an error of the write, not our death.
  struct NoSigpipe {
    sigset_t pipe, old;
    bool was_pending = false;
    NoSigpipe() {
      sigset_t pending;
      sigemptyset(&pipe);
      sigaddset(&pipe, SIGPIPE);
      sigpending(&pending);
      was_pending = sigismember(&pending, SIGPIPE) == 1;
      pthread_sigmask(SIG_BLOCK, &pipe, &old);
    }
    ~NoSigpipe() {
      const timespec now{};
      if (!was_pending) sigtimedwait(&pipe, nullptr, &now);
      pthread_sigmask(SIG_SETMASK, &old, nullptr);
    }
  };

  void service(bool final) {
    const NoSigpipe guard;
    std::erase_if(jobs_, [&](const auto& job) { return !job->service(loop_.now(), final); });
  }

  Loop& loop_;
  std::shared_ptr<Wake> wake_;
  std::vector<std::unique_ptr<LineOutput>> outputs_;
  std::vector<std::shared_ptr<WriterJob>> jobs_;
};

}  // namespace

std::unique_ptr<Writer> make_inline_writer(Loop& loop) {
  return std::make_unique<InlineWriter>(loop);
}

}  // namespace lineman
