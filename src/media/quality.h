// Quality as a number: mos_emodel() of lineman/media.h and the parts of it that tests look into.
// ITU-T G.107 (06/2015) with its default values. Any thread.
#pragma once

#include "lineman/media.h"

namespace lineman {

// Id: what delay alone takes off R, talker and listener echo at the default losses included.
double delay_impairment(Duration one_way);
// Ie-eff: what coding and packet loss take off.
double equipment_impairment(double ie, double bpl, double loss_fraction, double burst_ratio);
// Annex B.4, 1 to 4.5.
double mos_of_rating(double r);

}  // namespace lineman
