// RecordWatch: which recordings of a call are open, and when each must stop (a digit, silence).
// Pure. The maximum length is the recorder's own, exact to the sample.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "lineman/call.h"

namespace lineman {

class RecordWatch {
 public:
  explicit RecordWatch(std::deque<Action>& out) : out_(out) {}

  void started(const action::Record& record, TimePoint now) {
    open_++;
    watched_.push_back({record.id, record.what});
    if (record.what.until == verb::Record::Until::kSilence && !speaking_) {
      silence_at_ = std::min(silence_at_, now + record.what.silence);
    }
  }
  void saved() { open_ = std::max(0, open_ - 1); }
  int open() const { return open_; }

  void on_media(const MediaEvent& event, TimePoint now) {
    using Kind = MediaEvent::Kind;
    using Until = verb::Record::Until;
    if (event.kind == Kind::kRecordEnded) {
      std::erase_if(watched_, [&](const Watched& w) { return w.id == event.id; });
    } else if (event.kind == Kind::kSpeechStarted) {
      speaking_ = true;
      silence_at_ = kNever;
    } else if (event.kind == Kind::kSpeechEnded) {
      speaking_ = false;
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

  template <class Which>
  void stop(RecordEnd why, Which which) {
    for (const auto& w : watched_) {
      if (which(w.what)) out_.push_back(action::StopRecord{w.id, why});
    }
  }

  std::deque<Action>& out_;
  std::vector<Watched> watched_;
  int open_ = 0;
  bool speaking_ = false;
  TimePoint silence_at_ = kNever;
};

}  // namespace lineman
