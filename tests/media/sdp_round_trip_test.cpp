// Offer and answer between two of ours, for every choice of codecs on both sides.
#include <algorithm>

#include "sdp_testing.h"

namespace lineman {
namespace {

std::vector<std::vector<CodecId>> ordered_subsets() {  // every non-empty choice in every order
  std::vector<CodecId> all = {CodecId::kPcmu, CodecId::kPcma, CodecId::kG722, CodecId::kOpus};
  std::vector<std::vector<CodecId>> out;
  for (unsigned mask = 1; mask < 16; ++mask) {
    std::vector<CodecId> chosen;
    for (unsigned i = 0; i < 4; ++i)
      if (mask >> i & 1) chosen.push_back(all[i]);
    do out.push_back(chosen);
    while (std::next_permutation(chosen.begin(), chosen.end()));
  }
  return out;
}

bool receives_type(const RtpConfig& config, const PayloadType& type) {
  return std::find(config.receive.begin(), config.receive.end(), type) != config.receive.end();
}

TEST(SdpRoundTrip, EveryPairOfCodecListsAgrees) {
  const auto lists = ordered_subsets();
  ASSERT_EQ(lists.size(), 64u);
  for (const auto& a : lists)
    for (const auto& b : lists) {
      const LocalMedia caller = local_media(a, "127.0.0.1:4000");
      const LocalMedia callee = local_media(b, "127.0.0.1:5000");
      const auto answer = answer_offer(callee, make_offer(caller));
      const auto first = std::find_if(a.begin(), a.end(), [&](CodecId c) {
        return std::find(b.begin(), b.end(), c) != b.end();
      });
      if (first == a.end()) {
        ASSERT_FALSE(answer);
        ASSERT_EQ(answer.error().code, ErrorCode::kNoCommon);
        continue;
      }
      ASSERT_TRUE(answer) << answer.error().text;
      const auto config = accept_answer(caller, answer->sdp);
      ASSERT_TRUE(config) << config.error().text;
      // Both send the caller's first common codec, with a number the other expects.
      ASSERT_EQ(config->send.codec, *first);
      ASSERT_EQ(answer->config.send, config->send);
      ASSERT_TRUE(receives_type(*config, answer->config.send));
      ASSERT_TRUE(receives_type(answer->config, config->send));
      ASSERT_EQ(config->receive, answer->config.receive);
      ASSERT_EQ(config->events_send, answer->config.events_send);
      ASSERT_TRUE(config->events_send);
      ASSERT_EQ(config->events_send->clock_rate, codec_info(*first).clock_rate);
      ASSERT_TRUE(config->rtcp_mux && answer->config.rtcp_mux);
      ASSERT_EQ(config->remote_rtp, callee.rtp);
      ASSERT_EQ(config->remote_rtcp, callee.rtp);
      ASSERT_EQ(answer->config.remote_rtp, caller.rtp);
    }
}

TEST(SdpRoundTrip, OpusParametersCross) {
  LocalMedia caller = all_media(), callee = all_media();
  caller.opus_bitrate = 12000;
  callee.opus_fec = false;
  callee.opus_bitrate = 1'000'000;
  const auto answer = answer_offer(callee, make_offer(caller));
  const auto config = accept_answer(caller, answer->sdp);
  EXPECT_EQ(answer->config.opus_max_bitrate, 12000);
  EXPECT_TRUE(answer->config.opus_fec);
  EXPECT_EQ(config->opus_max_bitrate, 510'000);  // what RFC 7587 allows
  EXPECT_FALSE(config->opus_fec);
}

TEST(SdpRoundTrip, HoldAndResume) {
  LocalMedia caller = all_media(), callee = all_media();
  for (const auto& step : {std::pair(Direction::kSendOnly, Direction::kRecvOnly),
                           std::pair(Direction::kInactive, Direction::kInactive),
                           std::pair(Direction::kSendRecv, Direction::kSendRecv)}) {
    caller.direction = step.first;
    ++caller.session_version;
    const auto answer = answer_offer(callee, make_offer(caller));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->config.direction, step.second);
    EXPECT_EQ(accept_answer(caller, answer->sdp)->direction, step.first);
    caller.keep = answer->config.receive;
  }
}

}  // namespace
}  // namespace lineman
