// Script: the verbs of one call in the order written. Pure. Each verb becomes actions; the next one
// starts when what it waits for has happened. Recording and echo start and go on; everything else
// is waited for.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lineman/call.h"

namespace lineman {

class Script {
 public:
  // Actions are appended to `out`; `options` and `out` outlive the script.
  Script(const CallOptions& options, std::deque<Action>& out);

  void start(TimePoint now);            // the call is established
  void start_recording(TimePoint now);  // early media: recordings that the script begins with
  bool start_early(TimePoint now);  // only the first play, before the answer; false: there is none
  void on_negotiated(const NegotiatedMedia& media) { telephone_event_ = media.telephone_event; }
  void on_media(const MediaEvent& event, TimePoint now);
  void on_digit(char digit, TimePoint now);
  void on_renegotiated(TimePoint now);  // hold or resume was accepted
  void on_renegotiation_refused(int code, TimePoint now);
  void on_timeout(TimePoint now);
  void end();  // the call is over: a recording that waited for it is done
  // Our own bound ends the call: a read or wait under way has not got what it asked for.
  void cut_short(bool asked);

  TimePoint next_timeout() const { return running_ ? deadline_ : kNever; }
  bool finished() const { return next_ >= verbs_.size() && !running_; }
  bool early_done() const { return early_ && !running_; }
  bool wants_hangup() const { return hangup_; }
  std::string unfinished() const;  // the verb line that was under way or would have come next

  // Digits that reads consumed, or all that came when nothing read.
  std::string digits() const { return reads_ ? read_digits_ : all_digits_; }
  std::optional<bool> digits_complete() const { return digits_complete_; }
  const std::vector<std::string>& failures() const { return failures_; }  // reads and waits: exit 1
  const std::vector<Error>& errors() const { return errors_; }  // verbs that could not be done

 private:
  struct Begin;  // one overload a verb
  void advance(TimePoint now);
  void finish(TimePoint now);
  const Verb* current() const { return running_ && next_ > 0 ? &verbs_[next_ - 1] : nullptr; }
  bool begin_send(const verb::Send& send, TimePoint now);
  void send_next_info(TimePoint now);
  void send_queued(TimePoint now);
  bool take_digits(const verb::Read& read);
  bool take_wait(const verb::Wait& wait, TimePoint now);
  bool satisfied(const verb::Wait& wait, TimePoint now) const;
  TimePoint wait_deadline(const verb::Wait& wait, TimePoint now) const;

  const CallOptions& options_;
  const std::vector<Verb>& verbs_;
  std::deque<Action>& out_;

  std::size_t next_ = 0;  // verb to start next
  bool started_ = false, early_ = false, running_ = false, hangup_ = false;
  TimePoint deadline_ = kNever, began_{};
  std::uint32_t id_ = 0;  // of the newest play, recording or sending

  bool telephone_event_ = false, reads_ = false;
  std::string unread_, all_digits_, read_digits_, taken_;  // taken_: by the read under way
  std::optional<bool> digits_complete_;
  std::vector<std::uint32_t> plays_, records_;
  std::deque<DigitToSend> info_;     // INFO digits still to send
  std::size_t unsent_ = 0;           // digits that the media thread still has to send
  std::vector<DigitToSend> queued_;  // digits for the media thread, while a leading pause lasts
  DtmfMode queued_mode_{};

  bool sounding() const { return speaking_ || tone_hz_ > 0; }  // a tone is no silence either
  bool speaking_ = false;
  TimePoint silent_since_{};
  double tone_hz_ = 0;
  std::vector<std::string> failures_;
  std::vector<Error> errors_;
};

}  // namespace lineman
