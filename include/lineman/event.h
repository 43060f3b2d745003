// The events: what a call (or the process) says. One struct and one row each; the JSON line, the
// text line and the place in the JSON Schema all follow from the row's visit(). Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lineman/call_result.h"
#include "lineman/result.h"
#include "lineman/time.h"

namespace lineman {

// A field of an event: a dotted path ("rx.loss_pct" nests in JSON), a value (monostate: null), its
// type for the schema.
using FieldValue =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;
enum class FieldType : std::uint8_t { kBool, kInt, kNumber, kString, kStrings };
struct FieldVisitor {
  virtual ~FieldVisitor() = default;
  // `help` says what it is, its unit and its source (RFC 6076 names where there are any).
  virtual void field(std::string_view path, FieldType type, FieldValue value,
                     std::string_view help) = 0;
};

namespace event {
struct AppReady {
  std::vector<std::string> addresses;
  std::string uri;
  std::string device = "null";
};
struct Warning {
  std::string code;
  std::string text;
};
struct CallIncoming {
  std::string from, to, display, source, user_agent, call_id;
};
struct CallTrying {
  std::string to, call_id;
};
struct CallRinging {
  int sip_code = 180;
};
struct CallEarlyMedia {
  int sip_code = 183;
  std::string tag, codec;
};
struct CallAnswered {
  int sip_code = 200;
  std::string codec, remote_media;
  double setup_ms = 0;
};
struct CallEstablished {};
struct CallHeld {
  std::string by;
};  // "peer", "local"
struct CallResumed {
  std::string by;
};
struct CallEnded {
  std::string cause, ended_by, reason;
  int sip_code = 0;
  double duration_ms = 0;
};
struct CallResult {
  lineman::CallResult result;
};
struct MediaStarted {
  std::string codec, local, remote;
  double ptime_ms = 20;
};
struct MediaFirstRtp {
  std::string source;
  double after_ms = 0;
};
struct MediaStalled {
  double silent_ms = 0;
};
struct MediaResumed {};
struct MediaStats {
  lineman::MediaSummary rx, tx;
};  // every 5 s
struct PlayStarted {
  std::vector<std::string> sources;
};
struct PlayEnded {
  double duration_ms = 0;
  std::int64_t underruns = 0;
};
struct RecordStarted {
  std::string file;
  int rate = 8000;
  int channels = 1;
};
struct RecordSaved {
  std::string file, reason;
  double duration_ms = 0;
};
struct DtmfSent {
  std::string digit, mode;
  double duration_ms = 0;
};
struct DtmfReceived {
  std::string digit, mode;
  double duration_ms = 0;
};
struct ToneDetected {
  double hz = 0;
};
struct SpeechStarted {};
struct SpeechEnded {
  double duration_ms = 0;
};
struct RegisterOk {
  std::string aor, contact;
  double expires_s = 0;
};
struct RegisterFailed {
  std::string aor, cause, reason;
  int sip_code = 0;
};
struct RegisterGone {
  std::string aor;
};
struct ExpectPassed {
  std::string expectation, actual;
};
struct ExpectFailed {
  std::string expectation, actual;
};
struct Probe {
  std::string uri, peer, user_agent, allow, supported, accept, cause;
  int sip_code = 0;
  double rtt_ms = 0;
};
struct Result {
  ProcessResult result;
};  // always the last line
}  // namespace event

using EventBody =
    std::variant<event::AppReady, event::Warning, event::CallIncoming, event::CallTrying,
                 event::CallRinging, event::CallEarlyMedia, event::CallAnswered,
                 event::CallEstablished, event::CallHeld, event::CallResumed, event::CallEnded,
                 event::CallResult, event::MediaStarted, event::MediaFirstRtp, event::MediaStalled,
                 event::MediaResumed, event::MediaStats, event::PlayStarted, event::PlayEnded,
                 event::RecordStarted, event::RecordSaved, event::DtmfSent, event::DtmfReceived,
                 event::ToneDetected, event::SpeechStarted, event::SpeechEnded, event::RegisterOk,
                 event::RegisterFailed, event::RegisterGone, event::ExpectPassed,
                 event::ExpectFailed, event::Probe, event::Result>;

struct Event {
  TimePoint time{};
  std::string call;  // "c1"; empty: the process
  EventBody body;
};

struct EventRow {
  std::string_view name;     // "call.answered"
  std::string_view summary;  // for the schema and the man page
  void (*visit)(const EventBody& body, FieldVisitor& visitor);
  std::string (*text)(const EventBody& body);  // one line for a person; "" says nothing to a person
  EventBody example;                           // default-constructed: what the schema is made from
};
std::span<const EventRow> event_table();  // in the order of EventBody
const EventRow& event_row(const EventBody& body);

// Wall-clock anchor: UTC of a TimePoint, and where t_ms counts from.
struct EventEpoch {
  TimePoint start{};
  std::int64_t utc_nanoseconds = 0;  // of `start`; 0 in virtual time: 1970-01-01
};

// {"v":1,"seq":3,"time":"2026-..Z","t_ms":41.2,"call":"c1","event":"call.answered",...} without a
// line break. Untrusted text is repaired.
std::string event_json(const Event& event, std::uint64_t seq, const EventEpoch& epoch);
// One line for stderr, control characters escaped; "" when the event says nothing to a person.
std::string event_text(const Event& event, const EventEpoch& epoch);
// JSON Schema (draft 2020-12) of every line, two-space indented, with a final newline.
std::string event_schema();

// Takes a typed event. Only sinks print. Control thread; a sink hands over to Writer.
struct EventSink {
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
};

// Fields of a result by dotted path, for --expect and --print.
FieldValue result_field(const ProcessResult& result, std::string_view path);
bool is_result_field(std::string_view path);
std::vector<std::string> result_fields();
std::string field_text(const FieldValue& value);  // "" for null, lists joined by commas

// 'FIELD OP VALUE': = != < <= > >= ~regex, and ranges FIELD=A..B, =..B, =A..  (a missing value
// fails).
struct Expectation {
  enum class Op : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kMore,
    kMoreEqual,
    kMatch,
    kRange
  } op{};
  std::string field, value;
  std::optional<double> low, high;  // kRange
  std::string text;                 // as written
};
lineman::Result<Expectation> parse_expectation(std::string_view text);
bool holds(const Expectation& expectation, const FieldValue& actual);

}  // namespace lineman
