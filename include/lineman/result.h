// Result<T>: a value or an Error that names the thing and the cure. Parsers return it and never
// throw.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace lineman {

enum class ErrorCode {
  kUsage,        // an option or argument is wrong (exit 2)
  kFile,         // a file cannot be read or written (exit 3)
  kPort,         // an address cannot be bound (exit 3)
  kDevice,       // a sound device cannot be opened (exit 3)
  kResource,     // out of descriptors, memory, ports (exit 3)
  kResolve,      // a name has no address (exit 4)
  kUnreachable,  // no route to an address (exit 5)
  kMalformed,    // input that does not parse
  kNoCommon,     // well formed, but nothing both sides can do (no common codec)
  kUnsupported,  // well formed, known, not built in or not possible on this leg
  kInternal,
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string text;  // one sentence, no final newline; says what to do when that is known
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string text) {
  return tl::make_unexpected(Error{code, std::move(text)});
}

}  // namespace lineman
