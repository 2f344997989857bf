#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/exchange/odcs_internal.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace internal {
namespace {

std::string_view logical_type(const schema::LogicalType& type) {
  return std::visit(overloaded{
                        [](const schema::Boolean&) -> std::string_view { return "boolean"; },
                        [](const schema::Integer&) -> std::string_view { return "integer"; },
                        [](const schema::Float&) -> std::string_view { return "number"; },
                        [](const schema::Decimal&) -> std::string_view { return "number"; },
                        [](const schema::Text&) -> std::string_view { return "string"; },
                        [](const schema::Bytes&) -> std::string_view { return "string"; },
                        [](const schema::Date&) -> std::string_view { return "date"; },
                        [](const schema::Time&) -> std::string_view { return "time"; },
                        [](const schema::Timestamp&) -> std::string_view { return "timestamp"; },
                        [](const schema::UuidType&) -> std::string_view { return "string"; },
                        [](const schema::Json&) -> std::string_view { return "string"; },
                        [](const schema::List&) -> std::string_view { return "array"; },
                        [](const schema::Map&) -> std::string_view { return "object"; },
                        [](const schema::Struct&) -> std::string_view { return "object"; },
                    },
                    type.kind);
}

void put_text(Node& map, std::string_view key, const MaybeText& text) {
  if (text) {
    put(map, key, make_text(text->value));
  }
}

void put_place(Node& property, const Texts& list, std::string_view name, std::string_view flag,
               std::string_view position) {
  const auto at = std::ranges::find(list, name, [](const Text& text) { return text.value; });
  if (at != list.end()) {
    put(property, flag, make_word("true"));
    put(property, position, make_word(std::to_string(at - list.begin() + 1)));
  }
}

std::string classification_of(const Field& field) {
  if (field.classification) {
    return field.classification->value;
  }
  return field.pii.value         ? "pii"
         : field.phi.value       ? "phi"
         : field.sensitive.value ? "sensitive"
                                 : "";
}

/// Each logical type has options of its own; what does not fit stays in the contract's text.
Node options_of(const Field& field, std::string_view logical) {
  Node options = make_map();
  const bool is_number = logical == "integer" || logical == "number";
  if (field.min && is_number) {
    put(options, "minimum", make_word(field.min->value.text));
  }
  if (field.max && is_number) {
    put(options, "maximum", make_word(field.max->value.text));
  }
  if (field.max_length && logical == "string") {
    put(options, "maxLength", make_word(std::to_string(field.max_length->value)));
  }
  return options;
}

Node accepted_of(const Field& field) {
  Node values = make_list();
  for (const Value& value : *field.accepted_values) {
    values.items.push_back(value.value.type == ScalarType::String ? make_text(value.value.text)
                                                                  : make_word(value.value.text));
  }
  Node item = make_map();
  put(item, "id", make_text(kAcceptedId));
  put(item, "type", make_text("library"));
  put(item, "metric", make_text("invalidValues"));
  put(map_under(item, "arguments"), "validValues", std::move(values));
  put(item, "mustBe", make_word("0"));
  return item;
}

/// "orders.id" where both are names that ODCS can refer to.
std::string reference_of(const ForeignKey& key) {
  const auto is_name = [](std::string_view name) {
    return is_stable_id(name) && name.find('-') == std::string_view::npos &&
           !(name.front() >= '0' && name.front() <= '9');
  };
  const bool is_both = is_name(key.contract.value) && is_name(key.column.value);
  return is_both ? key.contract.value + "." + key.column.value : "";
}

/// What lists and structs are made of.
void put_parts(Node& property, const schema::LogicalType& type) {
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    Node& item = map_under(property, "items");
    put(item, "logicalType", make_text(logical_type(*list->element)));
    put_parts(item, *list->element);
  }
  if (const auto* inner = std::get_if<schema::Struct>(&type.kind)) {
    Node& parts = list_under(property, "properties");
    for (const schema::Field& field : inner->fields) {
      Node part = make_map();
      put(part, "name", make_text(field.name));
      put(part, "logicalType", make_text(logical_type(field.type)));
      put_parts(part, field.type);
      parts.items.push_back(std::move(part));
    }
  }
}

Node property_of(const Contract& contract, const Field& field) {
  Node property = make_map();
  put(property, "id", make_text(field.name.value));
  put(property, "name", make_text(field.name.value));
  const auto type = lower_type(field.type.value);
  const std::string_view logical = type ? logical_type(*type) : "string";
  put(property, "logicalType", make_text(logical));
  put(property, "physicalType", make_text(field.type.value));
  put(property, "required", make_word(field.required.value ? "true" : "false"));
  put_text(property, "description", field.description);
  if (const std::string word = classification_of(field); !word.empty()) {
    put(property, "classification", make_text(word));
  }
  put_place(property, contract.primary_key, field.name.value, "primaryKey", "primaryKeyPosition");
  if (contract.materialization) {
    put_place(property, contract.materialization->partition_by, field.name.value, "partitioned",
              "partitionKeyPosition");
  }
  if (Node options = options_of(field, logical); !options.entries.empty()) {
    put(property, "logicalTypeOptions", std::move(options));
  }
  if (type) {
    put_parts(property, *type);
  }
  if (field.foreign_key) {
    if (const std::string to = reference_of(*field.foreign_key); !to.empty()) {
      Node relation = make_map();
      put(relation, "type", make_text("foreignKey"));
      put(relation, "to", make_text(to));
      list_under(property, "relationships").items.push_back(std::move(relation));
    }
  }
  if (field.accepted_values) {
    list_under(property, "quality").items.push_back(accepted_of(field));
  }
  return property;
}

/// A check of one column belongs to its property.
void add_check(Node& table, Node check) {
  const Node* arguments = check.find("arguments");
  const std::string field = arguments == nullptr ? "" : text_of(*arguments, "field");
  for (Node& property : list_under(table, "properties").items) {
    if (!field.empty() && text_of(property, "name") == field) {
      Node& own = map_under(check, "arguments");
      remove(own, "field");
      if (own.entries.empty()) {
        remove(check, "arguments");
      }
      list_under(property, "quality").items.push_back(std::move(check));
      return;
    }
  }
  list_under(table, "quality").items.push_back(std::move(check));
}

void add_rules(const Node& root, std::string_view list, Node& table) {
  const Node* quality = root.find("quality");
  const Node* rules = quality == nullptr ? nullptr : quality->find(list);
  for (std::size_t i = 0; rules != nullptr && i < rules->items.size(); ++i) {
    add_check(table, quality_of(rules->items[i], fmt::format("{}-{}", list, i)));
  }
}

/// Stable ids, each once: names that are none get one made of them.
void mend_ids(Node& table) {
  std::set<std::string> taken;
  for (Node& property : list_under(table, "properties").items) {
    std::string id = text_of(property, "id");
    std::ranges::replace_if(id, [](char c) { return !is_stable_id({&c, 1}); }, '_');
    const std::string wanted = id.empty() ? "_" : id;
    for (int i = 2; !taken.insert(id).second; ++i) {
      id = fmt::format("{}-{}", wanted, i);
    }
    put(property, "id", make_text(id));
  }
}

void add_level(Node& levels, std::string_view property, const std::optional<Objective>& objective) {
  if (!objective || !objective->threshold) {
    return;
  }
  const std::string& threshold = objective->threshold->value;
  const std::size_t digits = std::min(threshold.find_first_not_of("0123456789."), threshold.size());
  Node level = make_map();
  put(level, "property", make_text(property));
  const bool is_number = digits > 0;
  put(level, "value", is_number ? make_word(threshold.substr(0, digits)) : make_text(threshold));
  if (is_number && digits < threshold.size()) {
    put(level, "unit", make_text(threshold.substr(digits)));
  }
  if (objective->field) {
    put(level, "element", make_text(objective->field->value));
  }
  put_text(level, "description", objective->description);
  levels.items.push_back(std::move(level));
}

/// Keys of foreign documents that an import kept.
void put_kept(const Node& root, Node& out) {
  static constexpr std::array<std::string_view, 10> kKeys{
      "id",   "tenant", "tags",  "servers",           "support",
      "team", "price",  "roles", "slaDefaultElement", "contractCreatedTs"};
  const Node* metadata = root.find("metadata");
  if (metadata == nullptr) {
    return;
  }
  const auto kept_as = [&](std::string_view key) {
    return metadata->find(std::string(kKept) + std::string(key));
  };
  for (const std::string_view key : kKeys) {
    if (const Node* value = kept_as(key)) {
      put(out, key, *value);
    }
  }
  for (const std::string_view key : {"authoritativeDefinitions", "customProperties"}) {
    if (const Node* value = kept_as(key); value != nullptr && value->is_sequence()) {
      put(out, key, *value);
    }
  }
  if (const Node* words = kept_as("description"); words != nullptr && words->is_mapping()) {
    for (const Entry& entry : words->entries) {
      put(map_under(out, "description"), entry.key, entry.value);
    }
  }
}

/// True when what is kept of a field's parts is of the type that the field has now.
bool are_of_type(const Node& kept_parts, const Node& property) {
  Node made = make_map();
  put(made, "logicalType", make_text(text_of(property, "logicalType")));
  for (const std::string_view key : {"items", "properties"}) {
    if (const Node* parts = kept_parts.find(key)) {
      put(made, key, *parts);
    }
  }
  const auto type = lower_type(type_of_property(made));
  const auto now = lower_type(text_of(property, "physicalType"));
  return type && now && *type == *now;
}

/// x-odcs of a field: what foreign documents say of it besides.
void put_kept_of_field(const Node& root, const std::string& name, Node& property) {
  const Node* model = root.find("model");
  const Node* fields = model == nullptr ? nullptr : model->find("fields");
  for (std::size_t i = 0; fields != nullptr && i < fields->items.size(); ++i) {
    const Node* kept = fields->items[i].find("x-odcs");
    if (kept == nullptr || text_of(fields->items[i], "name") != name) {
      continue;
    }
    for (const Entry& entry : kept->entries) {
      if (entry.key == "quality") {
        append(list_under(property, "quality"), entry.value.items);
      } else if (entry.key == "logicalTypeOptions") {
        for (const Entry& option : entry.value.entries) {
          put(map_under(property, entry.key), option.key, option.value);
        }
      } else if ((entry.key != "items" && entry.key != "properties") ||
                 are_of_type(*kept, property)) {
        put(property, entry.key, entry.value);
      }
    }
  }
}

const Node* kept(const Node& root, std::string_view key) {
  const Node* metadata = root.find("metadata");
  return metadata == nullptr ? nullptr : metadata->find(key);
}

/// What an extraction's schema adds to the model is no column of the file's own model.
bool is_of_extraction(const Contract& contract, const Field& field) {
  return contract.extraction &&
         std::ranges::any_of(contract.extraction->output_schema,
                             [&](const Field& made) { return made.name.span == field.name.span; });
}

Node table_of(const Node& root, const Contract& contract) {
  Node table = make_map();
  put(table, "name", make_text(table_name(contract)));
  put(table, "logicalType", make_text("object"));
  put(table, "physicalType", make_text("table"));
  Node& properties = list_under(table, "properties");
  for (const Field& field : contract.model.fields) {
    if (is_of_extraction(contract, field)) {
      continue;
    }
    Node property = property_of(contract, field);
    put_kept_of_field(root, field.name.value, property);
    properties.items.push_back(std::move(property));
  }
  mend_ids(table);
  add_rules(root, "row_rules", table);
  add_rules(root, "dataset_rules", table);
  if (const Node* checks = kept(root, kKeptQuality)) {
    append(list_under(table, "quality"), checks->items);
  }
  if (const Node* said = kept(root, kKeptTable)) {
    for (const Entry& entry : said->entries) {
      put(table, entry.key, entry.value);
    }
  }
  return table;
}

}  // namespace

Node odcs_of(const Node& root, const Contract& contract) {
  Node out = make_map();
  const std::string name = table_name(contract);
  const std::string title = contract.info.title ? contract.info.title->value : name;
  put(out, "apiVersion", make_text(kOdcsVersion));
  put(out, "kind", make_text("DataContract"));
  put(out, "id", make_text(name));
  put(out, "name", make_text(title));
  put(out, "version", make_text(contract.info.version.value));
  put(out, "status", make_text(contract.info.status ? contract.info.status->value : "active"));
  put_text(out, "domain", contract.info.domain);
  put_text(out, "dataProduct", contract.info.data_product);
  if (contract.info.description) {
    put(map_under(out, "description"), "purpose", make_text(contract.info.description->value));
  }
  list_under(out, "schema").items.push_back(table_of(root, contract));
  Node levels = make_list();
  add_level(levels, "freshness", contract.service_levels.freshness);
  add_level(levels, "availability", contract.service_levels.availability);
  add_level(levels, "completeness", contract.service_levels.completeness);
  append(levels, map_or_none(kept(root, kKeptLevels)).items);
  if (!levels.items.empty()) {
    put(out, "slaProperties", std::move(levels));
  }
  put_kept(root, out);
  return out;
}

}  // namespace internal

using internal::kNamespace;
using internal::list_under;
using internal::make_map;
using internal::make_text;
using internal::map_under;
using internal::odcs_of;
using internal::parse_root;
using internal::put;
using internal::render_yaml;

Result<std::string> export_odcs(std::string_view text, std::string_view path) {
  const CheckedContract checked = check_contract(text, path);
  if (!checked.is_runnable()) {
    return to_error(checked.diagnostics);
  }
  SLUICE_TRY(const Node root, parse_root(text, path));
  Node out = odcs_of(root, *checked.contract);
  Node own = make_map();
  put(own, "property", make_text(kNamespace));
  put(map_under(own, "value"), "contract", make_text(text));
  list_under(out, "customProperties").items.push_back(std::move(own));
  return render_yaml(out);
}

}  // namespace sluice::contract
