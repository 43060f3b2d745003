#include "recording.h"

#include <algorithm>
#include <array>

namespace lineman {
namespace {

constexpr std::size_t kHeader = 44;
constexpr std::size_t kBuffer = 64 * 1024;
constexpr Duration kHeaderEvery = std::chrono::seconds(1);

using Header = std::array<std::byte, kHeader>;

// `data_bytes` 0xFFFFFFFF: a stream, as other tools write and read it.
Header wav_header(std::uint64_t data_bytes, SampleRate rate, int channels) {
  Header header{};
  std::size_t at = 0;
  const auto text = [&](const char* id) {
    for (int i = 0; i < 4; ++i) header[at++] = static_cast<std::byte>(id[i]);
  };
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) header[at++] = static_cast<std::byte>(value >> (8 * i));
  };
  constexpr std::uint64_t kMax = 0xFFFFFFFF;
  text("RIFF");
  number(std::min(data_bytes + kHeader - 8, kMax), 4);
  text("WAVE");
  text("fmt ");
  number(16, 4);
  number(1, 2);  // PCM
  number(static_cast<std::uint64_t>(channels), 2);
  number(static_cast<std::uint64_t>(rate), 4);
  number(static_cast<std::uint64_t>(rate * channels * 2), 4);
  number(static_cast<std::uint64_t>(channels * 2), 2);
  number(16, 2);
  text("data");
  number(std::min(data_bytes, kMax), 4);
  return header;
}

}  // namespace

RecordingSink::RecordingSink(std::shared_ptr<RecordingQueue> queue,
                             std::shared_ptr<WriterWake> wake)
    : queue_(std::move(queue)), wake_(std::move(wake)) {}

RecordingSink::~RecordingSink() {
  queue_->lost_at_end.store(missing_);
  queue_->closed.store(true);
  wake_->wake();
}

// Where the ring is full the samples are lost but not their time: the caller need not know.
bool RecordingSink::write(std::span<const std::int16_t> frames) {
  if (queue_->failed.load(std::memory_order_relaxed)) return false;
  auto& ring = queue_->samples;
  const bool fits = ring.capacity() - ring.size_approx() >= frames.size();
  if (fits && missing_ > 0 && queue_->gaps.push({position_, missing_})) missing_ = 0;
  if (!fits || missing_ > 0) {
    missing_ += frames.size();
  } else {
    for (const std::int16_t sample : frames) ring.push(sample);
    position_ += frames.size();
  }
  const bool half_full = ring.size_approx() > ring.capacity() / 2;
  if (half_full && !woken_) wake_->wake();
  woken_ = half_full;
  return true;
}

RecordingJob::RecordingJob(OutputFile file, std::string path, SampleRate rate, int channels,
                           std::shared_ptr<RecordingQueue> queue,
                           std::function<void(const RecordingEnd&)> done)
    : file_(std::move(file)),
      path_(std::move(path)),
      rate_(rate),
      channels_(channels),
      wav_(path_ != "-"),
      queue_(std::move(queue)),
      done_(std::move(done)) {
  buffer_.reserve(kBuffer + 16);
  if (!wav_) return;
  const Header header = wav_header(file_.regular() ? 0 : 0xFFFFFFFF, rate_, channels_);
  buffer_.assign(header.begin(), header.end());
}

Duration RecordingJob::interval() const {
  // Whoever reads a pipe wants it soon; a disk does not care.
  return file_.regular() ? std::chrono::milliseconds(200) : std::chrono::milliseconds(20);
}

bool RecordingJob::service(TimePoint now, bool final) {
  if (ended_) return false;
  const bool closing = queue_->closed.load() || final;
  do {
    const std::size_t n = file_.write(buffer_);
    written_ += n;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(n));
    if (file_.error()) {
      finish(file_.error_text());
      return false;
    }
    if (wav_ && written_ > kMaxData) {
      finish(file_.name() + " reached the 4 GiB that a WAV file can hold");
      return false;
    }
  } while (buffer_.empty() && take());
  if (closing && buffer_.empty()) {
    const std::uint64_t rest = queue_->lost_at_end.exchange(0);
    silence_ += rest;
    missing_ += rest;
    if (rest > 0) return service(now, final);
    finish("");
    return false;
  }
  if (final) {
    finish(file_.name() + " was not read to its end");
    return false;
  }
  if (wav_ && file_.regular() && now >= header_due_) {
    refresh_header();
    header_due_ = now + kHeaderEvery;
  }
  return true;
}

// Up to a buffer full, from the ring and the gaps in it. False: nothing waits.
bool RecordingJob::take() {
  const auto room = [&] { return (kBuffer - buffer_.size()) / 2; };
  const auto put = [&](std::int16_t sample) {
    const auto bits = static_cast<std::uint16_t>(sample);
    buffer_.push_back(static_cast<std::byte>(bits));
    buffer_.push_back(static_cast<std::byte>(bits >> 8));
  };
  while (room() > 0) {
    for (; silence_ > 0 && room() > 0; --silence_) put(0);
    // In this order: a gap was pushed before the samples behind it.
    std::uint64_t count = std::min<std::uint64_t>(queue_->samples.size_approx(), room());
    if (const auto* gap = queue_->gaps.front()) {
      if (gap->at == taken_ && silence_ == 0) {
        silence_ = gap->samples;
        missing_ += gap->samples;
        queue_->gaps.pop_front();
        continue;
      }
      count = std::min(count, gap->at - taken_);
    }
    if (count == 0 || silence_ > 0) break;
    taken_ += count;
    for (std::int16_t sample = 0; count > 0; --count) {
      queue_->samples.pop(sample);
      put(sample);
    }
  }
  return !buffer_.empty();
}

std::uint64_t RecordingJob::whole_frames() const {
  const std::uint64_t header = wav_ ? kHeader : 0;
  if (written_ < header) return 0;
  return (written_ - header) / static_cast<std::uint64_t>(2 * channels_);
}

void RecordingJob::refresh_header() {
  if (written_ < kHeader) return;
  const Header header =
      wav_header(whole_frames() * static_cast<std::uint64_t>(2 * channels_), rate_, channels_);
  file_.write_at(0, header);
}

void RecordingJob::finish(const std::string& error) {
  ended_ = true;
  queue_->failed.store(true);
  RecordingEnd end;
  end.path = path_;
  end.frames = whole_frames();
  end.missing = missing_ / static_cast<std::uint64_t>(channels_);
  end.duration =
      Duration(static_cast<Duration::rep>(static_cast<double>(end.frames) * 1e9 / rate_));
  if (wav_ && file_.regular()) {
    written_ = std::min(written_, kHeader + end.frames * static_cast<std::uint64_t>(2 * channels_));
    refresh_header();
    file_.truncate(static_cast<off_t>(written_));
  }
  end.bytes = written_;
  end.error = error;
  file_.close();
  if (done_) done_(end);
}

}  // namespace lineman
