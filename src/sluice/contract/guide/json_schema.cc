#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/document/read_contract.h"
#include "sluice/contract/guide/guide.h"
#include "sluice/contract/rule/rule_kind.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

Json typed(std::string_view type) { return {{"type", type}}; }
Json list_of(Json item) { return {{"type", "array"}, {"items", std::move(item)}}; }
Json map_of(Json value) { return {{"type", "object"}, {"additionalProperties", std::move(value)}}; }
Json any_of(std::initializer_list<Json> forms) { return {{"anyOf", Json(forms)}}; }

Json scalar() { return {{"type", Json::array({"string", "number", "boolean", "null"})}}; }

class SchemaWriter {
 public:
  Json write() {
    Json root = reference(contract_shape());
    for (std::size_t i = 0; i < shapes_.size(); ++i) {  // grows while shapes are met
      definitions_[name_of(*shapes_[i])] = object(*shapes_[i]);
    }
    definitions_["placeholder"] = {{"type", "string"},
                                   {"pattern", R"(^(\{.+\}|\$\{.+\})$)"},
                                   {"description", "A value that is filled in before a run"}};
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A contract as Sluice reads it"}};
    schema.update(root);
    schema["$defs"] = std::move(definitions_);
    return schema;
  }

 private:
  Json reference(const Shape& shape) {
    if (std::ranges::find(shapes_, &shape) == shapes_.end()) {
      shapes_.push_back(&shape);
    }
    return {{"$ref", "#/$defs/" + name_of(shape)}};
  }

  /// Names of shapes are for people and may repeat.
  std::string name_of(const Shape& shape) const {
    const auto same =
        std::ranges::find_if(shapes_, [&](const Shape* each) { return each->name == shape.name; });
    std::string name;
    for (const char c : shape.name) {
      const bool is_plain =
          (c >= 'a' && c <= 'z') || c == '_' || c == '.' || (c >= '0' && c <= '9');
      name += is_plain ? c : '-';
    }
    if (same != shapes_.end() && *same != &shape) {
      const auto at = std::ranges::find(shapes_, &shape) - shapes_.begin();
      name += fmt::format("-{}", at);
    }
    return name;
  }

  Json object(const Shape& shape) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Key& key : shape.keys) {
      Json property{{"description", key.summary}};
      property.update(value(key));
      properties[std::string(key.name)] = std::move(property);
      if (key.need == Need::Required) {
        required.push_back(key.name);
      }
    }
    const bool is_open = shape.name == "compliance";
    Json out{{"type", "object"},
             {"properties", std::move(properties)},
             {"patternProperties", {{"^x-", Json::object()}}},
             {"additionalProperties", is_open}};
    if (!required.empty()) {
      out["required"] = std::move(required);
    }
    if (&shape == &contract_shape()) {
      out["dependentRequired"] = {{"version", Json::array({"info", "model"})}};
    }
    return out;
  }

  /// Null switches a default off where a key may be left out.
  Json value(const Key& key) {
    Json forms = Json::array({form(key)});
    const bool is_text = key.kind == ValueKind::String || key.kind == ValueKind::Sql;
    if (!is_text && key.kind != ValueKind::Anything) {
      forms.push_back({{"$ref", "#/$defs/placeholder"}});
    }
    if (key.need != Need::Required) {
      forms.push_back(typed("null"));
    }
    return forms.size() == 1 ? forms[0] : Json{{"anyOf", std::move(forms)}};
  }

  Json word(const Key& key) const {
    if (key.words == nullptr || key.words().empty()) {
      return typed("string");
    }
    Json words = Json::array();
    for (const std::string_view each : key.words()) {
      words.push_back(each);
    }
    return {{"enum", std::move(words)}};
  }

  Json form(const Key& key) {
    switch (key.kind) {
      case ValueKind::String:
      case ValueKind::Sql: return typed("string");
      case ValueKind::Boolean: return typed("boolean");
      case ValueKind::Whole: return typed("integer");
      case ValueKind::Real: return typed("number");
      case ValueKind::AnyScalar: return scalar();
      case ValueKind::Word: return word(key);
      case ValueKind::StringList: return texts(key);
      case ValueKind::WholeList: return list_of(typed("integer"));
      case ValueKind::RealList: return list_of(typed("number"));
      case ValueKind::ScalarList: return list_of(scalar());
      case ValueKind::StringMap: return strings(key);
      case ValueKind::WholeMap: return map_of(typed("integer"));
      case ValueKind::ScalarMap: return map_of(scalar());
      case ValueKind::SqlMap: return map_of(typed("string"));
      case ValueKind::Object:
      case ValueKind::ObjectList:
      case ValueKind::ObjectMap:
      case ValueKind::Anything: return block(key);
    }
    return Json::object();
  }

  /// The keys of a rollup may be one column.
  static Json texts(const Key& key) {
    const Json list = list_of(typed("string"));
    return key.name == "keys" ? any_of({list, typed("string")}) : list;
  }

  /// watermark_date_parts may be a list of parts.
  static Json strings(const Key& key) {
    return key.name == "watermark_date_parts"
               ? any_of({map_of(typed("string")), list_of(typed("string"))})
               : map_of(typed("string"));
  }

  /// What a stage lays over the contract: keys of its root, none of them whole.
  static Json stage() {
    Json properties = Json::object();
    for (const Key& key : contract_shape().keys) {
      properties[std::string(key.name)] = {{"description", key.summary}};
    }
    return any_of({Json{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"patternProperties", {{"^x-", Json::object()}}},
                        {"additionalProperties", false}},
                   typed("null")});
  }

  Json block(const Key& key) {
    if (key.name == "stages") {
      return map_of(stage());
    }
    if (key.child == nullptr) {
      return key.kind == ValueKind::Object ? typed("object") : Json::object();
    }
    const Json child = reference(key.child());
    if (key.kind == ValueKind::ObjectList) {
      return list_of(child);
    }
    if (key.kind == ValueKind::ObjectMap) {
      return map_of(child);
    }
    if (key.kind == ValueKind::Anything) {
      return key.name == "compliance" ? child : rule_body(child);
    }
    return object_form(key, child);
  }

  /// A column, several, or bodies.
  static Json rule_body(const Json& child) {
    return any_of({child, typed("string"), list_of(any_of({typed("string"), child}))});
  }

  /// Steps and objectives that have a short form.
  static Json object_form(const Key& key, const Json& child) {
    if (key.name == "rename") {
      return any_of({child, map_of(typed("string"))});
    }
    const bool has_scalar_form = key.name == "filter" || key.name == "freshness" ||
                                 key.name == "availability" || key.name == "completeness";
    return has_scalar_form ? any_of({child, scalar()}) : child;
  }

  std::vector<const Shape*> shapes_;
  Json definitions_ = Json::object();
};

}  // namespace

std::string render_json_schema() { return SchemaWriter().write().dump(2) + "\n"; }

}  // namespace sluice::contract
