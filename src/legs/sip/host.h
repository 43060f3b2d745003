// SipHost: what calls, the registration and probes need of the endpoint they live in. Control
// thread.
#pragma once

#include <memory>
#include <string>

#include "agent.h"
#include "credentials.h"
#include "lineman/leg.h"
#include "lineman/loop.h"
#include "locator.h"

namespace lineman {

class SipCall;

struct SipHost {
  virtual ~SipHost() = default;
  virtual Loop& loop() = 0;
  virtual Locator& locator() = 0;
  virtual const SipOptions& options() const = 0;
  virtual Result<SipAgent*> agent_for(const Hop& hop) = 0;
  virtual std::string new_call_id() = 0;
  virtual const std::string& learned_realm() const = 0;
  // The text for as long as Sofia lives: nua_respond() keeps the pointer to its phrase.
  virtual const char* keep(const std::string& phrase) = 0;
  virtual void retire(SipCall& call) = 0;  // destroys it, soon
};

// Where a request goes first: the outbound proxy when there is one, else the target itself.
Result<SipUri> first_hop(const SipOptions& options, const SipUri& target);
// From of a request: as asked, else the account's, else lineman's own at `source`.
std::string from_header(const SipOptions& options, const std::string& asked, const Address& source);
// The user part that our Contact shows.
std::string contact_user(const SipOptions& options);
// Requests of this handle go to `hop`, whatever their URI says. Sofia ignores this among the tags
// of nua_handle().
void send_by(nua_handle_t* handle, const Hop& hop);
// Contact for an agent on a wildcard address, of which Sofia would show any interface: the address
// that faces `peer`. Empty when the agent has an address of its own.
std::string contact_header(const SipAgent& agent, const std::string& user, const Address& peer,
                           const std::string& transport);
// Checked "Name: value" lines; kUsage for what would break the message or is the stack's own.
Result<std::string> header_lines(const Headers& headers);

}  // namespace lineman
