// The verbs: what a person, a script or a program can ask of a call. One table row each; the action
// options of the command line, script lines and (later) control lines and JSON are all made from
// the rows. Pure; knows no CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lineman/media_call.h"
#include "lineman/result.h"
#include "lineman/time.h"

namespace lineman {

// SRC: a file | tone:440,0.5s[,-6dB] | silence:2s | - (raw s16le on stdin)
struct SourceSpec {
  enum class Kind : std::uint8_t { kFile, kTone, kSilence, kStdin } kind = Kind::kFile;
  std::string file;
  double hz = 0;
  double level_db = -6;  // peak, dB below full scale
  Duration length{};
  bool operator==(const SourceSpec&) const = default;
};
Result<SourceSpec> parse_source(std::string_view text);
std::string source_text(const SourceSpec& spec);  // parses back to the same source

// "500ms", "2s", "1m30s", "0.5s", "2h"; a bare number is an error that names the cure.
Result<Duration> parse_duration(std::string_view text);
std::string duration_text(Duration d);  // shortest form that parses back

// 0-9 * # A-D, w 0.5 s, W 1 s, "," 2 s; lower-case a-d accepted.
Result<std::string> parse_digits(std::string_view text);

namespace verb {
struct Answer {
  bool operator==(const Answer&) const = default;
};
struct Reject {
  int code = 486;
  bool operator==(const Reject&) const = default;
};
struct Play {
  std::vector<SourceSpec> sources;
  bool loop = false;
  bool operator==(const Play&) const = default;
};
struct Record {  // starts, goes on
  std::string file;
  RecordWhat what = RecordWhat::kHeard;
  Duration max{}, min{};
  enum class Until : std::uint8_t { kHangup, kDigit, kSilence } until = Until::kHangup;
  char digit = 0;
  Duration silence{};
  bool wait = false;  // block the script until it has ended (`lineman record`)
  bool operator==(const Record&) const = default;
};
struct Echo {
  Duration delay{};
  bool operator==(const Echo&) const = default;
};
struct Send {
  std::string digits;
  bool operator==(const Send&) const = default;
};  // --dtmf
struct Read {
  int count = 1;
  std::string filter = "0123456789*#ABCD";
  Duration within = std::chrono::seconds(30);
  bool operator==(const Read&) const = default;
};
struct Wait {  // --wait D|tone:F|speech|silence:D|dtmf:D|N-digits
  enum class For : std::uint8_t {
    kTime,
    kTone,
    kSpeech,
    kSilence,
    kDigit,
    kDigits
  } what = For::kTime;
  Duration time{};
  int hz = 0;
  char digit = 0;
  int count = 0;
  Duration within = std::chrono::seconds(30);  // the bound on the wait, except kTime
  bool operator==(const Wait&) const = default;
};
struct Hold {
  bool operator==(const Hold&) const = default;
};
struct Resume {
  bool operator==(const Resume&) const = default;
};
struct Mute {
  bool operator==(const Mute&) const = default;
};
struct Unmute {
  bool operator==(const Unmute&) const = default;
};
struct Stop {
  bool operator==(const Stop&) const = default;
};  // plays and recordings
struct Hangup {
  bool operator==(const Hangup&) const = default;
};
}  // namespace verb

using Verb = std::variant<verb::Answer, verb::Reject, verb::Play, verb::Record, verb::Echo,
                          verb::Send, verb::Read, verb::Wait, verb::Hold, verb::Resume, verb::Mute,
                          verb::Unmute, verb::Stop, verb::Hangup>;

struct VerbArgument {
  std::string_view name;      // "source", "max"
  std::string_view type;      // SRC, FILE, D (duration), N, DIGITS, CODE, ...
  std::string_view fallback;  // default as text; empty: required when positional, absent when named
  std::string_view help;
  bool positional = false;
  bool many = false;  // takes the rest of the line
};

struct VerbRow {
  std::string_view name;    // "send"
  std::string_view option;  // action option that makes it: "--dtmf"; empty: none
  std::string_view summary;
  std::span<const VerbArgument> arguments;
  std::string_view examples;  // lines, for help VERB
  // positional words, then name=value words, already split
  Result<Verb> (*parse)(std::span<const std::string> words);
};
std::span<const VerbRow> verb_table();
const VerbRow* find_verb(std::string_view name);
std::string_view verb_name(const Verb& verb);

// One script line: `play tone:440,0.5s loop=yes`, words may be quoted with ' or ". An unknown verb
// or argument names the nearest. Errors give a column (1-based).
Result<Verb> parse_verb_line(std::string_view line);
std::string verb_line(const Verb& verb);  // parses back to the same verb

}  // namespace lineman
