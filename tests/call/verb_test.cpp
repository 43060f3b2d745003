#include "lineman/verb.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "verb_line.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Verb parsed(std::string_view line) {
  Result<Verb> verb = parse_verb_line(line);
  EXPECT_TRUE(verb) << line << ": " << (verb ? "" : verb.error().text);
  return verb ? *verb : Verb{verb::Hangup{}};
}
std::string error(std::string_view line) {
  Result<Verb> verb = parse_verb_line(line);
  EXPECT_FALSE(verb) << line << " became " << (verb ? verb_line(*verb) : "");
  if (verb) return "";
  EXPECT_EQ(verb.error().code, ErrorCode::kUsage) << line;
  return verb.error().text;
}
SourceSpec tone(double hz, Duration length, double level = -6) {
  SourceSpec spec;
  spec.kind = SourceSpec::Kind::kTone;
  spec.hz = hz;
  spec.length = length;
  spec.level_db = level;
  return spec;
}

TEST(VerbTable, HasOneRowForEachVerbInTheOrderOfTheVariant) {
  ASSERT_EQ(verb_table().size(), std::variant_size_v<Verb>);
  std::set<std::string_view> names, options;
  for (const VerbRow& row : verb_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.option.empty() || options.insert(row.option).second) << row.option;
    EXPECT_EQ(find_verb(row.name), &row);
    EXPECT_FALSE(row.summary.empty());
    for (const VerbArgument& argument : row.arguments) {
      EXPECT_FALSE(argument.type.empty()) << row.name << " " << argument.name;
      EXPECT_FALSE(argument.help.empty()) << row.name << " " << argument.name;
    }
  }
  EXPECT_EQ(find_verb("plai"), nullptr);
  EXPECT_EQ(options, (std::set<std::string_view>{"--play", "--record", "--dtmf", "--read", "--wait",
                                                 "--hangup"}));
}

TEST(VerbTable, ExamplesParseToTheirOwnVerbAndRoundTrip) {
  for (const VerbRow& row : verb_table()) {
    std::string_view left = row.examples;
    ASSERT_FALSE(left.empty()) << row.name;
    while (!left.empty()) {
      const std::string_view line = left.substr(0, left.find('\n'));
      left.remove_prefix(std::min(left.size(), line.size() + 1));
      const Verb verb = parsed(line);
      EXPECT_EQ(verb_name(verb), row.name) << line;
      EXPECT_EQ(parsed(verb_line(verb)), verb) << verb_line(verb);
    }
  }
}

TEST(VerbTable, RowParsesWordsThatWereSplitBefore) {
  const std::vector<std::string> words = {"two words.wav", "loop=yes"};
  const Result<Verb> verb = find_verb("play")->parse(words);
  ASSERT_TRUE(verb);
  const auto& play = std::get<verb::Play>(*verb);
  ASSERT_EQ(play.sources.size(), 1U);
  EXPECT_EQ(play.sources[0].file, "two words.wav");
  EXPECT_TRUE(play.loop);
  EXPECT_FALSE(find_verb("play")->parse({}));
}

TEST(VerbLine, Play) {
  const auto play = std::get<verb::Play>(
      parsed(" play  tone:440,0.5s 'a b.wav'  tone:697.5,1s,-12dB silence:2s - "));
  ASSERT_EQ(play.sources.size(), 5U);
  EXPECT_EQ(play.sources[0], tone(440, 500ms));
  EXPECT_EQ(play.sources[1].file, "a b.wav");
  EXPECT_EQ(play.sources[2], tone(697.5, 1s, -12));
  EXPECT_EQ(play.sources[3].kind, SourceSpec::Kind::kSilence);
  EXPECT_EQ(play.sources[3].length, 2s);
  EXPECT_EQ(play.sources[4].kind, SourceSpec::Kind::kStdin);
  EXPECT_FALSE(play.loop);
}

TEST(VerbLine, Record) {
  const auto record = std::get<verb::Record>(
      parsed("record max=1m what=stereo out.wav until=dtmf:# min=2s wait=yes"));
  EXPECT_EQ(record.file, "out.wav");
  EXPECT_EQ(record.what, RecordWhat::kStereo);
  EXPECT_EQ(record.max, 1min);
  EXPECT_EQ(record.min, 2s);
  EXPECT_EQ(record.until, verb::Record::Until::kDigit);
  EXPECT_EQ(record.digit, '#');
  EXPECT_TRUE(record.wait);
  const auto silence = std::get<verb::Record>(parsed("record - until=silence:1.5s"));
  EXPECT_EQ(silence.file, "-");
  EXPECT_EQ(silence.until, verb::Record::Until::kSilence);
  EXPECT_EQ(silence.silence, 1500ms);
  EXPECT_EQ(parsed("record x"), parsed("record x until=hangup what=heard wait=no"));
}

TEST(VerbLine, Wait) {
  using For = verb::Wait::For;
  const auto wait = [](std::string_view line) { return std::get<verb::Wait>(parsed(line)); };
  EXPECT_EQ(wait("wait 1m30s").time, 90s);
  EXPECT_EQ(wait("wait tone:440 within=5s").hz, 440);
  EXPECT_EQ(wait("wait tone:440 within=5s").within, 5s);
  EXPECT_EQ(wait("wait speech").what, For::kSpeech);
  EXPECT_EQ(wait("wait speech").within, 30s);
  EXPECT_EQ(wait("wait silence:2s").what, For::kSilence);
  EXPECT_EQ(wait("wait silence:2s").time, 2s);
  EXPECT_EQ(wait("wait dtmf:d").digit, 'D');
  EXPECT_EQ(wait("wait 4-digits").count, 4);
  EXPECT_EQ(wait("wait 1-digit").count, 1);
  EXPECT_EQ(wait("wait 4-digits").what, For::kDigits);
}

TEST(VerbLine, TheRest) {
  EXPECT_EQ(parsed("read 4 filter=0-9#"), Verb(verb::Read{4, "0123456789#", 30s}));
  EXPECT_EQ(parsed("read 1 filter=b-dA*"), Verb(verb::Read{1, "*ABCD", 30s}));
  EXPECT_EQ(parsed("send 12w,W#a"), Verb(verb::Send{"12w,W#A"}));
  EXPECT_EQ(parsed("reject"), Verb(verb::Reject{486}));
  EXPECT_EQ(parsed("reject 603"), Verb(verb::Reject{603}));
  EXPECT_EQ(parsed("echo delay=250ms"), Verb(verb::Echo{250ms}));
  EXPECT_EQ(parsed("echo"), Verb(verb::Echo{}));
  EXPECT_EQ(parsed("hangup"), Verb(verb::Hangup{}));
}

TEST(VerbLine, QuotesAndNames) {
  const auto file = [](std::string_view line) {
    return std::get<verb::Play>(parsed(line)).sources.at(0).file;
  };
  EXPECT_EQ(file(R"(play "a \"b\" \\ c")"), R"(a "b" \ c)");
  EXPECT_EQ(file(R"(play 'a\b')"), R"(a\b)");
  EXPECT_EQ(file(R"(play a'b c'd"e f")"), "ab cde f");
  EXPECT_EQ(file("play source='a=b c.wav'"), "a=b c.wav");
  EXPECT_EQ(file("play A=b.wav"), "A=b.wav");  // names are lower case
}

// Any words come back as they were, whatever is in them.
TEST(VerbLine, EveryFileNameRoundTrips) {
  std::mt19937 random(7);  // NOLINT: the same names every time
  const std::string_view letters = "ab=_ '\"\\\t\n\r#-.,:/\x01\x7f\xc3\xa4\xff";
  for (int i = 0; i < 5000; ++i) {
    verb::Play play;
    verb::Record record;
    for (int part = 0; part < 2; ++part) {
      SourceSpec source;
      source.file = "x";  // never one of the other kinds of source
      for (std::uint32_t n = random() % 9; n > 0; --n) {
        source.file.insert(source.file.begin(), letters[random() % letters.size()]);
      }
      record.file = source.file;
      play.sources.push_back(source);
    }
    const Verb one = play;
    const Verb two = record;
    EXPECT_EQ(parsed(verb_line(one)), one) << verb_line(one);
    EXPECT_EQ(parsed(verb_line(two)), two) << verb_line(two);
    EXPECT_EQ(verb_line(one).find('\n'), std::string::npos);
  }
}

TEST(VerbLine, ErrorsNameTheColumnTheThingAndTheCure) {
  struct Case {
    std::string_view line, column, says;
  };
  for (const Case& each : {
           Case{"", "column 1:", "no verb"},
           Case{"  plya x.wav", "column 3:", "did you mean 'play'"},
           Case{"play x lop=yes", "column 8:", "did you mean 'loop'"},
           Case{"play a=b.wav", "column 6:", "'source=a=b.wav'"},
           Case{"play", "column 5:", "usage: play SRC... [loop=yes|no]"},
           Case{"play - -", "column 8:", "only once"},
           Case{"play - loop=yes", "column 8:", "cannot start again"},
           Case{"play x loop=maybe", "column 8:", "neither yes nor no"},
           Case{"play x loop=no loop=no", "column 16:", "given twice"},
           Case{"play 'x", "column 6:", "never closed"},
           Case{"play a\"x y", "column 7:", "never closed"},
           Case{"play ''", "column 6:", "empty"},
           Case{"play tone:440", "column 6:", "tone:440,0.5s"},
           Case{"play tone:0,1s", "column 6:", "1 to 24000"},
           Case{"play tone:440,5", "column 6:", "5s or 5ms"},
           Case{"play tone:440,0s", "column 6:", "no length"},
           Case{"play tone:440,1s,6dB", "column 6:", "-100dB to 0dB"},
           Case{"play tone:nan,1s", "column 6:", "1 to 24000"},
           Case{"play silence:", "column 6:", "2s"},
           Case{"record x y", "column 10:", "unexpected 'y'"},
           Case{"record ''", "column 8:", "empty"},
           Case{"record x max=0s", "column 10:", "nothing would be recorded"},
           Case{"record x max=1s min=2s", "column 17:", "more than max"},
           Case{"record x until=dtmf:##", "column 10:", "one digit"},
           Case{"record x until=never", "column 10:", "silence:2s"},
           Case{"record x what=both", "column 10:", "stereo"},
           Case{"echo delay=3s", "column 6:", "more than 2s"},
           Case{"echo 1s", "column 6:", "usage: echo [delay=D]"},
           Case{"send", "column 5:", "no digits given"},
           Case{"send 12x", "column 6:", "'x'"},
           Case{"read 0", "column 6:", "from 1 to 1000"},
           Case{"read 99999999999999999999", "column 6:", "from 1 to 1000"},
           Case{"read 4 filter=9-0", "column 8:", "0-9#"},
           Case{"read 4 filter=", "column 8:", "filter=0-9"},
           Case{"read 4 within=5", "column 8:", "5s or 5ms"},
           Case{"wait", "column 5:", "usage: wait"},
           Case{"wait 5", "column 6:", "5s or 5ms"},
           Case{"wait speach", "column 6:", "did you mean 'speech'"},
           Case{"wait tone:4.4", "column 6:", "tone:440"},
           Case{"wait dtmf:w", "column 6:", "one digit"},
           Case{"wait 0-digits", "column 6:", "4-digits"},
           Case{"wait silence:0s", "column 6:", "silence:2s"},
           Case{"wait 2s within=1s", "column 9:", "leave it out"},
           Case{"reject 200", "column 8:", "300 to 699"},
           Case{"hold please", "column 6:", "unexpected"},
       }) {
    EXPECT_THAT(error(each.line), testing::StartsWith(std::string(each.column))) << each.line;
    EXPECT_THAT(error(each.line), HasSubstr(std::string(each.says))) << each.line;
  }
  EXPECT_THAT(error("\x1b[2J"), HasSubstr("\\x1b"));  // nothing reaches the terminal
}

TEST(Digits, AreCheckedAndUpperCased) {
  EXPECT_EQ(parse_digits("0123456789*#abcdABCDwW,").value(), "0123456789*#ABCDABCDwW,");
  for (const std::string_view bad : {"", "1 2", "e", "1\n", "+49"}) {
    EXPECT_FALSE(parse_digits(bad)) << bad;
  }
  EXPECT_FALSE(parse_digits(std::string_view("1\0", 2)));
}

}  // namespace
}  // namespace lineman
