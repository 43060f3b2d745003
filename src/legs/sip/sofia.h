// The one place that includes Sofia's headers, with the types its callbacks carry. Control thread.
// Only legs/sip includes this: no Sofia type leaves the folder.
#pragma once

namespace lineman {
class SipAgent;
struct HandleOwner;
}  // namespace lineman

#define NUA_MAGIC_T lineman::SipAgent
#define NUA_HMAGIC_T lineman::HandleOwner

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>

#include "lineman/packet.h"

namespace lineman {

struct NuaEvent {
  nua_event_t event;
  int status;
  const char* phrase;  // never NULL
  nua_handle_t* handle;
  const sip_t* sip;  // NULL when there is no message
  tagi_t* tags;
  Address peer;    // where the message came from; none without a message
  bool from_wire;  // false: our own stack made it up (a timer, ICMP, a refused connection)
};

// What a nua handle is bound to.
struct HandleOwner {
  virtual ~HandleOwner() = default;
  virtual void on_nua(SipAgent& agent, const NuaEvent& event) = 0;
};

// In place of the stack's own 503, which reads as if a peer had said it.
inline constexpr const char* kNoConnection = "the connection was refused or there is no route";

}  // namespace lineman
