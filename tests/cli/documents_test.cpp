// What is printed: help, documents, explanations, reports. All of it follows from the tables.
#include <gmock/gmock.h>

#include "check_report.h"
#include "docs.h"
#include "help.h"
#include "junit.h"
#include "layout.h"
#include "sip_status.h"

namespace lineman {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<std::string> print(const CommandRow& row, std::vector<std::string> words) {
  Command command;
  command.row = &row;
  command.words = std::move(words);
  return row.print(command);
}

TEST(Layout, WrapsAtWords) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("incomprehensibilities", 2, 9), "  incomprehensibilities\n");
  EXPECT_EQ(wrapped("", 2, 9), "");
  EXPECT_EQ(entry("-a", "b c", 6, 80), "  -a  b c\n");
  EXPECT_EQ(entry("--long", "b", 6, 80), "  --long\n      b\n");
}

TEST(Documents, NameEveryOptionAndCommand) {
  const std::string man = man_page();
  const std::string bash = bash_completion();
  const std::string zsh = zsh_completion();
  const std::string fish = fish_completion();
  for (const OptionRow& row : option_table()) {
    std::string escaped;
    for (const char c : row.name) escaped += c == '-' ? "\\-" : std::string(1, c);
    const auto named = row.hidden ? 0U : 1U;
    EXPECT_EQ(man.find("\\fB" + escaped + "\\fR") != man.npos, named) << row.name;
    EXPECT_EQ(bash.find(" " + std::string(row.name) + (row.hidden ? " " : "")) != bash.npos, named)
        << row.name;
    EXPECT_EQ(zsh.find("*" + std::string(row.name) + "[") != zsh.npos, named) << row.name;
    EXPECT_EQ(fish.find("-l " + std::string(row.name.substr(2)) + " ") != fish.npos, named)
        << row.name;
  }
  for (const CommandRow* row : command_table()) {
    if (row->hidden) continue;
    EXPECT_THAT(man, HasSubstr("lineman " + std::string(row->name)));
    EXPECT_THAT(help_overview(), HasSubstr(row->name));
    const std::string help = help_command(*row);
    for (const OptionRow& option : option_table()) {
      if (option.hidden) continue;
      EXPECT_EQ(help.find("\n  " + option_left(option)) != help.npos, option.is_for(*row))
          << row->name << " " << option.name;
    }
  }
}

TEST(Help, KnowsCommandsVerbsTopicsAndOptions) {
  EXPECT_THAT(*print(kHelpCommand, {"wait"}), HasSubstr("wait 2s"));
  EXPECT_THAT(*print(kHelpCommand, {"play"}), AllOf(HasSubstr("lineman play"), HasSubstr("loop")));
  EXPECT_THAT(*print(kHelpCommand, {"--seed"}), HasSubstr("repeat"));
  for (const LocalScenario& each : local_scenarios()) {
    EXPECT_THAT(*print(kHelpCommand, {"local"}), HasSubstr("local:" + std::string(each.name)));
  }
  for (const std::string& field : result_fields()) EXPECT_THAT(help_fields(), HasSubstr(field));
  EXPECT_THAT(print(kHelpCommand, {"wiat"}).error().text, HasSubstr("'wait'"));
}

TEST(Explain, CodesAndCauses) {
  EXPECT_THAT(*print(kExplainCommand, {"486"}), AllOf(HasSubstr("Busy Here"), HasSubstr("code 8")));
  EXPECT_THAT(*print(kExplainCommand, {"183"}), HasSubstr("Session Progress"));
  EXPECT_THAT(*print(kExplainCommand, {"143"}), HasSubstr("signal_15"));
  EXPECT_THAT(*print(kExplainCommand, {"no_answer"}), HasSubstr("code 6"));
  EXPECT_THAT(print(kExplainCommand, {"bisy"}).error().text, HasSubstr("'busy'"));
  EXPECT_FALSE(print(kExplainCommand, {"99"}));
  EXPECT_FALSE(print(kExplainCommand, {"700"}));
  EXPECT_FALSE(print(kExplainCommand, {"99999999999"}));
  for (const ExitRow& row : exit_table()) {
    EXPECT_THAT(*print(kExplainCommand, {std::string(row.name)}), HasSubstr("exit code"));
    if (row.code == Exit::kSignal) continue;
    EXPECT_THAT(*print(kExplainCommand, {std::to_string(static_cast<int>(row.code))}),
                HasSubstr(row.name));
  }
  for (int i = 0; i <= static_cast<int>(Cause::kInternal); ++i) {
    EXPECT_TRUE(print(kExplainCommand, {std::string(cause_name(static_cast<Cause>(i)))})) << i;
  }
  for (std::size_t i = 1; i < sip_statuses().size(); ++i) {
    EXPECT_LT(sip_statuses()[i - 1].code, sip_statuses()[i].code);
  }
}

CallResult answered() {
  CallResult r;
  r.status = "answered";
  r.verdict = "ok";
  r.sip_code = 200;
  r.remote = "sip:x\033[31m@pbx";
  r.codec = "pcmu";
  r.duration_ms = 3000;
  r.rx.packets = r.tx.packets = 150;
  r.rx.audio = "tone:1000";
  r.rx.loss_pct = 0.7;
  r.rx.mos = 4.4;
  r.tx.heard_by_peer = true;
  return r;
}

TEST(CheckReport, SaysWhatCameBack) {
  CallResult r = answered();
  const std::string good = check_report(r, 1004);
  EXPECT_THAT(good, AllOf(HasSubstr("OK: the call works"), HasSubstr("our own tone (1000 Hz"),
                          HasSubstr("0.7 % lost"), HasSubstr("MOS 4.4"),
                          HasSubstr("heard by the peer (RTCP)"), HasSubstr("answered (200)")));
  EXPECT_THAT(good, Not(HasSubstr("\033")));
  r.rx.audio = "tone:425";
  EXPECT_THAT(check_report(r, 1004), HasSubstr("another tone (425 Hz"));
  r.rx.audio = "silence";
  EXPECT_THAT(check_report(r, 1004), HasSubstr("heard       silence"));
  r.exit = Exit::kNoMedia;
  r.verdict = "no_media";
  r.rx = {};
  r.tx.heard_by_peer.reset();
  r.causes = {"no RTP came"};
  r.diagnosis = "NAT";
  EXPECT_THAT(check_report(r, 1004),
              AllOf(HasSubstr("no_media (11)"), HasSubstr("nothing at all"), HasSubstr("no RTCP"),
                    HasSubstr("found       no RTP came"), HasSubstr("diagnosis   NAT"),
                    HasSubstr("look at")));
}

Event of(std::string call, EventBody body) {
  Event event;
  event.call = std::move(call);
  event.body = std::move(body);
  return event;
}

TEST(Junit, ACaseForEveryCallAndExpectation) {
  JunitReport report("dial", "sip:<x>&\"@pbx");
  report.take(of("c1", event::ExpectPassed{"rx.mos>3", "4.4"}));
  report.take(of("c1", event::ExpectFailed{"setup_ms=..5", "12"}));
  event::CallResult call;
  call.result.exit = Exit::kExpectation;
  call.result.verdict = "expectation_failed";
  call.result.causes = {"bad \x01 \xff <thing>"};
  call.result.duration_ms = 1500;
  report.take(of("c1", call));
  event::Result result;
  result.result.call = call.result;
  result.result.calls = 1;
  report.take(of("", result));
  EXPECT_EQ(report.text(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites>\n"
            "  <testsuite name=\"lineman dial\" tests=\"3\" failures=\"2\" time=\"1.500\">\n"
            "    <testcase classname=\"lineman.expect\" name=\"c1 rx.mos&gt;3\" time=\"0.000\"/>\n"
            "    <testcase classname=\"lineman.expect\" name=\"c1 setup_ms=..5\" time=\"0.000\">\n"
            "      <failure type=\"expectation_failed\" message=\"is 12\"></failure>\n"
            "    </testcase>\n"
            "    <testcase classname=\"lineman.dial\" name=\"call c1 "
            "sip:&lt;x&gt;&amp;&quot;@pbx\" time=\"1.500\">\n"
            "      <failure type=\"expectation_failed\" message=\"bad \\x01 \\xff "
            "&lt;thing&gt;\">bad \\x01 \\xff &lt;thing&gt;\n</failure>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

TEST(Junit, WhatIsNoCallIsACaseToo) {
  event::Result result;
  result.result.call.exit = Exit::kLocal;
  result.result.call.verdict = "local_resource";
  JunitReport none("dial", "pbx");
  none.take(of("", result));
  EXPECT_THAT(none.text(), AllOf(HasSubstr("tests=\"1\" failures=\"1\""), HasSubstr("dial pbx")));
  // The calls went well, what stood around them did not.
  JunitReport after("echo", "");
  after.take(of("c1", event::CallResult{}));
  after.take(of("", result));
  EXPECT_THAT(after.text(), HasSubstr("tests=\"2\" failures=\"1\""));
}

}  // namespace
}  // namespace lineman
