// What each event says to a person: one line, or nothing. Not escaped here: event_text() does that.
#include <fmt/format.h>

#include <cctype>

#include "event_fields.h"

namespace lineman {
namespace {

// The value as field_text() would print it: 412 ms, 12.3 s.
std::string ms(double value) {
  const double shown = rounded("_ms", value).value_or(0);
  if (shown < 1000) return field_text(shown) + " ms";
  return fmt::format("{:.1f} s", shown / 1000);
}

std::string parenthesised(const std::string& text) { return text.empty() ? "" : " (" + text + ")"; }
std::string after_comma(const std::string& text) { return text.empty() ? "" : ", " + text; }

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
  std::string all;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!all.empty()) all += with;
    all += part;
  }
  return all;
}

std::string person(const std::string& who) {
  if (who == "local") return "us";
  return who.empty() ? "nobody" : "the " + who;
}

std::string packets(std::int64_t n) { return fmt::format("{} packet{}", n, n == 1 ? "" : "s"); }

// "rx 150 packets, 0.7 % lost, jitter 1.2 ms, MOS 4.4, tone:440"
std::string direction(std::string_view name, const MediaSummary& way) {
  std::string text = std::string(name) + " " + packets(way.packets);
  if (way.loss_pct) text += fmt::format(", {:.1f} % lost", *way.loss_pct);
  if (way.late > 0) text += fmt::format(", {} late", way.late);
  if (way.concealed_ms > 0) text += ", " + ms(way.concealed_ms) + " concealed";
  if (way.jitter_ms) text += ", jitter " + ms(*way.jitter_ms);
  if (way.delay_ms) text += ", delay " + ms(*way.delay_ms);
  if (way.rtt_ms) text += ", round trip " + ms(*way.rtt_ms);
  if (way.mos) text += fmt::format(", MOS {:.1f}", *way.mos);
  if (way.audio != "none" || way.packets > 0) text += ", audio " + way.audio;
  if (way.heard_by_peer)
    text += *way.heard_by_peer ? ", heard by the peer" : ", not heard by the peer";
  return text;
}

std::string media_words(const std::string& media) {
  if (media == "two_way") return "two-way audio";
  if (media == "received") return "audio received";
  if (media == "one_way_rx") return "one-way audio: we hear, the peer does not";
  if (media == "one_way_tx") return "one-way audio: nothing comes from the peer";
  if (media == "none") return "no audio";
  if (media == "unproven") return "audio unproven";
  return media == "not_negotiated" ? "no audio negotiated" : media;
}

// "answered, 3.0 s, two-way audio (rx 150 packets, 0.0 % lost, MOS 4.4)", "486 Busy Here"
std::string outcome(const lineman::CallResult& r) {
  if (r.status != "answered") {
    return joined({r.sip_code ? std::to_string(*r.sip_code) : "", r.reason}, " ");
  }
  std::string text = "answered";
  if (r.duration_ms) text += fmt::format(", {:.1f} s", *r.duration_ms / 1000);
  text += ", " + media_words(r.media);
  if (r.media == "not_negotiated") return text;
  text += " (rx " + packets(r.rx.packets);
  if (r.rx.loss_pct) text += fmt::format(", {:.1f} % lost", *r.rx.loss_pct);
  if (r.rx.mos) text += fmt::format(", MOS {:.1f}", *r.rx.mos);
  return text + ")";
}

// "OK", "NO MEDIA (11)"
std::string shout(Exit exit) {
  std::string text = verdict_name(exit);
  for (char& c : text) {
    c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return exit == Exit::kOk ? text : fmt::format("{} ({})", text, static_cast<int>(exit));
}

// What was found, then the facts. Before an answer the status line of the peer says all that the
// deciding finding says.
std::string story(const lineman::CallResult& r) {
  const std::string facts = outcome(r);
  const bool said = r.status != "answered" && !facts.empty() && r.exit != Exit::kExpectation;
  const std::size_t skip = said ? 1 : 0;
  std::vector<std::string> parts;
  if (skip > 0) parts.push_back(facts);
  for (std::size_t i = skip; i < r.causes.size(); ++i) parts.push_back(r.causes[i]);
  if (skip == 0) parts.push_back(facts);
  parts.push_back(r.diagnosis);
  return joined(parts, "; ");
}

}  // namespace

using namespace event;

std::string event_line(const AppReady& e) {
  return "ready on " + (e.addresses.empty() ? e.uri : joined(e.addresses, ", "));
}
std::string event_line(const Warning& e) { return "warning: " + e.text; }
std::string event_line(const CallIncoming& e) {
  return "call from " + joined({e.display, e.from}, " ") + " to " + e.to + parenthesised(e.source);
}
std::string event_line(const CallTrying& e) { return "calling " + e.to; }
std::string event_line(const CallRinging& e) { return fmt::format("ringing ({})", e.sip_code); }
std::string event_line(const CallEarlyMedia& e) {
  return fmt::format("early media ({})", e.sip_code) + after_comma(e.codec);
}
std::string event_line(const CallAnswered& e) {
  return fmt::format("answered {}{}", e.sip_code, e.sip_code == 200 ? " OK" : "") +
         after_comma(e.codec) + ", after " + ms(e.setup_ms);
}
std::string event_line(const CallEstablished&) { return ""; }
std::string event_line(const CallHeld& e) { return "held by " + person(e.by); }
std::string event_line(const CallResumed& e) { return "resumed by " + person(e.by); }
std::string event_line(const CallEnded& e) {
  std::string text = "call ended by " + person(e.ended_by) + ": " + e.cause;
  const std::string code = e.sip_code > 0 ? std::to_string(e.sip_code) : "";
  if (e.cause != "normal") text += parenthesised(joined({code, e.reason}, " "));
  return e.duration_ms > 0 ? text + fmt::format(", {:.1f} s", e.duration_ms / 1000) : text;
}
std::string event_line(const event::CallResult& e) {
  const lineman::CallResult& r = e.result;
  std::string text = shout(r.exit);
  if (r.status == "answered" && r.media != "not_negotiated") {
    if (!r.causes.empty()) text += ": " + r.causes.front();
    text += "; " + direction("rx", r.rx) + "; " + direction("tx", r.tx);
  } else if (const std::string said = story(r); !said.empty()) {
    text += ": " + said;
  }
  return r.digits.empty() ? text : text + "; digits " + r.digits;
}
std::string event_line(const MediaStarted& e) {
  return "media " + e.codec + ", " + ms(e.ptime_ms) + " packets, " + e.local + " to " + e.remote;
}
std::string event_line(const MediaFirstRtp& e) {
  return "first audio packet after " + ms(e.after_ms) + " from " + e.source;
}
std::string event_line(const MediaStalled& e) { return "no audio packets for " + ms(e.silent_ms); }
std::string event_line(const MediaResumed&) { return "audio packets again"; }
std::string event_line(const event::MediaStats& e) {
  return direction("rx", e.rx) + "; " + direction("tx", e.tx);
}
std::string event_line(const PlayStarted& e) { return "playing " + joined(e.sources, ", "); }
std::string event_line(const PlayEnded& e) {
  return "played " + ms(e.duration_ms) +
         (e.underruns > 0 ? fmt::format(", {} underruns", e.underruns) : "");
}
std::string event_line(const RecordStarted& e) {
  return fmt::format("recording to {} ({} Hz, {})", e.file, e.rate,
                     e.channels == 2 ? "stereo" : "mono");
}
std::string event_line(const RecordSaved& e) {
  return "recorded " + ms(e.duration_ms) + " to " + e.file + parenthesised(e.reason);
}
std::string event_line(const DtmfSent& e) {
  return "sent digit " + e.digit + parenthesised(joined({e.mode, ms(e.duration_ms)}, ", "));
}
std::string event_line(const DtmfReceived& e) {
  return "received digit " + e.digit + parenthesised(joined({e.mode, ms(e.duration_ms)}, ", "));
}
std::string event_line(const ToneDetected& e) {
  return "heard tone " + field_text(rounded("hz", e.hz).value_or(0)) + " Hz";
}
std::string event_line(const SpeechStarted&) { return "heard speech"; }
std::string event_line(const SpeechEnded& e) { return "speech ended after " + ms(e.duration_ms); }
std::string event_line(const RegisterOk& e) {
  return "registered " + e.aor + fmt::format(" for {:.0f} s", e.expires_s) +
         (e.contact.empty() ? "" : " as " + e.contact);
}
std::string event_line(const RegisterFailed& e) {
  const std::string code = e.sip_code > 0 ? std::to_string(e.sip_code) : "";
  return "registering " + e.aor + " failed: " + e.cause +
         parenthesised(joined({code, e.reason}, " "));
}
std::string event_line(const RegisterGone& e) { return "no longer registered: " + e.aor; }
std::string event_line(const ExpectPassed& e) {
  return "as expected: " + e.expectation + parenthesised(e.actual.empty() ? "" : "is " + e.actual);
}
std::string event_line(const ExpectFailed& e) {
  return "not as expected: " + e.expectation +
         (e.actual.empty() ? " (there is no value)" : " (is " + e.actual + ")");
}
std::string event_line(const Probe& e) {
  if (e.sip_code == 0) return e.uri + " does not answer" + (e.cause.empty() ? "" : ": " + e.cause);
  return fmt::format("{} answers {} in {}", e.uri, e.sip_code, ms(e.rtt_ms)) +
         parenthesised(joined({e.user_agent, e.peer}, ", ")) +
         (e.allow.empty() ? "" : "; allows " + e.allow) +
         (e.supported.empty() ? "" : "; supports " + e.supported);
}
std::string event_line(const event::Result& e) {
  const ProcessResult& p = e.result;
  std::vector<std::string> parts;
  if (p.calls > 1) {
    parts.push_back(p.calls_failed == 0
                        ? fmt::format("{} calls", p.calls)
                        : fmt::format("{} of {} calls failed", p.calls_failed, p.calls));
  }
  parts.push_back(story(p.call));
  if (p.events_dropped > 0) parts.push_back(fmt::format("{} events dropped", p.events_dropped));
  const std::string more = joined(parts, "; ");
  return shout(p.call.exit) + (more.empty() ? "" : ": " + more);
}

}  // namespace lineman
