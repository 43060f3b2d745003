#include "lineman/text.h"

#include <gmock/gmock.h>

namespace lineman {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kWords = {"dial",   "answer", "record", "record-stereo",
                                         "expect", "events", "pcmu",   "pcma"};

TEST(Nearest, RanksPrefixesFirstThenDistance) {
  EXPECT_THAT(nearest("rec", kWords), ElementsAre("record", "record-stereo"));
  EXPECT_THAT(nearest("recrod", kWords), ElementsAre("record"));  // one swap
  EXPECT_THAT(nearest("anwser", kWords), ElementsAre("answer"));
  EXPECT_THAT(nearest("pcm", kWords), ElementsAre("pcmu", "pcma"));
  EXPECT_THAT(nearest("PMCU", kWords), ElementsAre("pcmu"));
  EXPECT_THAT(nearest("pcmx", kWords, 1), ElementsAre("pcmu"));
}

TEST(Nearest, IsSilentAboutStrangers) {
  EXPECT_THAT(nearest("zzzz", kWords), IsEmpty());
  EXPECT_THAT(nearest("", kWords), IsEmpty());
  EXPECT_THAT(nearest(std::string(100'000, 'r'), kWords), IsEmpty());
  EXPECT_THAT(nearest("dial", {}), IsEmpty());
}

TEST(Nearest, NamesEachCandidateOnce) {
  EXPECT_THAT(nearest("dail", {"dial", "dial"}), ElementsAre("dial"));
}

TEST(DidYouMean, JoinsWithCommasAndOr) {
  EXPECT_EQ(did_you_mean("anwser", kWords), ", did you mean 'answer'?");
  EXPECT_EQ(did_you_mean("pcm", kWords), ", did you mean 'pcmu' or 'pcma'?");
  EXPECT_EQ(did_you_mean("a", {"ab", "ac", "ad", "ae"}), ", did you mean 'ab', 'ac' or 'ad'?");
  EXPECT_EQ(did_you_mean("zzzz", kWords), "");
}

TEST(RepairUtf8, KeepsWhatIsValid) {
  for (const char* good : {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x93\x9E",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "\x01\n"})
    EXPECT_EQ(repair_utf8(good), good);
  EXPECT_EQ(repair_utf8(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(RepairUtf8, OneReplacementPerMaximalSubpart) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(repair_utf8("a\xFFz"), "a" + r + "z");
  EXPECT_EQ(repair_utf8("\x80"), r);
  EXPECT_EQ(repair_utf8("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(repair_utf8("\xE0\x80\xAF"), r + r + r);          // overlong
  EXPECT_EQ(repair_utf8("\xED\xA0\x80"), r + r + r);          // surrogate
  EXPECT_EQ(repair_utf8("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(repair_utf8("\xE2\x82x"), r + "x");               // cut short
  EXPECT_EQ(repair_utf8("\xF0\x9F\x93"), r);                  // cut short at the end
  EXPECT_EQ(repair_utf8("\xF1\x80\x80\xE1\x80\xC2"
                        "b"),
            r + r + r + "b");
}

TEST(RepairUtf8, IsIdempotentOnEveryPairOfBytes) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      const std::string raw = {static_cast<char>(a), static_cast<char>(b)};
      const std::string once = repair_utf8(raw);
      ASSERT_EQ(repair_utf8(once), once);
    }
}

TEST(Printable, EscapesWhatATerminalActsOn) {
  EXPECT_EQ(printable("caf\xC3\xA9 ok"), "caf\xC3\xA9 ok");
  EXPECT_EQ(printable("a\r\nb\x1B[2J\x7F"), "a\\x0d\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xFF"), "\\xff");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\xc2\\x9b31m");  // C1 CSI
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "x"),
            "\\xe2\\x80\\xaex");                            // right-to-left override
  EXPECT_EQ(printable("\xE2\x80\xA8"), "\\xe2\\x80\\xa8");  // line separator
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Iequals, FoldsAsciiOnly) {
  EXPECT_TRUE(iequals("Opus", "oPUS"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("opus", "opus1"));
  EXPECT_FALSE(iequals("[", "{"));  // differ in the bit that folds letters
  EXPECT_FALSE(iequals("\xC3\x9C", "\xC3\xBC"));
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
}

TEST(Trim, TakesWhiteSpaceFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace lineman
