// What the SDP tests share: short ways to write a description and to show what came of it.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "lineman/sdp.h"

namespace lineman {

inline constexpr std::chrono::milliseconds ms(int n) { return std::chrono::milliseconds(n); }

inline Address at(std::string_view text) { return *Address::parse(text); }

inline LocalMedia local_media(std::vector<CodecId> codecs,
                              std::string_view rtp = "192.0.2.10:4000") {
  LocalMedia out;
  out.rtp = at(rtp);
  out.codecs = std::move(codecs);
  out.session_id = 7;
  out.session_version = 1;
  return out;
}
inline LocalMedia all_media() {
  return local_media({CodecId::kOpus, CodecId::kG722, CodecId::kPcmu, CodecId::kPcma});
}

// "v=0 o=- 1 1 IN IP4 10.0.0.9 s=- c=IN IP4 10.0.0.9 t=0 0" and then `rest`, lines separated by |.
inline std::string sdp(std::string_view rest, std::string_view c = "c=IN IP4 10.0.0.9|") {
  std::string text = "v=0|o=- 1 1 IN IP4 10.0.0.9|s=-|" + std::string(c) + "t=0 0|";
  text += rest;
  std::string out;
  for (const char ch : text + "|") {
    if (ch == '|')
      out += "\r\n";
    else
      out += ch;
  }
  return out;
}

inline std::string show(const std::vector<PayloadType>& types) {
  std::string out;
  for (const auto& t : types)
    out += (out.empty() ? "" : " ") + std::to_string(t.number) + ":" +
           std::string(codec_info(t.codec).name);
  return out;
}
inline std::string show(const std::vector<EventPayloadType>& types) {
  std::string out;
  for (const auto& t : types)
    out += (out.empty() ? "" : " ") + std::to_string(t.number) + "@" + std::to_string(t.clock_rate);
  return out;
}
inline std::string show(const RtpConfig& c) {  // send | receive | events
  return std::to_string(c.send.number) + ":" + std::string(codec_info(c.send.codec).name) + " | " +
         show(c.receive) + " | " + show(c.events_receive);
}
inline std::string show(const Result<RtpConfig>& c) {
  return c ? show(*c) : "error: " + c.error().text;
}
inline std::string show(const Result<Answer>& a) {
  return a ? show(a->config) : "error: " + a.error().text;
}

}  // namespace lineman
