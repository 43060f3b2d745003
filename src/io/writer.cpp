#include "writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "clock.h"
#include "recording.h"
#include "socket_address.h"

namespace lineman {
namespace {

constexpr std::size_t kTake = 64 * 1024;  // bytes of lines taken from the queue at a time
constexpr Duration kStopped = std::chrono::milliseconds(500);
constexpr Duration kGrace = std::chrono::seconds(5);
constexpr Duration kLastWordsLimit = std::chrono::milliseconds(500);

}  // namespace

// --- LineOutput

void LineOutput::write_out() {
  if (gone) {
    buffer.clear();
    return;
  }
  const std::size_t n = file.write(std::as_bytes(std::span(buffer.data(), buffer.size())));
  buffer.erase(0, n);
  if (file.error()) lose(file.error_text());
}

void LineOutput::lose(const std::string& why) {
  if (gone) return;
  gone = true;
  buffer.clear();
  if (closed) closed(why);
}

Result<OpenRecording> make_recording(const std::string& path, SampleRate rate, int channels,
                                     bool waits, std::shared_ptr<WriterWake> wake, Loop& loop,
                                     std::function<void(const RecordingEnd&)> done) {
  auto file = OutputFile::open(path);
  if (!file) return tl::make_unexpected(file.error());
  if (waits) file->wait_for_room();
  const auto held = static_cast<std::size_t>(5 * rate * channels);
  auto queue = std::make_shared<RecordingQueue>(held);
  auto tell = [&loop, done = std::move(done)](const RecordingEnd& end) {
    if (done) loop.post([done, end] { done(end); });
  };
  OpenRecording open;
  open.job = std::make_shared<RecordingJob>(std::move(*file), path, rate, channels, queue,
                                            std::move(tell));
  open.sink = std::make_unique<RecordingSink>(queue, std::move(wake));
  return open;
}

// --- Control

ThreadWriter::Wake::Wake() : fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
void ThreadWriter::Wake::wake() {
  jobs.store(true);
  signal();
}
void ThreadWriter::Wake::signal() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(fd.get(), &one, sizeof one);
}

ThreadWriter::ThreadWriter(Loop& loop) : loop_(loop), wake_(std::make_shared<Wake>()) {
  // Signals belong to Control; a pipe without a reader is an error here, not a death.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  thread_ = std::thread([this] { main(); });
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

ThreadWriter::~ThreadWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_->signal();
  thread_.join();
}

Result<std::unique_ptr<AudioSink>> ThreadWriter::open_recording(
    const std::string& path, SampleRate rate, int channels,
    std::function<void(const RecordingEnd&)> done) {
  auto open = make_recording(path, rate, channels, false, wake_, loop_, std::move(done));
  if (!open) return tl::make_unexpected(open.error());
  attach(std::move(open->job));
  return std::move(open->sink);
}

Result<Writer::LineId> ThreadWriter::open_lines(const std::string& where,
                                                std::function<void(const std::string&)> closed) {
  auto file = OutputFile::open(where);
  if (!file) return tl::make_unexpected(file.error());
  auto tell = [this, closed = std::move(closed)](const std::string& why) {
    if (closed) loop_.post([closed, why] { closed(why); });
  };
  auto output = std::make_shared<LineOutput>(std::move(*file), std::move(tell));
  all_.push_back(output);
  {
    const std::lock_guard lock(mutex_);
    new_outputs_.push_back(std::move(output));
  }
  wake_->signal();
  return static_cast<LineId>(all_.size());
}

bool ThreadWriter::write_line(LineId output, std::string line, bool reserved) {
  line.push_back('\n');
  return write_text(output, std::move(line), reserved);
}

bool ThreadWriter::write_text(LineId id, std::string text, bool reserved) {
  if (id == 0 || id > all_.size()) return false;
  LineOutput& output = *all_[id - 1];
  {
    const std::lock_guard lock(mutex_);
    if (output.refused) return false;
    if (!reserved && !output.room_for(text)) {
      dropped_.fetch_add(1);
      return false;
    }
    output.queued_bytes += text.size();
    output.queue.push_back(std::move(text));
    if (output.queue.size() > 1) return true;  // Writer knows already
  }
  wake_->signal();
  return true;
}

bool ThreadWriter::flush(Duration limit) {
  std::unique_lock lock(mutex_);
  flush_ = true;
  wake_->wake();
  const auto until = std::chrono::steady_clock::now() + limit;
  const bool done = flushed_.wait_until(lock, until, [this] { return !flush_; });
  flush_ = false;
  return done;
}

void ThreadWriter::set_last_words(LineId output, std::string line, int exit_code) {
  const std::lock_guard lock(mutex_);
  last_output_ = output;
  last_line_ = std::move(line);
  last_exit_ = exit_code;
}

void ThreadWriter::set_deadline(TimePoint deadline) {
  const std::lock_guard lock(mutex_);
  // Writer sleeps until the earlier deadline; a later one it finds when that comes.
  const bool sooner = deadline < deadline_;
  deadline_ = deadline;
  graced_ = false;
  if (sooner) wake_->signal();
}

void ThreadWriter::attach(std::shared_ptr<WriterJob> job) {
  {
    const std::lock_guard lock(mutex_);
    new_jobs_.push_back(std::move(job));
  }
  wake_->wake();
}

// --- Writer

void ThreadWriter::main() {
  pthread_setname_np(pthread_self(), "lm-writer");
  for (;;) {
    const TimePoint now = monotonic_now();
    bool stop = false, flush = false, late = false;
    {
      const std::lock_guard lock(mutex_);
      stop = stop_;
      flush = flush_;
      late = deadline_ <= now;
      // Woken long after it: the whole process was stopped, Control deserves a moment too.
      if (late && now - deadline_ > kStopped && !graced_) {
        graced_ = true;
        late = false;
        deadline_ = now + kGrace;
      }
    }
    take_queues();
    service_jobs(now, wake_->jobs.exchange(false) || flush, stop);
    for (const auto& output : outputs_) output->write_out();
    if (late) speak_last_words();
    if (stop) break;
    if (flush && everything_written()) {
      const std::lock_guard lock(mutex_);
      flush_ = false;
      flushed_.notify_all();
    }
    wait(now);
  }
  // What could be written without waiting was; the rest of the lines follows while there is room.
  for (const auto& output : outputs_) {
    do {
      take_queues();
      output->write_out();
    } while (output->buffer.empty() && output->more && !output->gone);
  }
}

void ThreadWriter::take_queues() {
  const std::lock_guard lock(mutex_);
  for (auto& output : new_outputs_) outputs_.push_back(std::move(output));
  new_outputs_.clear();
  for (auto& job : new_jobs_) jobs_.push_back({std::move(job), {}});
  new_jobs_.clear();
  for (const auto& output : outputs_) {
    output->refused = output->gone;
    while (!output->queue.empty() && (output->gone || output->buffer.size() < kTake)) {
      if (!output->gone) output->buffer += output->queue.front();
      output->queued_bytes -= output->queue.front().size();
      output->queue.pop_front();
    }
    output->more = !output->queue.empty();
  }
}

bool ThreadWriter::everything_written() {
  const std::lock_guard lock(mutex_);
  if (!new_outputs_.empty() || !new_jobs_.empty()) return false;
  for (const auto& output : outputs_) {
    if (!output->gone && (!output->buffer.empty() || !output->queue.empty())) return false;
  }
  return std::none_of(jobs_.begin(), jobs_.end(), [](const Served& s) { return s.job->pending(); });
}

void ThreadWriter::service_jobs(TimePoint now, bool all, bool final) {
  for (auto& served : jobs_) {
    if (!all && !final && now < served.due) continue;
    served.due = now + served.job->interval();
    if (!served.job->service(now, final)) served.job.reset();
  }
  std::erase_if(jobs_, [](const Served& s) { return !s.job; });
}

void ThreadWriter::wait(TimePoint now) {
  TimePoint until = kNever;
  bool flushing = false;
  {
    const std::lock_guard lock(mutex_);
    until = deadline_;
    flushing = flush_;
  }
  for (const auto& served : jobs_) {
    until = std::min(until, flushing ? now + std::chrono::milliseconds(10) : served.due);
  }
  std::vector<pollfd> fds{{wake_->fd.get(), POLLIN, 0}};
  std::vector<LineOutput*> polled{nullptr};
  for (const auto& output : outputs_) {
    if (output->gone) continue;
    const bool waiting = !output->buffer.empty() || output->more;
    if (output->file.regular()) {
      if (waiting) until = now;
      continue;
    }
    // Without an event asked for, poll still tells when the reader is gone.
    fds.push_back({output->file.fd(), static_cast<short>(waiting ? POLLOUT : 0), 0});
    polled.push_back(output.get());
  }
  timespec timeout{};
  if (until != kNever) {
    timeout = to_timespec(std::max(Duration{}, until - monotonic_now()));
  }
  if (::ppoll(fds.data(), fds.size(), until == kNever ? nullptr : &timeout, nullptr) <= 0) return;
  if (fds[0].revents) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(wake_->fd.get(), &count, sizeof count);
  }
  for (std::size_t i = 1; i < fds.size(); ++i) {
    if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
      polled[i]->lose(polled[i]->file.name() + " was closed by its reader");
    }
  }
}

void ThreadWriter::speak_last_words() {
  std::string line;
  LineId id = 0;
  int code = 0;
  {
    const std::lock_guard lock(mutex_);
    line = last_line_;
    id = last_output_;
    code = last_exit_;
  }
  // all_ is Control's; outputs_ has the same order.
  service_jobs(monotonic_now(), true, true);
  LineOutput* const speaker = id > 0 && id <= outputs_.size() ? outputs_[id - 1].get() : nullptr;
  const TimePoint limit = monotonic_now() + kLastWordsLimit;
  bool said = false;
  while (monotonic_now() < limit) {
    take_queues();
    if (speaker && !said && !speaker->more) {
      if (!line.empty()) speaker->buffer += line + "\n";
      said = true;
    }
    bool left = false;
    for (const auto& output : outputs_) {
      output->write_out();
      left = left || (!output->gone && (!output->buffer.empty() || output->more));
    }
    if (!left && (said || !speaker)) break;
    pollfd none{-1, 0, 0};
    ::poll(&none, 1, 5);
  }
  ::_exit(code);
}

std::unique_ptr<Writer> make_writer(Loop& loop) { return std::make_unique<ThreadWriter>(loop); }

}  // namespace lineman
