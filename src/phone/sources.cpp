#include "sources.h"

#include "lineman/audio_file.h"

namespace lineman {
namespace {

constexpr int kStdin = 0;
constexpr SampleRate kStdinRate = 8000;  // raw s16le, 8 kHz mono

}  // namespace

Result<void> AudioStore::load(const std::vector<Verb>& script) {
  for (const auto& verb : script) {
    if (const auto* record = std::get_if<verb::Record>(&verb)) {
      if (auto writable = check_writable(record->file); !writable) return writable;
    }
    const auto* play = std::get_if<verb::Play>(&verb);
    if (play == nullptr) continue;
    for (const auto& source : play->sources) {
      if (source.kind != SourceSpec::Kind::kFile || clips_.count(source.file) != 0) continue;
      auto loaded = load_audio(source.file);
      if (!loaded) return tl::make_unexpected(loaded.error());
      clips_[source.file] = {
          std::make_shared<const std::vector<std::int16_t>>(std::move(loaded->mono)), loaded->rate};
    }
  }
  return {};
}

Result<std::unique_ptr<AudioSource>> AudioStore::open(const verb::Play& play, SampleRate rate,
                                                      bool simulated) {
  std::vector<std::unique_ptr<AudioSource>> parts;
  for (const auto& source : play.sources) {
    switch (source.kind) {
      case SourceSpec::Kind::kTone:
        parts.push_back(make_tone_source(source.hz, source.length, source.level_db, rate));
        break;
      case SourceSpec::Kind::kSilence:
        parts.push_back(make_silence_source(source.length, rate));
        break;
      case SourceSpec::Kind::kStdin: {
        if (stdin_used_) {
          return fail(ErrorCode::kUsage, "standard input can be played once only");
        }
        stdin_used_ = true;
        auto stream = make_stdin_source(kStdin, kStdinRate, simulated);
        if (!stream) return tl::make_unexpected(stream.error());
        parts.push_back(std::move(*stream));
        break;
      }
      case SourceSpec::Kind::kFile: {
        const auto clip = clips_.find(source.file);
        if (clip == clips_.end()) {
          return fail(ErrorCode::kInternal, source.file + " was not loaded before the call");
        }
        parts.push_back(make_buffer_source(clip->second.samples, clip->second.rate));
        break;
      }
    }
  }
  if (parts.size() == 1) return make_playable(std::move(parts.front()));
  return make_playlist(std::move(parts));
}

}  // namespace lineman
