// Probe: one OPTIONS request and what came back; RFC 3261 section 11. Control thread.
#pragma once

#include <functional>
#include <string>

#include "anchor.h"
#include "credentials.h"
#include "host.h"
#include "sofia.h"

namespace lineman {

class Probe final : public HandleOwner {
 public:
  using Done = std::function<void(Probe&, ProbeAnswer)>;

  Probe(SipHost& host, Done done);
  ~Probe() override;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  Result<void> start(const std::string& uri, const Headers& headers);
  void abandon();  // answers kCancelled, when it has not answered yet
  void on_nua(SipAgent& agent, const NuaEvent& event) override;

 private:
  void launch(const SipUri& target, const Hop& hop);
  void finish(ProbeAnswer answer);
  void finish(Cause cause, EndedBy by, int code, const std::string& reason);

  SipHost& host_;
  Done done_;
  std::string lines_;
  nua_handle_t* handle_ = nullptr;
  Credentials credentials_;
  TimePoint sent_{};
  Loop::Id timer_ = 0;
  Anchor anchor_;
};

}  // namespace lineman
