#include <gmock/gmock.h>

#include "lineman/sdp.h"

namespace lineman {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CodecList, ReadsNamesInOrderWhateverTheCase) {
  EXPECT_THAT(*parse_codec_list("opus,pcmu"), ElementsAre(CodecId::kOpus, CodecId::kPcmu));
  EXPECT_THAT(*parse_codec_list(" PCMA , G722,pcma"), ElementsAre(CodecId::kPcma, CodecId::kG722));
  EXPECT_THAT(*parse_codec_list("ulaw,alaw"), ElementsAre(CodecId::kPcmu, CodecId::kPcma));
}

TEST(CodecList, AnUnknownNameNamesTheNearestAndAll) {
  const auto bad = parse_codec_list("opus,pcmx");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kUsage);
  EXPECT_EQ(bad.error().text,
            "unknown codec 'pcmx', did you mean 'pcmu' or 'pcma'? Known: opus, g722, pcmu, pcma");
  EXPECT_EQ(parse_codec_list("g729").error().text,
            "unknown codec 'g729', did you mean 'g722'? Known: opus, g722, pcmu, pcma");
  EXPECT_EQ(parse_codec_list("speex").error().text,
            "unknown codec 'speex': the known ones are opus, g722, pcmu, pcma");
  for (const char* empty : {"", ",", "pcmu,", " "})
    EXPECT_THAT(parse_codec_list(empty).error().text, HasSubstr("empty codec name"));
}

TEST(CodecInfo, KnowsTheClocksOfRfc3551And7587) {
  EXPECT_EQ(codec_info(CodecId::kG722).clock_rate, 8000);
  EXPECT_EQ(codec_info(CodecId::kG722).sample_rate, 16000);
  EXPECT_EQ(codec_info(CodecId::kOpus).clock_rate, 48000);
  EXPECT_EQ(codec_info(CodecId::kOpus).channels, 2);
  EXPECT_EQ(codec_info(CodecId::kPcmu).payload_type, 0);
  EXPECT_EQ(codec_info(CodecId::kPcma).payload_type, 8);
  EXPECT_EQ(codec_info(CodecId::kG722).payload_type, 9);
  EXPECT_EQ(all_codecs().size(), 4u);
}

}  // namespace
}  // namespace lineman
