// Expectations: no pattern throws, hangs or overflows the stack, nothing holds for a missing value,
// and = and != never agree.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lineman/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lineman;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto expectation = parse_expectation(text);
  if (!expectation) return expectation.error().text.empty() ? std::abort(), 0 : 0;
  if (!is_result_field(expectation->field)) std::abort();
  if (holds(*expectation, FieldValue())) std::abort();
  const FieldValue values[] = {true, std::int64_t{200}, 3.5, std::string("aaaaaaaaab"),
                               std::vector<std::string>{"a", "b"}};
  for (const FieldValue& value : values) {
    auto opposite = *expectation;
    if (opposite.op == Expectation::Op::kEqual) opposite.op = Expectation::Op::kNotEqual;
    const bool both = holds(*expectation, value) && holds(opposite, value);
    if (both && opposite.op != expectation->op) std::abort();
  }
  return 0;
}
