// RecordWatch: which recordings of a call are open, and when each must stop (a digit, silence).
// Pure. The maximum length is the recorder's own, exact to the sample.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "lineman/call.h"

namespace lineman {

class RecordWatch {
 public:
  explicit RecordWatch(std::deque<Action>& out) : out_(out) {}

  void started(const action::Record& record, TimePoint now) {
    open_++;
    watched_.push_back({record.id, record.what});
    if (record.what.until == verb::Record::Until::kSilence && !sounding()) {
      silence_at_ = std::min(silence_at_, now + record.what.silence);
    }
  }
  void saved() { open_ = std::max(0, open_ - 1); }
  int open() const { return open_; }
  // Recordings that ended with less than they had to have: exit 1.
  const std::vector<std::string>& too_short() const { return too_short_; }

  void on_media(const MediaEvent& event, TimePoint now) {
    using Kind = MediaEvent::Kind;
    using Until = verb::Record::Until;
    if (event.kind == Kind::kRecordEnded) {
      for (const auto& w : watched_) {
        if (w.id != event.id || event.duration >= w.what.min) continue;
        too_short_.push_back("the recording has " + duration_text(event.duration) +
                             ", less than it had to: " + verb_line(w.what));
      }
      std::erase_if(watched_, [&](const Watched& w) { return w.id == event.id; });
    } else if (event.kind == Kind::kSpeechStarted || event.kind == Kind::kToneStarted) {
      (event.kind == Kind::kToneStarted ? tone_ : speaking_) = true;
      silence_at_ = kNever;
    } else if (event.kind == Kind::kSpeechEnded || event.kind == Kind::kToneEnded) {
      (event.kind == Kind::kToneEnded ? tone_ : speaking_) = false;
      if (sounding()) return;
      for (const auto& w : watched_) {
        if (w.what.until != Until::kSilence) continue;
        silence_at_ = std::min(silence_at_, std::max(now, event.time + w.what.silence));
      }
    } else if (event.kind == Kind::kDigitReceived) {
      stop(RecordEnd::kDigit, [&](const verb::Record& r) {
        return r.until == Until::kDigit && r.digit == event.digit;
      });
    }
  }

  TimePoint next_timeout() const { return silence_at_; }
  void on_timeout(TimePoint now) {
    if (now < silence_at_) return;
    silence_at_ = kNever;
    stop(RecordEnd::kSilence,
         [](const verb::Record& r) { return r.until == verb::Record::Until::kSilence; });
  }

 private:
  struct Watched {
    std::uint32_t id = 0;
    verb::Record what;
  };

  bool sounding() const { return speaking_ || tone_; }  // a tone is no silence either

  template <class Which>
  void stop(RecordEnd why, Which which) {
    for (const auto& w : watched_) {
      if (which(w.what)) out_.push_back(action::StopRecord{w.id, why});
    }
  }

  std::deque<Action>& out_;
  std::vector<Watched> watched_;
  std::vector<std::string> too_short_;
  int open_ = 0;
  bool speaking_ = false, tone_ = false;
  TimePoint silence_at_ = kNever;
};

}  // namespace lineman
