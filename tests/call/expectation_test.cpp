#include <gmock/gmock.h>

#include <limits>

#include "lineman/event.h"

namespace lineman {
namespace {

using testing::HasSubstr;

ProcessResult sample() {
  ProcessResult p;
  CallResult& r = p.call;
  r.exit = Exit::kNoMedia;
  r.verdict = "no_media";
  r.causes = {"no RTP came", "expected rx.mos>=3.5"};
  r.status = "answered";
  r.sip_code = 200;
  r.cause = "normal";
  r.digits = "0042";
  r.digits_complete = true;
  r.setup_ms = 412.04;
  r.rx.packets = 150;
  r.rx.mos = 4.386;
  p.calls = 1;
  p.version = "0.1.0";
  return p;
}

bool met(std::string_view text) {
  const lineman::Result<Expectation> e = parse_expectation(text);
  EXPECT_TRUE(e) << text << ": " << (e ? "" : e.error().text);
  return e && holds(*e, result_field(sample(), e->field));
}
std::string error(std::string_view text) {
  const lineman::Result<Expectation> e = parse_expectation(text);
  EXPECT_FALSE(e) << text;
  if (e) return "";
  EXPECT_EQ(e.error().code, ErrorCode::kUsage);
  return e.error().text;
}

TEST(Expectation, Holds) {
  for (const std::string_view text : {"exit=11",
                                      "verdict=no_media",
                                      "sip_code=200",
                                      "sip_code==200",
                                      "sip_code!=404",
                                      "rx.packets>149",
                                      "rx.packets>=150",
                                      "rx.packets<=150",
                                      "rx.packets<151",
                                      "setup_ms=..500",
                                      "rx.mos=3.5..",
                                      "rx.mos=3.5..4.5",
                                      "rx.packets=150..150",
                                      " rx.packets  >  1e2 ",
                                      "setup_ms=412",
                                      "setup_ms<=412",
                                      "rx.mos=4.39",
                                      "rx.mos~^4\\.",
                                      "digits=0042",
                                      "digits~^0+42$",
                                      "digits!=42",
                                      "digits_complete=yes",
                                      "digits_complete=true",
                                      "digits_complete!=no",
                                      "causes~RTP",
                                      "causes=no RTP came",
                                      "causes!=busy",
                                      "causes=no RTP came,expected rx.mos>=3.5",
                                      "cause~norm|busy",
                                      "version~^[0-9]+[.]",
                                      "rx.packets=-1..1000"}) {
    EXPECT_TRUE(met(text)) << text;
  }
}

TEST(Expectation, DoesNotHold) {
  for (const std::string_view text :
       {"exit=0", "exit!=11", "verdict=no", "sip_code=404", "rx.packets>150", "rx.packets<150",
        "rx.packets=151..", "rx.packets=..149", "digits=42", "digits_complete=no", "digits~^4",
        "causes=RTP", "causes!=no RTP came", "causes~telephone"}) {
    EXPECT_FALSE(met(text)) << text;
  }
}

TEST(Expectation, AMissingValueFailsWhateverIsAsked) {
  for (const std::string_view text :
       {"q850=16", "q850!=16", "q850>0", "q850=..99", "q850~.*", "rx.loss_pct<=1", "diagnosis=x",
        "diagnosis!=x", "diagnosis~.*", "tx.heard_by_peer=yes", "tx.heard_by_peer!=yes",
        "codec="}) {
    EXPECT_FALSE(met(text)) << text;
  }
  const Expectation e = *parse_expectation("rx.mos!=1");
  EXPECT_FALSE(holds(e, std::numeric_limits<double>::quiet_NaN()));
}

TEST(Expectation, ABareFieldHintsAtQuoting) {
  EXPECT_THAT(error("rx.mos"), HasSubstr("--expect 'rx.mos>=3.5'"));
  EXPECT_THAT(error("rx.mos"), HasSubstr("rx.mos=3.5.."));
  EXPECT_THAT(error("cause"), HasSubstr("cause=VALUE"));
  EXPECT_THAT(error("rx.moss"), HasSubstr("'rx.mos'"));
  EXPECT_THAT(error(""), HasSubstr("no operator"));
}

TEST(Expectation, ErrorsNameTheThingAndTheCure) {
  EXPECT_THAT(error("rx.mox>=3"), HasSubstr("did you mean 'rx.mos'"));
  EXPECT_THAT(error("rx=1"), HasSubstr("no field"));
  EXPECT_THAT(error(">=3"), HasSubstr("begins with the operator"));
  EXPECT_THAT(error("setup_ms<=500ms"), HasSubstr("without a unit"));
  EXPECT_THAT(error("setup_ms=..412.0e0x"), HasSubstr("without a unit"));
  EXPECT_THAT(error("setup_ms=fast"), HasSubstr("number"));
  EXPECT_THAT(error("setup_ms="), HasSubstr("number"));
  EXPECT_THAT(error("q850=.."), HasSubstr("number"));
  EXPECT_THAT(error("rx.mos=nan"), HasSubstr("number"));
  EXPECT_THAT(error("rx.mos<inf"), HasSubstr("number"));
  EXPECT_THAT(error("rx.mos=4..3"), HasSubstr("wrong way round"));
  EXPECT_THAT(error("rx.mos>=1..2"), HasSubstr("range"));
  EXPECT_THAT(error("cause>busy"), HasSubstr("no order"));
  EXPECT_THAT(error("digits_complete=maybe"), HasSubstr("digits_complete=yes"));
  EXPECT_THAT(error("digits_complete>no"), HasSubstr("yes or no"));
  EXPECT_THAT(error("exit!11"), HasSubstr("unknown operator"));
  EXPECT_THAT(error("exit\x1b=1"), HasSubstr("\\x1b"));
}

TEST(Expectation, RegularExpressionsAreGuarded) {
  for (const std::string_view text :
       {"reason~(", "reason~[", "reason~*", "reason~a{2,1}", "reason~(a)\\1", "reason~a{99999999}",
        "reason~((a{100}){100}){100}", "reason~\\"}) {
    EXPECT_THAT(error(text), HasSubstr("regular expression")) << text;
  }
  EXPECT_THAT(error("reason~" + std::string(100000, '(')), HasSubstr("regular expression"));
  // A pattern that costs a backtracking matcher 2^n steps, and a value of a hostile length.
  const Expectation slow = *parse_expectation("reason~^(a+)+b$");
  EXPECT_FALSE(holds(slow, std::string(1'000'000, 'a')));
  EXPECT_TRUE(holds(slow, std::string(1000, 'a') + "b"));
  // A hexadecimal digest is still a pattern of an ordinary size.
  EXPECT_TRUE(met("digits~^[0-9a-f]{4}$"));
  EXPECT_TRUE(parse_expectation("call_id~^[0-9a-f]{64}@"));
}

TEST(ResultFields, AreTheOnesOfTheIssueAndAllCanBeAsked) {
  const std::vector<std::string> fields = result_fields();
  EXPECT_THAT(fields, testing::IsSupersetOf({"exit",
                                             "verdict",
                                             "causes",
                                             "diagnosis",
                                             "status",
                                             "sip_code",
                                             "reason",
                                             "q850",
                                             "cause",
                                             "ended_by",
                                             "call_id",
                                             "remote",
                                             "codec",
                                             "pdd_ms",
                                             "setup_ms",
                                             "first_rtp_ms",
                                             "duration_ms",
                                             "digits",
                                             "digits_complete",
                                             "media",
                                             "rx.packets",
                                             "rx.lost",
                                             "rx.loss_pct",
                                             "rx.late",
                                             "rx.concealed_ms",
                                             "rx.jitter_ms",
                                             "rx.delay_ms",
                                             "rx.level_db",
                                             "rx.audio",
                                             "rx.rtt_ms",
                                             "rx.mos",
                                             "rx.mos_model",
                                             "tx.packets",
                                             "tx.heard_by_peer",
                                             "calls",
                                             "calls_ok",
                                             "calls_failed",
                                             "events_dropped",
                                             "seed",
                                             "version"}));
  for (const std::string& field : fields) EXPECT_TRUE(is_result_field(field)) << field;
  EXPECT_FALSE(is_result_field("rx"));
  EXPECT_FALSE(is_result_field("rx.heard_by_peer"));
  EXPECT_FALSE(is_result_field(""));
}

TEST(ResultFields, ValuesAreRoundedAsTheyAreShown) {
  const ProcessResult p = sample();
  EXPECT_EQ(field_text(result_field(p, "setup_ms")), "412");
  EXPECT_EQ(field_text(result_field(p, "rx.mos")), "4.39");
  EXPECT_EQ(field_text(result_field(p, "rx.packets")), "150");
  EXPECT_EQ(field_text(result_field(p, "digits_complete")), "yes");
  EXPECT_EQ(field_text(result_field(p, "causes")), "no RTP came,expected rx.mos>=3.5");
  EXPECT_EQ(field_text(result_field(p, "q850")), "");
  EXPECT_EQ(field_text(result_field(p, "no.such")), "");
  EXPECT_EQ(field_text(-0.04), "-0.04");
  EXPECT_EQ(field_text(1e21), "1000000000000000000000");
}

TEST(ResultFields, OfSeveralCallsAreOnlyTheCounts) {
  ProcessResult p = sample();
  p.calls = 2;
  EXPECT_EQ(result_field(p, "rx.packets"), FieldValue());
  EXPECT_EQ(result_field(p, "calls"), FieldValue(std::int64_t{2}));
  EXPECT_EQ(result_field(p, "exit"), FieldValue(std::int64_t{11}));
}

}  // namespace
}  // namespace lineman
