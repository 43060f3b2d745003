// Incoming: what phone is told of an INVITE. Control thread.
#pragma once

#include "lineman/leg.h"
#include "sofia.h"

namespace lineman {

Incoming incoming_of(const NuaEvent& invite);

}  // namespace lineman
