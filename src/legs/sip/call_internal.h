// What the three files of SipCall share. Control thread.
#pragma once

#include <string>

#include "call.h"

namespace lineman {

// How long a peer may take to confirm a BYE or CANCEL before the call counts as over for us; the
// process must be gone 2 s after its verdict, the exchange itself goes on behind it.
inline constexpr Duration kPatience = std::chrono::milliseconds(1200);
inline constexpr Duration kResolveLimit = std::chrono::seconds(2);  // names inside a dialog
inline constexpr int kMostRedirects = 5;

// While one lives, events wait: a sink is never called from inside a verb.
struct SipCall::Hold {
  explicit Hold(SipCall& c) : call(c) { ++call.verbs_; }
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  SipCall& call;
};

std::string reason_header(const std::string& reason);
void respond_options(SipAgent& agent, const NuaEvent& e);

}  // namespace lineman
