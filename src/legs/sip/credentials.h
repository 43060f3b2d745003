// Credentials: which digest challenges an account may answer (RFC 2617, RFC 7616 section 5). A
// password goes to the host that was dialled or registered with, and to one realm: never to whoever
// else can put a challenge into the path. Control thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lineman/leg.h"
#include "sofia.h"

namespace lineman {

// The challenges of one call or registration.
class Credentials {
 public:
  Credentials() = default;
  // `realm`: what registering has taught; the account's own wins.
  Credentials(const std::optional<Account>& account, const std::string& realm);

  // What nua_authenticate wants for the challenges of a 401 or 407; empty: not ours to answer, or
  // the answer was wrong.
  std::vector<std::string> answer(const sip_t* sip);
  bool used() const { return tries_ > 0; }
  const std::string& realm() const { return realm_; }
  const std::string& refusal() const { return refusal_; }  // why answer() was empty

 private:
  std::optional<Account> account_;
  std::string realm_;  // empty: the first that asks
  std::string refusal_;
  int tries_ = 0;
};

// Hands the answers to Sofia; with none it ends the request that waits for them.
void authenticate(nua_handle_t* handle, const std::vector<std::string>& answers);

// The user part of an account: what was given, or the AOR's.
std::string auth_user(const Account& account);

}  // namespace lineman
