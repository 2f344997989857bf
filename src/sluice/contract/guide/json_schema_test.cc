// The JSON Schema against the contracts of test/contracts: what `validate` finds no error in is
// accepted, and what has unknown keys is not. The validator here knows the keywords that
// the schema uses, and refuses any other.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/guide/guide.h"
#include "sluice/contract/source/yaml.h"
#include "sluice/contract/starter/starter.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::json;

Json to_json(const Node& node) {
  if (node.is_sequence()) {
    Json list = Json::array();
    for (const Node& item : node.items) {
      list.push_back(to_json(item));
    }
    return list;
  }
  if (node.is_mapping()) {
    Json map = Json::object();
    for (const Entry& entry : node.entries) {
      map[entry.key] = to_json(entry.value);
    }
    return map;
  }
  switch (scalar_type(node)) {
    case ScalarType::Null: return nullptr;
    case ScalarType::Bool: return *as_bool(node);
    case ScalarType::Int: return as_integer(node).value_or(0);
    case ScalarType::Float: return as_number(node).value_or(0.5);
    case ScalarType::String: return node.text;
  }
  return nullptr;
}

bool has_type(const Json& value, const std::string& type) {
  return type == "object"    ? value.is_object()
         : type == "array"   ? value.is_array()
         : type == "string"  ? value.is_string()
         : type == "boolean" ? value.is_boolean()
         : type == "null"    ? value.is_null()
         : type == "number"  ? value.is_number()
                             : value.is_number_integer();
}

/// The one pattern of the schema.
bool is_placeholder(const std::string& text) {
  return text.size() > 2 && text.ends_with('}') &&
         (text.starts_with('{') || text.starts_with("${"));
}

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  /// What is wrong; empty when nothing.
  std::string check(const Json& schema, const Json& value, const std::string& path) const {
    std::string fault;
    for (const auto& [keyword, rule] : schema.items()) {
      if (fault.empty()) {
        fault = check_keyword(keyword, rule, schema, value, path);
      }
    }
    return fault;
  }

 private:
  std::string check_keyword(const std::string& keyword, const Json& rule, const Json& schema,
                            const Json& value, const std::string& path) const {
    static const std::set<std::string> kNotes{
        "$schema", "$defs", "title", "description", "patternProperties", "additionalProperties"};
    if (keyword == "$ref") {
      return check(root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), value, path);
    }
    if (keyword == "type") {
      const Json types = rule.is_array() ? rule : Json::array({rule});
      const bool fits = std::ranges::any_of(
          types, [&](const Json& type) { return has_type(value, type.get<std::string>()); });
      return fits ? "" : path + ": not of type " + rule.dump();
    }
    if (keyword == "enum") {
      return std::ranges::find(rule, value) == rule.end() ? path + ": no such word" : "";
    }
    if (keyword == "pattern") {
      const bool fits = !value.is_string() || is_placeholder(value.get<std::string>());
      return fits ? "" : path + ": no match";
    }
    if (keyword == "anyOf") {
      const bool fits = std::ranges::any_of(
          rule, [&](const Json& form) { return check(form, value, path).empty(); });
      return fits ? "" : path + ": fits none of the forms";
    }
    if (keyword == "items") {
      return check_items(rule, value, path);
    }
    if (keyword == "properties" ||
        (keyword == "additionalProperties" && !schema.contains("properties"))) {
      return value.is_object() ? check_entries(schema, value, path) : "";
    }
    if (keyword == "required") {
      return check_required(rule, value, path);
    }
    if (keyword == "dependentRequired") {
      const bool applies = value.contains("version");
      return applies ? check_required(rule.at("version"), value, path) : "";
    }
    return kNotes.contains(keyword) ? "" : "unknown keyword " + keyword;
  }

  std::string check_items(const Json& rule, const Json& value, const std::string& path) const {
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
      const std::string fault = check(rule, value[i], path + "[" + std::to_string(i) + "]");
      if (!fault.empty()) {
        return fault;
      }
    }
    return {};
  }

  std::string check_entries(const Json& schema, const Json& value, const std::string& path) const {
    const Json known = schema.value("properties", Json::object());
    const Json& other = schema.at("additionalProperties");
    for (const auto& [key, each] : value.items()) {
      std::string fault;
      if (known.contains(key)) {
        fault = check(known.at(key), each, path + "." + key);
      } else if (other.is_object()) {
        fault = check(other, each, path + "." + key);
      } else if (!other.get<bool>() && !key.starts_with("x-")) {
        fault = path + ": unknown key " + key;
      }
      if (!fault.empty()) {
        return fault;
      }
    }
    return {};
  }

  static std::string check_required(const Json& rule, const Json& value, const std::string& path) {
    for (const Json& key : rule) {
      if (value.is_object() && !value.contains(key.get<std::string>())) {
        return path + ": lacks " + key.get<std::string>();
      }
    }
    return {};
  }

  const Json& root_;
};

bool has_code(const Diagnostics& diagnostics, Code code) {
  return std::ranges::any_of(diagnostics, [&](const Diagnostic& each) {
    return each.code == code && each.severity == Severity::Error;
  });
}

TEST(JsonSchemaTest, AgreesWithTheCheckerOverAllContracts) {
  const Json schema = Json::parse(render_json_schema());
  const Validator validator(schema);
  int accepted = 0;
  int refused = 0;
  for (const char* folder : {"test/contracts/valid", "test/contracts/invalid"}) {
    const auto paths = list_contracts(folder);
    ASSERT_TRUE(paths) << folder;
    for (const std::string& path : *paths) {
      const auto text = load_contract_text({}, path);
      ASSERT_TRUE(text) << path;
      const Diagnostics found = check_contract(*text, path).diagnostics;
      Diagnostics syntax;
      const Document document = read_yaml(*text, syntax);
      if (syntax.has_errors() || !document.root || !document.is_complete) {
        continue;  // a JSON Schema sees no YAML faults
      }
      const std::string fault = validator.check(schema, to_json(*document.root), "");
      if (!found.has_errors()) {
        EXPECT_EQ(fault, "") << path;
        ++accepted;
      } else if (has_code(found, Code::UnknownKey)) {
        EXPECT_NE(fault, "") << path;
        ++refused;
      }
    }
  }
  EXPECT_GT(accepted, 10);
  EXPECT_GT(refused, 10);
}

TEST(JsonSchemaTest, AcceptsTheStarters) {
  const Json schema = Json::parse(render_json_schema());
  for (const std::string_view layer : starter_layers()) {
    Diagnostics found;
    const Document document = read_yaml(*render_starter(layer), found);
    EXPECT_EQ(Validator(schema).check(schema, to_json(*document.root), ""), "") << layer;
  }
}

TEST(JsonSchemaTest, RefusesWhatAnEditorShouldMark) {
  const Json schema = Json::parse(render_json_schema());
  const Validator validator(schema);
  const auto fault = [&](const char* text) {
    return validator.check(schema, Json::parse(text), "");
  };
  EXPECT_EQ(fault(R"({"dataset": "trips"})"), "");
  EXPECT_NE(fault(R"({"version": "1.0.0"})"), "");
  EXPECT_NE(fault(R"({"datasets": "trips"})"), "");
  EXPECT_NE(fault(R"({"materialization": {"strategy": "upsert"}})"), "");
  EXPECT_NE(fault(R"({"model": {"fields": [{"type": "int"}]}})"), "");
  EXPECT_NE(fault(R"({"primary_key": "id"})"), "");
}

}  // namespace
}  // namespace sluice::contract
