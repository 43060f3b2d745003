#include "lineman/event.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace lineman {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

// As much of JSON Schema as the schema uses. Strict: a property that is not listed is an error, so
// that an event and its schema have exactly the same fields.
std::string misfit(const Json& value, Json schema, const Json& root, const std::string& at) {
  if (schema.contains("$ref")) {
    schema = root.at(nlohmann::json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }
  if (schema.contains("const") && schema["const"] != value) return at + " is not the constant";
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    const auto is = [&value](const std::string& type) {
      if (type == "integer") return value.is_number_integer();
      if (type == "number") return value.is_number();
      if (type == "string") return value.is_string();
      if (type == "boolean") return value.is_boolean();
      if (type == "array") return value.is_array();
      if (type == "object") return value.is_object();
      return type == "null" && value.is_null();
    };
    bool ok = false;
    for (const Json& type : types) ok = ok || is(type.get<std::string>());
    if (!ok) return at + " has the wrong type: " + value.dump();
  }
  if (value.is_object()) {
    for (const Json& name : schema["required"]) {
      if (!value.contains(name.get<std::string>())) return at + " lacks " + name.dump();
    }
    for (const auto& [name, each] : value.items()) {
      if (!schema["properties"].contains(name)) return at + " has an unlisted " + name;
      std::string bad = misfit(each, schema["properties"][name], root, at + "/" + name);
      if (!bad.empty()) return bad;
    }
  }
  if (value.is_array()) {
    for (const Json& each : value) {
      std::string bad = misfit(each, schema["items"], root, at + "[]");
      if (!bad.empty()) return bad;
    }
  }
  return "";
}

Event of(EventBody body, std::string call = "c1") {
  Event event;
  event.time = TimePoint(std::chrono::microseconds(41'250));
  event.call = std::move(call);
  event.body = std::move(body);
  return event;
}
Json json(const Event& event, std::uint64_t seq = 3) {
  return Json::parse(event_json(event, seq, EventEpoch{}));
}
std::string text(const EventBody& body) { return event_text(of(body), EventEpoch{}); }

MediaSummary full_summary() {
  MediaSummary m;
  m.packets = 150;
  m.lost = 1;
  m.late = 2;
  m.loss_pct = 0.6623;
  m.jitter_ms = 1.26;
  m.delay_ms = 40.04;
  m.level_db = -16.04;
  m.rtt_ms = 0.3;
  m.mos = 4.386;
  m.mos_model = "G.107 (narrow-band)";
  m.concealed_ms = 40;
  m.audio = "tone:440";
  m.heard_by_peer = true;
  return m;
}
lineman::CallResult full_result() {
  lineman::CallResult r;
  r.verdict = "ok";
  r.status = "answered";
  r.sip_code = 200;
  r.reason = "OK";
  r.q850 = 16;
  r.cause = "normal";
  r.ended_by = "peer";
  r.call_id = "abc";
  r.remote = "sip:600@pbx";
  r.codec = "opus";
  r.pdd_ms = 12;
  r.setup_ms = 412.04;
  r.first_rtp_ms = 21;
  r.duration_ms = 3012.3;
  r.digits = "12";
  r.digits_complete = true;
  r.media = "two_way";
  r.rx = r.tx = full_summary();
  return r;
}

// "" when the line fits exactly one choice of the schema, and that choice bears its name.
std::string violation(const Event& event) {
  static const Json schema = Json::parse(event_schema());
  const Json line = json(event);
  std::string why = "no choice for " + line["event"].dump();
  int fitting = 0;
  for (const Json& choice : schema["oneOf"]) {
    const std::string bad = misfit(line, choice, schema, "");
    if (bad.empty()) ++fitting;
    if (choice["properties"]["event"]["const"] == line["event"]) why = bad;
  }
  return why.empty() && fitting != 1 ? "fits " + std::to_string(fitting) + " choices" : why;
}

TEST(EventSchema, EveryEventHasExactlyTheFieldsOfItsSchema) {
  const Json schema = Json::parse(event_schema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  ASSERT_EQ(schema["oneOf"].size(), event_table().size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < event_table().size(); ++i) {
    const EventRow& row = event_table()[i];
    EXPECT_EQ(row.example.index(), i);
    EXPECT_EQ(&event_row(row.example), &row);
    EXPECT_TRUE(names.insert(std::string(row.name)).second) << row.name;
    EXPECT_EQ(violation(of(row.example)), "");
    const Json line = json(of(row.example));
    for (const auto& [name, property] : schema["oneOf"][i]["properties"].items()) {
      EXPECT_TRUE(line.contains(name)) << row.name << " " << name;
    }
  }
}

TEST(EventSchema, FilledEventsFitToo) {
  event::CallResult call{full_result()};
  EXPECT_EQ(violation(of(call)), "");
  event::Result result;
  result.result.call = full_result();
  result.result.calls = 1;
  EXPECT_EQ(violation(of(result, "")), "");
  result.result.calls = 3;
  EXPECT_EQ(violation(of(result, "")), "");
  EXPECT_FALSE(json(of(result, "")).contains("rx"));
  EXPECT_EQ(violation(of(event::MediaStats{full_summary(), full_summary()})), "");
  EXPECT_EQ(violation(of(event::CallEnded{"busy", "peer", "Busy Here", 486, 0})), "");
  EXPECT_EQ(violation(of(event::PlayStarted{{"a.wav", "tone:440,1s"}})), "");
  EXPECT_EQ(violation(of(event::AppReady{{"sip:127.0.0.1:5060"}, "sip:x@127.0.0.1"}, "")), "");
  EXPECT_NE(violation(of(event::CallRinging{}, "")), "");  // a call event names its call
}

TEST(EventSchema, DescribesFieldsInTheWordsOfRfc6076) {
  EXPECT_THAT(event_schema(), HasSubstr("Session Request Delay"));
  EXPECT_THAT(event_schema(), HasSubstr("Session Duration Time"));
  EXPECT_EQ(event_schema().back(), '\n');
}

TEST(EventJson, IsOneLineInAFixedOrder) {
  EXPECT_EQ(event_json(of(event::CallAnswered{200, "opus", "127.0.0.1:4000", 412.04}), 3, {}),
            R"({"v":1,"seq":3,"time":"1970-01-01T00:00:00.041250Z","t_ms":41.3,"call":"c1",)"
            R"("event":"call.answered","sip_code":200,"codec":"opus",)"
            R"("remote_media":"127.0.0.1:4000","setup_ms":412.0})");
  EXPECT_EQ(event_json(of(event::RegisterGone{"sip:a@b"}, ""), 0, {}),
            R"({"v":1,"seq":0,"time":"1970-01-01T00:00:00.041250Z","t_ms":41.3,)"
            R"("event":"register.gone","aor":"sip:a@b"})");
}

TEST(EventJson, TimeCountsFromTheEpoch) {
  EventEpoch epoch;
  epoch.start = TimePoint(std::chrono::hours(7));
  epoch.utc_nanoseconds = 1'709'251'199'999'999'500;  // 2024-02-29T23:59:59.9999995
  Event event = of(event::MediaResumed{});
  event.time = epoch.start + std::chrono::nanoseconds(500);
  Json line = Json::parse(event_json(event, 1, epoch));
  EXPECT_EQ(line["time"], "2024-03-01T00:00:00.000000Z");
  EXPECT_EQ(line["t_ms"], 0.0);
  event.time = epoch.start - std::chrono::milliseconds(2);
  line = Json::parse(event_json(event, 1, epoch));
  EXPECT_EQ(line["time"], "2024-02-29T23:59:59.997999Z");
  EXPECT_EQ(line["t_ms"], -2.0);
  event.time = epoch.start + std::chrono::hours(24);
  EXPECT_EQ(Json::parse(event_json(event, 1, epoch))["time"], "2024-03-01T23:59:59.999999Z");
}

TEST(EventJson, FiguresAreSane) {
  event::MediaStats stats{full_summary(), full_summary()};
  stats.rx.mos = std::numeric_limits<double>::quiet_NaN();
  stats.rx.level_db = -std::numeric_limits<double>::infinity();
  stats.rx.jitter_ms = -0.01;
  const Json rx = json(of(stats))["rx"];
  EXPECT_EQ(rx["mos"], nullptr);
  EXPECT_EQ(rx["level_db"], nullptr);
  EXPECT_EQ(rx["jitter_ms"].dump(), "0.0");
  EXPECT_EQ(rx["loss_pct"].dump(), "0.66");
  EXPECT_EQ(rx["delay_ms"].dump(), "40.0");
  EXPECT_EQ(rx["packets"].dump(), "150");
  EXPECT_FALSE(rx.contains("heard_by_peer"));
  EXPECT_EQ(json(of(stats))["tx"]["heard_by_peer"], true);
  EXPECT_EQ(json(of(event::ToneDetected{std::numeric_limits<double>::infinity()}))["hz"], 0.0);
}

TEST(EventJson, UntrustedTextIsRepaired) {
  event::CallIncoming call;
  call.from = "sip:a@b\"\n\x1b[2J";
  call.display = "J\xf6rg \xc3\xb6 \xed\xa0\x80";
  const std::string line = event_json(of(call), 1, {});
  EXPECT_EQ(line.find('\n'), line.npos);
  EXPECT_EQ(line.find('\x1b'), line.npos);
  const Json back = Json::parse(line);
  EXPECT_EQ(back["from"], call.from);
  EXPECT_THAT(back["display"].get<std::string>(), HasSubstr("J\xef\xbf\xbdrg \xc3\xb6 "));
  EXPECT_EQ(back["user_agent"], nullptr);
}

TEST(EventText, ReadsWell) {
  EXPECT_EQ(text(event::CallRinging{180}), "   0.041 c1 ringing (180)");
  EXPECT_EQ(text(event::CallAnswered{200, "opus", "", 412.4}),
            "   0.041 c1 answered 200 OK, opus, after 412.4 ms");
  EXPECT_EQ(text(event::CallEnded{"normal", "peer", "", 0, 12'345}),
            "   0.041 c1 call ended by the peer: normal, 12.3 s");
  EXPECT_EQ(text(event::CallEnded{"busy", "peer", "Busy Here", 486, 0}),
            "   0.041 c1 call ended by the peer: busy (486 Busy Here)");
  EXPECT_EQ(text(event::ToneDetected{440}), "   0.041 c1 heard tone 440 Hz");
  EXPECT_EQ(text(event::DtmfReceived{"5", "rfc4733", 100}),
            "   0.041 c1 received digit 5 (rfc4733, 100 ms)");
  EXPECT_EQ(text(event::ExpectFailed{"rx.mos>=3.5", "2.1"}),
            "   0.041 c1 not as expected: rx.mos>=3.5 (is 2.1)");
  EXPECT_EQ(text(event::CallEstablished{}), "");
  EXPECT_EQ(event_text(of(event::Warning{"w", "look"}, ""), {}), "   0.041 warning: look");
  EXPECT_EQ(text(event::MediaStats{full_summary(), MediaSummary{}}),
            "   0.041 c1 rx 150 packets, 0.7 % lost, 2 late, 40 ms concealed, jitter 1.3 ms, "
            "delay 40 ms, round trip 0.3 ms, MOS 4.4, audio tone:440, heard by the peer; "
            "tx 0 packets");
}

TEST(EventText, EveryRowIsOneEscapedLine) {
  for (const EventRow& row : event_table()) {
    EXPECT_EQ(event_text(of(row.example), {}).find('\n'), std::string::npos) << row.name;
  }
  event::CallIncoming call;
  call.from = "sip:a@b\n\x1b[2J\xff";
  const std::string line = text(call);
  EXPECT_THAT(line, HasSubstr("\\x1b"));
  EXPECT_THAT(line, HasSubstr("\\xff"));
  EXPECT_EQ(line.find_first_of("\n\x1b\xff"), line.npos);
}

TEST(EventText, TheVerdictIsOneLine) {
  event::Result e;
  e.result.calls = 1;
  e.result.call = full_result();
  EXPECT_EQ(text(e), "OK: answered, 3.0 s, two-way audio (rx 150 packets, 0.7 % lost, MOS 4.4)");

  lineman::CallResult& r = e.result.call;
  r.exit = Exit::kNoMedia;
  r.media = "none";
  r.rx = MediaSummary{};
  r.causes = {"no RTP came from the peer"};
  r.diagnosis = "a firewall drops it";
  EXPECT_EQ(text(e),
            "NO MEDIA (11): no RTP came from the peer; answered, 3.0 s, no audio (rx 0 packets); "
            "a firewall drops it");

  r = lineman::CallResult{};
  r.exit = Exit::kBusy;
  r.status = "busy";
  r.sip_code = 486;
  r.reason = "Busy Here";
  r.causes = {"busy (486)"};
  EXPECT_EQ(text(e), "BUSY (8): 486 Busy Here");

  r = lineman::CallResult{};
  r.exit = static_cast<Exit>(143);
  r.causes = {"cut short by signal 15"};
  EXPECT_EQ(text(e), "SIGNAL 15 (143): cut short by signal 15");

  e.result = ProcessResult{};
  EXPECT_EQ(text(e), "OK");
  e.result.calls = 5;
  EXPECT_EQ(text(e), "OK: 5 calls");
  e.result.calls_failed = 2;
  e.result.call.exit = Exit::kNoAnswer;
  e.result.events_dropped = 7;
  EXPECT_EQ(text(e), "NO ANSWER (6): 2 of 5 calls failed; 7 events dropped");
}

}  // namespace
}  // namespace lineman
