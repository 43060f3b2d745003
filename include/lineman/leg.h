// The signalling half of a leg, and the endpoint it lives on. Control thread. No SIP type appears
// here, so that every leg type speaks the same LegEvents.
//
//   Endpoint (a SIP agent, an AudioSocket listener, a simulated exchange)
//      ├─ make_leg() ──► Leg ── LegEvent ──► LegSink        (outgoing)
//      └─ EndpointSink::on_incoming(Leg, Incoming)          (incoming)
//
// Media descriptions travel as text (`Body`); media/sdp decides for all legs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lineman/packet.h"
#include "lineman/result.h"
#include "lineman/time.h"

namespace lineman {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Body {
  std::string content_type;  // "application/sdp"
  std::string text;
  explicit operator bool() const { return !text.empty(); }
};

// Why a call ended or never began, in nobody's protocol. DESIGN section 5 maps each to an exit
// code.
enum class Cause : std::uint8_t {
  kNone,
  kNormal,            // hung up after an answer
  kCancelled,         // the caller gave up before an answer
  kBusy,              // 486, 600
  kDeclined,          // 603
  kNoAnswer,          // our ring timeout, 408 from the peer, 480
  kRejected,          // any other final refusal
  kRedirected,        // a 3xx that was not followed
  kAuthentication,    // 401/407 repeated or unanswerable, 403 to a request with credentials
  kUnreachable,       // refused (ICMP, TCP), no route
  kNoResponse,        // nothing at all within the connect timeout
  kResolve,           // no address for the name
  kMediaNegotiation,  // 415, 488, 606, bad SDP, no common codec, either way
  kSessionExpired,    // session timer
  kDialogLost,        // 481 or 408 inside the dialog, transport lost, no ACK
  kProtocolError,     // the peer broke the protocol (a bad Contact, garbage)
  kLocalResource,     // ports, descriptors, files
  kUnsupported,       // not built in, not possible on this leg
  kInternal,
};
std::string_view cause_name(Cause cause);  // "no_answer"
std::optional<Cause> parse_cause(std::string_view name);

enum class EndedBy : std::uint8_t { kNobody, kLocal, kPeer, kNetwork };
std::string_view ended_by_name(EndedBy by);  // "local", "peer", "network"

struct LegEnd {
  Cause cause = Cause::kNormal;
  EndedBy by = EndedBy::kPeer;
  int code = 0;  // the protocol's own final status, from the peer; 0 when our own stack made it up
  std::string reason;       // the peer's phrase, or ours
  std::optional<int> q850;  // Reason: Q.850;cause=
  bool no_ack = false;      // our 2xx was never acknowledged
};

namespace leg_event {
struct Trying {};  // something answered: 100
struct Ringing {
  int code = 180;
};  // 180 or another provisional without a description
struct EarlyMedia {
  int code = 183;
  Body body;
  std::string tag;
};  // `tag`: which fork
struct Answered {
  int code = 200;
  std::string reason;
  Body body;
  std::string tag;
};  // 2xx to our INVITE
struct Established {
  Body body;
};  // ACK sent or received; `body` when it carried the answer
struct Offer {
  Body body;
};  // a new offer in the call: reply by accept() or refuse()
struct Accepted {
  Body body;
};  // our own new offer (hold, resume) was accepted
struct Refused {
  int code = 0;
};  // our own new offer was refused; the call goes on
struct Digit {
  char digit = 0;
  Duration duration{};
};  // by INFO
struct Ended {
  LegEnd end;
};  // always last; the Leg may be destroyed after it
}  // namespace leg_event

using LegEvent =
    std::variant<leg_event::Trying, leg_event::Ringing, leg_event::EarlyMedia, leg_event::Answered,
                 leg_event::Established, leg_event::Offer, leg_event::Accepted, leg_event::Refused,
                 leg_event::Digit, leg_event::Ended>;

struct LegSink {
  virtual ~LegSink() = default;
  // Never called from inside a Leg member function.
  virtual void on_leg_event(LegEvent event) = 0;
};

struct DialRequest {
  std::string uri;
  Body offer;
  Headers headers;   // --header, checked: no CR, LF, and none of the stack's own
  std::string from;  // From URI or name-addr; empty: the account's, else lineman's own
};

// One call's signalling. Verbs that a leg type cannot do return kUnsupported naming the leg and the
// verb.
struct Leg {
  virtual ~Leg() = default;
  virtual std::string_view type() const = 0;  // "sip", "local"
  virtual void set_sink(LegSink* sink) = 0;
  virtual std::string id() const = 0;           // Call-ID, UUID
  virtual std::string remote() const = 0;       // URI of the other side
  virtual Address signalling_peer() const = 0;  // where its newest message came from; none if never

  virtual Result<void> dial(const DialRequest& request) = 0;
  virtual Result<void> ring(int code, const Body& description) = 0;  // 180; 183 with a description
  virtual Result<void> answer(
      const Body& description) = 0;  // 200: the answer, or the offer of a late-offer call
  virtual Result<void> reject(int code, const std::string& reason) = 0;
  virtual Result<void> accept(const Body& answer) = 0;      // to leg_event::Offer
  virtual Result<void> refuse(int code) = 0;                // to leg_event::Offer: 488 and so on
  virtual Result<void> offer(const Body& description) = 0;  // hold, resume: re-INVITE
  virtual Result<void> send_digit(char digit, Duration length) = 0;  // INFO
  // BYE, CANCEL or a refusal, whichever the state asks for; Ended follows. `reason` goes into a
  // Reason header.
  virtual void hang_up(const std::string& reason) = 0;
};

struct Incoming {
  std::string from, to, user_agent;
  std::string from_display;
  Address source;
  Address local;    // the IP it came to: what our media towards it uses
  Headers headers;  // the untrusted rest that a script may ask for
  Body offer;       // empty: the peer expects our offer in the 200
};

struct RegisterState {
  enum class Kind : std::uint8_t { kOk, kFailed, kGone } kind{};
  Cause cause = Cause::kNone;
  int code = 0;
  std::string reason;
  Duration expires{};
  std::string contact;
};

struct ProbeAnswer {  // OPTIONS
  LegEnd end;         // cause kNormal when anything but a failure came back
  Duration round_trip{};
  std::string user_agent, allow, supported, accept;
  Address peer;
};

struct EndpointSink {
  virtual ~EndpointSink() = default;
  virtual void on_incoming(std::unique_ptr<Leg> leg, Incoming call) = 0;
  virtual void on_register(const RegisterState& state) = 0;
  virtual void on_warning(const std::string& code, const std::string& text) = 0;
};

struct Endpoint {
  virtual ~Endpoint() = default;
  virtual Result<void> start(EndpointSink& sink) = 0;  // binds
  virtual std::vector<std::string> addresses()
      const = 0;  // "sip:127.0.0.1:5060;transport=udp", as bound
  virtual std::unique_ptr<Leg> make_leg() = 0;
  // The local IP that media towards `uri` should use, once known; kResolve and kUnreachable come
  // here first.
  virtual void route(const std::string& uri, Duration limit,
                     std::function<void(Result<Address>)> done) = 0;
  virtual Result<void> enroll(Duration expires) = 0;  // REGISTER the account; on_register follows
  virtual void withdraw(std::function<void()> done) = 0;  // unregister
  virtual Result<void> probe(const std::string& uri, const Headers& headers,
                             std::function<void(ProbeAnswer)> done) = 0;
  // Ends whatever is left and calls `done` exactly once, at the latest after `limit`. With `false`:
  // something did not finish, the endpoint must not be destroyed (leave by _exit).
  virtual void shut_down(Duration limit, std::function<void(bool clean)> done) = 0;
};

struct Account {
  std::string aor;  // sip:alice@example.org
  std::string user, password,
      realm;  // user: the AOR's unless said; an empty realm: any of the registrar's host
  std::string registrar;  // URI; the AOR's host unless said
};

struct SipOptions {
  std::vector<std::string> listen;  // "127.0.0.1:0", "sip:[::1]:5070;transport=tcp"
  std::optional<Account> account;
  std::string proxy;      // outbound proxy URI
  std::string transport;  // "udp", "tcp" or "": as the URI says
  std::string from;
  std::string user_agent;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration session_expires = std::chrono::seconds(1800);  // 0: no session timer
  std::uint64_t seed = 0;  // tags and branches are Sofia's own; ours come from here
  // Whether a redirect to this URI may be followed; empty: any of the dialled host.
  std::function<bool(const std::string& uri)> may_call;
  // One SIP message as sent or received, for --trace sip and --pcap. Already masked.
  std::function<void(bool sent, const Address& local, const Address& peer,
                     std::string_view transport, std::string_view text)>
      trace;
};

struct Loop;
struct Resolver;
std::unique_ptr<Endpoint> make_sip_endpoint(Loop& loop, Resolver& resolver, SipOptions options);

// A simulated far end (`local:echo`, `local:answer?play=x.wav&ring=1s`, `local:busy`, ...) with a
// MediaCall of its own: real SDP, real RTP, no network. `far_engine` is the far end's alone (its
// sink is set here) and shares `loop` and `network` with the near end's; `writer` takes what the
// far end records. All of them outlive the endpoint. Its URIs are in `lineman help dial`
// (local_scenarios).
struct LocalOptions {
  std::uint64_t seed = 0;  // ids, SSRCs
  Duration connect_timeout = std::chrono::seconds(5);
};
struct MediaEngine;
struct MediaNetwork;
struct Writer;
std::unique_ptr<Endpoint> make_local_endpoint(Loop& loop, MediaNetwork& network,
                                              MediaEngine& far_engine, Writer& writer,
                                              LocalOptions options);

struct LocalScenario {
  std::string_view name, arguments, summary;  // "echo", "ring=D&delay=D", one line
};
std::vector<LocalScenario> local_scenarios();

}  // namespace lineman
