#include "quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lineman {
namespace {

Duration ms(double n) { return from_ms(n); }
double mos(double loss, double burst, double delay_ms) {
  return mos_emodel(CodecId::kPcmu, loss, burst, ms(delay_ms))->value;
}

TEST(Quality, DefaultsAreTheRecommendations) {
  // G.107: R = 93.2 and MOS 4.41 with every value at its default.
  EXPECT_NEAR(94.7688 - 1.4136 - delay_impairment(ms(0)), 93.2, 0.05);
  EXPECT_NEAR(mos(0, 1, 0), 4.41, 0.005);
  EXPECT_EQ(mos_emodel(CodecId::kPcma, 0, 1, ms(0))->model, "G.107 (narrow-band)");
}

TEST(
    Quality,
    RatingToMos) {  // G.107 Annex B, the cubic; table B.2 rounds it to 4.34, 4.03, 3.60, 3.10, 2.58
  EXPECT_NEAR(mos_of_rating(90), 4.34, 0.005);
  EXPECT_NEAR(mos_of_rating(80), 4.024, 0.001);
  EXPECT_NEAR(mos_of_rating(70), 3.60, 0.006);
  EXPECT_NEAR(mos_of_rating(60), 3.10, 0.005);
  EXPECT_NEAR(mos_of_rating(50), 2.58, 0.006);
  EXPECT_EQ(mos_of_rating(0), 1);
  EXPECT_EQ(mos_of_rating(-20), 1);
  EXPECT_EQ(mos_of_rating(3), 1);
  EXPECT_EQ(mos_of_rating(100), 4.5);
  EXPECT_EQ(mos_of_rating(std::numeric_limits<double>::quiet_NaN()), 1);
}

TEST(Quality, Delay) {
  // The known approximation of G.107 (Cole and Rosenbluth): 0.024 d + 0.11 (d - 177.3) beyond.
  for (const double d : {25.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0}) {
    const double about = 0.024 * d + (d > 177.3 ? 0.11 * (d - 177.3) : 0);
    EXPECT_NEAR(delay_impairment(ms(d)) - delay_impairment(ms(0)), about, 3.5) << d;
  }
  for (double d = 0; d < 1000; d += 10)
    EXPECT_LE(delay_impairment(ms(d)), delay_impairment(ms(d + 10)) + 1e-9) << d;
  EXPECT_EQ(delay_impairment(ms(-5)), delay_impairment(ms(0)));
}

TEST(Quality, Loss) {
  // 95 * 5 / (5 + 25.1), and with the constant for no concealment 95 * 5 / (5 + 4.3).
  EXPECT_NEAR(equipment_impairment(0, 25.1, 0.05, 1), 15.78, 0.01);
  EXPECT_NEAR(equipment_impairment(0, 4.3, 0.05, 1), 51.08, 0.01);
  EXPECT_NEAR(equipment_impairment(0, 25.1, 0.05, 2), 17.21, 0.01);  // bursts are worse
  EXPECT_NEAR(equipment_impairment(11, 19, 0, 1), 11, 1e-9);
  EXPECT_EQ(equipment_impairment(0, 25.1, 2.0, 1), equipment_impairment(0, 25.1, 1.0, 1));
  EXPECT_EQ(equipment_impairment(0, 25.1, -1, 1), 0);
  EXPECT_EQ(equipment_impairment(0, 25.1, std::nan(""), 1), 0);
  EXPECT_EQ(equipment_impairment(0, 25.1, 0.05, 0), equipment_impairment(0, 25.1, 0.05, 1));
  EXPECT_NEAR(mos(0.05, 1, 0), mos_of_rating(93.206 - 15.78), 0.005);
  double before = 5;
  for (double loss = 0; loss <= 1; loss += 0.01) {
    EXPECT_LT(mos(loss, 1, 50), before);
    EXPECT_GE(mos(loss, 1, 50), 1);
    before = mos(loss, 1, 50);
  }
}

TEST(Quality, NoValueWithoutPublishedConstants) {
  EXPECT_FALSE(mos_emodel(CodecId::kG722, 0, 1, ms(20)));
  EXPECT_FALSE(mos_emodel(CodecId::kOpus, 0, 1, ms(20)));
}

}  // namespace
}  // namespace lineman
