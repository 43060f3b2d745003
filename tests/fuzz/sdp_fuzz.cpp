// SDP from the peer, as an offer and as an answer: nothing may crash, and what we accept must hold
// together: an answer of ours is SDP that we would read, and a config can be used.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lineman/sdp.h"

namespace {

using namespace lineman;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const RtpConfig& config) {
  require(!config.receive.empty());
  require(config.send.number < 128);
  for (const auto& type : config.receive) require(type.number < 128);
  require(!config.remote_rtp.is_unspecified());
  require(config.ptime >= std::chrono::milliseconds(10) &&
          config.ptime <= std::chrono::milliseconds(200) &&
          config.ptime % kFrameTime == Duration{});
  if (config.remote_rtp && config.remote_rtcp)
    require(config.remote_rtp.family == config.remote_rtcp.family);
  if (!config.remote_rtp) require(!sends(config.direction));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  LocalMedia local;
  local.rtp = *Address::parse("192.0.2.1:4000");
  for (const CodecInfo& codec : all_codecs()) local.codecs.push_back(codec.id);

  if (const auto config = accept_answer(local, text))
    check(*config);
  else
    require(!config.error().text.empty());

  if (const auto answer = answer_offer(local, text)) {
    check(answer->config);
    if (answer->sdp.size() < 64 * 1024) require(answer_offer(local, answer->sdp).has_value());
    LocalMedia again = local;  // our own next offer keeps the numbers, and can be answered
    again.keep = answer->config.receive;
    again.keep_events = answer->config.events_receive;
    const auto next = answer_offer(local, make_offer(again));
    require(next.has_value() && accept_answer(again, next->sdp).has_value());
  } else {
    require(!answer.error().text.empty());
  }
  return 0;
}
