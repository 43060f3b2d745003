#include "command_table.h"
#include "lineman/text.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  command.phone.mode = PhoneOptions::Mode::kRegister;
  if (command.words.empty()) {
    return tl::make_unexpected(usage_error(*command.row, "no AOR: who is to be registered?"));
  }
  const std::string aor = command.words.front();
  command.words.erase(command.words.begin());
  auto uri = parse_typed_uri(aor);
  if (!uri) return tl::make_unexpected(uri.error());
  if (uri->user.empty()) {
    return fail(ErrorCode::kUsage,
                "'" + printable(aor) + "' has no user: write sip:alice@" + uri->host_port());
  }
  command.phone.target = aor;
  command.phone.sip.account.emplace();
  command.phone.sip.account->aor = aor;
  return expect_no_words(command);
}

}  // namespace

const CommandRow kRegisterCommand = {
    "register",
    "AOR [--once] [--expires D] [-- CMD...]",
    "register with a server",
    "Registers AOR with its server (or --registrar) and stays registered until stopped or until "
    "CMD "
    "ends, then unregisters. --once tests the credentials and leaves. The password comes from "
    "--password-file or LINEMAN_PASSWORD, never from the command line.",
    "lineman register sip:alice@127.0.0.1 --once --password-file secret.txt\n"
    "lineman register alice@pbx.example.com --expires 5m",
    kRegister,
    prepare};

}  // namespace lineman
