// Our offer and the answers to it.
#include "sdp_testing.h"

namespace lineman {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SdpOffer, SaysWhatWeCanDo) {
  EXPECT_EQ(make_offer(all_media()),
            "v=0\r\no=- 7 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 96 9 0 8 13 101 102\r\n"
            "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1;stereo=0\r\n"
            "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:13 CN/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
            "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\n"
            "a=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\n");
}

TEST(SdpOffer, FollowsTheOptions) {
  LocalMedia local = local_media({CodecId::kOpus}, "[::1]:4000");
  local.direction = Direction::kSendOnly;
  local.rtcp_mux = false;
  local.ptime = ms(60);
  local.opus_fec = false;
  local.opus_bitrate = 16000;
  EXPECT_EQ(make_offer(local),
            "v=0\r\no=- 7 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 96 101 102\r\na=rtpmap:96 opus/48000/2\r\n"
            "a=fmtp:96 useinbandfec=0;stereo=0;maxaveragebitrate=16000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
            "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\n"
            "a=ptime:60\r\na=sendonly\r\n");
  local.telephone_event = false;
  local.codecs = {CodecId::kPcmu, CodecId::kPcmu};
  local.comfort_noise = false;
  EXPECT_THAT(make_offer(local), HasSubstr("m=audio 4000 RTP/AVP 0\r\n"));
}

TEST(SdpOffer, ANewOfferKeepsTheNumbersOfTheCall) {
  LocalMedia local = all_media();
  const auto first = answer_offer(
      local, sdp("m=audio 5000 RTP/AVP 101 0 96 97|a=rtpmap:101 opus/48000/2|"
                 "a=rtpmap:96 telephone-event/8000|a=rtpmap:97 telephone-event/48000"));
  ASSERT_TRUE(first);
  local.keep = first->config.receive;
  local.keep_events = first->config.events_receive;
  local.direction = Direction::kSendOnly;
  ++local.session_version;
  const std::string hold = make_offer(local);
  EXPECT_THAT(hold, HasSubstr("m=audio 4000 RTP/AVP 101 9 0 8 13 96 97\r\n"));
  EXPECT_THAT(hold, HasSubstr("a=rtpmap:101 opus/48000/2\r\n"));
  EXPECT_THAT(hold, HasSubstr("a=rtpmap:96 telephone-event/8000\r\n"));
  // Taken by something else, our preferred number gives way.
  local.keep = {{96, CodecId::kPcmu}, {101, CodecId::kPcma}};
  local.keep_events.clear();
  EXPECT_THAT(make_offer(local), HasSubstr("m=audio 4000 RTP/AVP 97 9 96 101 13 98 102\r\n"));
}

TEST(SdpAcceptAnswer, ReadsAPlainAnswer) {
  const auto c = accept_answer(all_media(), sdp("m=audio 6000 RTP/AVP 8 101|a=rtpmap:8 PCMA/8000|"
                                                "a=rtpmap:101 telephone-event/8000|a=ptime:20"));
  EXPECT_EQ(show(c), "8:PCMA | 8:PCMA | 101@8000");
  EXPECT_EQ(c->remote_rtp, at("10.0.0.9:6000"));
  EXPECT_EQ(c->remote_rtcp, at("10.0.0.9:6001"));
  EXPECT_FALSE(c->rtcp_mux);
  EXPECT_EQ(c->events_send, (EventPayloadType{101, 8000}));
  EXPECT_EQ(c->comfort_noise, 13);  // static, and many send it without saying so
}

TEST(SdpAcceptAnswer, TakesTheFirstOfSeveralAndAcceptsAny) {  // Asterisk's manner
  const auto c = accept_answer(
      all_media(),
      sdp("m=audio 6000 RTP/AVP 3 0 8 96 9 101|a=rtpmap:96 opus/48000/2|"
          "a=fmtp:96 useinbandfec=1|a=rtpmap:101 telephone-event/8000|a=maxptime:150"));
  EXPECT_EQ(show(c), "0:PCMU | 0:PCMU 8:PCMA 96:opus 9:G722 | 101@8000");
  EXPECT_TRUE(c->opus_fec);
  EXPECT_THAT(c->peer_codecs, ElementsAre("GSM", "PCMU", "PCMA", "opus", "G722"));
}

TEST(SdpAcceptAnswer, SendsThePeersNumbersAndReceivesOursAndItsOwn) {
  const auto c = accept_answer(
      all_media(), sdp("m=audio 6000 RTP/AVP 120 121 122|a=rtpmap:120 opus/48000/2|"
                       "a=rtpmap:121 telephone-event/48000|a=rtpmap:122 telephone-event/8000"));
  EXPECT_EQ(show(c), "120:opus | 96:opus 120:opus | 102@48000 101@8000 121@48000 122@8000");
  EXPECT_EQ(c->events_send, (EventPayloadType{121, 48000}));
}

TEST(SdpAcceptAnswer, OurNumbersWinWhereThePeersMeanSomethingElse) {
  const auto c =
      accept_answer(all_media(), sdp("m=audio 6000 RTP/AVP 101 96 0|a=rtpmap:101 opus/48000/2|"
                                     "a=rtpmap:96 telephone-event/8000"));
  EXPECT_EQ(show(c), "101:opus | 96:opus 0:PCMU | 101@8000");
  EXPECT_EQ(c->events_send, (EventPayloadType{96, 8000}));
}

TEST(SdpAcceptAnswer, AnUnmappedDynamicNumberIsOurs) {
  EXPECT_EQ(show(accept_answer(all_media(), sdp("m=audio 6000 RTP/AVP 96 101"))),
            "96:opus | 96:opus | 101@8000");
}

TEST(SdpAcceptAnswer, IgnoresWhatWasNotOffered) {
  EXPECT_EQ(show(accept_answer(local_media({CodecId::kPcmu}), sdp("m=audio 6000 RTP/AVP 8 0"))),
            "0:PCMU | 0:PCMU | ");
}

TEST(SdpAcceptAnswer, MuxNeedsBoth) {
  LocalMedia local = all_media();
  const std::string answer = sdp("m=audio 6000 RTP/AVP 0|a=rtcp-mux");
  EXPECT_TRUE(accept_answer(local, answer)->rtcp_mux);
  EXPECT_EQ(accept_answer(local, answer)->remote_rtcp, at("10.0.0.9:6000"));
  local.rtcp_mux = false;
  EXPECT_FALSE(accept_answer(local, answer)->rtcp_mux);
  EXPECT_EQ(accept_answer(local, answer)->remote_rtcp, at("10.0.0.9:6001"));
}

TEST(SdpAcceptAnswer, DirectionsMeet) {
  const auto direction = [](Direction ours, std::string_view theirs) {
    LocalMedia local = all_media();
    local.direction = ours;
    return accept_answer(local, sdp("m=audio 6000 RTP/AVP 0|a=" + std::string(theirs)))->direction;
  };
  using D = Direction;
  EXPECT_EQ(direction(D::kSendRecv, "sendrecv"), D::kSendRecv);
  EXPECT_EQ(direction(D::kSendRecv, "recvonly"), D::kSendOnly);
  EXPECT_EQ(direction(D::kSendOnly, "recvonly"), D::kSendOnly);  // our hold, accepted
  EXPECT_EQ(direction(D::kSendOnly, "sendrecv"), D::kSendOnly);  // and by a peer that cares little
  EXPECT_EQ(direction(D::kSendOnly, "inactive"), D::kInactive);
  EXPECT_EQ(direction(D::kInactive, "sendrecv"), D::kInactive);
}

TEST(SdpAcceptAnswer, ARejectedStreamIsNoCommon) {
  const auto c = accept_answer(all_media(), sdp("m=audio 0 RTP/AVP 0"));
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, ErrorCode::kNoCommon);
  EXPECT_THAT(c.error().text, HasSubstr("rejected audio"));
  EXPECT_THAT(c.error().text, HasSubstr("opus, G722, PCMU, PCMA"));
  EXPECT_EQ(
      show(accept_answer(local_media({CodecId::kOpus}), sdp("m=audio 6000 RTP/AVP 0 18"))),
      "error: no common codec: the peer lists PCMU, G729; we allow opus; add PCMU to --codec");
  EXPECT_THAT(accept_answer(all_media(), sdp("m=audio 6000 RTP/SAVP 0")).error().text,
              HasSubstr("SRTP is not built in"));
}

TEST(SdpAcceptAnswer, WhatBreaksRfc3264IsMalformed) {
  for (const char* rest : {"m=video 6000 RTP/AVP 31", "m=audio 6000 RTP/AVP 0|m=video 0 RTP/AVP 31",
                           "m=video 0 RTP/AVP 31|m=audio 6000 RTP/AVP 0"}) {
    const auto c = accept_answer(all_media(), sdp(rest));
    ASSERT_FALSE(c) << rest;
    EXPECT_EQ(c.error().code, ErrorCode::kMalformed) << rest;
    EXPECT_THAT(c.error().text, HasSubstr("RFC 3264"));
  }
}

TEST(SdpAcceptAnswer, TheTextNeverTrustsThePeer) {
  const auto c = accept_answer(all_media(), sdp("m=\x1B]0;x 6000 RTP/AVP 0"));
  EXPECT_THAT(c.error().text, Not(HasSubstr("\x1B")));
}

}  // namespace
}  // namespace lineman
