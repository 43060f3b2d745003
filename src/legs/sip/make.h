// The endpoint with shortened SIP timers, for tests.
#pragma once

#include <memory>

#include "agent.h"
#include "lineman/leg.h"

namespace lineman {

std::unique_ptr<Endpoint> make_sip_endpoint(Loop& loop, Resolver& resolver, SipOptions options,
                                            const SipTimers& timers);

}  // namespace lineman
