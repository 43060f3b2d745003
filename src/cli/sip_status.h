// Final SIP statuses for `lineman explain`: the phrase of the RFC and what to look at. Pure.
#pragma once

#include <span>
#include <string_view>

namespace lineman {

struct SipStatus {
  int code;
  std::string_view phrase;
  std::string_view advice;
};
std::span<const SipStatus> sip_statuses();
const SipStatus* find_sip_status(int code);

}  // namespace lineman
