// A recording on its way to disk: the sink on Media, a ring, and the job on Writer that makes a WAV
// file (RIFF, 16-bit PCM) or raw s16le of it.
//
//   AudioSink.write ─► samples (5 s) ─► RecordingJob ─► header, samples     header again every
//   second
//                  └─► gaps: where the ring was full, so that the time line stays true
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "lineman/spsc_ring.h"
#include "lineman/writer.h"
#include "output_file.h"

namespace lineman {

// Between sink and job. Positions count samples of all channels from the start.
struct RecordingQueue {
  struct Gap {
    std::uint64_t at = 0, samples = 0;
  };
  RecordingQueue(std::size_t samples_held) : samples(samples_held), gaps(64) {}

  SpscRing<std::int16_t> samples;
  SpscRing<Gap> gaps;
  std::atomic<std::uint64_t> lost_at_end{0};  // samples missing when the sink went
  std::atomic<bool> closed{false};            // by the sink
  std::atomic<bool> failed{false};            // by the job: nothing more is taken
};

class RecordingSink final : public AudioSink {
 public:
  RecordingSink(std::shared_ptr<RecordingQueue> queue, std::shared_ptr<WriterWake> wake);
  ~RecordingSink() override;
  bool write(std::span<const std::int16_t> frames) override;
  bool closed() const override { return queue_->failed.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<RecordingQueue> queue_;
  std::shared_ptr<WriterWake> wake_;
  std::uint64_t position_ = 0, missing_ = 0;
  bool woken_ = false;
};

class RecordingJob final : public WriterJob {
 public:
  RecordingJob(OutputFile file, std::string path, SampleRate rate, int channels,
               std::shared_ptr<RecordingQueue> queue,
               std::function<void(const RecordingEnd&)> done);
  bool service(TimePoint now, bool final) override;
  Duration interval() const override;
  bool pending() const override { return queue_->closed.load(); }

 private:
  static constexpr std::uint64_t kMaxData = 0xFFFFFFFFu - 64;  // RIFF sizes are 32 bits

  bool take();
  void add_header(std::uint64_t data_bytes);
  void refresh_header();
  std::uint64_t whole_frames() const;
  void finish(const std::string& error);

  OutputFile file_;
  std::string path_;
  SampleRate rate_;
  int channels_;
  bool wav_;
  std::shared_ptr<RecordingQueue> queue_;
  std::function<void(const RecordingEnd&)> done_;
  std::vector<std::byte> buffer_;  // taken, not yet written
  std::uint64_t taken_ = 0;        // samples popped
  std::uint64_t silence_ = 0;      // samples of silence due before the next
  std::uint64_t missing_ = 0;      // samples of silence so far
  std::uint64_t written_ = 0;      // bytes, the header too
  TimePoint header_due_{};
  bool ended_ = false;
};

}  // namespace lineman
