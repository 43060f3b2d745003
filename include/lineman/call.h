// Call: one call's state machine, pure. Leg events, media events, verbs and time go in; actions
// come out, which phone/ runs on the leg and the engine. No SIP, no SDP, no clock.
//
//            dial()                                  incoming()
//   idle ─► trying ─► ringing ─► early ─► connected ◄─► held ─► ended (media drains) ─►
//   action::Done
//              └──────────┴────────┴── refused, cancelled, timed out ──┘
//
// `answered` is the 2xx, `established` its ACK. The script starts when the audio path is known to
// both sides: at the answer for a caller, at the ACK for a callee.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lineman/call_result.h"
#include "lineman/event.h"
#include "lineman/leg.h"
#include "lineman/media_call.h"
#include "lineman/media_summary.h"
#include "lineman/sdp.h"
#include "lineman/verb.h"

namespace lineman {

// What an offer/answer came to, as far as a call cares.
struct NegotiatedMedia {
  std::string codec;  // as in a=rtpmap
  Direction direction = Direction::kSendRecv;
  bool telephone_event = false;
  Address local, remote;
  Duration ptime{};
  std::vector<std::string> peer_codecs;
};

// The counters of a call with what they mean: phone/ makes the summaries (they need the codec's
// constants).
struct MediaReport {
  CallMediaStats stats;
  MediaSummary rx, tx;
};

struct DigitToSend {
  char digit = 0;
  Duration gap{};  // silence after it, before the next
};

namespace action {
struct Emit {
  EventBody body;
  std::optional<TimePoint> time{};  // of what it tells, when that was before now
};
struct Dial {};
struct Ring {
  int code = 180;
};  // 183: with a description, media may start
struct Answer {};
struct Reject {
  int code = 486;
};
struct HangUp {
  std::string reason;
};
struct Renegotiate {
  Direction direction;
};  // hold and resume
struct Play {
  std::uint32_t id = 0;
  verb::Play what;
};
struct Record {
  std::uint32_t id = 0;
  verb::Record what;
};
struct StopPlay {
  std::uint32_t id = 0;
};
struct StopRecord {
  std::uint32_t id = 0;
  RecordEnd why{};
};
struct SendDigits {
  std::uint32_t id = 0;
  std::vector<DigitToSend> digits;
  DtmfMode mode{};
};
struct SendInfo {
  char digit = 0;
};
struct Echo {
  Duration delay{};
};
struct Mute {
  bool on = true;
};
struct ListenForTone {
  int hz = 0;
};
struct QueryStats {};   // on_stats() follows
struct CloseMedia {};   // SR/RR and BYE go out, recordings end
struct RemoveMedia {};  // on_media_gone() follows
struct Done {};         // result() is final; always last
}  // namespace action

using Action =
    std::variant<action::Emit, action::Dial, action::Ring, action::Answer, action::Reject,
                 action::HangUp, action::Renegotiate, action::Play, action::Record,
                 action::StopPlay, action::StopRecord, action::SendDigits, action::SendInfo,
                 action::Echo, action::Mute, action::ListenForTone, action::QueryStats,
                 action::CloseMedia, action::RemoveMedia, action::Done>;

struct CallOptions {
  std::string call = "c1";
  std::string target;  // outgoing: what was dialled
  std::vector<Verb> script;
  Duration ring{};            // incoming: ring that long before the answer
  std::optional<int> reject;  // incoming: refuse with this
  bool early = false;         // incoming: the first play of the script comes before the answer
  Duration duration{}, max_call{}, ring_timeout{}, rtp_timeout{};  // 0: none
  bool require_media = false, check = false;
  DtmfMode dtmf_mode = DtmfMode::kAuto;
  Duration digit_duration{}, digit_gap{};
  std::vector<Expectation> expectations;
  bool stop_is_ordinary = false;  // answer, echo, register: a signal is the ordinary end
};

class Call {
 public:
  enum class State : std::uint8_t { kIdle, kTrying, kRinging, kEarly, kConnected, kHeld, kEnded };

  virtual ~Call() = default;

  virtual void dial(TimePoint now) = 0;
  virtual void incoming(const Incoming& from, const std::string& call_id, TimePoint now) = 0;
  virtual void on_leg(const LegEvent& event, TimePoint now) = 0;
  // The outcome of the description in a leg event: call it before on_leg() of that event.
  virtual void on_negotiated(const NegotiatedMedia& media, TimePoint now) = 0;
  virtual void on_negotiation_failed(const Error& error,
                                     const std::vector<std::string>& peer_codecs,
                                     TimePoint now) = 0;
  virtual void on_media(const MediaEvent& event, TimePoint now) = 0;
  virtual void on_recording_saved(const event::RecordSaved& saved, const Error* error,
                                  TimePoint now) = 0;
  virtual void on_stats(const MediaReport& report, TimePoint now) = 0;
  // The end of the media: final counters, or none when there never was any. `worst_lateness` of the
  // engine.
  virtual void on_media_gone(const MediaReport* report, Duration worst_lateness, TimePoint now) = 0;
  virtual void on_local_failure(const Error& error,
                                TimePoint now) = 0;  // a file, a port, a name: ends the call
  virtual void on_warning(const std::string& code, const std::string& text, TimePoint now) = 0;
  // What phone/ knows of addresses and names, for the result and the diagnosis.
  virtual void set_wire(const std::string& call_id, const std::string& remote,
                        const Address& signalling) = 0;
  // A wish from outside: a signal (n > 0), the end of CMD or of the process's time (0).
  virtual void stop(int signal, const std::string& why, TimePoint now) = 0;
  virtual void on_timeout(TimePoint now) = 0;

  virtual TimePoint next_timeout() const = 0;
  virtual bool next_action(TimePoint now, Action& out) = 0;  // drain after every call above
  virtual State state() const = 0;
  virtual const CallResult& result() const = 0;  // final at action::Done; before it, the best known
};
std::unique_ptr<Call> make_call(CallOptions options);

}  // namespace lineman
