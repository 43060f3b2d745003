// Registration: keeps one account registered; RFC 3261 section 10. Sofia refreshes, this class
// answers challenges, bounds the waiting and starts again after a loss. Control thread.
#pragma once

#include <functional>
#include <string>

#include "anchor.h"
#include "credentials.h"
#include "host.h"
#include "sofia.h"

namespace lineman {

class Registration final : public HandleOwner {
 public:
  using Report = std::function<void(const RegisterState&)>;

  Registration(SipHost& host, Account account, Report report);
  ~Registration() override;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  Result<void> start(Duration expires);
  // `done` once, when the registrar has confirmed or after `limit`.
  void stop(Duration limit, std::function<void()> done);

  const std::string& realm() const { return realm_; }  // what it has learned
  const Address& registrar() const { return registrar_; }
  bool active() const { return handle_ != nullptr; }
  void on_nua(SipAgent& agent, const NuaEvent& event) override;

 private:
  void locate();
  void launch(const Hop& hop);
  void on_response(const NuaEvent& e);
  void on_success(const sip_t* sip);
  void fail_with(Cause cause, int code, const std::string& reason);
  void drop_handle();
  void stopped();

  SipHost& host_;
  Account account_;
  Report report_;
  SipUri aor_, target_;
  Duration expires_{};
  nua_handle_t* handle_ = nullptr;
  Credentials credentials_;
  std::string realm_;
  Address registrar_;
  bool registered_ = false, was_registered_ = false, stopping_ = false;
  Loop::Id timer_ = 0;  // connect timeout, retry, or the limit of stop()
  std::function<void()> done_;
  Anchor anchor_;
};

}  // namespace lineman
