#include "world.h"

#include <array>

#include "lineman/process.h"
#include "lineman/random.h"
#include "lineman/sim.h"
#include "lineman/text.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

Result<std::unique_ptr<Endpoint>> make_sip(World& world, SipOptions sip) {
  return make_sip_endpoint(*world.loop, *world.resolver, std::move(sip));
}

Result<std::unique_ptr<Endpoint>> make_local(World& world, SipOptions sip) {
  return make_local_endpoint(*world.loop, *world.network, *world.far_engine, *world.writer,
                             LocalOptions{derive(world.seed, "local"), sip.connect_timeout});
}

Result<std::unique_ptr<Endpoint>> make_none(World&, SipOptions) {
  return fail(ErrorCode::kUnsupported, "this leg type is not built in yet: sip: and local: are");
}

constexpr std::array<LegType, 9> kLegTypes = {{
    {"sip", false, make_sip},
    {"local", true, make_local},
    {"sips", false, make_none},
    {"audiosocket", false, make_none},
    {"ws", false, make_none},
    {"wss", false, make_none},
    {"https", false, make_none},
    {"matrix", false, make_none},
    {"tel", false, make_none},
}};

}  // namespace

Result<const LegType*> leg_type(std::string_view address) {
  const auto colon = address.find(':');
  const std::string_view scheme = address.substr(0, colon);
  std::vector<std::string> known;
  for (const auto& type : kLegTypes) {
    if (colon != std::string_view::npos && iequals(scheme, type.scheme)) return &type;
    known.emplace_back(type.scheme);
  }
  // `600@pbx`, `127.0.0.1:5060` and `[::1]:5060` mean sip.
  const bool scheme_like = colon != std::string_view::npos &&
                           scheme.find_first_of("@.[0123456789") == std::string_view::npos &&
                           address.find_first_of("@") == std::string_view::npos &&
                           !iequals(scheme, "localhost");
  if (!scheme_like) return &kLegTypes[0];
  const std::string near = did_you_mean(scheme, known);
  if (near.empty()) return &kLegTypes[0];  // host:port
  return fail(ErrorCode::kUsage, "'" + printable(scheme) + ":' is no address scheme" + near);
}

World make_world(bool simulated, const PhoneOptions& options) {
  World w;
  w.simulated = simulated;
  // A simulated call is the same call each time unless another seed is asked for.
  w.seed = options.seed ? *options.seed : (simulated ? 1 : random_seed() >> 16);  // exact in JSON
  if (simulated) {
    w.loop = make_sim_loop();
    w.writer = make_inline_writer(*w.loop);
    w.network = make_sim_network(*w.loop, derive(w.seed, "network"));
    w.engine = make_sim_engine(*w.loop);
    w.far_engine = make_sim_engine(*w.loop);
    w.epoch = EventEpoch{};
  } else {
    w.loop = make_loop();
    w.writer = make_writer(*w.loop);
    w.resolver = make_resolver(*w.loop);
    w.network = make_udp_network(options.rtp_ports, derive(w.seed, "ports"));
    w.engine = make_media_thread(*w.loop);
    w.epoch = wall_epoch(w.loop->now());
  }
  return w;
}

}  // namespace lineman
