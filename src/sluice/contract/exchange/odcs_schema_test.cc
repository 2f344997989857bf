// What is exported against the JSON Schema of the standard itself, which `./dev setup test` puts
// below build/deps. The validator here knows the keywords that the schema uses, and fails at any
// other. Without the schema its tests are skipped.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/source/yaml.h"

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

class Validator {
 public:
  using Keys = std::set<std::string>;

  explicit Validator(const Json& root) : root_(root) {}

  /// What is wrong with the document; empty when nothing.
  std::string check(const Json& value) const {
    Keys known;
    return check(root_, value, "", known);
  }

 private:
  /// Adds to `known` the keys of the value that the schema says something of.
  std::string check(const Json& schema, const Json& value, const std::string& path,
                    Keys& known) const {
    if (schema.is_boolean()) {
      return schema.get<bool>() ? "" : path + ": must not be there";
    }
    std::string fault;
    for (const auto& [keyword, rule] : schema.items()) {
      if (fault.empty()) {
        fault = check_keyword(keyword, rule, schema, value, path, known);
      }
    }
    if (fault.empty() && schema.contains("unevaluatedProperties") && value.is_object()) {
      for (const auto& [key, each] : value.items()) {
        if (!known.contains(key)) {
          return fmt::format("{}: unknown key {}", path, key);
        }
      }
    }
    return fault;
  }

  bool fits(const Json& schema, const Json& value, Keys& known) const {
    Keys here;
    const bool is_fitting = check(schema, value, "", here).empty();
    if (is_fitting) {
      known.merge(here);
    }
    return is_fitting;
  }

  std::string check_keyword(const std::string& keyword, const Json& rule, const Json& schema,
                            const Json& value, const std::string& path, Keys& known) const {
    static const Keys kNotes{"$schema",     "$comment", "$defs",   "title",
                             "description", "examples", "default", "format",
                             "deprecated",  "then",     "else",    "unevaluatedProperties"};
    if (keyword == "$ref") {
      const Json& target = root_.at(Json::json_pointer(rule.get<std::string>().substr(1)));
      return check(target, value, path, known);
    }
    if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf") {
      return check_forms(keyword, rule, value, path, known);
    }
    if (keyword == "if") {
      const char* branch = fits(rule, value, known) ? "then" : "else";
      return schema.contains(branch) ? check(schema.at(branch), value, path, known) : "";
    }
    if (keyword == "not") {
      Keys ignored;
      return fits(rule, value, ignored) ? path + ": must not be so" : "";
    }
    if (keyword == "properties" || keyword == "additionalProperties") {
      return value.is_object() ? check_entries(keyword, schema, value, path, known) : "";
    }
    if (keyword == "required") {
      return check_required(rule, value, path);
    }
    if (keyword == "items") {
      return check_items(rule, value, path);
    }
    const std::string fault = check_value(keyword, rule, value, path);
    return fault == "unknown" && kNotes.contains(keyword) ? "" : fault;
  }

  /// Keywords that need nothing but the value.
  static std::string check_value(const std::string& keyword, const Json& rule, const Json& value,
                                 const std::string& path) {
    bool is_good = true;
    if (keyword == "type") {
      const Json types = rule.is_array() ? rule : Json::array({rule});
      is_good = std::ranges::any_of(
          types, [&](const Json& type) { return has_type(value, type.get<std::string>()); });
    } else if (keyword == "enum") {
      is_good = std::ranges::find(rule, value) != rule.end();
    } else if (keyword == "const") {
      is_good = value == rule;
    } else if (keyword == "pattern") {
      is_good = !value.is_string() ||
                RE2::PartialMatch(value.get<std::string>(), rule.get<std::string>());
    } else if (keyword == "minimum") {
      is_good = !value.is_number() || value >= rule;
    } else if (keyword == "exclusiveMinimum") {
      is_good = !value.is_number() || value > rule;
    } else if (keyword == "minItems") {
      is_good = !value.is_array() || value.size() >= rule.get<std::size_t>();
    } else if (keyword == "maxItems") {
      is_good = !value.is_array() || value.size() <= rule.get<std::size_t>();
    } else if (keyword == "uniqueItems") {
      is_good =
          !value.is_array() || std::set<Json>(value.begin(), value.end()).size() == value.size();
    } else {
      return "unknown";
    }
    return is_good ? "" : path + ": " + keyword + " " + rule.dump().substr(0, 80);
  }

  std::string check_forms(const std::string& keyword, const Json& rule, const Json& value,
                          const std::string& path, Keys& known) const {
    if (keyword == "allOf") {
      for (const Json& form : rule) {
        const std::string fault = check(form, value, path, known);
        if (!fault.empty()) {
          return fault;
        }
      }
      return {};
    }
    const auto fitting =
        std::ranges::count_if(rule, [&](const Json& form) { return fits(form, value, known); });
    const bool is_good = keyword == "oneOf" ? fitting == 1 : fitting > 0;
    return is_good ? "" : path + ": fits " + std::to_string(fitting) + " of " + keyword;
  }

  std::string check_entries(const std::string& keyword, const Json& schema, const Json& value,
                            const std::string& path, Keys& known) const {
    const Json named = schema.value("properties", Json::object());
    for (const auto& [key, each] : value.items()) {
      Keys inner;
      std::string fault;
      if (keyword == "properties" && named.contains(key)) {
        known.insert(key);
        fault = check(named.at(key), each, fmt::format("{}.{}", path, key), inner);
      } else if (keyword == "additionalProperties" && !named.contains(key)) {
        known.insert(key);
        fault = check(schema.at(keyword), each, fmt::format("{}.{}", path, key), inner);
      }
      if (!fault.empty()) {
        return fault;
      }
    }
    return {};
  }

  std::string check_items(const Json& rule, const Json& value, const std::string& path) const {
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
      Keys inner;
      std::string fault = check(rule, value[i], path + "[" + std::to_string(i) + "]", inner);
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

std::string load(const std::string& path) { return load_contract_text({}, path).value(); }

Json document_of(const std::string& text) {
  Diagnostics out;
  return to_json(read_yaml(text, out).root.value());
}

class OdcsSchemaTest : public testing::Test {
 protected:
  void SetUp() override {
    const Result<std::string> text = load_contract_text({}, kSchema);
    if (!text) {
      GTEST_SKIP() << "no JSON Schema of ODCS at " << kSchema << ": ./dev setup test fetches it";
    }
    schema_ = Json::parse(*text);
  }

  static constexpr const char* kSchema = "build/deps/odcs-schema/odcs.schema.json";
  Json schema_;
  Validator validator_{schema_};
};

TEST_F(OdcsSchemaTest, TheSchemaIsOfTheVersionThatIsExported) {
  const Json& versions = schema_.at("properties").at("apiVersion");
  EXPECT_EQ(versions.at("default"), "v3.1.0");
}

TEST_F(OdcsSchemaTest, EveryExportIsValid) {
  int exported = 0;
  for (const char* folder : {"test/contracts", "test/conformance/cases", "examples"}) {
    for (const std::string& path : list_contracts(folder).value()) {
      const auto made = export_odcs(load(path), path);
      if (made) {
        ++exported;
        EXPECT_EQ(validator_.check(document_of(*made)), "") << path;
      }
    }
  }
  EXPECT_GT(exported, 200);
}

TEST_F(OdcsSchemaTest, TheValidatorFindsWhatIsWrong) {
  const Json good = document_of(load("test/contracts/exchange/trips.odcs.yaml"));
  EXPECT_EQ(validator_.check(good), "");
  const auto fault_of = [&](const Json& patch) {
    Json bad = good;
    bad.merge_patch(patch);
    return validator_.check(bad);
  };
  EXPECT_NE(fault_of({{"kind", "Contract"}}), "");
  EXPECT_NE(fault_of({{"apiVersion", "v9"}}), "");
  EXPECT_NE(fault_of({{"owner", "me"}}), "");
  EXPECT_NE(fault_of({{"id", nullptr}}), "");
  Json bad = good;
  bad["schema"][0]["properties"][0]["logicalType"] = "float";
  EXPECT_NE(validator_.check(bad), "");
  bad = good;
  bad["schema"][0]["properties"][0]["unknownKey"] = 1;
  EXPECT_NE(validator_.check(bad), "");
  bad = good;
  bad["servers"] = {{{"server", "a"}, {"type", "s3"}}};
  EXPECT_NE(validator_.check(bad), "");
}

}  // namespace
}  // namespace sluice::contract
