// SipAgent: one nua_t, bound to one address (two NUTAG_URLs on one nua_t bind only the last one).
// Everything that Sofia reports comes out of here as NuaEvents. Control thread; RFC 3261.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lineman/loop.h"
#include "sofia.h"

namespace lineman {

struct SipTimers {  // for tests: zero is Sofia's default
  Duration t1x64{}, t4{};
};

struct AgentConfig {
  std::string user_agent;
  Duration session_expires{};
  std::string resolv_conf;  // a file that names no usable server
  bool log_messages = false;
  SipTimers timers;
};

struct Listen {           // one --listen
  Address address;        // port 0: the kernel chooses
  std::string transport;  // "udp", "tcp" or "": both
  std::string written;    // as the user wrote it, for errors
};
Result<Listen> parse_listen(const std::string& text);

struct AgentSink {
  virtual ~AgentSink() = default;
  // An event of a handle that nobody is bound to yet, or of none.
  virtual void on_unclaimed(SipAgent& agent, const NuaEvent& event) = 0;
  virtual void on_agent_down(SipAgent& agent) = 0;  // it may be destroyed now
};

class SipAgent {
 public:
  // kPort, naming the address, when it cannot be bound.
  static Result<std::unique_ptr<SipAgent>> open(Loop& loop, const Listen& listen,
                                                const AgentConfig& config, bool on_demand,
                                                AgentSink& sink);
  ~SipAgent();
  SipAgent(const SipAgent&) = delete;
  SipAgent& operator=(const SipAgent&) = delete;

  nua_t* nua() const { return nua_; }
  const Address& bound() const { return bound_; }
  bool has(const std::string& transport) const {
    return transport_.empty() || transport_ == transport;
  }
  bool reaches(const Address& source) const;  // may send from this local address
  bool on_demand() const { return on_demand_; }
  std::vector<std::string> addresses() const;

  void shut_down();  // on_agent_down follows; every call should have ended before
  bool down() const { return down_; }

 private:
  SipAgent(AgentSink& sink, bool on_demand) : sink_(sink), on_demand_(on_demand) {}
  static void on_event(nua_event_t event, int status, char const* phrase, nua_t* nua,
                       SipAgent* self, nua_handle_t* handle, HandleOwner* owner, sip_t const* sip,
                       tagi_t tags[]);

  AgentSink& sink_;
  nua_t* nua_ = nullptr;
  su_root_t* root_ = nullptr;
  Address bound_;
  std::string transport_;
  bool on_demand_ = false, shutting_ = false, down_ = false;
};

}  // namespace lineman
