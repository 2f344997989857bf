// The properties of a document: fields of a contract.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/exchange/odcs_import_internal.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract::internal {
namespace {

std::string_view type_of_logical(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes{
      {{"string", "string"},
       {"integer", "bigint"},
       {"number", "double"},
       {"boolean", "boolean"},
       {"date", "date"},
       {"timestamp", "timestamp"},
       {"time", "time"},
       {"array", "array<string>"},
       {"object", "json"}}};
  const auto* at = std::ranges::find(kTypes, word, [](const auto& each) { return each.first; });
  return at == kTypes.end() ? "string" : at->second;
}

/// True when parts of a list or a struct say more than their names and types.
bool says_more(const Node& property) {
  static constexpr std::array<std::string_view, 5> kKnown{"name", "logicalType", "physicalType",
                                                          "items", "properties"};
  const auto is_known = [](const Entry& entry) { return is_one_of(entry.key, kKnown); };
  const auto is_more = [&](const Node& part) {
    return !std::ranges::all_of(part.entries, is_known) || says_more(part);
  };
  const Node* item = property.find("items");
  return (item != nullptr && is_more(*item)) ||
         std::ranges::any_of(items_of(property, "properties"), is_more);
}

}  // namespace

std::string type_of_property(const Node& property) {
  std::string physical = text_of(property, "physicalType");
  if (!physical.empty() && lower_type(physical)) {
    return physical;
  }
  const std::string logical = text_of(property, "logicalType");
  std::string made;
  if (const Node* item = property.find("items"); logical == "array" && item != nullptr) {
    made = fmt::format("array<{}>", type_of_property(*item));
  }
  if (logical == "object" && !items_of(property, "properties").empty()) {
    for (const Node& part : items_of(property, "properties")) {
      made += fmt::format("{}{}:{}", made.empty() ? "struct<" : ",", text_of(part, "name"),
                          type_of_property(part));
    }
    made += ">";
  }
  return !made.empty() && lower_type(made) ? made : std::string(type_of_logical(logical));
}

void take_text(Node& map, std::string_view key, const Node* was, const Node* is) {
  if (is_same(was, is)) {
    return;
  }
  if (is == nullptr) {
    remove(map, key);
  } else {
    put(map, key, is->is_scalar() ? make_text(is->text) : *is);
  }
}

void Import::take_type(Node& field, const Node& was, const Node& is) {
  const std::string physical = text_of(is, "physicalType");
  const auto is_new = [&](std::string_view key) { return !is_same(was.find(key), is.find(key)); };
  const bool is_logical_new =
      is_new("logicalType") || is_new("items") || is_new("properties") || was.entries.empty();
  if (is_new("physicalType") && !physical.empty() && !lower_type(physical)) {
    notes_.push_back(fmt::format("not a type of contracts, its logical type is taken: {} of {}",
                                 physical, text_of(is, "name")));
    put(map_under(field, "x-odcs"), "physicalType", make_text(physical));
  }
  if (is_new("physicalType") && lower_type(physical)) {
    put(field, "type", make_text(physical));
  } else if (is_logical_new) {
    // The word of the physical type, when it is as before, is of the type that was.
    Node logical = is;
    if (!was.entries.empty()) {
      remove(logical, "physicalType");
    }
    put(field, "type", make_text(type_of_property(logical)));
  }
}

void Import::take_protection(Node& field, const Node& was, const Node& is) {
  if (is_same(was.find("classification"), is.find("classification"))) {
    return;
  }
  take_text(field, "classification", was.find("classification"), is.find("classification"));
  std::string word = text_of(is, "classification");
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const bool is_personal = word.contains("pii") || word.contains("personal");
  const bool is_secret =
      word == "confidential" || word == "restricted" || word == "sensitive" || word == "secret";
  if (!is_personal && !is_secret) {
    return;
  }
  put(field, is_personal ? "pii" : "sensitive", make_word("true"));
  if (field.find("masking") == nullptr && !is_true(is, "primaryKey")) {
    put(field, "masking", make_text("redact"));
    notes_.push_back(fmt::format("masked, because it is classified: {}", text_of(is, "name")));
  }
}

void Import::take_options(Node& field, const Node& was, const Node& is) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kKeys{
      {{"minimum", "min"}, {"maximum", "max"}, {"maxLength", "max_length"}}};
  const Node& had = map_or_none(was.find("logicalTypeOptions"));
  const Node& has = map_or_none(is.find("logicalTypeOptions"));
  for (const auto& [from, to] : kKeys) {
    if (is_same(had.find(from), has.find(from))) {
      continue;
    }
    const Node* value = has.find(from);
    if (value != nullptr && as_number(*value)) {
      put(field, to, *value);
    } else {
      remove(field, to);
    }
  }
  const auto is_taken = [&](const Entry& entry) {
    return as_number(entry.value) &&
           std::ranges::any_of(kKeys, [&](const auto& key) { return key.first == entry.key; });
  };
  Node others = has;
  std::erase_if(others.entries, is_taken);
  if (others.entries.empty() && field.find("x-odcs") != nullptr) {
    remove(map_under(field, "x-odcs"), "logicalTypeOptions");
  }
  if (others.entries.empty() || is_same(&had, &has)) {
    return;
  }
  for (const Entry& entry : others.entries) {
    notes_.push_back(fmt::format("kept, but no rule: logicalTypeOptions.{} of {}", entry.key,
                                 text_of(is, "name")));
  }
  put(map_under(field, "x-odcs"), "logicalTypeOptions", std::move(others));
}

void Import::take_accepted(Node& field, const Node& was, const Node& is) {
  const Node* accepted = find_item(items_of(is, "quality"), "id", kAcceptedId);
  if (is_same(find_item(items_of(was, "quality"), "id", kAcceptedId), accepted)) {
    return;
  }
  const Node* values =
      accepted == nullptr ? nullptr : map_or_none(accepted->find("arguments")).find("validValues");
  if (values != nullptr) {
    put(field, "accepted_values", *values);
  } else {
    remove(field, "accepted_values");
  }
}

void Import::take_checks(Node& field, const Node& was, const Node& is) {
  take_accepted(field, was, is);
  for (const Node& check : items_of(is, "quality")) {
    const bool is_old =
        std::ranges::find(items_of(was, "quality"), check) != items_of(was, "quality").end();
    if (!is_old && !is_true(is, "required") && text_of(check, "metric") == "invalidValues") {
      notes_.push_back(
          fmt::format("a row without a value fails the rule on {}; make the column "
                      "required, or the rule SQL",
                      text_of(is, "name")));
    }
  }
  Node kept =
      take_new_checks(items_of(was, "quality"), items_of(is, "quality"), text_of(is, "name"));
  if (!kept.items.empty()) {
    put(map_under(field, "x-odcs"), "quality", std::move(kept));
  } else if (field.find("x-odcs") != nullptr) {
    remove(map_under(field, "x-odcs"), "quality");
  }
}

/// One reference to a column is a foreign key; what is more than that is kept.
void Import::take_relationships(Node& field, const Node& was, const Node& is) {
  if (is_same(was.find("relationships"), is.find("relationships"))) {
    return;
  }
  remove(field, "foreign_key");
  const std::vector<Node>& written = items_of(is, "relationships");
  if (written.empty()) {
    return;
  }
  const std::string to = text_of(written.front(), "to");
  const std::size_t dot = to.find('.');
  const bool is_plain = written.size() == 1 && dot != std::string::npos &&
                        to.find_first_of("./", dot + 1) == std::string::npos &&
                        written.front().find("customProperties") == nullptr;
  if (!is_plain) {
    notes_.push_back(
        fmt::format("kept, but no foreign key: relationships of {}", text_of(is, "name")));
    put(map_under(field, "x-odcs"), "relationships", *is.find("relationships"));
    return;
  }
  Node& key = map_under(field, "foreign_key");
  put(key, "contract", make_text(to.substr(0, dot)));
  put(key, "column", make_text(to.substr(dot + 1)));
}

/// What a field has no word for.
void Import::take_other(Node& field, const Node& was, const Node& is) {
  static constexpr std::array<std::string_view, 16> kKnown{"name",
                                                           "logicalType",
                                                           "physicalType",
                                                           "required",
                                                           "description",
                                                           "classification",
                                                           "primaryKey",
                                                           "unique",
                                                           "partitioned",
                                                           "primaryKeyPosition",
                                                           "partitionKeyPosition",
                                                           "quality",
                                                           "logicalTypeOptions",
                                                           "items",
                                                           "properties",
                                                           "relationships"};
  for (const Entry& entry : is.entries) {
    const bool is_own_id = entry.key == "id" && entry.value.text == text_of(is, "name");
    if (!is_one_of(entry.key, kKnown) && !is_own_id &&
        !is_same(was.find(entry.key), &entry.value)) {
      put(map_under(field, "x-odcs"), entry.key, entry.value);
    }
  }
  for (const std::string_view parts : {"items", "properties"}) {
    const Node* said = is.find(parts);
    if (said != nullptr && says_more(is)) {
      put(map_under(field, "x-odcs"), parts, *said);
    } else if (field.find("x-odcs") != nullptr) {
      remove(map_under(field, "x-odcs"), parts);
    }
  }
  if (field.find("x-odcs") == nullptr) {
    return;
  }
  Node& other = map_under(field, "x-odcs");
  std::erase_if(other.entries, [&](const Entry& entry) {
    return entry.key != "quality" && is.find(entry.key) == nullptr;
  });
  if (other.entries.empty()) {
    remove(field, "x-odcs");
  }
}

void Import::take_property(Node& field, const Node& was, const Node& is) {
  const std::string name = text_of(is, "name");
  if (!was.entries.empty() && text_of(was, "name") != name) {
    notes_.push_back(
        fmt::format("renamed from {} to {}: rules and SQL that read it are as they were",
                    text_of(was, "name"), name));
  }
  take_text(field, "name", was.find("name"), is.find("name"));
  take_type(field, was, is);
  if (is_true(was, "required") != is_true(is, "required")) {
    if (is_true(is, "required")) {
      put(field, "required", make_word("true"));
    } else {
      remove(field, "required");
    }
  }
  take_text(field, "description", was.find("description"), is.find("description"));
  take_protection(field, was, is);
  take_options(field, was, is);
  take_checks(field, was, is);
  take_relationships(field, was, is);
  take_other(field, was, is);
  if (is_true(is, "unique") && !is_true(was, "unique")) {
    Node rule = make_map();
    put(rule, "unique", make_text(name));
    added_datasets_.push_back(std::move(rule));
  }
}

void Import::take_fields(const Node& was, const Node& is) {
  const std::vector<Node>& had = items_of(was, "properties");
  if (had.empty() && items_of(is, "properties").empty()) {
    return;
  }
  Node& model = map_under(root_, "model");
  const std::vector<Node> old_fields = items_of(model, "fields");
  Node fields = make_list();
  for (const Node& property : items_of(is, "properties")) {
    const Node* match = find_item(had, "id", text_of(property, "id"));
    match = match == nullptr ? find_item(had, "name", text_of(property, "name")) : match;
    const Node* old =
        match == nullptr ? nullptr : find_item(old_fields, "name", text_of(*match, "name"));
    Node field = old == nullptr ? make_map() : *old;
    take_property(field, map_or_none(old == nullptr ? nullptr : match), property);
    fields.items.push_back(std::move(field));
  }
  put(model, "fields", std::move(fields));
}

}  // namespace sluice::contract::internal
