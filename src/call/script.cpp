#include "script.h"

#include <algorithm>
#include <cmath>

namespace lineman {
namespace {

using namespace std::chrono_literals;

constexpr double kToneTolerance = 10;  // Hz
constexpr Duration kSendSlack = 5s;  // beyond the sum of the digits: the media thread is dead then

Duration pause_of(char c) {
  switch (c) {
    case 'w': return 500ms;
    case 'W': return 1s;
    case ',': return 2s;
    default: return {};
  }
}

}  // namespace

Script::Script(const CallOptions& options, std::deque<Action>& out)
    : options_(options), verbs_(options.script), out_(out) {}

// Starts one verb. True: done at once, the next may start.
struct Script::Begin {
  Script& s;
  TimePoint now;

  bool operator()(const verb::Answer&) { return true; }  // answered before the script starts
  bool operator()(const verb::Reject&) {
    s.errors_.push_back({ErrorCode::kUsage, "reject: the call is answered already"});
    return true;
  }
  bool operator()(const verb::Play& play) {
    s.plays_.push_back(++s.id_);
    s.out_.push_back(action::Play{s.id_, play});
    return false;
  }
  bool operator()(const verb::Record& record) {
    s.records_.push_back(++s.id_);
    s.out_.push_back(action::Record{s.id_, record});
    return !record.wait;
  }
  bool operator()(const verb::Echo& echo) {
    s.out_.push_back(action::Echo{echo.delay});
    return true;
  }
  bool operator()(const verb::Send& send) { return s.begin_send(send, now); }
  bool operator()(const verb::Read& read) {
    s.reads_ = true;
    s.taken_.clear();
    s.digits_complete_ = false;
    s.deadline_ = now + read.within;
    return s.take_digits(read);
  }
  bool operator()(const verb::Wait& wait) {
    if (wait.what == verb::Wait::For::kTone) s.out_.push_back(action::ListenForTone{wait.hz});
    s.deadline_ = s.wait_deadline(wait, now);
    return s.take_wait(wait, now);
  }
  bool operator()(const verb::Hold&) {
    s.out_.push_back(action::Renegotiate{Direction::kSendOnly});
    return false;
  }
  bool operator()(const verb::Resume&) {
    s.out_.push_back(action::Renegotiate{Direction::kSendRecv});
    return false;
  }
  bool operator()(const verb::Mute&) {
    s.out_.push_back(action::Mute{true});
    return true;
  }
  bool operator()(const verb::Unmute&) {
    s.out_.push_back(action::Mute{false});
    return true;
  }
  bool operator()(const verb::Stop&) {
    for (auto id : s.plays_) s.out_.push_back(action::StopPlay{id});
    for (auto id : s.records_) s.out_.push_back(action::StopRecord{id, RecordEnd::kStopped});
    s.plays_.clear();
    s.records_.clear();
    return true;
  }
  bool operator()(const verb::Hangup&) {
    s.hangup_ = true;
    return true;
  }
};

void Script::start(TimePoint now) {
  if (started_) return;
  started_ = true;
  if (!early_) silent_since_ = now;
  if (!running_) advance(now);
}

bool Script::start_early(TimePoint now) {
  if (early_ || started_ || verbs_.empty() || !std::holds_alternative<verb::Play>(verbs_[0])) {
    return false;
  }
  early_ = true;
  silent_since_ = now;
  running_ = true;
  std::visit(Begin{*this, now}, verbs_[next_++]);
  return true;
}

void Script::start_recording(TimePoint now) {
  while (!started_ && !running_ && next_ < verbs_.size() &&
         std::holds_alternative<verb::Record>(verbs_[next_])) {
    running_ = true;
    began_ = now;
    running_ = !std::visit(Begin{*this, now}, verbs_[next_++]);
  }
}

void Script::advance(TimePoint now) {
  while (started_ && !hangup_ && next_ < verbs_.size()) {
    running_ = true;
    began_ = now;
    deadline_ = kNever;
    if (!std::visit(Begin{*this, now}, verbs_[next_++])) return;
    running_ = false;
  }
}

void Script::finish(TimePoint now) {
  running_ = false;
  deadline_ = kNever;
  advance(now);
}

bool Script::begin_send(const verb::Send& send, TimePoint now) {
  std::vector<DigitToSend> digits;
  Duration lead{};
  for (char c : send.digits) {
    const Duration pause = pause_of(c);
    if (pause == Duration{}) {
      digits.push_back({c, options_.digit_gap});
    } else {
      (digits.empty() ? lead : digits.back().gap) += pause;
    }
  }
  info_.clear();
  queued_.clear();
  unsent_ = 0;
  DtmfMode mode = options_.dtmf_mode;
  if (mode == DtmfMode::kAuto) {
    mode = telephone_event_ ? DtmfMode::kRfc4733 : DtmfMode::kInband;
    if (!telephone_event_ && !digits.empty()) {
      out_.push_back(action::Emit{event::Warning{
          "dtmf_inband", "the peer did not negotiate telephone-event: digits are sent in-band"}});
    }
  } else if (mode == DtmfMode::kRfc4733 && !telephone_event_) {
    errors_.push_back({ErrorCode::kNoCommon,
                       "the peer did not negotiate telephone-event (RFC 4733): use --dtmf-mode "
                       "auto, info or inband"});
    return true;
  }
  if (digits.empty()) {  // only pauses
    deadline_ = now + lead;
    return lead == Duration{};
  }
  if (mode == DtmfMode::kInfo) {
    info_.assign(digits.begin(), digits.end());
    deadline_ = now + lead;
    if (lead == Duration{}) send_next_info(now);
    return false;
  }
  unsent_ = digits.size();
  queued_ = std::move(digits);
  queued_mode_ = mode;
  deadline_ = now + lead;
  if (lead == Duration{}) send_queued(now);
  return false;
}

void Script::send_queued(TimePoint now) {
  deadline_ = now + kSendSlack;
  for (const auto& d : queued_) deadline_ += options_.digit_duration + d.gap;
  out_.push_back(action::SendDigits{++id_, std::move(queued_), queued_mode_});
  queued_.clear();
}

void Script::send_next_info(TimePoint now) {
  const DigitToSend digit = info_.front();
  info_.pop_front();
  out_.push_back(action::SendInfo{digit.digit});
  out_.push_back(action::Emit{
      event::DtmfSent{std::string(1, digit.digit), "info", to_ms(options_.digit_duration)}});
  deadline_ = now + options_.digit_duration + (info_.empty() ? Duration{} : digit.gap);
}

bool Script::take_digits(const verb::Read& read) {
  std::size_t used = 0;
  while (used < unread_.size() && static_cast<int>(taken_.size()) < read.count) {
    const char c = unread_[used++];
    if (read.filter.find(c) == std::string::npos) continue;
    taken_ += c;
    read_digits_ += c;
  }
  unread_.erase(0, used);
  if (static_cast<int>(taken_.size()) < read.count) return false;
  digits_complete_ = true;
  return true;
}

TimePoint Script::wait_deadline(const verb::Wait& wait, TimePoint now) const {
  using For = verb::Wait::For;
  if (wait.what == For::kTime) return began_ + wait.time;
  const TimePoint last = began_ + wait.within;
  if (wait.what != For::kSilence || sounding()) return last;
  return std::min(last, std::max(now, silent_since_ + wait.time));
}

bool Script::satisfied(const verb::Wait& wait, TimePoint now) const {
  using For = verb::Wait::For;
  switch (wait.what) {
    case For::kTime: return now >= began_ + wait.time;
    case For::kTone: return tone_hz_ > 0 && std::abs(tone_hz_ - wait.hz) <= kToneTolerance;
    case For::kSpeech: return speaking_;
    case For::kSilence: return !sounding() && now - silent_since_ >= wait.time;
    case For::kDigit: return unread_.find(wait.digit) != std::string::npos;
    case For::kDigits: return static_cast<int>(unread_.size()) >= wait.count;
  }
  return false;
}

// A wait for a digit consumes what came up to it, so that a second wait asks for a second one.
bool Script::take_wait(const verb::Wait& wait, TimePoint now) {
  if (!satisfied(wait, now)) return false;
  if (wait.what == verb::Wait::For::kDigit) unread_.erase(0, unread_.find(wait.digit) + 1);
  return true;
}

void Script::on_digit(char digit, TimePoint now) {
  unread_ += digit;
  all_digits_ += digit;
  const Verb* verb = current();
  if (verb == nullptr) return;
  if (const auto* read = std::get_if<verb::Read>(verb)) {
    if (take_digits(*read)) finish(now);
  } else if (const auto* wait = std::get_if<verb::Wait>(verb)) {
    if (take_wait(*wait, now)) finish(now);
  }
}

void Script::on_media(const MediaEvent& event, TimePoint now) {
  using Kind = MediaEvent::Kind;
  switch (event.kind) {
    case Kind::kToneStarted: tone_hz_ = static_cast<double>(event.value); break;
    case Kind::kToneEnded:
      tone_hz_ = 0;
      silent_since_ = event.time;
      break;
    case Kind::kSpeechStarted: speaking_ = true; break;
    case Kind::kSpeechEnded:
      speaking_ = false;
      silent_since_ = event.time;
      break;
    case Kind::kPlayEnded: std::erase(plays_, event.id); break;
    case Kind::kRecordEnded: std::erase(records_, event.id); break;
    case Kind::kDigitReceived: return on_digit(event.digit, now);
    case Kind::kDigitSent:
      if (event.id == id_ && unsent_ > 0) --unsent_;
      break;
    default: break;
  }
  const Verb* verb = current();
  if (verb == nullptr) return;
  const bool mine = event.id == id_;
  if (const auto* wait = std::get_if<verb::Wait>(verb)) {
    deadline_ = wait_deadline(*wait, now);
    if (take_wait(*wait, now)) finish(now);
  } else if (mine &&
             ((event.kind == Kind::kPlayEnded && std::holds_alternative<verb::Play>(*verb)) ||
              (event.kind == Kind::kRecordEnded && std::holds_alternative<verb::Record>(*verb)) ||
              (event.kind == Kind::kDigitsDone && std::holds_alternative<verb::Send>(*verb)))) {
    finish(now);
  }
}

void Script::on_renegotiated(TimePoint now) {
  const Verb* verb = current();
  if (verb != nullptr &&
      (std::holds_alternative<verb::Hold>(*verb) || std::holds_alternative<verb::Resume>(*verb))) {
    finish(now);
  }
}

void Script::on_renegotiation_refused(int code, TimePoint now) {
  errors_.push_back({ErrorCode::kUnsupported,
                     "the peer refused to change the media (status " + std::to_string(code) + ")"});
  on_renegotiated(now);
}

void Script::on_timeout(TimePoint now) {
  const Verb* verb = current();
  if (verb == nullptr || now < deadline_) return;
  if (std::holds_alternative<verb::Read>(*verb)) {
    failures_.push_back("read timed out: " + verb_line(*verb) + ", got '" + taken_ + "'");
  } else if (const auto* wait = std::get_if<verb::Wait>(verb)) {
    if (!satisfied(*wait, now)) failures_.push_back("wait timed out: " + verb_line(*verb));
  } else if (const auto* send = std::get_if<verb::Send>(verb)) {
    if (!info_.empty()) return send_next_info(now);
    if (!queued_.empty()) return send_queued(now);
    const bool only_pauses = send->digits.find_first_not_of("wW,") == std::string::npos;
    if (!only_pauses && options_.dtmf_mode != DtmfMode::kInfo) {
      failures_.push_back("the digits were not sent in time: " + verb_line(*verb));
    }
  }
  finish(now);
}

void Script::end() {
  const Verb* verb = current();
  // Hanging up ends a recording in the ordinary way; whether it is long enough is asked elsewhere.
  if (verb != nullptr && std::holds_alternative<verb::Record>(*verb)) running_ = false;
}

void Script::cut_short(bool asked) {
  const std::string by = asked ? "--duration" : "--max-call";
  const Verb* verb = current();
  if (verb == nullptr) return;
  // --duration says how long a call is to be; --max-call is a safety net, and what it cuts was not
  // done.
  if (!asked && !std::holds_alternative<verb::Record>(*verb) && !unfinished().empty()) {
    failures_.push_back(by + " came before the end of: " + verb_line(*verb));
    return;
  }
  const auto* wait = std::get_if<verb::Wait>(verb);
  if (std::holds_alternative<verb::Read>(*verb) ||
      (wait != nullptr && wait->what != verb::Wait::For::kTime)) {
    failures_.push_back(by + " came before the end of: " + verb_line(*verb));
  }
}

std::string Script::unfinished() const {
  const Verb* verb = current();
  // Of a sending only the silence after its last digit is left.
  const auto* send = verb != nullptr ? std::get_if<verb::Send>(verb) : nullptr;
  const bool all_sent = send != nullptr && unsent_ == 0 && queued_.empty() && info_.empty() &&
                        send->digits.find_first_not_of("wW,") != std::string::npos;
  if (verb != nullptr && !all_sent) return verb_line(*verb);
  // A peer that hangs up when that was all that was left has done it for us.
  if (next_ >= verbs_.size() || std::holds_alternative<verb::Hangup>(verbs_[next_])) return "";
  return verb_line(verbs_[next_]);
}

}  // namespace lineman
