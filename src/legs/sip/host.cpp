#include "host.h"

#include <fmt/format.h>

#include <algorithm>

#include "lineman/text.h"

namespace lineman {

Result<SipUri> first_hop(const SipOptions& options, const SipUri& target) {
  if (options.proxy.empty()) return target;
  return parse_sip_uri(options.proxy);
}

std::string from_header(const SipOptions& options, const std::string& asked,
                        const Address& source) {
  std::string from = !asked.empty()          ? asked
                     : !options.from.empty() ? options.from
                     : options.account       ? options.account->aor
                                             : "";
  if (from.empty()) {
    from = source.family == Address::Family::kV6 ? '[' + source.ip_text() + ']' : source.ip_text();
    from = "sip:lineman@" + from;
  }
  if (from.find('<') != std::string::npos) return from;
  if (const auto uri = parse_sip_uri(from)) from = uri->request_uri();
  return '<' + from + '>';
}

std::string contact_user(const SipOptions& options) {
  if (options.account) {
    if (const auto aor = parse_sip_uri(options.account->aor); aor && !aor->user.empty()) {
      return aor->user;
    }
  }
  return "lineman";
}

std::string contact_header(const SipAgent& agent, const std::string& user, const Address& peer,
                           const std::string& transport) {
  if (!agent.bound().is_unspecified()) return "";
  auto source = source_towards(peer);
  if (!source) return "";
  source->port = agent.bound().port;
  return fmt::format("<sip:{}@{}{}>", user, source->text(),
                     transport == "tcp" ? ";transport=tcp" : "");
}

void send_by(nua_handle_t* handle, const Hop& hop) {
  const auto uri = hop.uri();
  nua_set_hparams(handle, NUTAG_PROXY(uri.c_str()), TAG_END());
}

Result<std::string> header_lines(const Headers& headers) {
  static constexpr std::string_view kOwn[] = {"via",
                                              "from",
                                              "to",
                                              "call-id",
                                              "cseq",
                                              "contact",
                                              "route",
                                              "record-route",
                                              "max-forwards",
                                              "content-length",
                                              "content-type",
                                              "f",
                                              "t",
                                              "i",
                                              "m",
                                              "l",
                                              "c",
                                              "v",
                                              "authorization",
                                              "proxy-authorization",
                                              "session-expires",
                                              "x",
                                              "rack",
                                              "rseq",
                                              "require"};
  std::string out;
  for (const auto& header : headers) {
    const std::string &name = header.first, &value = header.second;
    const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos ||
             (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
    if (!token) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not a header name", printable(name)));
    }
    const bool clean = std::none_of(value.begin(), value.end(),
                                    [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    if (!clean) {
      return fail(ErrorCode::kUsage, fmt::format("the header {} has a line break in it", name));
    }
    if (std::any_of(std::begin(kOwn), std::end(kOwn),
                    [&](std::string_view own) { return iequals(own, name); })) {
      return fail(
          ErrorCode::kUsage,
          fmt::format("the header {} is the SIP stack's own; --header cannot set it", name));
    }
    out += fmt::format("{}{}: {}", out.empty() ? "" : "\r\n", name, value);
  }
  return out;
}

}  // namespace lineman
