// SRC: what a play plays.
#include <array>
#include <charconv>
#include <cmath>

#include "lineman/text.h"
#include "lineman/verb.h"
#include "verb_arguments.h"

namespace lineman {
namespace {

constexpr double kHighestTone = 24'000;  // half of the highest sample rate
constexpr double kQuietestTone = -100;

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kUsage, "source '" + printable(text) + "' " + std::string(why));
}

SourceSpec of_kind(SourceSpec::Kind kind) {
  SourceSpec spec;
  spec.kind = kind;
  return spec;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc{} ? std::string(buffer.data(), end) : "0";
}

Result<SourceSpec> tone(std::string_view text, std::string_view rest) {
  const std::vector<std::string_view> parts = split(rest, ',');
  if (parts.size() < 2 || parts.size() > 3) {
    return bad(text, "needs a frequency and a length: write tone:440,0.5s or tone:440,0.5s,-6dB");
  }
  SourceSpec spec = of_kind(SourceSpec::Kind::kTone);
  const std::optional<double> hz = number(parts[0]);
  if (!hz || *hz <= 0 || *hz > kHighestTone) {
    return bad(text, "needs a frequency from 1 to 24000 in Hz, for example tone:440,0.5s");
  }
  spec.hz = *hz;
  Result<Duration> length = parse_duration(parts[1]);
  if (!length) return tl::make_unexpected(length.error());
  if (*length <= Duration::zero()) return bad(text, "has no length: write tone:440,0.5s");
  spec.length = *length;
  if (parts.size() == 3) {
    std::string_view level = parts[2];
    if (level.size() > 2 && iequals(level.substr(level.size() - 2), "dB")) level.remove_suffix(2);
    const std::optional<double> db = number(level);
    if (!db || *db > 0 || *db < kQuietestTone) {
      return bad(text, "needs a level from -100dB to 0dB, for example tone:440,0.5s,-6dB");
    }
    spec.level_db = *db + 0.0;  // -0 becomes 0
  }
  return spec;
}

}  // namespace

Result<SourceSpec> parse_source(std::string_view text) {
  if (text.empty()) {
    return bad(text, "is empty: give a file, tone:440,0.5s, silence:2s or - for stdin");
  }
  if (text == "-") return of_kind(SourceSpec::Kind::kStdin);
  constexpr std::string_view kTone = "tone:";
  constexpr std::string_view kSilence = "silence:";
  if (text.substr(0, kTone.size()) == kTone) return tone(text, text.substr(kTone.size()));
  if (text.substr(0, kSilence.size()) == kSilence) {
    Result<Duration> length = parse_duration(text.substr(kSilence.size()));
    if (!length) return tl::make_unexpected(length.error());
    if (*length <= Duration::zero()) return bad(text, "has no length: write silence:2s");
    SourceSpec spec = of_kind(SourceSpec::Kind::kSilence);
    spec.length = *length;
    return spec;
  }
  SourceSpec spec;
  spec.file = text;
  return spec;
}

std::string source_text(const SourceSpec& spec) {
  switch (spec.kind) {
    case SourceSpec::Kind::kFile: return spec.file;
    case SourceSpec::Kind::kStdin: return "-";
    case SourceSpec::Kind::kSilence: return "silence:" + duration_text(spec.length);
    case SourceSpec::Kind::kTone: break;
  }
  std::string text = "tone:" + number_text(spec.hz) + "," + duration_text(spec.length);
  if (spec.level_db != SourceSpec{}.level_db) text += "," + number_text(spec.level_db) + "dB";
  return text;
}

}  // namespace lineman
