// Answers to offers, in the manner of what phones, PBXs and trunks send.
#include "sdp_testing.h"

namespace lineman {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SdpAnswer, KeepsThePeersOrderAndNumbers) {
  const auto a = answer_offer(
      all_media(), sdp("m=audio 6000 RTP/AVP 8 111 0 100 103|a=rtpmap:111 opus/48000/2|"
                       "a=fmtp:111 useinbandfec=1; maxaveragebitrate=30000|"
                       "a=rtpmap:100 telephone-event/48000|a=rtpmap:103 telephone-event/8000|"
                       "a=fmtp:100 0-15|a=fmtp:103 0-15|a=ptime:30|a=maxptime:150"));
  ASSERT_TRUE(a) << a.error().text;
  EXPECT_EQ(show(a), "8:PCMA | 8:PCMA 111:opus 0:PCMU | 100@48000 103@8000");
  EXPECT_EQ(a->sdp,
            "v=0\r\no=- 7 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 8 111 0 100 103\r\n"
            "a=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;stereo=0\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:100 telephone-event/48000\r\na=fmtp:100 0-15\r\n"
            "a=rtpmap:103 telephone-event/8000\r\na=fmtp:103 0-15\r\n"
            "a=ptime:20\r\na=sendrecv\r\n");
  const RtpConfig& c = a->config;
  EXPECT_EQ(c.remote_rtp, at("10.0.0.9:6000"));
  EXPECT_EQ(c.remote_rtcp, at("10.0.0.9:6001"));
  EXPECT_FALSE(c.rtcp_mux);
  EXPECT_EQ(c.direction, Direction::kSendRecv);
  EXPECT_EQ(c.ptime, ms(30));
  EXPECT_EQ(c.peer_ptime, ms(30));
  EXPECT_EQ(c.events_send, (EventPayloadType{103, 8000}));  // the clock of PCMA
  EXPECT_FALSE(c.comfort_noise);
  EXPECT_TRUE(c.opus_fec);
  EXPECT_EQ(c.opus_max_bitrate, 30000);
  EXPECT_THAT(c.peer_codecs, ElementsAre("PCMA", "opus", "PCMU"));
}

TEST(SdpAnswer, ToAPbxThatListsEverything) {  // Asterisk's manner
  const auto a = answer_offer(
      local_media({CodecId::kPcmu, CodecId::kPcma}),
      "v=0\r\no=- 1718045312 1718045312 IN IP4 203.0.113.5\r\ns=Asterisk\r\n"
      "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 15874 RTP/AVP 107 0 8 3 9 101\r\n"
      "a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:8 PCMA/8000\r\na=rtpmap:3 GSM/8000\r\na=rtpmap:9 G722/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:60\r\n"
      "a=sendrecv\r\n");
  EXPECT_EQ(show(a), "0:PCMU | 0:PCMU 8:PCMA | 101@8000");
  EXPECT_THAT(a->sdp, HasSubstr("a=fmtp:101 0-16\r\n"));
  EXPECT_THAT(a->config.peer_codecs, ElementsAre("opus", "PCMU", "PCMA", "GSM", "G722"));
}

TEST(SdpAnswer, ToASwitchWithComfortNoiseAndRtcpLine) {  // FreeSWITCH's manner
  const auto a = answer_offer(
      all_media(),
      "v=0\no=FreeSWITCH 1718012345 1718012346 IN IP4 198.51.100.7\ns=FreeSWITCH\n"
      "c=IN IP4 198.51.100.7\nt=0 0\nm=audio 24110 RTP/AVP 102 9 0 8 103 101 13\n"
      "a=rtpmap:102 opus/48000/2\na=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; "
      "maxplaybackrate=48000; ptime=20; minptime=10; maxptime=40\na=rtpmap:9 G722/8000\n"
      "a=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:103 telephone-event/48000\n"
      "a=fmtp:103 0-16\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n"
      "a=rtpmap:13 CN/8000\na=rtcp-mux\na=rtcp:24110 IN IP4 198.51.100.7\na=ptime:20");
  EXPECT_EQ(show(a), "102:opus | 102:opus 9:G722 0:PCMU 8:PCMA | 103@48000 101@8000");
  EXPECT_EQ(a->config.events_send, (EventPayloadType{103, 48000}));
  EXPECT_EQ(a->config.comfort_noise, 13);
  EXPECT_TRUE(a->config.rtcp_mux);
  EXPECT_EQ(a->config.remote_rtcp, at("198.51.100.7:24110"));
  EXPECT_EQ(a->config.opus_max_bitrate, 30000);
  EXPECT_THAT(a->sdp, HasSubstr("m=audio 4000 RTP/AVP 102 9 0 8 13 103 101\r\n"));
  EXPECT_THAT(a->sdp, HasSubstr("a=rtcp-mux\r\n"));
}

TEST(SdpAnswer, ToASoftphoneWithIceAndVideo) {  // baresip's and linphone's manner
  const auto a = answer_offer(
      all_media(),
      sdp("a=group:BUNDLE 0 1|a=ice-options:trickle|a=tool:x|"
          "m=audio 31944 RTP/AVPF 96 97 0 101|b=AS:125|a=rtpmap:96 opus/48000/2|"
          "a=fmtp:96 stereo=1;sprop-stereo=1|a=rtpmap:97 speex/16000|a=rtpmap:0 PCMU/8000|"
          "a=rtpmap:101 telephone-event/8000|a=rtcp-fb:* trr-int 1000|a=ssrc:12 cname:a|a=mid:0|"
          "a=ice-ufrag:abcd|a=ice-pwd:efghefghefghefghefghefgh|"
          "a=candidate:1 1 UDP 2130706431 10.0.0.9 31944 typ host|a=rtcp:31945|a=sendrecv|"
          "m=video 31950 RTP/AVPF 98|a=rtpmap:98 VP8/90000|a=mid:1|"
          "m=application 0 UDP/BFCP *"));
  EXPECT_EQ(show(a), "96:opus | 96:opus 0:PCMU | 101@8000");
  EXPECT_THAT(a->sdp, HasSubstr("m=audio 4000 RTP/AVPF 96 0 101\r\n"));
  EXPECT_THAT(a->sdp, testing::EndsWith("m=video 0 RTP/AVPF 98\r\nm=application 0 UDP/BFCP *\r\n"));
  EXPECT_THAT(a->sdp, Not(HasSubstr("rtcp-fb")));
  EXPECT_EQ(a->config.events_send, (EventPayloadType{101, 8000}));  // none at 48000
  EXPECT_FALSE(a->config.opus_fec);
}

TEST(SdpAnswer, ToAGatewayWithStaticTypesOnly) {  // a trunk's and an old gateway's manner
  const auto a = answer_offer(
      all_media(),
      "v=0\r\no=CiscoSystemsSIP-GW-UserAgent 5221 3321 IN IP4 192.0.2.77\r\ns=SIP Call\r\n"
      "t=3034423619 3042462419\r\nm=audio 17512 RTP/AVP 18 8 0 19\r\nc=IN IP4 192.0.2.78\r\n"
      "a=fmtp:18 annexb=no\r\n");
  EXPECT_EQ(show(a), "8:PCMA | 8:PCMA 0:PCMU | ");
  EXPECT_EQ(a->config.remote_rtp, at("192.0.2.78:17512"));
  EXPECT_FALSE(a->config.events_send);
  EXPECT_EQ(a->config.ptime, ms(20));
  EXPECT_FALSE(a->config.peer_ptime);
  EXPECT_THAT(a->sdp, HasSubstr("t=3034423619 3042462419\r\n"));
  EXPECT_THAT(a->config.peer_codecs, ElementsAre("G729", "PCMA", "PCMU", "payload type 19"));
}

TEST(SdpAnswer, EveryMediaLineInItsPlaceTheFirstAudioWeCanDo) {
  const auto a = answer_offer(
      all_media(), sdp("m=image 5000 udptl t38|m=audio 5002 RTP/SAVP 0|m=audio 0 RTP/AVP 0|"
                       "m=audio 5004 RTP/AVP 18|m=audio 5006/2 RTP/AVP 0|m=audio 5008 RTP/AVP 8"));
  ASSERT_TRUE(a) << a.error().text;
  const std::string sections = a->sdp.substr(a->sdp.find("m="));
  EXPECT_EQ(sections,
            "m=image 0 udptl t38\r\nm=audio 0 RTP/SAVP 0\r\nm=audio 0 RTP/AVP 0\r\n"
            "m=audio 0 RTP/AVP 18\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=ptime:20\r\na=sendrecv\r\nm=audio 0 RTP/AVP 8\r\n");
  EXPECT_EQ(a->config.remote_rtp.port, 5006);
}

TEST(SdpAnswer, SaysWhyNothingIsCommon) {
  const auto why = [](const LocalMedia& local, std::string_view rest) {
    const auto a = answer_offer(local, sdp(rest));
    EXPECT_FALSE(a);
    EXPECT_EQ(a.error().code, ErrorCode::kNoCommon);
    return a.error().text;
  };
  EXPECT_EQ(why(local_media({CodecId::kOpus, CodecId::kPcmu}),
                "m=audio 5000 RTP/AVP 18 8 13 101|"
                "a=rtpmap:101 telephone-event/8000"),
            "no common codec: the peer lists G729, PCMA; we allow opus, PCMU; add PCMA to --codec");
  EXPECT_EQ(why(all_media(), "m=audio 5000 RTP/AVP 18 3"),
            "no common codec: the peer lists G729, GSM; we allow opus, G722, PCMU, PCMA");
  EXPECT_THAT(why(all_media(), "m=audio 5000 RTP/SAVP 0"), HasSubstr("SRTP is not built in"));
  EXPECT_THAT(why(all_media(), "m=audio 5000 UDP/TLS/RTP/SAVPF 0"),
              HasSubstr("SRTP is not built in"));
  EXPECT_THAT(why(all_media(), "m=audio 5000 TCP/RTP/AVP 0"), HasSubstr("'TCP/RTP/AVP'"));
  EXPECT_THAT(why(all_media(), "m=audio 0 RTP/AVP 0"), HasSubstr("switched off"));
  EXPECT_THAT(why(all_media(), "m=video 5000 RTP/AVP 31"), HasSubstr("has no audio"));
  EXPECT_THAT(why(all_media(), "m=audio 5000 RTP/AVP 0|c=IN IP4 224.2.1.1/127"),
              HasSubstr("multicast"));
  EXPECT_THAT(why(all_media(), "m=audio 5000 RTP/AVP 0|c=IN IP6 2001:db8::9"),
              HasSubstr("2001:db8::9 (IPv6), ours at 192.0.2.10 (IPv4)"));
  EXPECT_THAT(why(all_media(),
                  "m=audio 5000 RTP/AVP 97 98|a=rtpmap:97 PCMA/8000/2|"
                  "a=rtpmap:98 opus/16000"),
              HasSubstr("the peer lists PCMA/8000/2, opus/16000; we allow opus, G722, PCMU, PCMA"));
  // Untrusted names stay printable.
  EXPECT_THAT(why(all_media(), "m=audio 5000 RTP/AVP 97|a=rtpmap:97 \x1B[2J/8000"),
              HasSubstr("\\x1b[2J"));
}

TEST(SdpAnswer, ReadsIpv6AtEitherLevel) {
  auto local = local_media({CodecId::kPcmu}, "[2001:db8::1]:4000");
  const auto session_level = answer_offer(local, sdp("m=audio 5000 RTP/AVP 0", "c=IN IP6 ::1|"));
  ASSERT_TRUE(session_level) << session_level.error().text;
  EXPECT_EQ(session_level->config.remote_rtp, at("[::1]:5000"));
  EXPECT_THAT(session_level->sdp, HasSubstr("o=- 7 1 IN IP6 2001:db8::1\r\n"));
  EXPECT_THAT(session_level->sdp, HasSubstr("c=IN IP6 2001:db8::1\r\n"));
  const auto media_level = answer_offer(local, sdp("m=audio 5000 RTP/AVP 0|c=IN IP6 2001:DB8::9"));
  EXPECT_EQ(media_level->config.remote_rtp, at("[2001:db8::9]:5000"));
}

struct HoldCase {
  const char* session;
  const char* media;
  Direction ours, outcome;
  bool address;
};

TEST(SdpAnswer, HoldInEveryManner) {
  using D = Direction;
  const std::string zero = "c=IN IP4 0.0.0.0";
  for (const HoldCase& h : std::initializer_list<HoldCase>{
           {"", "", D::kSendRecv, D::kSendRecv, true},
           {"", "a=sendonly", D::kSendRecv, D::kRecvOnly, true},
           {"", "a=recvonly", D::kSendRecv, D::kSendOnly, true},
           {"", "a=inactive", D::kSendRecv, D::kInactive, true},
           {"a=sendonly|", "", D::kSendRecv, D::kRecvOnly, true},
           {"a=inactive|", "a=sendrecv", D::kSendRecv, D::kSendRecv, true},  // the media's own wins
           {"", zero.c_str(), D::kSendRecv, D::kRecvOnly, false},
           {"", "c=IN IP4 0.0.0.0|a=sendrecv", D::kSendRecv, D::kRecvOnly, false},
           {"", "c=IN IP4 0.0.0.0|a=inactive", D::kSendRecv, D::kInactive, false},
           {"", "c=IN IP4 0.0.0.0|a=recvonly", D::kSendRecv, D::kInactive, false},
           {"", "c=IN IP6 ::", D::kSendRecv, D::kRecvOnly, false},
           {"", "", D::kSendOnly, D::kSendOnly, true},  // we hold too
           {"", "a=sendonly", D::kSendOnly, D::kInactive, true},
           {"", "a=recvonly", D::kRecvOnly, D::kInactive, true},
           {"", "", D::kInactive, D::kInactive, true}}) {
    LocalMedia local = all_media();
    local.direction = h.ours;
    const auto a = answer_offer(
        local, sdp(h.session + std::string("m=audio 5000 RTP/AVP 0|a=rtcp-mux|") + h.media));
    ASSERT_TRUE(a) << h.media << a.error().text;
    EXPECT_EQ(a->config.direction, h.outcome) << h.session << h.media;
    EXPECT_EQ(static_cast<bool>(a->config.remote_rtp), h.address) << h.media;
    EXPECT_EQ(static_cast<bool>(a->config.remote_rtcp), h.address) << h.media;
    EXPECT_TRUE(a->config.rtcp_mux);  // a hold does not change it
    EXPECT_THAT(a->sdp, HasSubstr("a=" + std::string(direction_name(h.outcome)) + "\r\n"));
  }
}

TEST(SdpAnswer, FindsRtcp) {
  const auto rtcp = [](std::string_view rest, bool mux = true) {
    LocalMedia local = all_media();
    local.rtcp_mux = mux;
    const auto a = answer_offer(local, sdp("m=audio 5000 RTP/AVP 0|" + std::string(rest)));
    return a ? a->config.remote_rtcp.text() : a.error().text;
  };
  EXPECT_EQ(rtcp(""), "10.0.0.9:5001");
  EXPECT_EQ(rtcp("a=rtcp:5100"), "10.0.0.9:5100");
  EXPECT_EQ(rtcp("a=rtcp:5100 IN IP4 10.0.0.10"), "10.0.0.10:5100");
  EXPECT_EQ(rtcp("a=rtcp:5100 IN IP6 ::1"), "none");  // not from an IPv4 socket
  EXPECT_EQ(rtcp("a=rtcp:0"), "none");
  EXPECT_EQ(rtcp("a=rtcp-mux|a=rtcp:5100"), "10.0.0.9:5000");
  EXPECT_EQ(rtcp("a=rtcp-mux", false), "10.0.0.9:5001");
  EXPECT_THAT(rtcp("a=rtcp:70000"), HasSubstr("a=rtcp"));
  EXPECT_THAT(rtcp("a=rtcp:5100 IN IP4 rtcp.example"), HasSubstr("numeric addresses only"));
  const auto last = answer_offer(all_media(), sdp("m=audio 65535 RTP/AVP 0"));
  EXPECT_EQ(last->config.remote_rtcp.text(), "none");  // there is no next port
}

TEST(SdpAnswer, SendsThePacketTimeThePeerWantsAndWeCan) {
  const auto ptime = [](std::string_view lines, CodecId codec = CodecId::kPcmu,
                        std::chrono::milliseconds ours = ms(20)) {
    LocalMedia local = local_media({codec});
    local.ptime = ours;
    const std::string map = codec == CodecId::kOpus ? "96|a=rtpmap:96 opus/48000/2|" : "0|";
    const auto a = answer_offer(local, sdp("m=audio 5000 RTP/AVP " + map + std::string(lines)));
    return a ? to_ms(a->config.ptime) : -1;
  };
  EXPECT_EQ(ptime(""), 20);
  EXPECT_EQ(ptime("", CodecId::kPcmu, ms(40)), 40);
  EXPECT_EQ(ptime("a=ptime:30"), 30);
  EXPECT_EQ(ptime("a=ptime:30|a=maxptime:20"), 20);
  EXPECT_EQ(ptime("a=maxptime:10"), 10);
  EXPECT_EQ(ptime("a=ptime:25"), 20);   // whole frames
  EXPECT_EQ(ptime("a=ptime:2.5"), 10);  // no less than one
  EXPECT_EQ(ptime("a=ptime:1000"), 200);
  EXPECT_EQ(ptime("a=ptime:0", CodecId::kPcmu, ms(40)), 40);  // nonsense is no advice
  EXPECT_EQ(ptime("a=ptime:fast"), 20);
  EXPECT_EQ(ptime("a=ptime:99999999999999999999"), 20);
  EXPECT_EQ(ptime("a=ptime:30", CodecId::kOpus), 20);  // Opus has no 30
  EXPECT_EQ(ptime("a=ptime:50", CodecId::kOpus), 40);
  EXPECT_EQ(ptime("a=ptime:200", CodecId::kOpus), 60);
  EXPECT_EQ(ptime("a=maxptime:5", CodecId::kOpus), 10);
  const auto said = answer_offer(all_media(), sdp("m=audio 5000 RTP/AVP 0|a=ptime:2.5"));
  EXPECT_EQ(said->config.peer_ptime, std::chrono::microseconds(2500));
}

TEST(SdpAnswer, TelephoneEventFollowsTheClocks) {
  const auto events = [](std::string_view formats, std::string_view maps, bool ours = true) {
    LocalMedia local = all_media();
    local.telephone_event = ours;
    const auto a = answer_offer(local, sdp("m=audio 5000 RTP/AVP " + std::string(formats) +
                                           "|a=rtpmap:96 opus/48000/2|" + std::string(maps)));
    const auto& send = a->config.events_send;
    return show(a->config.events_receive) +
           (send ? " send " + std::to_string(send->number) : " send none");
  };
  constexpr std::string_view kAll =
      "a=rtpmap:97 telephone-event/16000|a=rtpmap:98 telephone-event/48000|"
      "a=rtpmap:99 telephone-event/8000";
  EXPECT_EQ(events("96 97 98 99", kAll), "98@48000 99@8000 send 98");
  EXPECT_EQ(events("0 96 97 98 99", kAll), "98@48000 99@8000 send 99");
  EXPECT_EQ(events("96 99", kAll), "99@8000 send 99");
  EXPECT_EQ(events("0 98", kAll), " send none");  // no audio at that clock
  EXPECT_EQ(events("0 96 98", kAll), "98@48000 send none");
  EXPECT_EQ(events("0 99", kAll, false), " send none");
  EXPECT_EQ(events("0", ""), " send none");
}

TEST(SdpAnswer, IsLenientWithSloppyMaps) {
  EXPECT_EQ(show(answer_offer(all_media(), sdp("m=audio 5000 RTP/AVP 96 97 9 100|"
                                               "a=rtpmap:96 OPUS/48000|a=rtpmap:97 pcmu/8000/1|"
                                               "a=rtpmap:9 G722/16000|a=rtpmap:100 opus/16000"))),
            "96:opus | 96:opus 97:PCMU 9:G722 | ");
  // A static number that a map gives another meaning means that; stereo G.711 is not G.711.
  EXPECT_EQ(show(answer_offer(all_media(), sdp("m=audio 5000 RTP/AVP 0 8 9|a=rtpmap:0 L16/8000|"
                                               "a=rtpmap:9 PCMA/8000/2"))),
            "8:PCMA | 8:PCMA | ");
}

TEST(SdpAnswer, ChangesNothingInItsOwnWordsForTheSameInput) {
  const std::string offer = make_offer(all_media());
  EXPECT_EQ(answer_offer(all_media(), offer)->sdp, answer_offer(all_media(), offer)->sdp);
}

}  // namespace
}  // namespace lineman
