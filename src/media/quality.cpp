#include "quality.h"

#include <algorithm>
#include <cmath>

namespace lineman {
namespace {

// What section 7 gives for the default values of table 3, apart from delay, coding and loss.
constexpr double kRo = 94.7688;                   // signal to noise
constexpr double kIs = 1.4136;                    // side tone, loudness, quantising
constexpr double kNo = 15 / 1.5 - kRo / 1.5 - 8;  // dBm0p: Ro = 15 - 1.5 (SLR + No), SLR 8
constexpr double kRlr = 2, kTelr = 65, kWepl = 110;

// (x + sqrt(x^2 + c)): how the echo terms of section 7.4 bend.
double bend(double x, double c) { return x + std::sqrt(x * x + c); }

double talker_echo(double ms) {
  const double terv =
      kTelr - 40 * std::log10((1 + ms / 10) / (1 + ms / 150)) + 6 * std::exp(-0.3 * ms * ms);
  const double roe = -1.5 * (kNo - kRlr);
  const double re = 80 + 2.5 * (terv - 14);
  return (bend((roe - re) / 2, 100) - 1) * (1 - std::exp(-ms));
}

double listener_echo(double round_trip_ms) {
  const double rle = 10.5 * (kWepl + 7) * std::pow(round_trip_ms + 1, -0.25);
  return bend((kRo - rle) / 2, 169);
}

double pure_delay(double ms) {
  if (ms <= 100) return 0;
  const double x = std::log2(ms / 100);
  return 25 * (std::pow(1 + std::pow(x, 6), 1 / 6.0) -
               3 * std::pow(1 + std::pow(x / 3, 6), 1 / 6.0) + 2);
}

}  // namespace

double delay_impairment(Duration one_way) {
  const double ms = std::max(to_ms(one_way), 0.0);
  return talker_echo(ms) + listener_echo(2 * ms) + pure_delay(ms);
}

double equipment_impairment(double ie, double bpl, double loss_fraction, double burst_ratio) {
  const double loss = 100 * (loss_fraction > 0 ? std::min(loss_fraction, 1.0) : 0);
  const double burst = burst_ratio > 1 ? burst_ratio : 1;
  return loss > 0 ? ie + (95 - ie) * loss / (loss / burst + bpl) : ie;
}

double mos_of_rating(double r) {
  if (!(r > 0)) return 1;
  if (r >= 100) return 4.5;
  return std::max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0);  // dips below for R < 6.5
}

std::optional<Mos> mos_emodel(CodecId codec, double loss_fraction, double burst_ratio,
                              Duration one_way_delay) {
  // G.113 Appendix I, G.711 with the concealment of its Appendix I (without it Bpl is 4.3). There
  // are no narrow-band values for G.722 and Opus.
  if (codec != CodecId::kPcmu && codec != CodecId::kPcma) return std::nullopt;
  constexpr double kIe = 0, kBpl = 25.1;
  const double r = kRo - kIs - delay_impairment(one_way_delay) -
                   equipment_impairment(kIe, kBpl, loss_fraction, burst_ratio);
  return Mos{mos_of_rating(r), "G.107 (narrow-band)"};
}

}  // namespace lineman
