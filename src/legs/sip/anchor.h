// Anchor: functions given to the Loop or the Resolver run only while their maker lives. Control
// thread.
#pragma once

#include <memory>
#include <utility>

namespace lineman {

class Anchor {
 public:
  Anchor() = default;
  Anchor(const Anchor&) = delete;
  Anchor& operator=(const Anchor&) = delete;

  template <class F>
  auto wrap(F fn) const {
    return [weak = std::weak_ptr<char>(life_), fn = std::move(fn)](auto&&... args) mutable {
      if (!weak.expired()) fn(std::forward<decltype(args)>(args)...);
    };
  }
  void drop() { life_ = std::make_shared<char>(); }  // what was wrapped before never runs

 private:
  std::shared_ptr<char> life_ = std::make_shared<char>();
};

}  // namespace lineman
