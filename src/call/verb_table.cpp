// The rows of the verbs, in the order of the variant: arguments, help, how words become a verb and
// a verb becomes words.
#include <algorithm>
#include <array>
#include <utility>

#include "lineman/text.h"
#include "lineman/verb.h"
#include "verb_arguments.h"
#include "verb_line.h"

namespace lineman {
namespace {

constexpr std::string_view kAllDigits = "0123456789*#ABCD";
constexpr int kMostDigits = 1000;
constexpr int kHighestTone = 24'000;

constexpr VerbArgument kWithin{"within", "D", "30s", "give up after this long"};
constexpr std::array kRejectArguments = {
    VerbArgument{"code", "CODE", "486", "final SIP status, 300 to 699", true}};
constexpr std::array kPlayArguments = {
    VerbArgument{
        "source", "SRC", "",
        "a file, tone:HZ,D[,-6dB], silence:D or - (raw s16le on stdin); several play gapless", true,
        true},
    VerbArgument{"loop", "yes|no", "no", "start again at the end, until stop"}};
constexpr std::array kRecordArguments = {
    VerbArgument{"file", "FILE", "", "WAV file to write; - is raw s16le on stdout", true},
    VerbArgument{"what", "heard|stereo", "heard", "stereo: sent left, heard right"},
    VerbArgument{"max", "D", "", "end after this long"},
    VerbArgument{"min", "D", "", "shorter than this is a failed expectation"},
    VerbArgument{"until", "dtmf:#|silence:2s|hangup", "hangup", "what ends it"},
    VerbArgument{"wait", "yes|no", "no", "go on with the next verb only when it has ended"}};
constexpr std::array kEchoArguments = {
    VerbArgument{"delay", "D", "0s", "send back this much later, at most 2s"}};
constexpr std::array kSendArguments = {
    VerbArgument{"digits", "DIGITS", "", "0-9 * # A-D; w 0.5 s, W 1 s and , 2 s are pauses", true}};
constexpr std::array kReadArguments = {
    VerbArgument{"count", "N", "", "how many digits", true},
    VerbArgument{"filter", "0-9", kAllDigits, "digits that count; others are ignored"}, kWithin};
constexpr std::array kWaitArguments = {
    VerbArgument{"for", "D|tone:F|speech|silence:D|dtmf:D|N-digits", "",
                 "a time, a tone of F Hz, speech, that much silence, a digit, N digits", true},
    VerbArgument{"within", "D", "30s", "give up after this long (a time is its own bound)"}};

template <class T>
Result<Verb> parse_simple(Arguments&) {
  return T{};
}

Result<Verb> parse_reject(Arguments& words) {
  Result<int> code = words.integer("code", 300, 699);
  if (!code) return tl::make_unexpected(code.error());
  return verb::Reject{*code};
}

Result<Verb> parse_play(Arguments& words) {
  verb::Play play;
  int streams = 0;
  for (const std::string_view text : words.texts("source")) {
    Result<SourceSpec> source = parse_source(text);
    if (!source) return words.pass_on("source", source.error());
    if (source->kind == SourceSpec::Kind::kStdin) ++streams;
    play.sources.push_back(std::move(*source));
  }
  if (streams > 1) return words.bad("source", "stdin (-) can be played only once");
  Result<bool> loop = words.flag("loop");
  if (!loop) return tl::make_unexpected(loop.error());
  if (*loop && streams > 0) return words.bad("loop", "stdin (-) cannot start again: play a file");
  play.loop = *loop;
  return play;
}

Result<char> parse_one_digit(std::string_view text) {
  Result<std::string> digits = parse_digits(text);
  if (digits && digits->size() == 1 && kAllDigits.find(digits->front()) != kAllDigits.npos) {
    return digits->front();
  }
  return fail(ErrorCode::kUsage,
              "'" + printable(text) + "' is not one digit: write dtmf:# or one of 0-9 * A-D");
}

// "dtmf:#" -> the part behind the colon when the part before it is `kind`.
std::optional<std::string_view> after(std::string_view text, std::string_view kind) {
  if (text.size() <= kind.size() || text.substr(0, kind.size()) != kind) return std::nullopt;
  return text[kind.size()] == ':' ? std::optional(text.substr(kind.size() + 1)) : std::nullopt;
}

Result<Verb> parse_record(Arguments& words) {
  verb::Record record;
  record.file = words.text("file").value_or("");
  if (record.file.empty()) return words.bad("file", "the file name is empty");
  const std::string_view what = words.text("what").value_or("");
  if (what != "heard" && what != "stereo") {
    return words.bad("what", "'" + printable(what) + "' is neither heard nor stereo");
  }
  record.what = what == "stereo" ? RecordWhat::kStereo : RecordWhat::kHeard;
  Result<Duration> max = words.duration("max");
  if (!max) return tl::make_unexpected(max.error());
  if (words.text("max") && *max == Duration::zero()) {
    return words.bad("max", "nothing would be recorded: leave it out or write max=10s");
  }
  Result<Duration> min = words.duration("min");
  if (!min) return tl::make_unexpected(min.error());
  if (*max > Duration::zero() && *min > *max) return words.bad("min", "is more than max");
  record.max = *max;
  record.min = *min;
  const std::string_view until = words.text("until").value_or("");
  if (const auto digit = after(until, "dtmf")) {
    Result<char> one = parse_one_digit(*digit);
    if (!one) return words.pass_on("until", one.error());
    record.until = verb::Record::Until::kDigit;
    record.digit = *one;
  } else if (const auto silence = after(until, "silence")) {
    Result<Duration> length = parse_duration(*silence);
    if (!length) return words.pass_on("until", length.error());
    if (*length == Duration::zero()) return words.bad("until", "write silence:2s");
    record.until = verb::Record::Until::kSilence;
    record.silence = *length;
  } else if (until != "hangup") {
    return words.bad("until", "'" + printable(until) + "' is none of dtmf:#, silence:2s, hangup");
  }
  Result<bool> wait = words.flag("wait");
  if (!wait) return tl::make_unexpected(wait.error());
  record.wait = *wait;
  return record;
}

Result<Verb> parse_echo(Arguments& words) {
  Result<Duration> delay = words.duration("delay");
  if (!delay) return tl::make_unexpected(delay.error());
  if (*delay > std::chrono::seconds(2)) return words.bad("delay", "is more than 2s");
  return verb::Echo{*delay};
}

Result<Verb> parse_send(Arguments& words) {
  Result<std::string> digits = parse_digits(words.text("digits").value_or(""));
  if (!digits) return words.pass_on("digits", digits.error());
  return verb::Send{std::move(*digits)};
}

// "0-9#" -> "0123456789#", in the order of kAllDigits.
Result<std::string> parse_filter(std::string_view text) {
  std::array<bool, kAllDigits.size()> on{};
  const auto index = [](char c) { return kAllDigits.find(c >= 'a' && c <= 'd' ? c - 32 : c); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t low = index(text[i]);
    std::size_t high = low;
    if (i + 2 < text.size() && text[i + 1] == '-') high = index(text[i += 2]);
    if (low == kAllDigits.npos || high == kAllDigits.npos || high < low) {
      return fail(ErrorCode::kUsage, "'" + printable(text) +
                                         "' is not a set of digits: use 0-9, *, #, A-D, for "
                                         "example 0-9#");
    }
    for (std::size_t digit = low; digit <= high; ++digit) on[digit] = true;
  }
  std::string set;
  for (std::size_t i = 0; i < on.size(); ++i) {
    if (on[i]) set += kAllDigits[i];
  }
  if (set.empty()) return fail(ErrorCode::kUsage, "is empty: write for example filter=0-9");
  return set;
}

Result<Verb> parse_read(Arguments& words) {
  verb::Read read;
  Result<int> count = words.integer("count", 1, kMostDigits);
  if (!count) return tl::make_unexpected(count.error());
  read.count = *count;
  Result<std::string> filter = parse_filter(words.text("filter").value_or(""));
  if (!filter) return words.pass_on("filter", filter.error());
  read.filter = std::move(*filter);
  Result<Duration> within = words.duration("within");
  if (!within) return tl::make_unexpected(within.error());
  read.within = *within;
  return read;
}

std::optional<int> integer(std::string_view text, int least, int most) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > most) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return text.empty() || value < least || value > most ? std::nullopt : std::optional(value);
}

Result<Verb> parse_wait(Arguments& words) {
  using For = verb::Wait::For;
  verb::Wait wait;
  Result<Duration> within = words.duration("within");
  if (!within) return tl::make_unexpected(within.error());
  wait.within = *within;
  const std::string_view text = words.text("for").value_or("");
  if (const auto hz = after(text, "tone")) {
    const std::optional<int> value = integer(*hz, 1, kHighestTone);
    if (!value) return words.bad("for", "'" + printable(text) + "': write for example tone:440");
    wait.what = For::kTone;
    wait.hz = *value;
  } else if (text == "speech") {
    wait.what = For::kSpeech;
  } else if (const auto silence = after(text, "silence")) {
    Result<Duration> length = parse_duration(*silence);
    if (!length) return words.pass_on("for", length.error());
    if (*length == Duration::zero()) return words.bad("for", "write for example silence:2s");
    wait.what = For::kSilence;
    wait.time = *length;
  } else if (const auto digit = after(text, "dtmf")) {
    Result<char> one = parse_one_digit(*digit);
    if (!one) return words.pass_on("for", one.error());
    wait.what = For::kDigit;
    wait.digit = *one;
  } else if (const std::size_t dash = text.find("-digit");
             dash != text.npos &&
             (text.substr(dash) == "-digits" || text.substr(dash) == "-digit")) {
    const std::optional<int> value = integer(text.substr(0, dash), 1, kMostDigits);
    if (!value) return words.bad("for", "'" + printable(text) + "': write for example 4-digits");
    wait.what = For::kDigits;
    wait.count = *value;
  } else {
    Result<Duration> time = parse_duration(text);
    if (!time) {
      // A bare number wants a unit; anything else is no form of wait at all.
      if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
        return words.pass_on("for", time.error());
      }
      const std::string_view word = text.substr(0, text.find(':'));
      return words.bad("for", "'" + printable(text) + "' is nothing to wait for" +
                                  did_you_mean(word, {"tone", "speech", "silence", "dtmf"}) +
                                  "; write 2s, tone:440, speech, silence:2s, dtmf:# or 4-digits");
    }
    if (!words.texts("within").empty()) {
      return words.bad("within", "a time is its own bound: leave it out");
    }
    wait.time = *time;
  }
  return wait;
}

using Build = Result<Verb> (*)(Arguments&);
constexpr std::array<Build, std::variant_size_v<Verb>> kBuild = {parse_simple<verb::Answer>,
                                                                 parse_reject,
                                                                 parse_play,
                                                                 parse_record,
                                                                 parse_echo,
                                                                 parse_send,
                                                                 parse_read,
                                                                 parse_wait,
                                                                 parse_simple<verb::Hold>,
                                                                 parse_simple<verb::Resume>,
                                                                 parse_simple<verb::Mute>,
                                                                 parse_simple<verb::Unmute>,
                                                                 parse_simple<verb::Stop>,
                                                                 parse_simple<verb::Hangup>};

template <std::size_t I>
Result<Verb> parse_row(std::span<const std::string> words) {
  Arguments arguments(verb_table()[I]);
  if (Result<void> taken = arguments.take(words); !taken) {
    return tl::make_unexpected(taken.error());
  }
  return kBuild[I](arguments);
}

constexpr std::array<VerbRow, std::variant_size_v<Verb>> kVerbs = {
    VerbRow{"answer", "", "answer the incoming call", {}, "answer", parse_row<0>},
    VerbRow{"reject", "", "refuse the incoming call", kRejectArguments, "reject\nreject 603",
            parse_row<1>},
    VerbRow{"play", "--play", "play to the other side; the next verb waits for its end",
            kPlayArguments,
            "play hello.wav\nplay tone:440,0.5s silence:1s tone:880,0.5s,-12dB\n"
            "play music.wav loop=yes",
            parse_row<2>},
    VerbRow{"record", "--record", "record what is heard; goes on beside the next verbs",
            kRecordArguments,
            "record heard.wav\nrecord both.wav what=stereo max=30s\n"
            "record message.wav until=dtmf:# min=2s wait=yes",
            parse_row<3>},
    VerbRow{"echo", "", "send back what is heard", kEchoArguments, "echo\necho delay=500ms",
            parse_row<4>},
    VerbRow{"send", "--dtmf", "send digits", kSendArguments, "send 1234#\nsend 1w2W3",
            parse_row<5>},
    VerbRow{"read", "--read", "read digits of the other side", kReadArguments,
            "read 4\nread 1 filter=1-3 within=10s", parse_row<6>},
    VerbRow{"wait", "--wait", "wait for a time, a tone, speech, silence or digits", kWaitArguments,
            "wait 2s\nwait tone:440 within=5s\nwait silence:1s\nwait dtmf:#\nwait 4-digits",
            parse_row<7>},
    VerbRow{"hold", "", "put the call on hold", {}, "hold", parse_row<8>},
    VerbRow{"resume", "", "take the call back from hold", {}, "resume", parse_row<9>},
    VerbRow{"mute", "", "send silence from now on", {}, "mute", parse_row<10>},
    VerbRow{"unmute", "", "send sound again", {}, "unmute", parse_row<11>},
    VerbRow{"stop", "", "stop what is played and recorded", {}, "stop", parse_row<12>},
    VerbRow{"hangup", "--hangup", "end the call", {}, "hangup", parse_row<13>},
};

// A positional word that reads as name=value has to be named itself.
void add(std::vector<std::string>& words, std::string_view name, const std::string& value) {
  words.push_back(argument_name(value).empty() ? value : std::string(name) + "=" + value);
}
void add_named(std::vector<std::string>& words, std::string_view name, const std::string& value) {
  words.push_back(std::string(name) + "=" + value);
}

using Words = std::vector<std::string>;

template <class T>
void write(const T&, Words&) {}
void write(const verb::Reject& verb, Words& words) { words.push_back(std::to_string(verb.code)); }
void write(const verb::Play& verb, Words& words) {
  for (const SourceSpec& source : verb.sources) add(words, "source", source_text(source));
  if (verb.loop) words.emplace_back("loop=yes");
}
void write(const verb::Record& verb, Words& words) {
  add(words, "file", verb.file);
  if (verb.what == RecordWhat::kStereo) words.emplace_back("what=stereo");
  if (verb.max > Duration::zero()) add_named(words, "max", duration_text(verb.max));
  if (verb.min > Duration::zero()) add_named(words, "min", duration_text(verb.min));
  if (verb.until == verb::Record::Until::kDigit) {
    add_named(words, "until", std::string("dtmf:") + verb.digit);
  } else if (verb.until == verb::Record::Until::kSilence) {
    add_named(words, "until", "silence:" + duration_text(verb.silence));
  }
  if (verb.wait) words.emplace_back("wait=yes");
}
void write(const verb::Echo& verb, Words& words) {
  if (verb.delay > Duration::zero()) add_named(words, "delay", duration_text(verb.delay));
}
void write(const verb::Send& verb, Words& words) { words.push_back(verb.digits); }
void write(const verb::Read& verb, Words& words) {
  words.push_back(std::to_string(verb.count));
  if (verb.filter != kAllDigits) add_named(words, "filter", verb.filter);
  if (verb.within != verb::Read{}.within) add_named(words, "within", duration_text(verb.within));
}
void write(const verb::Wait& verb, Words& words) {
  using For = verb::Wait::For;
  switch (verb.what) {
    case For::kTime: words.push_back(duration_text(verb.time)); return;
    case For::kTone: words.push_back("tone:" + std::to_string(verb.hz)); break;
    case For::kSpeech: words.emplace_back("speech"); break;
    case For::kSilence: words.push_back("silence:" + duration_text(verb.time)); break;
    case For::kDigit: words.push_back(std::string("dtmf:") + verb.digit); break;
    case For::kDigits: words.push_back(std::to_string(verb.count) + "-digits"); break;
  }
  if (verb.within != verb::Wait{}.within) add_named(words, "within", duration_text(verb.within));
}

}  // namespace

std::span<const VerbRow> verb_table() { return kVerbs; }

const VerbRow* find_verb(std::string_view name) {
  const auto* row = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [name](const VerbRow& each) { return each.name == name; });
  return row != kVerbs.end() ? &*row : nullptr;
}

std::string_view verb_name(const Verb& verb) { return kVerbs[verb.index()].name; }

Result<Verb> parse_verb_line(std::string_view line) {
  Result<std::vector<LineWord>> words = split_words(line);
  if (!words) return tl::make_unexpected(words.error());
  if (words->empty()) return fail(ErrorCode::kUsage, "column 1: no verb, for example: play x.wav");
  const auto at = [](std::size_t column) { return "column " + std::to_string(column) + ": "; };
  const LineWord& name = words->front();
  const VerbRow* row = find_verb(name.text);
  if (row == nullptr) {
    std::vector<std::string> known;
    for (const VerbRow& each : kVerbs) known.emplace_back(each.name);
    return fail(ErrorCode::kUsage, at(name.column) + "no verb '" + printable(name.text) + "'" +
                                       did_you_mean(name.text, known));
  }
  std::vector<std::string> rest;
  for (std::size_t i = 1; i < words->size(); ++i) rest.push_back((*words)[i].text);
  Arguments arguments(*row);
  Result<Verb> verb = arguments.take(rest).and_then(
      [&] { return kBuild[static_cast<std::size_t>(row - kVerbs.data())](arguments); });
  if (!verb) {
    const std::size_t bad = arguments.bad_word() + 1;
    const std::size_t column = bad < words->size() ? (*words)[bad].column : line.size() + 1;
    return fail(verb.error().code, at(column) + verb.error().text);
  }
  return verb;
}

std::string verb_line(const Verb& verb) {
  Words words{std::string(verb_name(verb))};
  std::visit([&words](const auto& each) { write(each, words); }, verb);
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quote_word(word);
  return line;
}

}  // namespace lineman
