// Addresses, accounts and headers.
#include <algorithm>
#include <array>

#include "option_values.h"

namespace lineman {
namespace {

constexpr std::string_view kAddresses = "Addresses and account";

// Headers that the stack itself writes, and their compact forms (RFC 3261 section 7.3.3).
constexpr std::array<std::string_view, 44> kOwnHeaders = {"accept",
                                                          "accept-encoding",
                                                          "accept-language",
                                                          "allow",
                                                          "allow-events",
                                                          "authorization",
                                                          "call-id",
                                                          "contact",
                                                          "content-disposition",
                                                          "content-encoding",
                                                          "content-length",
                                                          "content-type",
                                                          "cseq",
                                                          "date",
                                                          "expires",
                                                          "event",
                                                          "from",
                                                          "max-forwards",
                                                          "mime-version",
                                                          "min-se",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "proxy-require",
                                                          "rack",
                                                          "reason",
                                                          "record-route",
                                                          "refer-to",
                                                          "require",
                                                          "route",
                                                          "rseq",
                                                          "session-expires",
                                                          "supported",
                                                          "to",
                                                          "user-agent",
                                                          "via",
                                                          "www-authenticate",
                                                          "c",
                                                          "e",
                                                          "f",
                                                          "i",
                                                          "k",
                                                          "l",
                                                          "m",
                                                          "v"};
constexpr std::array<std::string_view, 3> kMoreCompact = {"t", "x", "u"};

Result<void> add_header(Command& command, const OptionRow&, const std::string& value) {
  const std::size_t colon = value.find(':');
  const std::string_view name = trim(std::string_view(value).substr(0, colon));
  const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-.!%*_+`'~").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (colon == std::string::npos || !token) {
    return fail(ErrorCode::kUsage,
                "'" + printable(value) + "' is no header: write for example 'X-Test: 1'");
  }
  const auto own = [name](std::string_view each) { return iequals(each, name); };
  if (std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(), own) ||
      std::any_of(kMoreCompact.begin(), kMoreCompact.end(), own)) {
    return fail(ErrorCode::kUsage, "'" + std::string(name) +
                                       "' is written by lineman itself: use a header of your own, "
                                       "such as X-Test, Subject or P-Asserted-Identity");
  }
  const std::string_view text = trim(std::string_view(value).substr(colon + 1));
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; })) {
    return fail(ErrorCode::kUsage,
                "the value of '" + std::string(name) +
                    "' has a line break or another control character: leave it out");
  }
  if (repair_utf8(text) != text) {
    return fail(ErrorCode::kUsage, "the value of '" + std::string(name) + "' is not UTF-8");
  }
  command.phone.headers.emplace_back(name, text);
  return {};
}

Result<void> check_uri(const std::string& value) {
  if (auto uri = parse_typed_uri(value); !uri) return tl::make_unexpected(uri.error());
  return {};
}
Result<void> set_as(Command& command, const OptionRow&, const std::string& value) {
  auto uri = parse_typed_uri(value);
  if (!uri) return tl::make_unexpected(uri.error());
  if (uri->user.empty()) {
    return fail(ErrorCode::kUsage,
                "'" + printable(value) + "' has no user: write alice@" + uri->host_port());
  }
  command.phone.sip.account.emplace();
  command.phone.sip.account->aor = value;
  return {};
}
Result<void> set_password_file(Command& command, const OptionRow&, const std::string& value) {
  command.password_file = value;
  return not_empty(value);
}
Result<void> refuse_password(Command&, const OptionRow&, const std::string&) {
  return fail(ErrorCode::kUsage,
              "everybody can read a password on a command line: put it into a file and use "
              "--password-file FILE, or into the environment as LINEMAN_PASSWORD");
}
Result<void> set_registrar(Command& command, const OptionRow&, const std::string& value) {
  command.registrar = value;
  return check_uri(value);
}
Result<void> set_proxy(Command& command, const OptionRow&, const std::string& value) {
  command.phone.sip.proxy = value;
  return check_uri(value);
}
Result<void> add_listen(Command& command, const OptionRow&, const std::string& value) {
  command.phone.sip.listen.push_back(value);
  return not_empty(value);
}
Result<void> set_from(Command& command, const OptionRow&, const std::string& value) {
  command.phone.sip.from = value;
  if (value.find('<') == std::string::npos) return check_uri(value);
  if (auto address = parse_name_addr(value); !address) {
    return tl::make_unexpected(address.error());
  }
  return {};
}
Result<void> set_transport(Command& command, const OptionRow&, const std::string& value) {
  if (value != "udp" && value != "tcp") {
    return value == "tls" || value == "ws" || value == "wss"
               ? fail(ErrorCode::kUnsupported, value + " is not built in yet: udp and tcp are")
               : fail(ErrorCode::kUsage, "'" + printable(value) + "' is neither udp nor tcp");
  }
  command.phone.sip.transport = value;
  return {};
}

}  // namespace

void add_sip_options(std::vector<OptionRow>& to) {
  to.insert(
      to.end(),
      {{"--as", "", "AOR", "", "who we are: an account, as in alice@pbx.example.com", kAddresses,
        kCalls | kOptions, "", set_as},
       {"--password-file", "", "FILE", "",
        "its first line is the password of the account (else LINEMAN_PASSWORD is)", kAddresses,
        kAllPhone, "", set_password_file},
       {"--password", "", "TEXT", "", "", kAddresses, kAllPhone, "", refuse_password, true},
       {"--registrar", "", "URI", "", "where the account registers (default: its host)", kAddresses,
        kAllPhone, "", set_registrar},
       {"--proxy", "", "URI", "", "send every request there first", kAddresses, kAllPhone, "",
        set_proxy},
       {"--listen", "", "ADDRESS", "127.0.0.1:0",
        "[sip:]HOST:PORT[;transport=T] to receive SIP on, port 0: any free one; may be repeated",
        kAddresses, kAllPhone, "", add_listen},
       {"--transport", "", "T", "", "udp or tcp (default: as the URI says, else udp)", kAddresses,
        kAllPhone, "udp|tcp", set_transport},
       {"--from", "", "URI", "", "From of our requests, as in '\"Test\" <sip:100@example.com>'",
        kAddresses, kCallers | kOptions, "", set_from},
       {"--header", "", "'N: V'", "", "add a header to our requests; may be repeated", kAddresses,
        kCallers | kOptions, "", add_header}});
}

}  // namespace lineman
