// World: what a phone stands on. The real one has a clock, sockets and a Media thread; the
// simulated one has virtual time and one thread. Everything above is the same.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lineman/engine.h"
#include "lineman/event.h"
#include "lineman/leg.h"
#include "lineman/loop.h"
#include "lineman/phone.h"
#include "lineman/resolver.h"
#include "lineman/writer.h"

namespace lineman {

struct World {
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Resolver> resolver;  // null when simulated
  std::unique_ptr<MediaNetwork> network;
  std::unique_ptr<MediaEngine> engine;
  std::unique_ptr<MediaEngine> far_engine;  // of the far end of simulated calls
  EventEpoch epoch;
  std::uint64_t seed = 0;
  bool simulated = false;
};

// The table of leg types: which world and which endpoint an address asks for.
struct LegType {
  std::string_view scheme;  // "sip"
  bool simulated;
  Result<std::unique_ptr<Endpoint>> (*make)(World& world,
                                            SipOptions sip);  // kUnsupported: not built in
};
// An address without a scheme is `sip`; kUsage for a misspelt one.
Result<const LegType*> leg_type(std::string_view address);

World make_world(bool simulated, const PhoneOptions& options);

}  // namespace lineman
