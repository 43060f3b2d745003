// Exit codes, causes and what a technician does about them (DESIGN section 5). Pure tables.
#include <algorithm>
#include <array>

#include "lineman/call_result.h"

namespace lineman {
namespace {

constexpr std::array kExits = {
    ExitRow{
        Exit::kOk, "ok", "Everything went as expected.",
        "Nothing to do. If you doubt it, add --require-media or --expect 'rx.packets>0', so that "
        "audio has to be proven."},
    ExitRow{
        Exit::kExpectation, "expectation_failed",
        "The call itself went well, but an --expect did not hold or a read timed out.",
        "Look at the expect.failed events: they show the value that was measured. A field without "
        "a value (null) always fails. For digits: compare `digits` with what was pressed, and "
        "raise "
        "--within or try another --dtmf-mode at the far end."},
    ExitRow{Exit::kUsage, "usage", "An option, a file of options or an argument is wrong.",
            "Read the message: it names the word and, where it can, the nearest one that exists. "
            "`lineman help COMMAND` lists what is accepted. Nothing was sent."},
    ExitRow{
        Exit::kLocal, "local_resource",
        "Something on this machine is missing: a port, a file, a sound device, descriptors.",
        "This is not the peer's fault. Look for another program on the port (`ss -lunp`), at the "
        "file's path and rights, at free disk space and at `ulimit -n`. Try --listen 127.0.0.1:0 "
        "or "
        "another --rtp-ports range."},
    ExitRow{Exit::kResolve, "resolve", "The host name has no address, or no name server answered.",
            "Check the spelling and `getent hosts NAME`; look at /etc/resolv.conf and at whether "
            "the name "
            "server can be reached from here. A numeric address in the URI or in --proxy goes "
            "round it."},
    ExitRow{Exit::kUnreachable, "unreachable",
            "Nobody there: the port refused, there is no route, or no SIP response came at all.",
            "Is the peer running and on this port and transport (try --transport tcp)? A refusal "
            "comes at "
            "once; silence until --connect-timeout means a firewall, a wrong address or a peer "
            "that drops "
            "what it does not know. Try `lineman options URI` and --trace sip."},
    ExitRow{
        Exit::kNoAnswer, "no_answer",
        "The peer responded, but nobody answered: ring timeout, 408, 480.",
        "The path works. Is the extension registered (480 usually says it is not)? Does it ring "
        "(call.ringing event)? Raise --ring-timeout if people answer late."},
    ExitRow{
        Exit::kAuthentication, "authentication",
        "The credentials were refused, or were asked for and there are none.",
        "Check --as and the password (--password-file or LINEMAN_PASSWORD), whether the user name "
        "differs from the address, and the realm in --trace sip: credentials are sent only to the "
        "dialled or registrar host. `lineman register AOR --once` tests them alone. Some servers "
        "ban "
        "an address after a few failures: wait before trying again."},
    ExitRow{Exit::kBusy, "busy", "The called side is busy or declined (486, 600, 603).",
            "Signalling works. Look at the peer's own state: a call that never ended, "
            "do-not-disturb, a "
            "call limit. Another extension tells whether it is the phone or the server."},
    ExitRow{
        Exit::kRejected, "rejected",
        "The peer refused with another status, or redirected to where we do not follow.",
        "Look at `sip_code` and `reason`: 404 is a wrong number or dial plan, 403 a missing right, "
        "5xx the server's own trouble (read its log), 3xx a redirect to another host: dial that "
        "Contact yourself. --trace sip shows Warning and Reason headers."},
    ExitRow{
        Exit::kNegotiation, "media_negotiation",
        "No agreement about media: 415, 488, 606, a bad description or no common codec.",
        "Look at `diagnosis` and at both codec lists in the message. Try without --codec, or with "
        "--codec pcmu,pcma, which nearly everybody speaks. A peer that demands SRTP refuses plain "
        "RTP "
        "like this."},
    ExitRow{Exit::kNoMedia, "no_media",
            "The call was up, but no audio came, or it stopped, or it went one way only.",
            "The usual cause is an address: compare the c= line of both descriptions with where "
            "packets "
            "come from (`diagnosis` does). Look for NAT, a firewall that lets signalling through "
            "but not "
            "the RTP ports (--rtp-ports), a media relay that waits for our first packet, a peer on "
            "hold. "
            "--pcap FILE shows both directions; `tx.heard_by_peer` tells whether ours arrived."},
    ExitRow{
        Exit::kDropped, "dropped",
        "The call was lost in the middle: session timer, 481 or 408 in the dialog, transport, no "
        "ACK, or the peer broke the protocol.",
        "Look at how long it lasted: a round figure (32 s: no ACK or no BYE reaches one side; 15 "
        "or 30 "
        "min: a session timer or a NAT binding) names the cause. Check that the Contact and the "
        "Record-Route of the peer can be reached from here; --trace sip shows what went "
        "unanswered."},
    ExitRow{Exit::kPeerHungUp, "peer_hung_up",
            "The peer hung up before our script was done, or gave up while we rang.",
            "Look at `duration_ms`, `reason` and `q850`. An announcement that ends, a voice menu "
            "without "
            "input or a call limit hangs up like this. If an early end is fine, add --expect "
            "ended_by=peer or shorten the actions."},
    ExitRow{Exit::kInvalid, "invalid",
            "The measurement is not worth anything: this machine was too late or out of resources.",
            "Do not judge the peer by it. Give the machine less to do, fewer calls (--max-calls) "
            "or more "
            "CPU, look for a stalled virtual machine or a throttled container, and run it again."},
    ExitRow{Exit::kInternal, "internal", "A fault inside lineman.",
            "Please report it with the command line, `lineman version` and the output of --json "
            "--trace sip. Passwords are masked there."},
    ExitRow{
        Exit::kNotBuiltIn, "not_built_in",
        "Known, but not built into this binary or not possible on this kind of leg.",
        "`lineman version` lists what is built in. Use another build, another kind of address or "
        "another verb."},
    ExitRow{Exit::kSignal, "signal", "A signal cut the call short; the code is 128 + its number.",
            "130 is Ctrl-C, 143 a kill or the time limit of a CI job, 137 a SIGKILL (often out of "
            "memory). The call was hung up and recordings are valid up to that point."},
};

struct CauseRow {
  Cause cause;
  std::string_view name;
  Exit exit;
  std::string_view meaning;
};
constexpr std::array kCauses = {
    CauseRow{Cause::kNone, "none", Exit::kOk, "The call has not ended."},
    CauseRow{Cause::kNormal, "normal", Exit::kOk, "Hung up after an answer."},
    CauseRow{Cause::kCancelled, "cancelled", Exit::kNoAnswer,
             "The caller gave up before an answer."},
    CauseRow{Cause::kBusy, "busy", Exit::kBusy, "The called side is busy (486, 600)."},
    CauseRow{Cause::kDeclined, "declined", Exit::kBusy, "The called side said no (603)."},
    CauseRow{Cause::kNoAnswer, "no_answer", Exit::kNoAnswer,
             "It rang or is not there now: our ring timeout, 408, 480."},
    CauseRow{Cause::kRejected, "rejected", Exit::kRejected,
             "Another final refusal; sip_code says which."},
    CauseRow{Cause::kRedirected, "redirected", Exit::kRejected, "A 3xx that was not followed."},
    CauseRow{Cause::kAuthentication, "authentication", Exit::kAuthentication,
             "401 or 407 repeated or unanswerable, or 403 to a request with credentials."},
    CauseRow{Cause::kUnreachable, "unreachable", Exit::kUnreachable,
             "The port refused (ICMP, TCP reset), TLS failed, or there is no route."},
    CauseRow{Cause::kNoResponse, "no_response", Exit::kUnreachable,
             "No SIP response at all within the connect timeout."},
    CauseRow{Cause::kResolve, "resolve", Exit::kResolve, "The host name has no address."},
    CauseRow{Cause::kMediaNegotiation, "media_negotiation", Exit::kNegotiation,
             "415, 488, 606, a bad media description or no common codec, on either side."},
    CauseRow{Cause::kSessionExpired, "session_expired", Exit::kDropped,
             "The session timer (RFC 4028) ran out without a refresh."},
    CauseRow{Cause::kDialogLost, "dialog_lost", Exit::kDropped,
             "481 or 408 inside the dialog, transport lost, or our 2xx was never acknowledged."},
    CauseRow{Cause::kProtocolError, "protocol_error", Exit::kDropped,
             "The peer broke the protocol: a Contact that leads nowhere, garbage."},
    CauseRow{Cause::kLocalResource, "local_resource", Exit::kLocal,
             "Ports, descriptors or files of this machine."},
    CauseRow{Cause::kUnsupported, "unsupported", Exit::kNotBuiltIn,
             "Not built in, or not possible on this kind of leg."},
    CauseRow{Cause::kInternal, "internal", Exit::kInternal, "A fault inside lineman."},
};
static_assert(std::size_t{kCauses.size()} == static_cast<std::size_t>(Cause::kInternal) + 1);

const CauseRow& cause_row(Cause cause) {
  const auto index = static_cast<std::size_t>(cause);
  return kCauses[index < kCauses.size() ? index : kCauses.size() - 1];
}

}  // namespace

std::span<const ExitRow> exit_table() { return kExits; }

const ExitRow& exit_row(Exit code) {
  if (static_cast<int>(code) >= static_cast<int>(Exit::kSignal)) code = Exit::kSignal;
  const auto* row = std::find_if(kExits.begin(), kExits.end(),
                                 [code](const ExitRow& each) { return each.code == code; });
  return row != kExits.end() ? *row : exit_row(Exit::kInternal);
}

const ExitRow* find_exit(std::string_view verdict) {
  const auto* row = std::find_if(kExits.begin(), kExits.end(),
                                 [verdict](const ExitRow& each) { return each.name == verdict; });
  return row != kExits.end() ? &*row : nullptr;
}

Exit exit_of(Cause cause) { return cause_row(cause).exit; }
std::string_view cause_name(Cause cause) { return cause_row(cause).name; }
std::string_view cause_meaning(Cause cause) { return cause_row(cause).meaning; }

std::optional<Cause> parse_cause(std::string_view name) {
  for (const CauseRow& row : kCauses) {
    if (row.name == name) return row.cause;
  }
  return std::nullopt;
}

Exit exit_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUsage:
    case ErrorCode::kMalformed: return Exit::kUsage;
    case ErrorCode::kFile:
    case ErrorCode::kPort:
    case ErrorCode::kDevice:
    case ErrorCode::kResource: return Exit::kLocal;
    case ErrorCode::kResolve: return Exit::kResolve;
    case ErrorCode::kUnreachable: return Exit::kUnreachable;
    case ErrorCode::kNoCommon: return Exit::kNegotiation;
    case ErrorCode::kUnsupported: return Exit::kNotBuiltIn;
    case ErrorCode::kInternal: break;
  }
  return Exit::kInternal;
}

std::string verdict_name(Exit code) {
  const int number = static_cast<int>(code) - static_cast<int>(Exit::kSignal);
  std::string name(exit_row(code).name);
  return number > 0 ? name + "_" + std::to_string(number) : name;
}

std::string_view ended_by_name(EndedBy by) {
  switch (by) {
    case EndedBy::kLocal: return "local";
    case EndedBy::kPeer: return "peer";
    case EndedBy::kNetwork: return "network";
    case EndedBy::kNobody: break;
  }
  return "";
}

Cause cause_of_status(int code, bool with_credentials) {
  if (code < 200) return Cause::kNone;
  if (code < 300) return Cause::kNormal;
  if (code < 400) return Cause::kRedirected;
  if (code >= 700) return Cause::kUnreachable;  // no peer can send it: a stack made it up
  switch (code) {
    case 401:
    case 407: return Cause::kAuthentication;
    case 403: return with_credentials ? Cause::kAuthentication : Cause::kRejected;
    case 408:
    case 480: return Cause::kNoAnswer;
    case 486:
    case 600: return Cause::kBusy;
    case 603: return Cause::kDeclined;
    case 415:
    case 488:
    case 606: return Cause::kMediaNegotiation;
    default: return Cause::kRejected;
  }
}

}  // namespace lineman
