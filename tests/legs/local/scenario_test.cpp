#include "scenario.h"

#include <gtest/gtest.h>

#include "lineman/leg.h"

namespace lineman {
namespace {

using Kind = Scenario::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Scenario, EveryNameIsListedAndParses) {
  const auto all = local_scenarios();
  EXPECT_EQ(all.size(), 8u);
  for (const LocalScenario& row : all) {
    EXPECT_TRUE(parse_scenario("local:" + std::string(row.name))) << row.name;
    EXPECT_FALSE(row.summary.empty());
  }
}

TEST(Scenario, ArgumentsAreWhatTheySay) {
  const auto answer = parse_scenario(
      "local:answer?ring=1s&play=tone:440,2s&record=my%20file%26.wav&dtmf=12w3&hangup=5s");
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->kind, Kind::kAnswer);
  EXPECT_EQ(answer->ring, seconds(1));
  ASSERT_TRUE(answer->play);
  EXPECT_EQ(answer->play->kind, SourceSpec::Kind::kTone);
  EXPECT_EQ(answer->play->length, seconds(2));
  EXPECT_EQ(answer->record, "my file&.wav");
  EXPECT_EQ(answer->digits, "12w3");
  EXPECT_EQ(answer->hang_up, seconds(5));
  EXPECT_EQ(parse_scenario("local:echo?delay=200ms")->delay, milliseconds(200));
  EXPECT_EQ(parse_scenario("local:reject?code=404")->code, 404);
  EXPECT_EQ(parse_scenario("LOCAL:busy")->kind, Kind::kBusy);
  EXPECT_EQ(parse_scenario("local:echo")->ring, milliseconds(100));
  EXPECT_FALSE(parse_scenario("local:echo")->hang_up);
}

TEST(Scenario, ErrorsNameTheThingAndTheCure) {
  const auto why = [](const std::string& uri) {
    const auto scenario = parse_scenario(uri);
    EXPECT_FALSE(scenario) << uri;
    if (scenario) return std::string();
    EXPECT_EQ(scenario.error().code, ErrorCode::kUsage);
    return scenario.error().text;
  };
  EXPECT_NE(why("local:eco").find("did you mean 'echo'"), std::string::npos) << why("local:eco");
  for (const LocalScenario& row : local_scenarios()) {
    EXPECT_NE(why("local:nobody").find(row.name), std::string::npos) << row.name;
  }
  EXPECT_NE(why("local:").find("known:"), std::string::npos);
  EXPECT_NE(why("sip:x@y").find("not a local: URI"), std::string::npos);
  EXPECT_NE(why("local:busy?play=x.wav").find("takes no arguments"), std::string::npos);
  EXPECT_NE(why("local:answer?plya=x.wav").find("play=SRC"), std::string::npos);
  EXPECT_NE(why("local:answer?play").find("play=SRC"), std::string::npos);
  EXPECT_NE(why("local:answer?").find("play=SRC"), std::string::npos);
  EXPECT_NE(why("local:answer?,=1").find("play=SRC"), std::string::npos);
  EXPECT_NE(why("local:answer?ring=1").find("ring=1"), std::string::npos);
  EXPECT_NE(why("local:answer?play=-").find("stdin"), std::string::npos);
  EXPECT_NE(why("local:answer?record=-").find("file"), std::string::npos);
  why("local:answer?dtmf=12x");
  for (const char* code : {"200", "700", "4", "abc", "404x", ""}) {
    EXPECT_NE(why(std::string("local:reject?code=") + code).find("300 to 699"), std::string::npos);
  }
  EXPECT_EQ(why("local:\x1b[2J").find('\x1b'), std::string::npos);  // untrusted on a terminal
}

}  // namespace
}  // namespace lineman
