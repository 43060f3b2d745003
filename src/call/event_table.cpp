// The rows of the events, in the order of EventBody, and how a row becomes a line.
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "event_fields.h"
#include "lineman/text.h"

namespace lineman {
namespace {

template <class T>
void visit_row(const EventBody& body, FieldVisitor& visitor) {
  if (const T* event = std::get_if<T>(&body)) event_fields(Fields(visitor), *event);
}

template <class T>
std::string text_row(const EventBody& body) {
  const T* event = std::get_if<T>(&body);
  return event != nullptr ? event_line(*event) : "";
}

template <class T>
EventRow row(std::string_view name, std::string_view summary) {
  return {name, summary, visit_row<T>, text_row<T>, T{}};
}

using Rows = std::array<EventRow, std::variant_size_v<EventBody>>;

Rows make_rows() {
  using namespace event;
  return {row<AppReady>("app.ready", "ready for calls"),
          row<Warning>("warning", "something a person should know; the work goes on"),
          row<CallIncoming>("call.incoming", "somebody calls"),
          row<CallTrying>("call.trying", "the INVITE is on its way"),
          row<CallRinging>("call.ringing", "the other side rings"),
          row<CallEarlyMedia>("call.early_media", "sound before the answer"),
          row<CallAnswered>("call.answered", "the 2xx"),
          row<CallEstablished>("call.established", "the ACK of the 2xx"),
          row<CallHeld>("call.held", "on hold"),
          row<CallResumed>("call.resumed", "no longer on hold"),
          row<CallEnded>("call.ended", "over, or never begun"),
          row<event::CallResult>("call.result", "the verdict on one call; once for every call"),
          row<MediaStarted>("media.started", "media was negotiated, or negotiated anew"),
          row<MediaFirstRtp>("media.first_rtp", "the first RTP packet came"),
          row<MediaStalled>("media.stalled", "no RTP came for --rtp-timeout"),
          row<MediaResumed>("media.resumed", "RTP comes again"),
          row<event::MediaStats>("media.stats", "both directions since the start; every 5 s"),
          row<PlayStarted>("play.started", "playing"),
          row<PlayEnded>("play.ended", "all was played, or stopped"),
          row<RecordStarted>("record.started", "recording"),
          row<RecordSaved>("record.saved", "the recording is complete on disk"),
          row<DtmfSent>("dtmf.sent", "a digit was sent"),
          row<DtmfReceived>("dtmf.received", "a digit came"),
          row<ToneDetected>("tone.detected", "a single tone is heard"),
          row<SpeechStarted>("speech.started", "speech is heard"),
          row<SpeechEnded>("speech.ended", "the speech is over"),
          row<RegisterOk>("register.ok", "the registrar accepted or refreshed us"),
          row<RegisterFailed>("register.failed", "the registrar refused or did not answer"),
          row<RegisterGone>("register.gone", "unregistered"),
          row<ExpectPassed>("expect.passed", "an --expect holds"),
          row<ExpectFailed>("expect.failed", "an --expect does not hold"),
          row<Probe>("probe", "what came back from OPTIONS"),
          row<event::Result>("result", "the verdict of the process; always the last line")};
}

const Rows& rows() {
  static const Rows table = make_rows();
  return table;
}

std::string utc(std::int64_t nanoseconds) {
  using namespace std::chrono;
  const sys_time<microseconds> time{floor<microseconds>(std::chrono::nanoseconds(nanoseconds))};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  const auto two = [](auto n) {
    const std::string text = std::to_string(n);
    return text.size() < 2 ? "0" + text : text;
  };
  const std::string micros = std::to_string(1'000'000 + clock.subseconds().count()).substr(1);
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
         "T" + two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":" +
         two(clock.seconds().count()) + "." + micros + "Z";
}

// Dotted paths nest.
struct JsonVisitor final : FieldVisitor {
  explicit JsonVisitor(nlohmann::ordered_json& object) : root(object) {}
  void field(std::string_view path, FieldType, FieldValue value, std::string_view) override {
    nlohmann::ordered_json* at = &root;
    for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
      at = &(*at)[std::string(path.substr(0, dot))];
      path.remove_prefix(dot + 1);
    }
    nlohmann::ordered_json& leaf = (*at)[std::string(path)];
    std::visit([&leaf](auto& v) { assign(leaf, v); }, value);
  }
  static void assign(nlohmann::ordered_json& leaf, std::monostate) { leaf = nullptr; }
  template <class T>
  static void assign(nlohmann::ordered_json& leaf, T& value) {
    leaf = std::move(value);
  }
  nlohmann::ordered_json& root;
};

}  // namespace

std::span<const EventRow> event_table() { return rows(); }
const EventRow& event_row(const EventBody& body) { return rows()[body.index()]; }

std::string event_json(const Event& event, std::uint64_t seq, const EventEpoch& epoch) {
  const Duration since = event.time - epoch.start;
  nlohmann::ordered_json line;
  line["v"] = 1;
  line["seq"] = seq;
  line["time"] = utc(epoch.utc_nanoseconds + since.count());
  line["t_ms"] = rounded("t_ms", to_ms(since)).value_or(0);
  if (!event.call.empty()) line["call"] = event.call;
  const EventRow& row = event_row(event.body);
  line["event"] = row.name;
  JsonVisitor visitor(line);
  row.visit(event.body, visitor);
  // `replace`: what is not UTF-8 becomes U+FFFD instead of an exception.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string event_text(const Event& event, const EventEpoch& epoch) {
  const std::string said = event_row(event.body).text(event.body);
  if (said.empty()) return "";
  // The verdict stands alone; everything else says when and in which call.
  if (std::holds_alternative<event::Result>(event.body)) return printable(said);
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(event.time - epoch.start).count();
  const std::string millis = std::to_string(1000 + since % 1000).substr(1);
  std::string when = std::to_string(since / 1000) + "." + millis;
  if (when.size() < 8) when.insert(0, 8 - when.size(), ' ');
  return printable(when + " " + (event.call.empty() ? "" : event.call + " ") + said);
}

}  // namespace lineman
