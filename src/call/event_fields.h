// How an event shows its fields to a FieldVisitor: one overload of fields() an event. Pure.
//
// Figures are rounded here, once, so that JSON, --print and --expect speak of the same value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/event.h"

namespace lineman {

class Fields {
 public:
  explicit Fields(FieldVisitor& visitor, std::string prefix = "")
      : visitor_(visitor), prefix_(std::move(prefix)) {}

  void word(std::string_view name, const std::string& value, std::string_view help);  // always said
  void text(std::string_view name, const std::string& value, std::string_view help);  // "": null
  void number(std::string_view name, double value, std::string_view help);
  void number(std::string_view name, const std::optional<double>& value, std::string_view help);
  void count(std::string_view name, std::int64_t value, std::string_view help);
  void count(std::string_view name, const std::optional<int>& value, std::string_view help);
  void flag(std::string_view name, const std::optional<bool>& value, std::string_view help);
  void list(std::string_view name, const std::vector<std::string>& value, std::string_view help);
  void status(int value);  // sip_code; 0: null
  Fields nested(std::string_view name) const {
    return Fields(visitor_, prefix_ + std::string(name) + ".");
  }

 private:
  void put(std::string_view name, FieldType type, FieldValue value, std::string_view help);

  FieldVisitor& visitor_;
  std::string prefix_;
};

// To the last place worth printing of this field: 0.1 of a millisecond, a dB or a Hz, 0.01 else.
// No value for what is not a finite number.
std::optional<double> rounded(std::string_view path, double value);

void result_fields(Fields fields, const CallResult& result);
void result_fields(Fields fields, const ProcessResult& result);
void media_fields(Fields fields, const MediaSummary& rx, const MediaSummary& tx);

// What it shows to a program (event_fields.cpp).
void event_fields(Fields fields, const event::AppReady& event);
void event_fields(Fields fields, const event::Warning& event);
void event_fields(Fields fields, const event::CallIncoming& event);
void event_fields(Fields fields, const event::CallTrying& event);
void event_fields(Fields fields, const event::CallRinging& event);
void event_fields(Fields fields, const event::CallEarlyMedia& event);
void event_fields(Fields fields, const event::CallAnswered& event);
void event_fields(Fields fields, const event::CallEstablished& event);
void event_fields(Fields fields, const event::CallHeld& event);
void event_fields(Fields fields, const event::CallResumed& event);
void event_fields(Fields fields, const event::CallEnded& event);
void event_fields(Fields fields, const event::CallResult& event);
void event_fields(Fields fields, const event::MediaStarted& event);
void event_fields(Fields fields, const event::MediaFirstRtp& event);
void event_fields(Fields fields, const event::MediaStalled& event);
void event_fields(Fields fields, const event::MediaResumed& event);
void event_fields(Fields fields, const event::MediaStats& event);
void event_fields(Fields fields, const event::PlayStarted& event);
void event_fields(Fields fields, const event::PlayEnded& event);
void event_fields(Fields fields, const event::RecordStarted& event);
void event_fields(Fields fields, const event::RecordSaved& event);
void event_fields(Fields fields, const event::DtmfSent& event);
void event_fields(Fields fields, const event::DtmfReceived& event);
void event_fields(Fields fields, const event::ToneDetected& event);
void event_fields(Fields fields, const event::SpeechStarted& event);
void event_fields(Fields fields, const event::SpeechEnded& event);
void event_fields(Fields fields, const event::RegisterOk& event);
void event_fields(Fields fields, const event::RegisterFailed& event);
void event_fields(Fields fields, const event::RegisterGone& event);
void event_fields(Fields fields, const event::ExpectPassed& event);
void event_fields(Fields fields, const event::ExpectFailed& event);
void event_fields(Fields fields, const event::Probe& event);
void event_fields(Fields fields, const event::Result& event);

// What it says to a person, not escaped yet; "": nothing (event_line.cpp).
std::string event_line(const event::AppReady& event);
std::string event_line(const event::Warning& event);
std::string event_line(const event::CallIncoming& event);
std::string event_line(const event::CallTrying& event);
std::string event_line(const event::CallRinging& event);
std::string event_line(const event::CallEarlyMedia& event);
std::string event_line(const event::CallAnswered& event);
std::string event_line(const event::CallEstablished& event);
std::string event_line(const event::CallHeld& event);
std::string event_line(const event::CallResumed& event);
std::string event_line(const event::CallEnded& event);
std::string event_line(const event::CallResult& event);
std::string event_line(const event::MediaStarted& event);
std::string event_line(const event::MediaFirstRtp& event);
std::string event_line(const event::MediaStalled& event);
std::string event_line(const event::MediaResumed& event);
std::string event_line(const event::MediaStats& event);
std::string event_line(const event::PlayStarted& event);
std::string event_line(const event::PlayEnded& event);
std::string event_line(const event::RecordStarted& event);
std::string event_line(const event::RecordSaved& event);
std::string event_line(const event::DtmfSent& event);
std::string event_line(const event::DtmfReceived& event);
std::string event_line(const event::ToneDetected& event);
std::string event_line(const event::SpeechStarted& event);
std::string event_line(const event::SpeechEnded& event);
std::string event_line(const event::RegisterOk& event);
std::string event_line(const event::RegisterFailed& event);
std::string event_line(const event::RegisterGone& event);
std::string event_line(const event::ExpectPassed& event);
std::string event_line(const event::ExpectFailed& event);
std::string event_line(const event::Probe& event);
std::string event_line(const event::Result& event);

}  // namespace lineman
