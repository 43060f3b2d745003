#include "guard.h"

#include <cstdlib>

#include "lineman/text.h"

namespace lineman::guard {
namespace {

bool good_url(const url_t* url) {
  if (url->url_type != url_sip && url->url_type != url_sips) return false;
  return url->url_host && *url->url_host;
}

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

const char* dialog_fault(const sip_t* sip, bool contact_required) {
  if (!sip->sip_contact) {
    if (contact_required) return "No Contact";
  } else if (!good_url(sip->sip_contact->m_url)) {
    return "Bad Contact";
  } else if (sip->sip_contact->m_next) {
    return "More Than One Contact";  // RFC 3261 section 12.1: exactly one
  }
  for (auto* route = sip->sip_record_route; route; route = route->r_next) {
    if (!good_url(route->r_url)) return "Bad Record-Route";
  }
  return nullptr;
}

std::optional<SipUri> next_hop(const sip_t* sip, bool response) {
  const url_t* url = nullptr;
  if (auto* route = sip->sip_record_route) {
    while (response && route->r_next) route = route->r_next;
    url = route->r_url;
  } else if (sip->sip_contact) {
    url = sip->sip_contact->m_url;
  }
  if (!url) return std::nullopt;
  // Not parse_sip_uri: a peer's user part may hold what we would refuse, and only the host matters.
  SipUri uri;
  uri.secure = url->url_type == url_sips;
  std::string host = url->url_host ? url->url_host : "";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  uri.host = host;
  if (url->url_port) uri.port = static_cast<std::uint16_t>(std::atoi(url->url_port));
  char transport[16];
  if (url_param(url->url_params, "transport", transport, sizeof transport) > 1) {
    uri.parameters.emplace_back("transport", transport);
  }
  char maddr[256];
  if (url_param(url->url_params, "maddr", maddr, sizeof maddr) > 1) uri.host = maddr;
  return uri;
}

int body_fault(const sip_t* sip) {
  if (!sip->sip_payload || sip->sip_payload->pl_len == 0) return 0;
  if (sip->sip_content_encoding && sip->sip_content_encoding->k_items &&
      sip->sip_content_encoding->k_items[0] &&
      !iequals(sip->sip_content_encoding->k_items[0], "identity")) {
    return 415;
  }
  const auto* type = sip->sip_content_type;
  return type && type->c_type && iequals(type->c_type, "application/sdp") ? 0 : 415;
}

Body body_of(const sip_t* sip) {
  Body body;
  if (!sip || !sip->sip_payload || !sip->sip_payload->pl_data) return body;
  body.text.assign(sip->sip_payload->pl_data, sip->sip_payload->pl_len);
  if (sip->sip_content_type && sip->sip_content_type->c_type) {
    body.content_type = sip->sip_content_type->c_type;
  }
  return body;
}

std::string text_of(const url_t* url) {
  if (!url) return "";
  char* text = url_as_string(nullptr, url);
  std::string out = text ? text : "";
  su_free(nullptr, text);
  return out;
}

std::optional<int> q850_of(const sip_t* sip) {
  for (auto* reason = sip ? sip->sip_reason : nullptr; reason; reason = reason->re_next) {
    if (!reason->re_protocol || !iequals(reason->re_protocol, "Q.850") || !reason->re_cause) {
      continue;
    }
    char* end = nullptr;
    const long cause = std::strtol(reason->re_cause, &end, 10);
    if (end != reason->re_cause && cause >= 0 && cause <= 127) return static_cast<int>(cause);
  }
  return std::nullopt;
}

std::string reason_text(const sip_t* sip) {
  for (auto* reason = sip ? sip->sip_reason : nullptr; reason; reason = reason->re_next) {
    if (reason->re_text) return unquoted(reason->re_text);
  }
  return "";
}

}  // namespace lineman::guard
