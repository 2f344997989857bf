// What the native fields of ODCS say now is compared with what they would say of the contract that
// the document carries; only what differs is taken over. A document that carries none differs in
// everything.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/exchange/odcs_import_internal.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace internal {
namespace {

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

}  // namespace

/// What a description says besides its purpose.
void Import::take_description() {
  Node others = map_or_none(after_.find("description"));
  remove(others, "purpose");
  Node others_before = map_or_none(before_.find("description"));
  remove(others_before, "purpose");
  if (others == others_before) {
    return;
  }
  Node& metadata = map_under(root_, "metadata");
  if (others.entries.empty()) {
    remove(metadata, kKeptDescription);
  } else {
    put(metadata, kKeptDescription, others);
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
  take_text(level, "description", was == nullptr ? nullptr : was->find("description"),
            is->find("description"));
  for (const std::string_view key : {"id", "valueExt", "driver", "scheduler", "schedule"}) {
    if (is->find(key) != nullptr) {
      notes_.push_back(fmt::format("not taken over: {} of the service level {}", key, property));
    }
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
  find_ours();
  take_identity();
  take_description();
  take_table();
  take_levels();
  take_rest();
}

namespace {

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

/// What is said about a document that can be read; an error for one that cannot.
Result<std::vector<std::string>> check_document_of_odcs(const Node& document,
                                                        std::string_view path) {
  if (document.find("kind") == nullptr || document.find("apiVersion") == nullptr) {
    Error error = make_error(ErrorCode::InvalidContract, "this is no data contract of ODCS");
    error.at = SourcePosition{std::string(path), 1, 1};
    return std::move(error).with_hint(
        "such a document says `kind: DataContract` and `apiVersion: v3.1.0`");
  }
  const Node& version = *document.find("apiVersion");
  if (!version.text.starts_with("v3.")) {
    Error error = make_error(ErrorCode::Unsupported,
                             fmt::format("ODCS 3 is read; this is another: '{}'", version.text));
    error.at =
        SourcePosition{std::string(path), version.span.begin.line, version.span.begin.column};
    return std::move(error).with_hint("bring the document to version 3.1 first");
  }
  Diagnostics found{std::string(path)};
  check_odcs(document, found);
  found.sort();
  if (found.has_errors()) {
    return to_error(found);
  }
  std::vector<std::string> notes;
  for (const Diagnostic& each : found) {
    notes.push_back(fmt::format("{}:{}:{}: {}{}{}", path, each.at.line, each.at.column,
                                each.message, each.suggestion.empty() ? "" : "; ",
                                each.suggestion));
  }
  return notes;
}

}  // namespace
}  // namespace internal

using internal::check_document_of_odcs;
using internal::Import;
using internal::make_map;
using internal::new_contract;
using internal::odcs_of;
using internal::parse_root;
using internal::render_yaml;
using internal::take_own_text;

Result<Imported> import_odcs(std::string_view text, std::string_view path) {
  SLUICE_TRY(Node document, parse_root(text, path));
  SLUICE_TRY(std::vector<std::string> notes, check_document_of_odcs(document, path));
  const std::optional<std::string> own = take_own_text(document);
  Node root = new_contract();
  Node before = make_map();
  if (own) {
    const CheckedContract checked = check_contract(*own, path);
    if (!checked.contract) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("the contract under customProperties is broken: '{}'", path))
          .with_hint("take the property 'sluice' out; the native fields are then read alone");
    }
    SLUICE_TRY(root, parse_root(*own, path));
    before = odcs_of(root, *checked.contract);
  }
  const Node unchanged = root;
  Import import(std::move(root), std::move(before), document);
  import.apply();
  Imported out{.name = "", .text = "", .notes = std::move(notes)};
  out.notes.insert(out.notes.end(), import.notes().begin(), import.notes().end());
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
