// What the native fields of ODCS say now is compared with what they would say of the contract that
// the document carries; only what differs is taken over. A document that carries none differs in
// everything.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/exchange/odcs_internal.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace internal {
namespace {

bool is_one_of(std::string_view key, std::span<const std::string_view> list) {
  return std::ranges::find(list, key) != list.end();
}

const Node& map_or_none(const Node* node) {
  static const Node kNone = make_map();
  return node == nullptr ? kNone : *node;
}

const std::vector<Node>& items_of(const Node& map, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* list = map.find(key);
  return list == nullptr ? kNone : list->items;
}

const Node* find_item(const std::vector<Node>& items, std::string_view key,
                      std::string_view value) {
  const auto at = std::ranges::find_if(
      items, [&](const Node& item) { return !value.empty() && text_of(item, key) == value; });
  return at == items.end() ? nullptr : &*at;
}

bool contains(const std::vector<Node>& items, const Node& item) {
  return std::ranges::find(items, item) != items.end();
}

/// Names of the properties that are marked by `flag`, by their position.
Node places_of(const Node& table, std::string_view flag, std::string_view position) {
  std::vector<std::pair<std::int64_t, std::string>> placed;
  for (const Node& property : items_of(table, "properties")) {
    if (is_true(property, flag)) {
      const Node* at = property.find(position);
      placed.emplace_back(at == nullptr ? 0 : as_integer(*at).value_or(0),
                          text_of(property, "name"));
    }
  }
  std::ranges::stable_sort(placed, {}, [](const auto& each) { return each.first; });
  Node list = make_list();
  for (const auto& [at, name] : placed) {
    list.items.push_back(make_text(name));
  }
  return list;
}

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

/// One import while it is carried out.
class Import {
 public:
  Import(Node root, Node before, const Node& after)
      : root_(std::move(root)), before_(std::move(before)), after_(after) {}

  void apply();
  const Node& root() const { return root_; }
  std::vector<std::string>& notes() { return notes_; }

 private:
  void take_identity();
  void take_table();
  void take_fields(const Node& was, const Node& is);
  void take_property(Node& field, const Node& was, const Node& is);
  void take_type(Node& field, const Node& was, const Node& is);
  void take_protection(Node& field, const Node& was, const Node& is);
  void take_options(Node& field, const Node& was, const Node& is);
  void take_checks(Node& field, const Node& was, const Node& is);
  void take_other(Node& field, const Node& was, const Node& is);
  void take_places(const Node& was, const Node& is);
  void take_rules(const Node& was, const Node& is);
  void take_levels();
  void take_level(std::string_view property);
  void take_rest();
  void add_rule(RuleOf made, const Node& check, const std::string& property);
  const Node* table_of_document();

  Node root_;
  Node before_;
  const Node& after_;
  std::vector<Node> added_rows_;
  std::vector<Node> added_datasets_;
  std::vector<std::string> notes_;
};

/// Takes over the text at `from` as `key` of `map` when it is another than before.
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

void Import::take_identity() {
  const bool had_info = root_.find("info") != nullptr;
  Node& info = map_under(root_, "info");
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKeys{
      {{"name", "title"},
       {"version", "version"},
       {"status", "status"},
       {"domain", "domain"},
       {"dataProduct", "data_product"}}};
  for (const auto& [from, to] : kKeys) {
    take_text(info, to, before_.find(from), after_.find(from));
  }
  const Node& was = map_or_none(before_.find("description"));
  const Node& is = map_or_none(after_.find("description"));
  take_text(info, "description", was.find("purpose"), is.find("purpose"));
  for (const Entry& entry : is.entries) {
    if (entry.key != "purpose" && !is_same(was.find(entry.key), &entry.value)) {
      notes_.push_back(fmt::format("not taken over: description.{}", entry.key));
    }
  }
  if (before_.entries.empty() && text_of(info, "title").empty()) {
    put(info, "title", make_text(text_of(after_, "id")));
  }
  if (!had_info && info.entries.empty()) {
    remove(root_, "info");
  }
}

const Node* Import::table_of_document() {
  const std::vector<Node>& tables = items_of(after_, "schema");
  if (tables.size() > 1) {
    notes_.push_back(
        fmt::format("a contract is of one table; not taken over: {} more", tables.size() - 1));
  }
  for (const std::string_view key : {"name", "id"}) {
    if (const Node* table = find_item(tables, "name", text_of(after_, key))) {
      return table;
    }
  }
  return tables.empty() ? nullptr : &tables.front();
}

void Import::take_type(Node& field, const Node& was, const Node& is) {
  const std::string physical = text_of(is, "physicalType");
  const std::string logical = text_of(is, "logicalType");
  const bool is_physical_new = !is_same(was.find("physicalType"), is.find("physicalType"));
  const bool is_logical_new = !is_same(was.find("logicalType"), is.find("logicalType"));
  if (is_physical_new && lower_type(physical)) {
    put(field, "type", make_text(physical));
  } else if (is_logical_new || field.find("type") == nullptr) {
    put(field, "type", make_text(type_of_logical(logical)));
  } else if (is_physical_new) {
    notes_.push_back(fmt::format("not a type of contracts, left as it was: {} of {}", physical,
                                 text_of(is, "name")));
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
    if (const Node* value = has.find(from)) {
      put(field, to, *value);
    } else {
      remove(field, to);
    }
  }
  for (const Entry& entry : has.entries) {
    if (std::ranges::none_of(kKeys, [&](const auto& key) { return key.first == entry.key; })) {
      notes_.push_back(fmt::format("not taken over: logicalTypeOptions.{} of {}", entry.key,
                                   text_of(is, "name")));
    }
  }
}

void Import::add_rule(RuleOf made, const Node& check, const std::string& property) {
  if (made.rule.is_mapping()) {
    (made.is_dataset ? added_datasets_ : added_rows_).push_back(std::move(made.rule));
    return;
  }
  notes_.push_back(fmt::format("kept, but no rule: a check of type '{}'{}", text_of(check, "type"),
                               property.empty() ? "" : " of " + property));
}

void Import::take_checks(Node& field, const Node& was, const Node& is) {
  const std::vector<Node>& had = items_of(was, "quality");
  const std::vector<Node>& has = items_of(is, "quality");
  const Node* accepted = find_item(has, "id", "accepted_values");
  if (!is_same(find_item(had, "id", "accepted_values"), accepted)) {
    const Node* values = accepted == nullptr
                             ? nullptr
                             : map_or_none(accepted->find("arguments")).find("validValues");
    if (values != nullptr) {
      put(field, "accepted_values", *values);
    } else {
      remove(field, "accepted_values");
    }
  }
  Node kept = make_list();
  for (const Node& check : has) {
    if (text_of(check, "id") == "accepted_values") {
      continue;
    }
    RuleOf made = rule_of(check, text_of(is, "name"));
    if (!made.rule.is_mapping()) {
      kept.items.push_back(check);
    }
    if (!contains(had, check)) {
      add_rule(std::move(made), check, text_of(is, "name"));
    }
  }
  if (!kept.items.empty()) {
    put(map_under(field, "x-odcs"), "quality", std::move(kept));
  } else if (field.find("x-odcs") != nullptr) {
    remove(map_under(field, "x-odcs"), "quality");
  }
}

/// What a field has no word for.
void Import::take_other(Node& field, const Node& was, const Node& is) {
  static constexpr std::array<std::string_view, 13> kKnown{
      "id",       "name",        "logicalType",        "physicalType",
      "required", "description", "classification",     "primaryKey",
      "unique",   "partitioned", "primaryKeyPosition", "partitionKeyPosition",
      "quality"};
  for (const Entry& entry : is.entries) {
    if (!is_one_of(entry.key, kKnown) && entry.key != "logicalTypeOptions" &&
        !is_same(was.find(entry.key), &entry.value)) {
      put(map_under(field, "x-odcs"), entry.key, entry.value);
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

void Import::take_places(const Node& was, const Node& is) {
  const Node had_key = places_of(was, "primaryKey", "primaryKeyPosition");
  Node key = places_of(is, "primaryKey", "primaryKeyPosition");
  if (!(had_key == key)) {
    if (root_.find("materialization") != nullptr) {
      remove(map_under(root_, "materialization"), "primary_key");
    }
    if (key.items.empty()) {
      remove(root_, "primary_key");
    } else {
      put(root_, "primary_key", std::move(key));
    }
  }
  const Node had_parts = places_of(was, "partitioned", "partitionKeyPosition");
  Node parts = places_of(is, "partitioned", "partitionKeyPosition");
  if (!(had_parts == parts)) {
    put(map_under(root_, "materialization"), "partition_by", std::move(parts));
  }
}

void Import::take_rules(const Node& was, const Node& is) {
  const std::vector<Node>& had = items_of(was, "quality");
  const std::vector<Node>& has = items_of(is, "quality");
  const Node quality = map_or_none(root_.find("quality"));
  std::map<std::string_view, Node> lists{{"row_rules", make_list()},
                                         {"dataset_rules", make_list()}};
  for (auto& [name, list] : lists) {
    const std::vector<Node>& rules = items_of(quality, name);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string id = fmt::format("{}-{}", name, i);
      const Node* now = find_item(has, "id", id);
      if (now != nullptr && is_same(find_item(had, "id", id), now)) {
        list.items.push_back(rules[i]);
      } else if (now != nullptr) {
        add_rule(rule_of(*now, ""), *now, "");
      }
    }
  }
  Node kept = make_list();
  for (const Node& check : has) {
    const bool is_ours = find_item(had, "id", text_of(check, "id")) != nullptr;
    RuleOf made = rule_of(check, "");
    if (!made.rule.is_mapping()) {
      kept.items.push_back(check);
    }
    if (!is_ours && !contains(had, check)) {
      add_rule(std::move(made), check, "");
    }
  }
  lists["row_rules"].items.insert(lists["row_rules"].items.end(), added_rows_.begin(),
                                  added_rows_.end());
  lists["dataset_rules"].items.insert(lists["dataset_rules"].items.end(), added_datasets_.begin(),
                                      added_datasets_.end());
  for (auto& [name, list] : lists) {
    if (!list.items.empty() || quality.find(name) != nullptr) {
      put(map_under(root_, "quality"), name, std::move(list));
    }
  }
  if (!kept.items.empty()) {
    put(map_under(root_, "metadata"), kKeptQuality, std::move(kept));
  } else if (root_.find("metadata") != nullptr) {
    remove(map_under(root_, "metadata"), kKeptQuality);
  }
}

void Import::take_table() {
  const Node* now = table_of_document();
  const std::vector<Node>& had = items_of(before_, "schema");
  const Node& was = map_or_none(had.empty() ? nullptr : &had.front());
  const Node& is = map_or_none(now);
  if (!is_same(was.find("name"), is.find("name"))) {
    take_text(map_under(root_, "info"), "table_name", was.find("name"), is.find("name"));
  }
  take_fields(was, is);
  take_places(was, is);
  take_rules(was, is);
  static constexpr std::array<std::string_view, 5> kKnown{"name", "logicalType", "physicalType",
                                                          "properties", "quality"};
  for (const Entry& entry : is.entries) {
    if (!is_one_of(entry.key, kKnown) && !is_same(was.find(entry.key), &entry.value)) {
      put(map_under(map_under(root_, "metadata"), kKeptTable), entry.key, entry.value);
    }
  }
  for (const Entry& entry : was.entries) {
    if (!is_one_of(entry.key, kKnown) && is.find(entry.key) == nullptr) {
      remove(map_under(map_under(root_, "metadata"), kKeptTable), entry.key);
    }
  }
}

/// "6" and "hours" as "6h".
std::string threshold_of(const Node& level) {
  std::string unit = text_of(level, "unit");
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kUnits{
      {{"hour", "h"},
       {"hours", "h"},
       {"day", "d"},
       {"days", "d"},
       {"minute", "m"},
       {"minutes", "m"},
       {"second", "s"},
       {"seconds", "s"},
       {"percent", "%"},
       {"pct", "%"}}};
  const auto* at = std::ranges::find(kUnits, unit, [](const auto& each) { return each.first; });
  return text_of(level, "value") + (at == kUnits.end() ? unit : std::string(at->second));
}

void Import::take_level(std::string_view property) {
  const Node* was = find_item(items_of(before_, "slaProperties"), "property", property);
  const Node* is = find_item(items_of(after_, "slaProperties"), "property", property);
  if (is_same(was, is)) {
    return;
  }
  Node& levels = map_under(root_, "service_levels");
  if (property == "freshness") {
    remove(levels, "freshness_hours");
  }
  if (is == nullptr) {
    remove(levels, property);
    return;
  }
  Node& level = map_under(levels, property);
  const std::string threshold = threshold_of(*is);
  const Node number = make_word(threshold);
  put(level, "threshold", as_number(number) ? number : make_text(threshold));
  std::string element = text_of(*is, "element");
  element = element.substr(element.rfind('.') + 1);
  if (!element.empty()) {
    put(level, "field", make_text(element));
  }
}

void Import::take_levels() {
  static constexpr std::array<std::string_view, 3> kKnown{"freshness", "availability",
                                                          "completeness"};
  Node other = make_list();
  for (const Node& level : items_of(after_, "slaProperties")) {
    if (!is_one_of(text_of(level, "property"), kKnown)) {
      other.items.push_back(level);
    }
  }
  for (const std::string_view property : kKnown) {
    take_level(property);
  }
  if (!other.items.empty()) {
    put(map_under(root_, "metadata"), kKeptLevels, std::move(other));
  } else if (root_.find("metadata") != nullptr) {
    remove(map_under(root_, "metadata"), kKeptLevels);
  }
}

/// Whole keys that a contract has no word for go through it unread.
void Import::take_rest() {
  static constexpr std::array<std::string_view, 11> kKnown{
      "apiVersion", "kind",        "id",     "name",          "version",    "status",
      "domain",     "dataProduct", "schema", "slaProperties", "description"};
  const auto kept = [](std::string_view key) { return std::string(kKept) + std::string(key); };
  for (const Entry& entry : after_.entries) {
    const bool is_kept = !is_one_of(entry.key, kKnown) || entry.key == "id";
    if (is_kept && !is_same(before_.find(entry.key), &entry.value)) {
      put(map_under(root_, "metadata"), kept(entry.key), entry.value);
    }
  }
  for (const Entry& entry : before_.entries) {
    if (!is_one_of(entry.key, kKnown) && after_.find(entry.key) == nullptr) {
      remove(map_under(root_, "metadata"), kept(entry.key));
    }
  }
  if (root_.find("metadata") != nullptr && map_under(root_, "metadata").entries.empty()) {
    remove(root_, "metadata");
  }
}

void Import::apply() {
  take_identity();
  take_table();
  take_levels();
  take_rest();
}

/// Takes the contract's own text out of the document.
std::optional<std::string> take_own_text(Node& document) {
  const Node* list = document.find("customProperties");
  if (list == nullptr) {
    return std::nullopt;
  }
  Node properties = *list;
  const Node* own = find_item(properties.items, "property", kNamespace);
  const Node* value = own == nullptr ? nullptr : own->find("value");
  const Node* text = value == nullptr ? nullptr : value->find("contract");
  if (text == nullptr) {
    return std::nullopt;
  }
  std::string found = text->text;
  std::erase_if(properties.items,
                [](const Node& item) { return text_of(item, "property") == kNamespace; });
  if (properties.items.empty()) {
    remove(document, "customProperties");
  } else {
    put(document, "customProperties", std::move(properties));
  }
  return found;
}

Node new_contract() {
  Node root = make_map();
  put(root, "version", make_text("1.0.0"));
  put(map_under(root, "info"), "title", make_text(""));
  put(map_under(root, "info"), "version", make_text("1.0.0"));
  return root;
}

}  // namespace
}  // namespace internal

Result<Imported> import_odcs(std::string_view text, std::string_view path) {
  using namespace internal;
  SLUICE_TRY(Node document, parse_root(text, path));
  if (text_of(document, "kind") != "DataContract") {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this is no data contract of ODCS: '{}'", path))
        .with_hint("such a document says `kind: DataContract` and `apiVersion: v3...`");
  }
  if (!text_of(document, "apiVersion").starts_with("v3")) {
    return make_error(ErrorCode::Unsupported, fmt::format("ODCS 3 is read; this is another: '{}'",
                                                          text_of(document, "apiVersion")))
        .with_hint("bring the document to version 3 first");
  }
  const std::optional<std::string> own = take_own_text(document);
  Node root = new_contract();
  Node before = make_map();
  if (own) {
    const CheckedContract checked = check_contract(*own, path);
    if (!checked.contract) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the contract under customProperties is broken: '{}'", path))
          .with_hint("take the property 'sluice' out; the native fields are then read alone");
    }
    SLUICE_TRY(root, parse_root(*own, path));
    before = odcs_of(root, *checked.contract);
  }
  const Node unchanged = root;
  Import import(std::move(root), std::move(before), document);
  import.apply();
  Imported out{.name = "", .text = "", .notes = std::move(import.notes())};
  out.text = own && unchanged == import.root() ? *own : render_yaml(import.root());
  const CheckedContract checked = check_contract(out.text, path);
  if (const std::size_t errors = checked.diagnostics.count(Severity::Error); errors > 0) {
    out.notes.push_back(
        fmt::format("the contract has {} errors; `sluice validate` shows them", errors));
  }
  out.name = checked.contract ? table_name(*checked.contract) : "";
  return out;
}

}  // namespace sluice::contract
