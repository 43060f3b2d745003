#include "credentials.h"

#include <fmt/format.h>

#include "lineman/sip_uri.h"
#include "lineman/text.h"

namespace lineman {
namespace {

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

}  // namespace

std::string auth_user(const Account& account) {
  if (!account.user.empty()) return account.user;
  const auto aor = parse_sip_uri(account.aor);
  return aor ? aor->user : "";
}

Credentials::Credentials(const std::optional<Account>& account, const std::string& realm)
    : account_(account), realm_(account && !account->realm.empty() ? account->realm : realm) {}

std::vector<std::string> Credentials::answer(const sip_t* sip) {
  std::vector<std::string> answers;
  if (!account_ || account_->password.empty()) {
    refusal_ = "the peer asks for a password and none was given (--as, --password-file)";
    return answers;
  }
  if (tries_ > 0) {
    refusal_ = "the user name or password was not accepted";
    return answers;
  }
  const auto consider = [&](const msg_auth_t* challenge) {
    for (; challenge; challenge = challenge->au_next) {
      const char* quoted = msg_params_find(challenge->au_params, "realm=");
      const char* algorithm = msg_params_find(challenge->au_params, "algorithm=");
      if (!challenge->au_scheme || !iequals(challenge->au_scheme, "Digest") || !quoted) {
        refusal_ = "the peer asks for something else than a digest";
        continue;
      }
      const auto name = unquoted(algorithm ? algorithm : "MD5");
      if (!iequals(name, "MD5") && !iequals(name, "MD5-sess")) {
        refusal_ = fmt::format("the digest algorithm {} is not built in", printable(name));
        continue;
      }
      const auto realm = unquoted(quoted);
      if (!realm_.empty() && realm != realm_) {
        refusal_ = fmt::format("the realm '{}' is not '{}'", printable(realm), realm_);
        continue;
      }
      realm_ = realm;
      answers.push_back(
          fmt::format("Digest:{}:{}:{}", quoted, auth_user(*account_), account_->password));
    }
  };
  consider(sip->sip_www_authenticate);
  consider(sip->sip_proxy_authenticate);
  if (!answers.empty()) ++tries_;
  return answers;
}

void authenticate(nua_handle_t* handle, const std::vector<std::string>& answers) {
  const char* first = answers.empty() ? nullptr : answers[0].c_str();
  const char* second = answers.size() < 2 ? nullptr : answers[1].c_str();
  nua_authenticate(handle, TAG_IF(first, NUTAG_AUTH(first)), TAG_IF(second, NUTAG_AUTH(second)),
                   TAG_END());
}

}  // namespace lineman
