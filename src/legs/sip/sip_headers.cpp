#include "sip_headers.h"

#include "guard.h"

namespace lineman {
namespace {

std::string display_of(const char* display) {
  std::string text = display ? display : "";
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

Incoming incoming_of(const NuaEvent& e) {
  Incoming call;
  const sip_t* sip = e.sip;
  call.source = e.peer;
  call.offer = guard::body_of(sip);
  if (sip->sip_from) {
    call.from = guard::text_of(sip->sip_from->a_url);
    call.from_display = display_of(sip->sip_from->a_display);
  }
  if (sip->sip_to) call.to = guard::text_of(sip->sip_to->a_url);
  if (sip->sip_user_agent && sip->sip_user_agent->g_string) {
    call.user_agent = sip->sip_user_agent->g_string;
  }
  if (sip->sip_subject && sip->sip_subject->g_string) {
    call.headers.emplace_back("Subject", sip->sip_subject->g_string);
  }
  for (auto* unknown = sip->sip_unknown; unknown; unknown = unknown->un_next) {
    if (unknown->un_name) {
      call.headers.emplace_back(unknown->un_name, unknown->un_value ? unknown->un_value : "");
    }
  }
  return call;
}

}  // namespace lineman
