// What is refused, what is forgiven.
#include "sdp_parser.h"

#include "sdp_testing.h"

namespace lineman {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto c = answer_offer(all_media(), text);
  if (c) return "";
  EXPECT_EQ(c.error().code, ErrorCode::kMalformed) << c.error().text;
  return c.error().text;
}

TEST(SdpParser, ForgivesSloppyLines) {
  for (const char* text :
       {"v=0\nc=IN IP4 10.0.0.9\nm=audio 5000 RTP/AVP 0",                  // LF, no o=, s=, t=, end
        "v=0\r\n\r\nc=IN IP4 10.0.0.9\r\nm=audio 5000 RTP/AVP 0\r\n\r\n",  // blank lines
        "v=0\r\nz=0 0\r\nq=what\r\nc=IN IP4 10.0.0.9 \r\nm=audio  5000 RTP/AVP\t0 \r\n",
        "\r\nv=0\r\nc=IN IP4 10.0.0.9/127\r\nm=audio 5000 rtp/avp 0 0 0\r\na=\r\na=x:\r\na= y : "
        "z\r\n",
        "v=0\nc=in ip4 10.0.0.9\nm=AUDIO 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=rtpmap:99 X/1\n"
        "a=fmtp:\na=fmtp:300 x\na=ptime\n"})
    EXPECT_EQ(show(answer_offer(all_media(), text)), "0:PCMU | 0:PCMU | ") << text;
}

TEST(SdpParser, RefusesWhatIsNotSdp) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of(" \r\n\r\n"), HasSubstr("empty"));
  EXPECT_THAT(error_of("hello"), HasSubstr("line 1 'hello'"));
  EXPECT_THAT(error_of("c=IN IP4 1.2.3.4\nm=audio 5000 RTP/AVP 0"), HasSubstr("begins with v=0"));
  EXPECT_THAT(error_of("v=1\nc=IN IP4 1.2.3.4\nm=audio 5000 RTP/AVP 0"), HasSubstr("v=0"));
  EXPECT_THAT(error_of("v=0\nc=IN IP4 1.2.3.4\n"), HasSubstr("no m= line"));
  EXPECT_THAT(error_of("v=0\nm=audio 5000 RTP/AVP 0"), HasSubstr("no c= line"));
  EXPECT_THAT(error_of("v=0\nc=IN IP4 1.2.3.4\nnonsense\nm=audio 5000 RTP/AVP 0"),
              HasSubstr("line 3 'nonsense'"));
  EXPECT_THAT(error_of(std::string("v=0\ns=a\0b\n", 10)), HasSubstr("line 2 's=a\\x00b'"));
  EXPECT_THAT(error_of("v=0\rc=IN IP4 1.2.3.4\rm=audio 5000 RTP/AVP 0\r"), HasSubstr("lone CR"));
}

TEST(SdpParser, RefusesBadNumbers) {
  for (const char* line : {"m=audio",
                           "m=audio 5000",
                           "m=audio 5000 RTP/AVP",
                           "m=audio 65536 RTP/AVP 0",
                           "m=audio -1 RTP/AVP 0",
                           "m=audio 99999999999999999999 RTP/AVP 0",
                           "m=audio x RTP/AVP 0",
                           "m=audio 5000/x RTP/AVP 0",
                           "m=audio 5000/1/1 RTP/AVP 0",
                           "m=audio 5000 RTP/AVP 128",
                           "m=audio 5000 RTP/AVP x",
                           "m=audio 5000 RTP/AVP 0 -8",
                           "m=audio 5000 RTP/AVP 99999999999999999999",
                           "m=audio 5000 RTP/AVP 0|a=rtpmap:128 PCMU/8000",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 opus",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 opus/",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 opus/0",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 opus/99999999999999999999/2",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 opus/48000/x",
                           "m=audio 5000 RTP/AVP 96|a=rtpmap:96 /48000",
                           "m=audio 5000 RTP/AVP 0|a=rtcp:",
                           "m=audio 5000 RTP/AVP 0|a=rtcp:65536"})
    EXPECT_NE(error_of(sdp(line)), "") << line;
}

TEST(SdpParser, WantsNumericAddresses) {
  const auto with = [](std::string_view c) {
    return error_of(sdp("m=audio 5000 RTP/AVP 0", "c=" + std::string(c) + "|"));
  };
  EXPECT_THAT(with("IN IP4 pbx.example.org"),
              HasSubstr("the host name 'pbx.example.org': numeric addresses only"));
  EXPECT_THAT(with("IN IP4 1.2.3"), HasSubstr("'1.2.3'"));
  EXPECT_THAT(with("IN IP6 fe80::1%eth0"), HasSubstr("scopes are not supported"));
  EXPECT_THAT(with("IN IP4 ::1"), HasSubstr("names one IP version and uses the other"));
  EXPECT_THAT(with("IN IP6 10.0.0.1"), HasSubstr("names one IP version"));
  for (const char* bad : {"", "IN", "IN IP4", "IN IP4 1.2.3.4 x", "ATM NSAP 47", "IN IP5 1.2.3.4"})
    EXPECT_THAT(with(bad), HasSubstr("c= line")) << bad;
}

TEST(SdpParser, ABadAddressHurtsOnlyTheStreamThatUsesIt) {
  EXPECT_EQ(show(answer_offer(all_media(), sdp("m=video 5002 RTP/AVP 31|c=IN IP4 video.example|"
                                               "m=audio 5000 RTP/AVP 0|c=IN IP4 10.0.0.9",
                                               "c=IN IP4 also.example|"))),
            "0:PCMU | 0:PCMU | ");
}

TEST(SdpParser, BoundsSizes) {
  std::string many = "m=audio 5000 RTP/AVP 0";
  for (int i = 1; i < 32; ++i) many += "|m=video 0 RTP/AVP 31";
  EXPECT_TRUE(answer_offer(all_media(), sdp(many)));
  EXPECT_THAT(error_of(sdp(many + "|m=video 0 RTP/AVP 31")), HasSubstr("more than 32 m= lines"));
  std::string big = sdp("m=audio 5000 RTP/AVP 0");
  while (big.size() < 65536 - 8) big += "a=xxxx\r\n";
  EXPECT_TRUE(answer_offer(all_media(), big));
  EXPECT_THAT(error_of(big + std::string(1 << 20, ' ')), HasSubstr("bytes"));
}

TEST(SdpParser, EveryCutOfARealOfferIsHandled) {
  const std::string offer = make_offer(local_media({CodecId::kPcmu, CodecId::kOpus}));
  const std::size_t media = offer.find("RTP/AVP 0") + 9;
  const std::size_t map = offer.find("a=rtpmap:0 PCMU/8") + 17;  // up to 8000 it is another clock
  for (std::size_t n = 0; n <= offer.size(); ++n) {
    const auto cut = answer_offer(all_media(), offer.substr(0, n));
    if (cut) {
      ASSERT_GE(n, media);
      ASSERT_EQ(cut->config.send.codec, CodecId::kPcmu);
    } else if (n >= map && n < map + 3) {
      ASSERT_EQ(cut.error().code, ErrorCode::kNoCommon);
    } else {
      ASSERT_EQ(cut.error().code, ErrorCode::kMalformed) << cut.error().text;
    }
  }
  EXPECT_TRUE(answer_offer(all_media(), offer));
}

}  // namespace
}  // namespace lineman
