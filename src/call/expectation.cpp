// --expect: 'FIELD OP VALUE'.
#include <array>
#include <charconv>
#include <cmath>

#include <re2/re2.h>

#include "lineman/event.h"
#include "lineman/text.h"

namespace lineman {
namespace {

using Op = Expectation::Op;

struct OpText {
  std::string_view text;
  Op op;
};
constexpr std::array kOps = {OpText{"!=", Op::kNotEqual},  OpText{"<=", Op::kLessEqual},
                             OpText{">=", Op::kMoreEqual}, OpText{"==", Op::kEqual},
                             OpText{"=", Op::kEqual},      OpText{"<", Op::kLess},
                             OpText{">", Op::kMore},       OpText{"~", Op::kMatch}};

tl::unexpected<Error> bad(std::string_view text, const std::string& why) {
  return fail(ErrorCode::kUsage, "expectation '" + printable(text) + "' " + why);
}

std::optional<double> number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> truth(std::string_view text) {
  if (iequals(text, "yes") || iequals(text, "true")) return true;
  if (iequals(text, "no") || iequals(text, "false")) return false;
  return std::nullopt;
}

FieldType type_of(std::string_view path) {
  struct Finder final : FieldVisitor {
    explicit Finder(std::string_view p) : path(p) {}
    void field(std::string_view p, FieldType t, FieldValue, std::string_view) override {
      if (p == path) type = t;
    }
    std::string_view path;
    FieldType type = FieldType::kString;
  } finder(path);
  const EventBody result = event::Result{};
  event_row(result).visit(result, finder);
  return finder.type;
}

// RE2: linear time whatever the pattern and the value are.
bool matches(const std::string& pattern, const std::string& value) {
  const re2::RE2 regex(pattern, re2::RE2::Quiet);
  return regex.ok() && re2::RE2::PartialMatch(value, regex);
}

// A..B, ..B, A..: true when the value has that form.
bool parse_range(std::string_view value, Expectation& e) {
  const std::size_t dots = value.find("..");
  if (dots == value.npos || value.size() == 2) return false;
  const std::string_view low = trim(value.substr(0, dots));
  const std::string_view high = trim(value.substr(dots + 2));
  e.low = number(low);
  e.high = number(high);
  if ((!low.empty() && !e.low) || (!high.empty() && !e.high)) {
    e.low = e.high = std::nullopt;
    return false;
  }
  e.op = Op::kRange;
  return true;
}

Result<void> check_number(Expectation& e) {
  if (e.op == Op::kMatch) return {};
  if (e.op == Op::kEqual && parse_range(e.value, e)) {
    if (e.low && e.high && *e.low > *e.high) {
      return bad(e.text, "has its range the wrong way round: the smaller number comes first");
    }
    return {};
  }
  if (number(e.value)) return {};
  return bad(e.text, "compares a number: write a plain one without a unit (" + e.field +
                         "<=500) or "
                         "a range (" +
                         e.field + "=..500)");
}

Result<void> check_text(const Expectation& e) {
  if (e.op == Op::kEqual || e.op == Op::kNotEqual || e.op == Op::kMatch) return {};
  return bad(e.text, "compares text, which has no order: use =, != or ~");
}

Result<void> check(Expectation& e) {
  if (e.op == Op::kMatch) {
    const re2::RE2 regex(e.value, re2::RE2::Quiet);
    if (!regex.ok())
      return bad(e.text, "has a wrong regular expression: " + printable(regex.error()));
  }
  switch (type_of(e.field)) {
    case FieldType::kInt:
    case FieldType::kNumber: return check_number(e);
    case FieldType::kString:
    case FieldType::kStrings: return check_text(e);
    case FieldType::kBool: break;
  }
  if (e.op == Op::kMatch) return {};
  if ((e.op == Op::kEqual || e.op == Op::kNotEqual) && truth(e.value)) return {};
  return bad(e.text, "compares yes or no: write " + e.field + "=yes");
}

bool compare(Op op, double actual, double wanted) {
  switch (op) {
    case Op::kEqual: return actual == wanted;
    case Op::kNotEqual: return actual != wanted;
    case Op::kLess: return actual < wanted;
    case Op::kLessEqual: return actual <= wanted;
    case Op::kMore: return actual > wanted;
    case Op::kMoreEqual: return actual >= wanted;
    case Op::kMatch:
    case Op::kRange: break;
  }
  return false;
}

struct Holds {
  const Expectation& e;

  bool operator()(std::monostate) const { return false; }
  bool operator()(std::int64_t v) const { return (*this)(static_cast<double>(v)); }
  bool operator()(double v) const {
    if (!std::isfinite(v)) return false;
    if (e.op == Op::kMatch) return matches(e.value, field_text(v));
    if (e.op == Op::kRange) return (!e.low || v >= *e.low) && (!e.high || v <= *e.high);
    const std::optional<double> wanted = number(e.value);
    return wanted && compare(e.op, v, *wanted);
  }
  bool operator()(bool v) const {
    if (e.op == Op::kMatch) return matches(e.value, field_text(v));
    const std::optional<bool> wanted = truth(e.value);
    if (!wanted) return false;
    return e.op == Op::kEqual ? v == *wanted : e.op == Op::kNotEqual && v != *wanted;
  }
  bool operator()(const std::string& v) const {
    if (e.op == Op::kMatch) return matches(e.value, v);
    // codec=pcmu means PCMU: no field tells two values apart by case alone.
    const bool same = iequals(v, e.value);
    return e.op == Op::kEqual ? same : e.op == Op::kNotEqual && !same;
  }
  // One of them, or all of them as they are printed.
  bool operator()(const std::vector<std::string>& v) const {
    const bool negated = e.op == Op::kNotEqual;
    Expectation one = e;
    if (negated) one.op = Op::kEqual;
    const Holds same{one};
    bool any = same(field_text(v));
    for (const std::string& each : v) any = any || same(each);
    return any != negated;
  }
};

// A field alone: most likely a shell took the rest for a redirection.
tl::unexpected<Error> bare(std::string_view field) {
  std::string why = "has no operator";
  if (!field.empty() && !is_result_field(field)) {
    why += ", and no field has this name" + did_you_mean(field, result_fields());
  }
  const std::string name = is_result_field(field) ? std::string(field) : "rx.mos";
  const FieldType type = type_of(name);
  if (type != FieldType::kInt && type != FieldType::kNumber) {
    return bad(field, why + ": write " + name + "=VALUE");
  }
  return bad(field, why + ". A shell takes < and > for itself, so quote it: --expect '" + name +
                        ">=3.5', or write a range: " + name + "=3.5..");
}

}  // namespace

lineman::Result<Expectation> parse_expectation(std::string_view text) {
  Expectation e;
  e.text = std::string(trim(text));
  const std::string_view whole = e.text;
  const std::size_t at = whole.find_first_of("=!<>~");
  const std::string_view field = trim(whole.substr(0, at));
  e.field = std::string(field);
  if (at == whole.npos) return bare(whole);
  if (field.empty()) return bad(whole, "begins with the operator: write for example 'rx.mos>=3.5'");
  if (!is_result_field(field)) {
    return bad(whole, "names no field of the result: '" + printable(field) + "'" +
                          did_you_mean(field, result_fields()));
  }
  for (const OpText& each : kOps) {
    if (whole.substr(at, each.text.size()) != each.text) continue;
    e.op = each.op;
    e.value = std::string(trim(whole.substr(at + each.text.size())));
    if (Result<void> checked = check(e); !checked) return tl::make_unexpected(checked.error());
    return e;
  }
  return bad(whole, "has an unknown operator: use = != < <= > >= or ~ (regex)");
}

bool holds(const Expectation& expectation, const FieldValue& actual) {
  return std::visit(Holds{expectation}, actual);
}

}  // namespace lineman
