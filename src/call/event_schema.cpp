// JSON Schema (draft 2020-12) of every event line, from the rows.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "event_fields.h"

namespace lineman {
namespace {

using Json = nlohmann::ordered_json;

Json type_of(FieldType type) {
  switch (type) {
    case FieldType::kBool: return "boolean";
    case FieldType::kInt: return "integer";
    case FieldType::kNumber: return "number";
    case FieldType::kString: return "string";
    case FieldType::kStrings: break;
  }
  return "array";
}

Json object() {
  return {{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
}

struct PathVisitor final : FieldVisitor {
  void field(std::string_view path, FieldType, FieldValue, std::string_view) override {
    paths.emplace(path);
  }
  std::set<std::string> paths;
};

// Adds a property for every field; a dotted path goes into an object of its own. A field that is
// null in the example may be null in a line.
struct SchemaVisitor final : FieldVisitor {
  SchemaVisitor(Json& schema, const std::set<std::string>& always)
      : root(schema), required(always) {}
  void field(std::string_view path, FieldType type, FieldValue value,
             std::string_view help) override {
    const bool needed = required.count(std::string(path)) > 0;
    Json* at = &root;
    for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
      const std::string name(path.substr(0, dot));
      Json& inner = (*at)["properties"][name];
      if (inner.is_null()) inner = object();
      if (needed) require(*at, name);
      at = &inner;
      path.remove_prefix(dot + 1);
    }
    const std::string name(path);
    Json property;
    const bool nullable = std::holds_alternative<std::monostate>(value);
    property["type"] = nullable ? Json::array({type_of(type), "null"}) : type_of(type);
    if (type == FieldType::kStrings) property["items"] = {{"type", "string"}};
    property["description"] = help;
    (*at)["properties"][name] = std::move(property);
    // An object that is there is whole, also where the object itself may be absent.
    if (needed || at != &root) require(*at, name);
  }
  static void require(Json& schema, const std::string& name) {
    Json& list = schema["required"];
    if (std::find(list.begin(), list.end(), Json(name)) == list.end()) list.push_back(name);
  }
  Json& root;
  const std::set<std::string>& required;
};

bool is_of_a_call(std::string_view name) {
  for (const std::string_view kind :
       {"call.", "media.", "play.", "record.", "dtmf.", "tone.", "speech."}) {
    if (name.substr(0, kind.size()) == kind) return true;
  }
  return false;
}

// Fields that every line of this event has: those of the example, but a result of several calls
// leaves out what only one call can say.
std::set<std::string> always(const EventRow& row) {
  PathVisitor visitor;
  if (const auto* result = std::get_if<event::Result>(&row.example)) {
    event::Result several = *result;
    several.result.calls = 2;
    row.visit(several, visitor);
  } else {
    row.visit(row.example, visitor);
  }
  return visitor.paths;
}

Json row_schema(const EventRow& row) {
  Json schema = object();
  schema["description"] = row.summary;
  Json& properties = schema["properties"];
  for (const char* common : {"v", "seq", "time", "t_ms"}) {
    properties[common] = {{"$ref", std::string("#/$defs/") + common}};
    SchemaVisitor::require(schema, common);
  }
  properties["call"] = {{"$ref", "#/$defs/call"}};
  if (is_of_a_call(row.name)) SchemaVisitor::require(schema, "call");
  properties["event"] = {{"const", row.name}};
  SchemaVisitor::require(schema, "event");
  const std::set<std::string> needed = always(row);
  SchemaVisitor visitor(schema, needed);
  row.visit(row.example, visitor);
  return schema;
}

}  // namespace

std::string event_schema() {
  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["$id"] = "urn:lineman:events:1";
  schema["title"] = "lineman events";
  schema["description"] =
      "One line of --json: one event. Within one version `v` changes only add fields and events, "
      "so "
      "a reader ignores what it does not know. ms are milliseconds.";
  Json& defs = schema["$defs"];
  defs["v"] = {{"const", 1}, {"description", "version of this schema"}};
  defs["seq"] = {{"type", "integer"},
                 {"minimum", 0},
                 {"description", "counts up by one a line; a gap: events were dropped"}};
  defs["time"] = {{"type", "string"},
                  {"format", "date-time"},
                  {"description", "UTC; starts at 1970-01-01 in virtual time"}};
  defs["t_ms"] = {{"type", "number"}, {"description", "since the start of the process, ms"}};
  defs["call"] = {{"type", "string"},
                  {"description", "which call: c1, c2, ...; absent: the process"}};
  Json& choices = schema["oneOf"] = Json::array();
  for (const EventRow& row : event_table()) choices.push_back(row_schema(row));
  return schema.dump(2) + "\n";
}

}  // namespace lineman
