// Names to numeric addresses, driven from the Loop: Sofia and the engine only ever see numbers.
// Control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lineman/packet.h"
#include "lineman/result.h"

namespace lineman {

struct Resolver {
  using Done = std::function<void(Result<std::vector<Address>>)>;

  virtual ~Resolver() = default;
  // A and AAAA (SRV and NAPTR have their seam here). Port 0 in the answers. A numeric `host` (with
  // or without brackets) answers at once; /etc/hosts is read; `localhost` never needs a name
  // server. Failure is kResolve, at the latest after `limit`, and says which name and whether the
  // servers were silent, unreachable or said no. `done` is never called from inside resolve().
  virtual void resolve(const std::string& host, Duration limit, Done done) = 0;
  virtual void cancel_all() = 0;
};

struct Loop;
std::unique_ptr<Resolver> make_resolver(Loop& loop);

}  // namespace lineman
