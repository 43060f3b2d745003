// What must be checked in a message before Sofia may act on it: a Contact or Record-Route that is
// no SIP address makes nua's own BYE fail and recurse until the stack overflows, and aborts
// nua_shutdown. Also what the message says about where the dialog goes next. RFC 3261 section 12.
// Control thread, no state.
#pragma once

#include <optional>
#include <string>

#include "lineman/leg.h"
#include "lineman/sip_uri.h"
#include "sofia.h"

namespace lineman::guard {

// Why this INVITE, re-INVITE, UPDATE or 2xx cannot be the base of a dialog; NULL when it can. A
// literal: nua_respond() keeps the pointer to its phrase.
const char* dialog_fault(const sip_t* sip, bool contact_required = true);

// Where requests in the dialog must be sent: the first Record-Route of a request, the last one of a
// response, else the Contact. Call after dialog_fault().
std::optional<SipUri> next_hop(const sip_t* sip, bool response);

// 0 when the body is absent or SDP in plain text, else the status to refuse with.
int body_fault(const sip_t* sip);
Body body_of(const sip_t* sip);

std::string text_of(const url_t* url);
std::optional<int> q850_of(const sip_t* sip);  // Reason: Q.850;cause=
std::string reason_text(const sip_t* sip);     // the text of the first Reason that has one

}  // namespace lineman::guard
