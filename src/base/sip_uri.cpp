#include "lineman/sip_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace lineman {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// `allowed` beside letters, digits and well-formed %XX.
bool made_of(std::string_view text, std::string_view allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_alnum(c) && allowed.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

constexpr std::string_view kUserChars =
    "-_.!~*'()&=+$,;?/";  // section 25.1: unreserved, user-unreserved
constexpr std::string_view kParameterChars = "-_.!~*'()[]/:&+$";
constexpr std::string_view kHeaderChars = "-_.!~*'()[]/?:+$";

bool is_ipv4(std::string_view host) {
  int parts = 0;
  while (true) {
    const auto dot = host.find('.');
    const auto part = host.substr(0, dot);
    unsigned value = 256;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || end != part.data() + part.size() || value > 255 ||
        error != std::errc{}) {
      return false;
    }
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view host) {
  int groups = 0;
  bool gap = false;
  if (host.substr(0, 2) == "::") {
    gap = true;
    host.remove_prefix(2);
  }
  while (!host.empty()) {
    if (host.find(':') == std::string_view::npos && is_ipv4(host)) {
      groups += 2;
      break;
    }
    std::size_t n = 0;
    while (n < host.size() && is_hex(host[n])) ++n;
    if (n == 0 || n > 4) return false;
    ++groups;
    host.remove_prefix(n);
    if (host.empty()) break;
    if (host.front() != ':') return false;
    host.remove_prefix(1);
    if (host.empty()) return false;  // one colon at the end
    if (host.front() == ':') {
      if (gap) return false;
      gap = true;
      host.remove_prefix(1);
    }
  }
  return gap ? groups < 8 : groups == 8;
}

// Why a name is none; "" when it is one.
std::string name_fault(std::string_view host) {
  if (host.size() > 253) return "the host name is longer than 253 characters";
  auto rest = host;
  if (!rest.empty() && rest.back() == '.') rest.remove_suffix(1);
  std::string_view last;
  while (true) {
    const auto dot = rest.find('.');
    const auto label = rest.substr(0, dot);
    if (label.empty()) return fmt::format("'{}' has an empty label", host);
    if (label.size() > 63) return "a label of the host name is longer than 63 characters";
    // The underscore is no host name by RFC 952, but service and container names have it.
    const bool good = std::all_of(label.begin(), label.end(),
                                  [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
    if (!good) return fmt::format("'{}' is not a host name", host);
    if (label.front() == '-' || label.back() == '-') {
      return fmt::format("a label of '{}' begins or ends with '-'", host);
    }
    last = label;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (std::all_of(last.begin(), last.end(), is_digit)) {
    return fmt::format("'{}' is neither an IPv4 address nor a host name", host);
  }
  return "";
}

std::string host_part(std::string_view& text, SipUri& uri) {  // eats host[:port]
  std::size_t end;
  if (!text.empty() && text.front() == '[') {
    end = text.find(']');
    if (end == std::string_view::npos) return "']' is missing after the IPv6 address";
    uri.host = lowered(text.substr(1, end - 1));
    if (!is_ipv6(uri.host)) return fmt::format("'{}' is not an IPv6 address", uri.host);
    text.remove_prefix(end + 1);
  } else {
    const auto whole = text.substr(0, text.find_first_of(";?"));
    if (std::count(whole.begin(), whole.end(), ':') > 1 && is_ipv6(whole)) {
      return "an IPv6 address is written in brackets: sip:[::1]";
    }
    end = std::min(text.find_first_of(":;?"), text.size());
    uri.host = lowered(text.substr(0, end));
    if (uri.host.empty()) return "the host is missing";
    if (!is_ipv4(uri.host)) {
      if (auto fault = name_fault(uri.host); !fault.empty()) return fault;
    }
    text.remove_prefix(end);
  }
  if (text.empty() || text.front() != ':') return "";
  text.remove_prefix(1);
  end = std::min(text.find_first_of(";?"), text.size());
  const auto port = text.substr(0, end);
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty() || stop != port.data() + port.size() || error != std::errc{} || value == 0 ||
      value > 65535) {
    return fmt::format("the port '{}' is not a number from 1 to 65535", port);
  }
  uri.port = static_cast<std::uint16_t>(value);
  text.remove_prefix(end);
  return "";
}

std::string parameter_part(std::string_view& text, SipUri& uri) {  // eats ;name[=value]...
  while (!text.empty() && text.front() == ';') {
    text.remove_prefix(1);
    const auto end = std::min(text.find_first_of(";?"), text.size());
    const auto item = text.substr(0, end);
    const auto equals = item.find('=');
    const auto name = item.substr(0, equals);
    const bool valued = equals != std::string_view::npos;
    const auto value = valued ? item.substr(equals + 1) : std::string_view{};
    if (name.empty() || !made_of(name, kParameterChars) || !made_of(value, kParameterChars) ||
        (valued && value.empty())) {
      return fmt::format("the parameter ';{}' is not NAME or NAME=VALUE", item);
    }
    if (uri.has_parameter(name)) return fmt::format("the parameter '{}' is given twice", name);
    uri.parameters.emplace_back(lowered(name), std::string(value));
    text.remove_prefix(end);
  }
  return "";
}

std::string header_part(std::string_view& text, SipUri& uri) {  // eats ?name=value&...
  if (text.empty() || text.front() != '?') return "";
  do {
    text.remove_prefix(1);
    const auto end = std::min(text.find('&'), text.size());
    const auto item = text.substr(0, end);
    const auto equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0 ||
        !made_of(item.substr(0, equals), kHeaderChars) ||
        !made_of(item.substr(equals + 1), kHeaderChars)) {
      return fmt::format("the header '?{}' is not NAME=VALUE with %XX escapes", item);
    }
    uri.headers.emplace_back(std::string(item.substr(0, equals)),
                             std::string(item.substr(equals + 1)));
    text.remove_prefix(end);
  } while (!text.empty());
  return "";
}

std::string join_parameters(const SipUri::Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += ';' + name;
    if (!value.empty()) out += '=' + value;
  }
  return out;
}

// The scheme in lower case when the text begins with one: letters, then ':' that is not a port's.
std::optional<std::string> scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(text.front())) return std::nullopt;
  const auto word = text.substr(0, colon);
  const bool good =
      std::all_of(word.begin(), word.end(), [](char c) { return is_alnum(c) || c == '+'; });
  if (!good) return std::nullopt;
  // `pbx:5060` is a host and a port; `tel:112` is not.
  const auto rest = text.substr(colon + 1);
  const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const bool like_port = digits > 0 && digits <= 5 &&
                         (digits == rest.size() || rest[digits] == ';' || rest[digits] == '?');
  const auto scheme = lowered(word);
  if (like_port && scheme != "sip" && scheme != "sips" && scheme != "tel") return std::nullopt;
  return scheme;
}

// Quoted in errors: the peer's text may hold anything and be of any length.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 80)) out += c >= ' ' && c < 127 ? c : '?';
  return out + (text.size() > 80 ? "...'" : "'");
}

Result<SipUri> parse(std::string_view original, bool scheme_required) {
  auto text = trimmed(original);
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kUsage, fmt::format("{} is not a SIP URI: {}", quoted(original), why));
  };
  if (text.empty()) return bad("it is empty");
  for (const char c : text) {
    if ((c >= 0 && c <= ' ') || c == 127) return bad("it has a space or control character in it");
  }
  SipUri uri;
  if (const auto scheme = scheme_of(text)) {
    if (*scheme != "sip" && *scheme != "sips") {
      return bad(fmt::format("the scheme '{}:' is not sip: or sips:", *scheme));
    }
    uri.secure = *scheme == "sips";
    text.remove_prefix(scheme->size() + 1);
  } else if (scheme_required) {
    return bad("the scheme sip: or sips: is missing");
  }
  if (text.substr(0, 2) == "//") return bad("no '//' stands after the scheme");
  // The user may hold ';' and '?', so the '@' decides; but one in ?headers must be escaped.
  if (const auto at = text.rfind('@', text.find('?', std::min(text.find('@'), text.size())));
      at != std::string_view::npos) {
    const auto user = text.substr(0, at);
    if (user.find(':') != std::string_view::npos) {
      // Not quoted: errors end in logs.
      return fail(ErrorCode::kUsage,
                  fmt::format("{} is not a SIP URI: a password does not belong into a URI "
                              "(use --password-file or LINEMAN_PASSWORD)",
                              quoted(std::string(user.substr(0, user.find(':'))) + ":...")));
    }
    if (user.empty()) return bad("the user before '@' is missing");
    if (!made_of(user, kUserChars)) {
      return bad("the user has a character that must be written as %XX");
    }
    uri.user = std::string(user);
    text.remove_prefix(at + 1);
  } else if (std::all_of(text.begin(), text.end(),
                         [](char c) { return is_digit(c) || c == '+'; })) {
    return bad(fmt::format("the host is missing: write sip:{}@HOST", text));
  }
  if (auto fault = host_part(text, uri); !fault.empty()) return bad(fault);
  if (auto fault = parameter_part(text, uri); !fault.empty()) return bad(fault);
  if (auto fault = header_part(text, uri); !fault.empty()) return bad(fault);
  if (!text.empty()) return bad(fmt::format("{} is left over after the host", quoted(text)));
  return uri;
}

}  // namespace

bool SipUri::numeric_host() const { return is_ipv4(host) || is_ipv6(host); }

bool SipUri::has_parameter(std::string_view name) const {
  const auto key = lowered(name);
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const auto& p) { return p.first == key; });
}

std::string_view SipUri::parameter(std::string_view name) const {
  const auto key = lowered(name);
  for (const auto& [n, value] : parameters) {
    if (n == key) return value;
  }
  return "";
}

std::string SipUri::transport() const { return lowered(parameter("transport")); }

std::uint16_t SipUri::port_or_default() const {
  if (port) return port;
  return secure || transport() == "tls" ? 5061 : 5060;
}

std::string SipUri::host_text() const {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

std::string SipUri::host_port() const {
  return port ? fmt::format("{}:{}", host_text(), port) : host_text();
}

std::string SipUri::address_of_record() const {
  return fmt::format("{}:{}{}{}", secure ? "sips" : "sip", user, user.empty() ? "" : "@",
                     host_port());
}

std::string SipUri::request_uri() const {
  return address_of_record() + join_parameters(parameters);
}

std::string SipUri::text() const {
  std::string out = request_uri();
  char separator = '?';
  for (const auto& [name, value] : headers) {
    out += separator + name + '=' + value;
    separator = '&';
  }
  return out;
}

Result<SipUri> parse_sip_uri(std::string_view text) { return parse(text, false); }

Result<NameAddr> parse_name_addr(std::string_view text) {
  const auto bad = [&](const char* why) {
    return fail(ErrorCode::kUsage, fmt::format("{} is not an address: {}", quoted(text), why));
  };
  NameAddr out;
  auto rest = trimmed(text);
  if (!rest.empty() && rest.front() == '"') {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && ++i == rest.size()) break;
      out.display += rest[i];
    }
    if (i >= rest.size()) return bad("the closing '\"' is missing");
    rest = trimmed(rest.substr(i + 1));
    if (rest.empty() || rest.front() != '<') return bad("'<' must follow the name");
  } else if (const auto open = rest.find('<'); open != std::string_view::npos) {
    out.display = std::string(trimmed(rest.substr(0, open)));
    rest.remove_prefix(open);
  }
  if (!rest.empty() && rest.front() == '<') {
    const auto close = rest.find('>');
    if (close == std::string_view::npos) return bad("the closing '>' is missing");
    rest = rest.substr(1, close - 1);
  } else {
    rest = rest.substr(0, rest.find_first_of(";,?"));  // the header's parameters, not the URI's
  }
  auto uri = parse(rest, true);
  if (!uri) return tl::make_unexpected(uri.error());
  out.uri = std::move(*uri);
  return out;
}

}  // namespace lineman
