// What each event shows to a program. The order here is the order in JSON.
#include "event_fields.h"

namespace lineman {

using namespace event;

void event_fields(Fields f, const AppReady& e) {
  f.list("addresses", e.addresses, "addresses listened on, as SIP URIs");
  f.text("uri", e.uri, "what to dial to reach us");
  f.word("device", e.device, "sound device; the word null when there is none");
}
void event_fields(Fields f, const Warning& e) {
  f.word("code", e.code, "a word for programs");
  f.word("text", e.text, "a sentence for people");
}
void event_fields(Fields f, const CallIncoming& e) {
  f.word("from", e.from, "URI of the caller, as the caller says");
  f.word("to", e.to, "URI that was called");
  f.text("display", e.display, "display name of the caller");
  f.text("source", e.source, "address that the call came from");
  f.text("user_agent", e.user_agent, "User-Agent of the caller");
  f.text("call_id", e.call_id, "Call-ID");
}
void event_fields(Fields f, const CallTrying& e) {
  f.word("to", e.to, "URI that is called");
  f.text("call_id", e.call_id, "Call-ID");
}
void event_fields(Fields f, const CallRinging& e) { f.status(e.sip_code); }
void event_fields(Fields f, const CallEarlyMedia& e) {
  f.status(e.sip_code);
  f.text("tag", e.tag, "To tag: which fork");
  f.text("codec", e.codec, "codec of the early media");
}
void event_fields(Fields f, const CallAnswered& e) {
  f.status(e.sip_code);
  f.text("codec", e.codec, "codec that we send");
  f.text("remote_media", e.remote_media, "where the peer wants its RTP");
  f.number("setup_ms", e.setup_ms, "INVITE to the answer (2xx), ms");
}
void event_fields(Fields, const CallEstablished&) {}
void event_fields(Fields f, const CallHeld& e) { f.word("by", e.by, "peer or local"); }
void event_fields(Fields f, const CallResumed& e) { f.word("by", e.by, "peer or local"); }
void event_fields(Fields f, const CallEnded& e) {
  f.word("cause", e.cause, "why, in no protocol's words");
  f.text("ended_by", e.ended_by, "local, peer or network");
  f.text("reason", e.reason, "the reason phrase");
  f.status(e.sip_code);
  f.number(
      "duration_ms", e.duration_ms,
      "Session Duration Time (RFC 6076 section 4.5): answer to the end, ms; 0 without an answer");
}
void event_fields(Fields f, const event::CallResult& e) { result_fields(f, e.result); }
void event_fields(Fields f, const MediaStarted& e) {
  f.word("codec", e.codec, "codec that we send");
  f.text("local", e.local, "our RTP address");
  f.text("remote", e.remote, "the peer's RTP address");
  f.number("ptime_ms", e.ptime_ms, "sound in each packet that we send, ms");
}
void event_fields(Fields f, const MediaFirstRtp& e) {
  f.word("source", e.source, "address that the packet came from");
  f.number("after_ms", e.after_ms, "since the answer, ms; before it: since the description, ms");
}
void event_fields(Fields f, const MediaStalled& e) {
  f.number("silent_ms", e.silent_ms, "since the last RTP packet, ms");
}
void event_fields(Fields, const MediaResumed&) {}
void event_fields(Fields f, const event::MediaStats& e) { media_fields(f, e.rx, e.tx); }
void event_fields(Fields f, const PlayStarted& e) {
  f.list("sources", e.sources, "what is played, in order");
}
void event_fields(Fields f, const PlayEnded& e) {
  f.number("duration_ms", e.duration_ms, "played, ms");
  f.count("underruns", e.underruns, "frames that a stream delivered too late");
}
void event_fields(Fields f, const RecordStarted& e) {
  f.word("file", e.file, "where it goes");
  f.count("rate", std::int64_t{e.rate}, "samples a second");
  f.count("channels", std::int64_t{e.channels}, "2: sent left, heard right");
}
void event_fields(Fields f, const RecordSaved& e) {
  f.word("file", e.file, "where it went");
  f.word("reason", e.reason, "what ended it");
  f.number("duration_ms", e.duration_ms, "recorded, ms");
}
void event_fields(Fields f, const DtmfSent& e) {
  f.word("digit", e.digit, "0-9 * # A-D");
  f.word("mode", e.mode, "rfc4733, info or inband");
  f.number("duration_ms", e.duration_ms, "length of the digit, ms");
}
void event_fields(Fields f, const DtmfReceived& e) {
  f.word("digit", e.digit, "0-9 * # A-D");
  f.word("mode", e.mode, "rfc4733, info or inband");
  f.number("duration_ms", e.duration_ms, "length of the digit, ms");
}
void event_fields(Fields f, const ToneDetected& e) { f.number("hz", e.hz, "frequency"); }
void event_fields(Fields, const SpeechStarted&) {}
void event_fields(Fields f, const SpeechEnded& e) {
  f.number("duration_ms", e.duration_ms, "length of the speech, ms");
}
void event_fields(Fields f, const RegisterOk& e) {
  f.word("aor", e.aor, "address of record");
  f.text("contact", e.contact, "the Contact that is bound to it");
  f.number("expires_s", e.expires_s, "granted by the registrar, s");
}
void event_fields(Fields f, const RegisterFailed& e) {
  f.word("aor", e.aor, "address of record");
  f.word("cause", e.cause, "why, in no protocol's words");
  f.text("reason", e.reason, "the reason phrase");
  f.status(e.sip_code);
}
void event_fields(Fields f, const RegisterGone& e) { f.word("aor", e.aor, "address of record"); }
void event_fields(Fields f, const ExpectPassed& e) {
  f.word("expectation", e.expectation, "as written");
  f.word("actual", e.actual, "the value it was held against; empty when there was none");
}
void event_fields(Fields f, const ExpectFailed& e) {
  f.word("expectation", e.expectation, "as written");
  f.word("actual", e.actual, "the value it was held against; empty when there was none");
}
void event_fields(Fields f, const Probe& e) {
  f.word("uri", e.uri, "what was asked");
  f.text("peer", e.peer, "address that answered");
  f.text("user_agent", e.user_agent, "User-Agent or Server of the peer");
  f.text("allow", e.allow, "methods that the peer allows");
  f.text("supported", e.supported, "extensions that the peer supports");
  f.text("accept", e.accept, "bodies that the peer accepts");
  f.text("cause", e.cause, "why there was no answer, in no protocol's words");
  f.status(e.sip_code);
  f.number("rtt_ms", e.rtt_ms, "OPTIONS to its response, ms; 0 without one");
}
void event_fields(Fields f, const event::Result& e) { result_fields(f, e.result); }

}  // namespace lineman
