// RFC 3261 section 21 and the RFCs that added to it.
#include "sip_status.h"

#include <algorithm>
#include <array>

namespace lineman {
namespace {

constexpr std::array kStatuses = {
    SipStatus{100, "Trying", "The next hop has the request and works on it."},
    SipStatus{180, "Ringing", "The other side rings."},
    SipStatus{181, "Call Is Being Forwarded", "The call goes on to somebody else."},
    SipStatus{182, "Queued", "The call waits in a queue."},
    SipStatus{183, "Session Progress", "Sound before the answer, mostly an announcement."},
    SipStatus{200, "OK", "Answered."},
    SipStatus{202, "Accepted", "Taken; the outcome comes later."},
    SipStatus{300, "Multiple Choices", "Several addresses are offered: dial one of its Contacts."},
    SipStatus{301, "Moved Permanently", "Dial the Contact of the response from now on."},
    SipStatus{302, "Moved Temporarily",
              "Call forwarding. Within the same host it is followed; else dial the Contact."},
    SipStatus{305, "Use Proxy", "Give the Contact of the response to --proxy."},
    SipStatus{400, "Bad Request",
              "The peer does not like our message: its phrase and --trace sip say what."},
    SipStatus{401, "Unauthorized",
              "Credentials are wanted: --as with --password-file. With them: they are wrong."},
    SipStatus{402, "Payment Required", "No credit, or no right to this destination."},
    SipStatus{403, "Forbidden",
              "Understood and refused: a missing right, an unknown source address, or credentials "
              "that are wrong."},
    SipStatus{404, "Not Found", "No such number or user: the dial plan, the user part, the host."},
    SipStatus{405, "Method Not Allowed", "The peer does not do this request at this address."},
    SipStatus{406, "Not Acceptable", "The Accept header of the request cannot be met."},
    SipStatus{407, "Proxy Authentication Required",
              "Credentials are wanted by a proxy: --as with --password-file."},
    SipStatus{408, "Request Timeout",
              "Nobody answered behind the peer: an unreachable phone or a slow server."},
    SipStatus{410, "Gone", "That user was here and is no more."},
    SipStatus{413, "Request Entity Too Large", "Offer fewer codecs (--codec)."},
    SipStatus{414, "Request-URI Too Long", "Shorten the URI."},
    SipStatus{415, "Unsupported Media Type", "The peer does not read SDP here."},
    SipStatus{416, "Unsupported URI Scheme", "Try sip: instead."},
    SipStatus{420, "Bad Extension", "Something required is not known; see Unsupported."},
    SipStatus{421, "Extension Required", "The peer insists on an extension; see Require."},
    SipStatus{422, "Session Interval Too Small", "The session timer is too short for the peer."},
    SipStatus{423, "Interval Too Brief", "Register for longer (--expires)."},
    SipStatus{480, "Temporarily Unavailable",
              "Known but not there: not registered, or do-not-disturb."},
    SipStatus{481, "Call/Transaction Does Not Exist",
              "The peer has forgotten the call: it was restarted, or a proxy sent us elsewhere."},
    SipStatus{482, "Loop Detected", "Two servers send the request to each other."},
    SipStatus{483, "Too Many Hops", "A routing loop."},
    SipStatus{484, "Address Incomplete", "More digits are wanted."},
    SipStatus{485, "Ambiguous", "The address fits several."},
    SipStatus{486, "Busy Here", "The called phone is busy, or at its limit of calls."},
    SipStatus{487, "Request Terminated", "The call was cancelled before an answer."},
    SipStatus{488, "Not Acceptable Here",
              "No agreement about media: compare the codecs (--codec), SRTP, the address family."},
    SipStatus{489, "Bad Event", "The event package is not known."},
    SipStatus{491, "Request Pending", "Both sides changed the call at once; it is tried again."},
    SipStatus{493, "Undecipherable", "An encrypted body could not be read."},
    SipStatus{500, "Server Internal Error", "A fault of the peer: read its log."},
    SipStatus{501, "Not Implemented", "The peer does not know this request."},
    SipStatus{502, "Bad Gateway", "The server behind the peer answered garbage."},
    SipStatus{503, "Service Unavailable",
              "Overloaded, in maintenance, or no trunk is free; see Retry-After."},
    SipStatus{504, "Server Time-out", "The server behind the peer did not answer (also DNS)."},
    SipStatus{505, "Version Not Supported", "The peer does not speak SIP/2.0."},
    SipStatus{513, "Message Too Large", "Offer fewer codecs, or use --transport tcp."},
    SipStatus{580, "Precondition Failure", "Resources that were required cannot be had."},
    SipStatus{600, "Busy Everywhere", "Busy at every place where the user can be."},
    SipStatus{603, "Decline", "The called side said no; many servers also mean a block list."},
    SipStatus{604, "Does Not Exist Anywhere", "That user exists nowhere."},
    SipStatus{606, "Not Acceptable", "No agreement about media anywhere: compare the codecs."},
    SipStatus{607, "Unwanted", "The called side marked the call as unwanted."},
    SipStatus{608, "Rejected", "A machine on the way refused the call."}};

}  // namespace

std::span<const SipStatus> sip_statuses() { return kStatuses; }

const SipStatus* find_sip_status(int code) {
  const auto* it = std::find_if(kStatuses.begin(), kStatuses.end(),
                                [code](const SipStatus& each) { return each.code == code; });
  return it == kStatuses.end() ? nullptr : it;
}

}  // namespace lineman
