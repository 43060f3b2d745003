// The fields of call.result and result, and how --expect and --print find them.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "event_fields.h"

namespace lineman {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

void direction_fields(Fields f, const MediaSummary& way, bool received) {
  f.count("packets", way.packets, received ? "RTP packets received" : "RTP packets sent");
  f.count("lost", way.lost,
          received ? "packets that never came (RFC 3550 appendix A.3)"
                   : "packets of ours that the peer's RTCP reports as lost");
  f.number("loss_pct", way.loss_pct, "lost packets in per cent of those expected");
  f.count(
      "late", way.late,
      received ? "packets that came too late to be played" : "frames sent late by this machine");
  f.number("concealed_ms", way.concealed_ms, "sound made up for what was lost or late, ms");
  f.number("jitter_ms", way.jitter_ms, "interarrival jitter (RFC 3550 section 6.4.1), ms");
  f.number("delay_ms", way.delay_ms, "mean delay of the jitter buffer, ms");
  f.number("level_db", way.level_db,
           "RMS level of the active part, dBov (a full-scale square wave is 0)");
  f.word("audio", way.audio, "what it sounds like: tone:HZ, speech, silence or none");
  f.number("rtt_ms", way.rtt_ms, "round trip by RTCP (RFC 3550 section 6.4.1), ms");
  f.number("mos", way.mos,
           "estimated listening quality, 1 to 4.5; null without a model for the codec");
  f.text("mos_model", way.mos_model, "the model that `mos` comes from");
  if (!received) {
    f.flag("heard_by_peer", way.heard_by_peer,
           "the peer's RTCP reports say that our packets arrive; null without reports");
  }
}

// What every result says, for however many calls.
void verdict_fields(Fields& f, const CallResult& r) {
  f.count("exit", static_cast<int>(r.exit), "exit code");
  f.word("verdict", r.verdict, "the exit code as a word");
  f.list("causes", r.causes, "every finding, the deciding one first");
  f.text("diagnosis", r.diagnosis, "what the wire shows about why; null when nothing is wrong");
}

void call_fields(Fields& f, const CallResult& r) {
  f.word("status", r.status, "none, answered, unanswered, busy, rejected or failed");
  f.count("sip_code", r.sip_code, "final status from the peer; null when none came");
  f.text("reason", r.reason, "the reason phrase");
  f.count("q850", r.q850, "cause of a Reason header (Q.850), from the peer");
  f.text("cause", r.cause, "why the call ended, in no protocol's words");
  f.text("ended_by", r.ended_by, "local, peer or network");
  f.text("call_id", r.call_id, "Call-ID");
  f.text("remote", r.remote, "URI of the other side");
  f.text("codec", r.codec, "codec that was sent");
  f.number("pdd_ms", r.pdd_ms,
           "Session Request Delay (RFC 6076 section 4.3.1): INVITE to the first ringing or final "
           "response, ms");
  f.number("setup_ms", r.setup_ms, "INVITE to the answer (2xx), ms");
  f.number("first_rtp_ms", r.first_rtp_ms, "answer to the first RTP packet, ms");
  f.number("duration_ms", r.duration_ms,
           "Session Duration Time (RFC 6076 section 4.5): answer to the end, ms");
  f.word("digits", r.digits, "digits received");
  f.flag("digits_complete", r.digits_complete,
         "the last read got all its digits; null without a read");
  f.word(
      "media", r.media,
      "two_way; received (nothing says whether the peer heard us), one_way_rx, one_way_tx, none, "
      "unproven (too short to tell) or not_negotiated");
  media_fields(f, r.rx, r.tx);
}

struct Finder final : FieldVisitor {
  explicit Finder(std::string_view p) : path(p) {}
  void field(std::string_view p, FieldType, FieldValue v, std::string_view) override {
    if (p != path) return;
    value = std::move(v);
    found = true;
  }
  std::string_view path;
  FieldValue value;
  bool found = false;
};

Finder find(const ProcessResult& result, std::string_view path) {
  Finder finder(path);
  result_fields(Fields(finder), result);
  return finder;
}

}  // namespace

std::optional<double> rounded(std::string_view path, double value) {
  if (!std::isfinite(value)) return std::nullopt;
  const bool tenths = ends_with(path, "_ms") || ends_with(path, "_db") || ends_with(path, "hz");
  const double scale = tenths ? 10 : 100;
  if (std::abs(value) > 1e12) return value;
  return std::round(value * scale) / scale + 0.0;  // -0 becomes 0
}

void Fields::put(std::string_view name, FieldType type, FieldValue value, std::string_view help) {
  visitor_.field(prefix_ + std::string(name), type, std::move(value), help);
}
void Fields::word(std::string_view name, const std::string& value, std::string_view help) {
  put(name, FieldType::kString, value, help);
}
void Fields::text(std::string_view name, const std::string& value, std::string_view help) {
  put(name, FieldType::kString, value.empty() ? FieldValue() : FieldValue(value), help);
}
void Fields::number(std::string_view name, double value, std::string_view help) {
  put(name, FieldType::kNumber, rounded(name, value).value_or(0), help);
}
void Fields::number(std::string_view name, const std::optional<double>& value,
                    std::string_view help) {
  const std::optional<double> shown = value ? rounded(name, *value) : std::nullopt;
  put(name, FieldType::kNumber, shown ? FieldValue(*shown) : FieldValue(), help);
}
void Fields::count(std::string_view name, std::int64_t value, std::string_view help) {
  put(name, FieldType::kInt, value, help);
}
void Fields::count(std::string_view name, const std::optional<int>& value, std::string_view help) {
  put(name, FieldType::kInt, value ? FieldValue(std::int64_t{*value}) : FieldValue(), help);
}
void Fields::flag(std::string_view name, const std::optional<bool>& value, std::string_view help) {
  put(name, FieldType::kBool, value ? FieldValue(*value) : FieldValue(), help);
}
void Fields::list(std::string_view name, const std::vector<std::string>& value,
                  std::string_view help) {
  put(name, FieldType::kStrings, value, help);
}
void Fields::status(int value) {
  count("sip_code", value == 0 ? std::nullopt : std::optional(value),
        "status from the peer; null when none came");
}

void media_fields(Fields fields, const MediaSummary& rx, const MediaSummary& tx) {
  direction_fields(fields.nested("rx"), rx, true);
  direction_fields(fields.nested("tx"), tx, false);
}

void result_fields(Fields fields, const CallResult& result) {
  verdict_fields(fields, result);
  call_fields(fields, result);
}

void result_fields(Fields fields, const ProcessResult& result) {
  verdict_fields(fields, result.call);
  // With several calls nobody's figures stand for all of them: each has its own call.result.
  if (result.calls <= 1) call_fields(fields, result.call);
  fields.count("calls", result.calls, "calls that were made or taken");
  fields.count("calls_ok", result.calls_ok, "calls with exit 0");
  fields.count("calls_failed", result.calls_failed, "calls with another exit");
  fields.count("events_dropped", result.events_dropped, "events lost because nobody read them");
  fields.count("seed",
               static_cast<std::int64_t>(
                   std::min<std::uint64_t>(result.seed, std::numeric_limits<std::int64_t>::max())),
               "--seed that repeats this run");
  fields.word("version", result.version, "of lineman");
}

FieldValue result_field(const ProcessResult& result, std::string_view path) {
  return find(result, path).value;
}

bool is_result_field(std::string_view path) { return find(ProcessResult{}, path).found; }

std::vector<std::string> result_fields() {
  struct Lister final : FieldVisitor {
    void field(std::string_view path, FieldType, FieldValue, std::string_view) override {
      paths.emplace_back(path);
    }
    std::vector<std::string> paths;
  } lister;
  result_fields(Fields(lister), ProcessResult{});
  return std::move(lister.paths);
}

std::string field_text(const FieldValue& value) {
  struct Text {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool v) const { return v ? "yes" : "no"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      std::array<char, 400> buffer{};  // the longest double in fixed notation has 309 digits
      const auto [end, error] =
          std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::fixed);
      return error == std::errc{} ? std::string(buffer.data(), end) : "";
    }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::string>& v) const {
      std::string all;
      for (const std::string& each : v) all += (all.empty() ? "" : ",") + each;
      return all;
    }
  };
  return std::visit(Text{}, value);
}

}  // namespace lineman
