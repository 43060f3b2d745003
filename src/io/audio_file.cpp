// load_audio (lineman/audio_file.h) by libsndfile. Control; the whole file is read before a call.
#include "lineman/audio_file.h"

#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include <unistd.h>

#include "fd.h"
#include "lineman/text.h"
#include "socket_address.h"

namespace lineman {
namespace {

constexpr int kMaxRate = 768000;
constexpr int kMaxChannels = 64;
constexpr Duration kMaxLength = std::chrono::hours(2);

// The lowest engine rate that loses nothing.
SampleRate engine_rate(int rate) {
  for (const SampleRate r : kSampleRates) {
    if (r >= rate) return r;
  }
  return kSampleRates.back();
}

tl::unexpected<Error> cannot_play(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kFile, "cannot play '" + path + "': " + why);
}

struct SoundFile {
  SNDFILE* handle = nullptr;
  SF_INFO info{};
  ~SoundFile() {
    if (handle) sf_close(handle);
  }
};

}  // namespace

Result<LoadedAudio> load_audio(const std::string& path) {
  // O_NONBLOCK: a FIFO must not hang us before it is refused.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return cannot_play(path, errno_text(errno));
  struct stat status {};
  ::fstat(fd.get(), &status);
  if (S_ISDIR(status.st_mode)) return cannot_play(path, "it is a directory");
  if (!S_ISREG(status.st_mode)) {
    return cannot_play(path, "not a regular file; to play a stream, pipe it in and use '-'");
  }
  if (status.st_size == 0) return cannot_play(path, "the file is empty");

  SoundFile file;
  file.handle = sf_open_fd(fd.get(), SFM_READ, &file.info, SF_FALSE);
  if (!file.handle) {
    return cannot_play(path,
                       std::string(sf_strerror(nullptr)) +
                           " Convert it, as in `sox in.x out.wav` or `ffmpeg -i in.x out.wav`");
  }
  const int rate = file.info.samplerate;
  const int channels = file.info.channels;
  if (rate <= 0 || rate > kMaxRate || channels <= 0 || channels > kMaxChannels) {
    return cannot_play(path, "odd format: " + std::to_string(rate) + " Hz, " +
                                 std::to_string(channels) + " channels");
  }

  const auto limit = static_cast<std::size_t>(rate) *
                     static_cast<std::size_t>(kMaxLength / std::chrono::seconds(1));
  constexpr std::size_t kBlock = 4096;  // frames
  std::vector<float> block(kBlock * static_cast<std::size_t>(channels));
  LoadedAudio audio;
  audio.file_rate = rate;
  audio.file_channels = channels;
  // The header's length is a hint: it may lie.
  if (file.info.frames > 0 && static_cast<std::size_t>(file.info.frames) <= limit &&
      file.info.frames / 64 < status.st_size) {
    audio.mono.reserve(static_cast<std::size_t>(file.info.frames));
  }
  while (const sf_count_t got = sf_readf_float(file.handle, block.data(), kBlock)) {
    if (got < 0) break;
    for (sf_count_t i = 0; i < got; ++i) {
      float sum = 0;
      for (int c = 0; c < channels; ++c) sum += block[static_cast<std::size_t>(i * channels + c)];
      // Full scale is 32768 here, so that 16-bit samples come through bit for bit.
      const float sample = sum / static_cast<float>(channels) * 32768.0F;
      audio.mono.push_back(std::isfinite(sample) ? static_cast<std::int16_t>(std::lrint(
                                                       std::clamp(sample, -32768.0F, 32767.0F)))
                                                 : std::int16_t{0});
    }
    if (audio.mono.size() > limit) return cannot_play(path, "it is longer than 2 hours");
  }
  if (audio.mono.empty()) return cannot_play(path, "it holds no audio");

  audio.rate = engine_rate(rate);
  if (audio.rate != rate) audio.mono = resample(audio.mono, rate, audio.rate);
  return audio;
}

Result<void> check_writable(const std::string& path) {
  if (path == "-") return {};
  if (path.empty()) return fail(ErrorCode::kUsage, "a recording needs a file name");
  const auto slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const bool exists = ::access(path.c_str(), F_OK) == 0;
  if (::access(exists ? path.c_str() : folder.c_str(), W_OK) == 0) return {};
  return fail(ErrorCode::kFile, "cannot record to '" + printable(path) + "': " + errno_text(errno));
}

}  // namespace lineman
