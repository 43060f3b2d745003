// The command line: every option reaches its place, in order, and what is wrong is named with its
// cure.
#include "parse.h"

#include <gmock/gmock.h>

#include "command_table.h"
#include "option_table.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Environment outside() {
  Environment e;
  e.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "secret") return std::string("s3cret \r\nsecond line\n");
    if (path == "empty") return std::string("\n");
    return fail(ErrorCode::kFile, "cannot read '" + path + "'");
  };
  return e;
}

Result<Command> parse(const std::vector<std::string>& words, Environment e = outside()) {
  return parse_command_line(words, e);
}
Command good(const std::vector<std::string>& words, Environment e = outside()) {
  auto command = parse(words, std::move(e));
  EXPECT_TRUE(command) << command.error().text;
  return command ? *command : Command{};
}
std::string bad(const std::vector<std::string>& words, ErrorCode code = ErrorCode::kUsage) {
  auto command = parse(words);
  if (command) return "it was taken";
  EXPECT_EQ(command.error().code, code) << command.error().text;
  // One line names it; the usage that may follow says how it is written.
  const std::string& text = command.error().text;
  EXPECT_TRUE(text.find('\n') == std::string::npos || text.find("\nusage:") != std::string::npos ||
              text.find("\nfor example:") != std::string::npos)
      << text;
  return text;
}
std::vector<std::string> script(const Command& command) {
  std::vector<std::string> lines;
  for (const Verb& verb : command.phone.actions) lines.push_back(verb_line(verb));
  return lines;
}

TEST(Parse, ActionsKeepTheOrderWritten) {
  const Command c = good({"dial", "--wait", "1s", "--play", "a.wav", "sip:600@pbx", "--dtmf", "12#",
                          "--play", "tone:440,2s", "--record", "x=1.wav", "--wait", "tone:440",
                          "--play", "a.wav", "--read=4", "--hangup"});
  EXPECT_EQ(c.phone.target, "sip:600@pbx");
  EXPECT_EQ(c.phone.mode, PhoneOptions::Mode::kDial);
  EXPECT_THAT(script(c), ElementsAre("wait 1s", "play a.wav", "send 12#", "play tone:440,2s",
                                     "record file=x=1.wav", "wait tone:440", "play a.wav", "read 4",
                                     "hangup"));
}

TEST(Parse, RepeatableOptionsDoNotSwallowTheUri) {
  const Command c = good({"dial", "--print", "codec", "--expect", "exit=0", "--header", "X-A: 1",
                          "--listen", "[::1]:0", "--play", "a.wav", "local:echo"});
  EXPECT_EQ(c.phone.target, "local:echo");
  EXPECT_THAT(c.out.print, ElementsAre("codec"));
  EXPECT_EQ(good({"dial", "[::1]"}).phone.target, "[::1]");  // CLI11 knows [a,b] as a list
  EXPECT_EQ(good({"dial", "local:echo", "--play", "-"}).phone.actions.size(), 1U);
}

TEST(Parse, EveryOptionReachesItsPlace) {
  const Command c = good({"answer",
                          "--ring",
                          "2s",
                          "--early",
                          "--count",
                          "3",
                          "--max-calls",
                          "2",
                          "--allow",
                          "10.0.0.0/8",
                          "--duration",
                          "1m30s",
                          "--max-call",
                          "0s",
                          "--timeout",
                          "5s",
                          "--connect-timeout",
                          "1s",
                          "--rtp-timeout",
                          "3s",
                          "--require-media",
                          "--codec",
                          "pcma,opus",
                          "--ptime",
                          "40ms",
                          "--jitter",
                          "fixed:200ms",
                          "--impair",
                          "rx:loss=3%",
                          "--rtp-ports",
                          "10000-10001",
                          "--opus-bitrate",
                          "6000",
                          "--opus-complexity",
                          "10",
                          "--dtmf-mode",
                          "inband",
                          "--digit-duration",
                          "80ms",
                          "--digit-gap",
                          "60ms",
                          "--events",
                          "e.json",
                          "--events",
                          "fd:3",
                          "--junit",
                          "j.xml",
                          "--github",
                          "-v",
                          "--trace",
                          "sip",
                          "--ready-file",
                          "r",
                          "--pcap",
                          "p",
                          "--record-stereo",
                          "s.wav",
                          "--seed",
                          "9223372036854775807",
                          "--as",
                          "alice@pbx",
                          "--registrar",
                          "sip:reg",
                          "--proxy",
                          "sip:proxy",
                          "--listen",
                          "127.0.0.1:0",
                          "--listen",
                          "[::1]:0",
                          "--transport",
                          "tcp",
                          "--expires",
                          "5m",
                          "--play",
                          "a.wav"});
  const PhoneOptions& p = c.phone;
  EXPECT_EQ(p.mode, PhoneOptions::Mode::kAnswer);
  EXPECT_EQ(p.ring, 2s);
  EXPECT_TRUE(p.early && p.require_media && p.trace_sip && p.register_account);
  EXPECT_EQ(p.count, 3);
  EXPECT_EQ(p.max_calls, 2);
  EXPECT_THAT(p.allow, ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(p.duration, 90s);
  EXPECT_EQ(p.max_call, 0s);
  EXPECT_EQ(p.timeout, 5s);
  EXPECT_EQ(p.sip.connect_timeout, 1s);
  EXPECT_EQ(p.rtp_timeout, 3s);
  EXPECT_THAT(p.codecs, ElementsAre(CodecId::kPcma, CodecId::kOpus));
  EXPECT_EQ(p.ptime, 40ms);
  EXPECT_EQ(p.jitter.profile, JitterProfile::kFixed);
  EXPECT_DOUBLE_EQ(p.impairment.rx.loss, 0.03);
  EXPECT_EQ(p.rtp_ports.first, 10000);
  EXPECT_EQ(p.rtp_ports.last, 10001);
  EXPECT_EQ(p.opus_bitrate, 6000);
  EXPECT_EQ(p.opus_complexity, 10);
  EXPECT_EQ(p.dtmf_mode, DtmfMode::kInband);
  EXPECT_EQ(p.digit_duration, 80ms);
  EXPECT_EQ(p.digit_gap, 60ms);
  EXPECT_EQ(p.ready_file, "r");
  EXPECT_EQ(p.pcap, "p");
  EXPECT_EQ(p.record_stereo, "s.wav");
  EXPECT_EQ(p.seed, 9223372036854775807U);
  EXPECT_EQ(p.sip.account->aor, "alice@pbx");
  EXPECT_EQ(p.sip.account->registrar, "sip:reg");
  EXPECT_EQ(p.sip.proxy, "sip:proxy");
  EXPECT_THAT(p.sip.listen, ElementsAre("127.0.0.1:0", "[::1]:0"));
  EXPECT_EQ(p.sip.transport, "tcp");
  EXPECT_EQ(p.expires, 5min);
  EXPECT_THAT(c.out.events, ElementsAre("e.json", "fd:3"));
  EXPECT_EQ(c.out.junit, "j.xml");
  EXPECT_TRUE(c.out.github);
  EXPECT_EQ(c.out.level, LogLevel::kDebug);
}

TEST(Parse, TheBoundOfACallAtATerminal) {
  EXPECT_EQ(good({"dial", "local:echo"}).phone.max_call, 120s);
  Environment person = outside();
  person.at_terminal = true;
  EXPECT_EQ(good({"dial", "local:echo"}, person).phone.max_call, 0s);
  EXPECT_EQ(good({"dial", "local:echo", "--max-call", "3s"}, person).phone.max_call, 3s);
}

TEST(Parse, CommandsAreTemplatesOverVerbs) {
  EXPECT_THAT(script(good({"play", "local:x", "a.wav", "b=c.wav", "--json"})),
              ElementsAre("play a.wav source=b=c.wav", "hangup"));
  EXPECT_THAT(script(good({"record", "local:x", "f.wav", "--max", "2s", "--min", "1s", "--until",
                           "dtmf:#"})),
              ElementsAre("record f.wav max=2s min=1s until=dtmf:# wait=yes", "hangup"));
  EXPECT_THAT(script(good({"dtmf", "local:x", "1234#"})), ElementsAre("send 1234#", "hangup"));
  EXPECT_THAT(script(good({"dtmf", "local:x", "--filter", "0-9", "--within", "5s", "--read", "4"})),
              ElementsAre("read 4 filter=0123456789 within=5s", "hangup"));
  EXPECT_THAT(script(good({"dtmf", "local:x", "--read", "4", "--within", "5s", "12"})),
              ElementsAre("send 12", "read 4 within=5s", "hangup"));
  EXPECT_THAT(script(good({"echo", "--delay", "500ms"})), ElementsAre("echo delay=500ms"));
  const Command check = good({"check", "local:x"});
  EXPECT_TRUE(check.phone.check && check.out.check_report);
  EXPECT_THAT(script(check), ElementsAre("play tone:1004,3s,-12dB", "hangup"));
  EXPECT_EQ(good({"options", "pbx"}).phone.mode, PhoneOptions::Mode::kProbe);
  const Command registers = good({"register", "alice@pbx", "--once"});
  EXPECT_EQ(registers.phone.mode, PhoneOptions::Mode::kRegister);
  EXPECT_TRUE(registers.phone.once);
  EXPECT_EQ(registers.phone.sip.account->aor, "alice@pbx");
}

TEST(Parse, WithinBelongsToTheWaitBeforeIt) {
  EXPECT_THAT(script(good({"dial", "local:x", "--wait", "speech", "--within", "5s", "--read", "2",
                           "--filter", "1-3", "--read", "1"})),
              ElementsAre("wait speech within=5s", "read 2 filter=123", "read 1"));
  EXPECT_THAT(bad({"dial", "local:x", "--within", "5s"}), HasSubstr("--read or a --wait"));
  EXPECT_THAT(bad({"dial", "local:x", "--wait", "1s", "--within", "5s"}), HasSubstr("own bound"));
  EXPECT_THAT(bad({"dial", "local:x", "--read", "1", "--filter", "xyz"}), HasSubstr("xyz"));
}

TEST(Parse, CommandAfterTwoDashes) {
  const Command c = good({"echo", "--json", "--", "sh", "--json", "--help", "--"});
  EXPECT_THAT(c.phone.command, ElementsAre("sh", "--json", "--help", "--"));
  EXPECT_THAT(bad({"echo", "--"}), HasSubstr("no command after --"));
  EXPECT_THAT(bad({"dial", "local:x", "--", "sh"}), HasSubstr("answer, echo and register"));
}

TEST(Parse, MisspeltWordsNameTheNearest) {
  EXPECT_THAT(bad({"dail", "x"}), HasSubstr("'dial'"));
  EXPECT_THAT(bad({"dial", "local:x", "--paly", "a"}), HasSubstr("'--play'"));
  EXPECT_THAT(bad({"dial", "local:x", "--duratoin=3s"}), HasSubstr("'--duration'"));
  EXPECT_THAT(bad({"dial", "local:x", "--codec", "pmcu"}),
              AllOf(HasSubstr("--codec"), HasSubstr("pcmu")));
  EXPECT_THAT(bad({"dial", "local:x", "--print", "rx.packet"}), HasSubstr("rx.packets"));
  EXPECT_THAT(bad({"dial", "local:x", "--expect", "setupms=..500"}), HasSubstr("setup_ms"));
  EXPECT_THAT(bad({"dial", "local:x", "--expect", "setup_ms"}), HasSubstr("quot"));
  EXPECT_THAT(bad({"dial", "local:x", "--jitter", "rubust"}), HasSubstr("robust"));
  EXPECT_THAT(bad({"dial", "local:x", "--dtmf-mode", "rfc2833"}), HasSubstr("rfc4733"));
  EXPECT_THAT(bad({"dial", "local:x", "--log", "debgu"}), HasSubstr("debug"));
  EXPECT_THAT(bad({"dial", "local:x", "--wait", "speach"}), HasSubstr("speech"));
  EXPECT_THAT(bad({"--json", "dial"}), HasSubstr("command comes before"));
  EXPECT_THAT(bad({"options", "pbx", "--codec", "pcmu"}),
              AllOf(HasSubstr("--codec is no option of `lineman options`"), HasSubstr("dial")));
}

TEST(Parse, BadValuesAreNamedWithTheirOption) {
  const std::vector<std::vector<std::string>> cases = {{"--duration", "5"},
                                                       {"--seed", "9223372036854775808"},
                                                       {"--seed", "-1"},
                                                       {"--count", "0"},
                                                       {"--count", "1x"},
                                                       {"--ptime", "15ms"},
                                                       {"--ptime", "0s"},
                                                       {"--rtp-ports", "10001-10002"},
                                                       {"--rtp-ports", "1-2"},
                                                       {"--rtp-ports", "10000"},
                                                       {"--transport", "sctp"},
                                                       {"--opus-complexity", "11"},
                                                       {"--digit-gap", "10ms"},
                                                       {"--impair", "rx:lost=3%"},
                                                       {"--events", ""},
                                                       {"--proxy", "sip:a:b@c"},
                                                       {"--from", "<sip:x"},
                                                       {"--trace", "rtp"},
                                                       {"--header", "X-Test"},
                                                       {"--header", "X Test: 1"},
                                                       {"--header", "X-A: 1\r\nVia: x"},
                                                       {"--header", "Via: x"},
                                                       {"--header", "v: x"},
                                                       {"--header", "CONTACT: <sip:x>"},
                                                       {"--header", "X-A: \xff"},
                                                       {"--play", "tone:440"},
                                                       {"--play", ""},
                                                       {"--dtmf", "12x"},
                                                       {"--read", "0"},
                                                       {"--expect", "rx.mos=high"}};
  for (const auto& option : cases) {
    const std::string text = bad({"dial", "local:x", option[0], option[1]});
    EXPECT_THAT(text, testing::StartsWith(option[0] + ": ")) << option[1];
    EXPECT_THAT(text, Not(HasSubstr("\r"))) << "untrusted text reaches the terminal";
  }
  EXPECT_THAT(bad({"answer", "--reject", "200"}), HasSubstr("300 to 699"));
}

TEST(Parse, MissingWordsAndValues) {
  EXPECT_THAT(bad({}), HasSubstr("lineman check local:echo"));
  for (const char* command : {"dial", "play", "record", "dtmf", "check", "options", "register"}) {
    const std::string text = bad({command});
    EXPECT_THAT(text, AllOf(HasSubstr("usage: lineman " + std::string(command)),
                            HasSubstr("for example: lineman " + std::string(command))));
  }
  EXPECT_THAT(bad({"play", "local:x"}), HasSubstr("SRC"));
  EXPECT_THAT(bad({"record", "local:x"}), HasSubstr("FILE"));
  EXPECT_THAT(bad({"dial", "local:x", "local:y"}), HasSubstr("'local:y' is one word too many"));
  EXPECT_THAT(bad({"dial", "local:x", "--print", "codec", "remote"}), HasSubstr("--print"));
  EXPECT_THAT(bad({"dial", "local:x", "--play"}), HasSubstr("--play needs a value: --play SRC"));
  EXPECT_THAT(bad({"dial", "local:x", "--play", "--hangup"}), HasSubstr("--play needs a value"));
  EXPECT_THAT(bad({"dial", "local:x", "--json=yes"}), HasSubstr("--json takes no value"));
  EXPECT_THAT(bad({"answer", "extra"}), HasSubstr("too many"));
}

TEST(Parse, OneThingOnStdout) {
  const std::vector<std::vector<std::string>> cases = {
      {"dial", "local:x", "--json", "--print", "codec"},
      {"dial", "local:x", "--json", "--record", "-"},
      {"dial", "local:x", "--record-stereo", "-", "--print", "codec"},
      {"dial", "local:x", "--json", "--events", "fd:1"},
      {"dial", "local:x", "--junit", "-", "--events", "-"},
      {"dial", "local:x", "--pcap", "-", "--json"},
      {"record", "local:x", "-", "--json"}};
  for (const auto& words : cases) EXPECT_THAT(bad(words), HasSubstr("both write to stdout"));
  EXPECT_TRUE(good({"dtmf", "local:x", "--read", "4"}).out.digits);
  EXPECT_FALSE(good({"dtmf", "local:x", "--read", "4", "--json"}).out.digits);
  EXPECT_FALSE(good({"check", "local:x", "--print", "rx.mos"}).out.check_report);
  EXPECT_FALSE(good({"dial", "local:x", "--read", "4", "--record", "-"}).out.uses_stdout());
  EXPECT_THAT(good({"dial", "local:x", "--print", "codec", "--print", "exit"}).out.print,
              ElementsAre("codec", "exit"));
}

TEST(Parse, PasswordsComeFromOutside) {
  Environment e = outside();
  e.password = "from the environment";
  EXPECT_EQ(good({"register", "a@pbx"}, e).phone.sip.account->password, "from the environment");
  EXPECT_EQ(good({"register", "a@pbx", "--password-file", "secret"}, e).phone.sip.account->password,
            "s3cret ");
  EXPECT_FALSE(good({"dial", "pbx"}, e).phone.sip.account);
  EXPECT_THAT(bad({"register", "a@pbx", "--password-file", "none"}, ErrorCode::kFile),
              HasSubstr("none"));
  EXPECT_THAT(bad({"register", "a@pbx", "--password-file", "empty"}, ErrorCode::kFile),
              HasSubstr("empty"));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"register", "a@pbx", "--password", "hunter2"},
                                             {"dial", "pbx", "--password=hunter2"},
                                             {"dial", "sip:a:hunter2@pbx"},
                                             {"dial", "a:hunter2@pbx"},
                                             {"register", "a:hunter2@pbx"},
                                             {"dial", "pbx", "--as", "a:hunter2@pbx"}}) {
    EXPECT_THAT(bad(words), AllOf(HasSubstr("--password-file"), Not(HasSubstr("hunter2"))));
  }
  EXPECT_THAT(bad({"dial", "pbx", "--password-file", "secret"}), HasSubstr("--as"));
  EXPECT_THAT(bad({"dial", "pbx", "--registrar", "sip:x"}), HasSubstr("--as"));
}

TEST(Parse, WhatIsNotBuiltIn) {
  bad({"dial", "local:x", "--say", "hello"}, ErrorCode::kUnsupported);
  bad({"answer", "--exec", "./bot"}, ErrorCode::kUnsupported);
  bad({"dial", "local:x", "--require-device"}, ErrorCode::kUnsupported);
  bad({"dial", "pbx", "--transport", "tls"}, ErrorCode::kUnsupported);
}

TEST(Parse, TogetherTheyMakeSense) {
  EXPECT_THAT(bad({"answer", "--reject", "486", "--play", "a.wav"}), HasSubstr("--reject"));
  EXPECT_THAT(bad({"answer", "--early"}), HasSubstr("--play"));
  EXPECT_THAT(bad({"echo", "--delay", "3s"}), HasSubstr("more than 2s"));
  EXPECT_THAT(bad({"register", "pbx"}), HasSubstr("no user"));
}

TEST(Parse, HelpAndVersion) {
  EXPECT_EQ(good({"--help"}).row, &kHelpCommand);
  EXPECT_EQ(good({"-V"}).row, &kVersionCommand);
  const Command c = good({"dial", "--paly", "--help"});
  EXPECT_EQ(c.row, &kHelpCommand);
  EXPECT_THAT(c.words, ElementsAre("dial"));
}

TEST(OptionTable, IsWhole) {
  std::vector<std::string> names;
  for (const OptionRow& row : option_table()) {
    EXPECT_EQ(row.name.substr(0, 2), "--");
    EXPECT_NE(row.apply, nullptr) << row.name;
    EXPECT_NE(row.commands, 0U) << row.name;
    EXPECT_TRUE(row.hidden || !row.help.empty()) << row.name;
    names.emplace_back(row.name);
    if (row.choices.empty() || row.argument.empty()) continue;
    // Every choice that a completion offers is taken.
    for (std::size_t at = 0; at <= row.choices.size();) {
      const std::size_t end = std::min(row.choices.find('|', at), row.choices.size());
      Command command;
      const std::string choice = row.choices.substr(at, end - at);
      EXPECT_TRUE(row.apply(command, row, choice)) << row.name << " " << choice;
      at = end + 1;
    }
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// Pasted from --help, split as a shell would: they parse.
TEST(CommandTable, ExamplesAreTaken) {
  for (const CommandRow* row : command_table()) {
    std::string_view lines = row->examples;
    while (!lines.empty()) {
      const std::string line(lines.substr(0, lines.find('\n')));
      lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      for (const char c : line + " ") {
        if (c == '\'') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          words.push_back(std::move(word));
          word.clear();
        } else {
          word += c;
        }
      }
      ASSERT_EQ(words.front(), "lineman") << line;
      words.erase(words.begin());
      for (std::string& each : words) {
        if (each == "secret.txt") each = "secret";
      }
      auto command = parse(words);
      ASSERT_TRUE(command) << line << ": " << command.error().text;
      if (command->row->print != nullptr) {
        EXPECT_TRUE(command->row->print(*command)) << line;
      }
    }
  }
}

}  // namespace
}  // namespace lineman
