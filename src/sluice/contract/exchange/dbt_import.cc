// dbt's properties files: models and the tables of sources become contracts, their tests rules.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/dbt_internal.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace internal {
namespace {

std::vector<DbtTest> tests_of(const Node& owner) {
  std::vector<DbtTest> tests;
  for (const std::string_view key : {"data_tests", "tests"}) {
    for (const Node& written : items_of(owner, key)) {
      tests.push_back(read_dbt_test(written));
    }
  }
  return tests;
}

/// "x" of ref('x'), and the last name of source('a', 'x').
std::string referred(std::string_view text) {
  const std::size_t end = text.find_last_of("'\"");
  if (end == std::string_view::npos || end == 0) {
    return std::string(text);
  }
  const std::size_t begin = text.find_last_of("'\"", end - 1);
  return std::string(text.substr(begin + 1, end - begin - 1));
}

bool has_tag(const Node& owner, std::string_view tag) {
  const auto is_tagged = [&](const Node& map) {
    const Node* tags = map.find("tags");
    return tags != nullptr &&
           (tags->text == tag ||
            std::ranges::any_of(tags->items, [&](const Node& each) { return each.text == tag; }));
  };
  return is_tagged(owner) || is_tagged(map_or_none(owner.find("config")));
}

const Node* meta_of(const Node& owner) {
  const Node* meta = map_or_none(owner.find("config")).find("meta");
  return meta == nullptr ? owner.find("meta") : meta;
}

bool is_refusing(const DbtTest& test) { return test.severity.empty() && test.where.empty(); }

/// A warehouse's word for a type as a contract's; empty when there is none.
std::string type_of_warehouse(std::string_view written) {
  if (lower_type(written)) {
    return std::string(written);
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kWords{
      {{"charactervarying", "string"},
       {"nvarchar", "string"},
       {"varchar", "string"},
       {"char", "string"},
       {"character", "string"},
       {"bpchar", "string"},
       {"number", "decimal"},
       {"bignumeric", "decimal"},
       {"doubleprecision", "double"},
       {"timestampwithtimezone", "timestamptz"},
       {"timestampwithouttimezone", "timestamp"},
       {"timestamp_ltz", "timestamptz"},
       {"jsonb", "json"},
       {"bytea", "binary"}}};
  std::string word;
  for (const char c : written) {
    if (c != ' ') {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  const std::size_t open = std::min(word.find('('), word.size());
  const auto* known =
      std::ranges::find(kWords, word.substr(0, open), [](const auto& each) { return each.first; });
  if (known == kWords.end()) {
    return "";
  }
  const std::string with_size = std::string(known->second) + word.substr(open);
  return lower_type(with_size) ? with_size : std::string(known->second);
}

class Table {
 public:
  Table(const Node& owner, std::string name) : owner_(owner) { made_.name = std::move(name); }

  Imported make(const Node& source, std::string_view path);

 private:
  void take_column(const Node& column);
  void take_type(const Node& column, Node& field);
  void take_constraints(const Node& owner, const std::string& column);
  void take_column_test(const DbtTest& test, const DbtColumn& column, Node& field);
  void take_test(const DbtTest& test, const DbtColumn& column);
  void take_freshness(const Node& source);
  void take_rest(const Node& source);
  void add_rule(std::string_view list, DbtRule made, const DbtTest& test);
  void note(std::string text) { made_.notes.push_back(made_.name + ": " + std::move(text)); }

  const Node& owner_;
  Imported made_;
  Node fields_ = make_list();
  Node quality_ = make_map();
  Node root_ = make_map();
};

void Table::add_rule(std::string_view list, DbtRule made, const DbtTest& test) {
  Node rule = make_map();
  put(rule, made.key, std::move(made.body));
  if (!test.title.empty()) {
    put(rule, "name", make_text(test.title));
  }
  if (!test.severity.empty()) {
    put(rule, "severity", make_text(test.severity));
  }
  list_under(quality_, list).items.push_back(std::move(rule));
}

void Table::take_test(const DbtTest& test, const DbtColumn& column) {
  const std::string where = column.name.empty() ? "" : " of " + column.name;
  if (!test.is_enabled) {
    note(fmt::format("not taken over, it is not enabled: the test '{}'{}", test.name, where));
    return;
  }
  for (const std::string& key : test.unread) {
    note(fmt::format("not taken over: {} of the test '{}'{}", key, test.name, where));
  }
  DbtRule made = rule_of_dbt_test(test, column);
  switch (made.place) {
    case DbtPlace::None:
      note(fmt::format("no rule for the test '{}'{}; write it as SQL", test.name, where));
      return;
    case DbtPlace::Nothing: return;
    case DbtPlace::RowRule: add_rule("row_rules", std::move(made), test); return;
    case DbtPlace::DatasetRule: add_rule("dataset_rules", std::move(made), test); return;
    case DbtPlace::Freshness:
      put(map_under(root_, "service_levels"), "freshness", std::move(made.body));
      return;
  }
}

void Table::take_column_test(const DbtTest& test, const DbtColumn& column, Node& field) {
  const bool is_plain = test.is_enabled && is_refusing(test) && test.unread.empty();
  const Node* values = test.arguments.find("values");
  if (test.name == "not_null" && is_plain && test.arguments.entries.empty()) {
    put(field, "required", make_word("true"));
  } else if (test.name == "accepted_values" && is_plain && column.is_required &&
             values != nullptr && test.title.empty()) {
    put(field, "accepted_values", *values);
  } else if (test.name == "relationships" && test.is_enabled) {
    Node key = make_map();
    put(key, "contract", make_text(referred(text_of(test.arguments, "to"))));
    put(key, "column", make_text(text_of(test.arguments, "field")));
    put(field, "foreign_key", std::move(key));
    note(fmt::format("no run checks the foreign key of {}; a link and referential_integrity do",
                     column.name));
  } else {
    take_test(test, column);
  }
}

void Table::take_type(const Node& column, Node& field) {
  const std::string written = text_of(column, "data_type");
  const std::string type = type_of_warehouse(written);
  put(field, "type", make_text(type.empty() ? "string" : type));
  if (!written.empty() && type.empty()) {
    note(fmt::format("not a type of contracts, read as string: {} of {}", written,
                     text_of(column, "name")));
  }
}

/// Of a column, or of the model with `columns` of their own.
void Table::take_constraints(const Node& owner, const std::string& column) {
  for (const Node& constraint : items_of(owner, "constraints")) {
    const std::string kind = text_of(constraint, "type");
    const std::string expression = text_of(constraint, "expression");
    std::vector<Node> columns = items_of(constraint, "columns");
    if (columns.empty() && !column.empty()) {
      columns.push_back(make_text(column));
    }
    if (kind == "primary_key") {
      append(list_under(root_, "primary_key"), columns);
    } else if (kind == "unique" && !columns.empty()) {
      Node list = make_list();
      append(list, columns);
      add_rule("dataset_rules", {DbtPlace::DatasetRule, "unique", list}, {});
    } else if (kind == "check" && !expression.empty()) {
      add_rule("row_rules",
               {DbtPlace::RowRule, "sql", make_text(fmt::format("({}) IS NOT FALSE", expression))},
               {});
    } else if (kind != "not_null") {
      note(fmt::format("not taken over: a constraint of type '{}'", kind));
    }
  }
}

/// A test or a constraint says that no row is without a value.
bool is_required(const Node& column, const Node& owner) {
  const auto is_key = [](const Node& constraint) {
    const std::string kind = text_of(constraint, "type");
    return kind == "not_null" || kind == "primary_key";
  };
  const std::string name = text_of(column, "name");
  const auto names_it = [&](const Node& constraint) {
    return is_key(constraint) &&
           std::ranges::any_of(items_of(constraint, "columns"),
                               [&](const Node& each) { return each.text == name; });
  };
  return std::ranges::any_of(items_of(column, "constraints"), is_key) ||
         std::ranges::any_of(items_of(owner, "constraints"), names_it) ||
         std::ranges::any_of(tests_of(column), [](const DbtTest& test) {
           return test.name == "not_null" && test.is_enabled && is_refusing(test) &&
                  test.unread.empty();
         });
}

void Table::take_column(const Node& column) {
  const std::string name = text_of(column, "name");
  Node field = make_map();
  put(field, "name", make_text(name));
  take_type(column, field);
  if (const std::string text = text_of(column, "description"); !text.empty()) {
    put(field, "description", make_text(text));
  }
  const Node* meta = meta_of(column);
  if (is_true(map_or_none(meta), "pii") || has_tag(column, "pii")) {
    put(field, "pii", make_word("true"));
    note(fmt::format("personal data without a masking: {}", name));
  }
  const bool is_always = is_required(column, owner_);
  if (is_always) {
    put(field, "required", make_word("true"));
  }
  take_constraints(column, name);
  const auto type = lower_type(text_of(field, "type"));
  const bool is_text = type && std::holds_alternative<schema::Text>(type->kind);
  const DbtColumn place{.name = name, .is_required = is_always, .is_text = is_text};
  for (const DbtTest& test : tests_of(column)) {
    take_column_test(test, place, field);
  }
  static constexpr std::array<std::string_view, 6> kRead{"name",  "data_type",  "description",
                                                         "tests", "data_tests", "constraints"};
  for (const Entry& entry : column.entries) {
    if (!is_one_of(entry.key, kRead)) {
      put(map_under(field, "x-dbt"), entry.key, entry.value);
    }
  }
  fields_.items.push_back(std::move(field));
}

void Table::take_freshness(const Node& source) {
  const auto find = [&](std::string_view key) -> const Node* {
    for (const Node* from : {&owner_, owner_.find("config"), &source, source.find("config")}) {
      if (const Node* value = from == nullptr ? nullptr : from->find(key)) {
        return value;
      }
    }
    return nullptr;
  };
  const Node* freshness = find("freshness");
  if (freshness == nullptr || !freshness->is_mapping()) {
    return;
  }
  const Node* limit = freshness->find("error_after");
  const Node* warning = freshness->find("warn_after");
  if (limit != nullptr && warning != nullptr) {
    note("not taken over: warn_after of the freshness; error_after is");
  }
  limit = limit == nullptr ? warning : limit;
  const std::string period = limit == nullptr ? "" : text_of(*limit, "period");
  if (period.empty()) {
    return;
  }
  Node& level = map_under(map_under(root_, "service_levels"), "freshness");
  put(level, "threshold", make_text(text_of(*limit, "count") + period.substr(0, 1)));
  if (const Node* field = find("loaded_at_field")) {
    put(level, "field", make_text(field->text));
  } else {
    note("the freshness has no loaded_at_field; the contract needs the key 'field'");
  }
  if (freshness->find("filter") != nullptr) {
    note("not taken over: the filter of the freshness");
  }
}

/// What a contract has no word for is kept, and said.
void Table::take_rest(const Node& source) {
  static constexpr std::array<std::string_view, 9> kRead{"name",  "description", "columns",
                                                         "tests", "data_tests",  "constraints",
                                                         "meta",  "freshness",   "loaded_at_field"};
  std::string kept;
  const auto keep = [&](const Entry& entry, const std::string& key) {
    put(map_under(root_, "metadata"), key, entry.value);
    kept += (kept.empty() ? "" : ", ") + entry.key;
  };
  if (const Node* meta = meta_of(owner_)) {
    put(map_under(root_, "metadata"), "dbt_meta", *meta);
  }
  for (const Entry& entry : owner_.entries) {
    if (!is_one_of(entry.key, kRead)) {
      keep(entry, "dbt_" + entry.key);
    }
  }
  for (const Entry& entry : source.entries) {
    if (entry.key == "name") {
      put(map_under(root_, "metadata"), "dbt_source", entry.value);
    } else if (!is_one_of(entry.key, kRead) && entry.key != "tables") {
      keep(entry, "dbt_source_" + entry.key);
    }
  }
  if (!kept.empty()) {
    note("kept as metadata, which no run reads: " + kept);
  }
}

Imported Table::make(const Node& source, std::string_view path) {
  put(root_, "version", make_text("1.0.0"));
  Node& info = map_under(root_, "info");
  put(info, "title", make_text(made_.name));
  put(info, "table_name", make_text(made_.name));
  put(info, "version", make_text("1.0.0"));
  if (const std::string text = text_of(owner_, "description"); !text.empty()) {
    put(info, "description", make_text(text));
  }
  for (const Node& column : items_of(owner_, "columns")) {
    take_column(column);
  }
  if (fields_.items.empty()) {
    note("the file names no columns; the contract has none");
  }
  put(map_under(root_, "model"), "fields", fields_);
  take_constraints(owner_, "");
  for (const DbtTest& test : tests_of(owner_)) {
    take_test(test, {});
  }
  if (!quality_.entries.empty()) {
    put(root_, "quality", quality_);
  }
  take_freshness(source);
  take_rest(source);
  made_.text = render_yaml(root_);
  const CheckedContract checked = check_contract(made_.text, path);
  if (const std::size_t errors = checked.diagnostics.count(Severity::Error); errors > 0) {
    note(fmt::format("the contract has {} errors; `sluice validate` shows them", errors));
  }
  return std::move(made_);
}

/// Lists are lists, each of their items has a name, and so has each column.
void check_named(const Node& owner, std::string_view key, Diagnostics& out) {
  const Node* list = owner.find(key);
  if (list == nullptr || list->is_null()) {
    return;
  }
  if (!list->is_sequence()) {
    out.add(Code::WrongType, list->span,
            fmt::format("expected a list for '{}', got {}", key, describe(*list)));
    return;
  }
  for (const Node& item : list->items) {
    if (!item.is_mapping()) {
      out.add(Code::WrongType, item.span,
              fmt::format("expected a map in '{}', got {}", key, describe(item)));
    } else if (text_of(item, "name").empty()) {
      out.add(Code::MissingKey, item.span, fmt::format("an item of '{}' needs a name", key));
    } else {
      check_named(item, "columns", out);
      check_named(item, "tables", out);
    }
  }
}

constexpr std::array<std::string_view, 3> kKinds{"models", "seeds", "snapshots"};

Status check_properties(const Node& root, std::string_view path) {
  Diagnostics found{std::string(path)};
  for (const std::string_view key : kKinds) {
    check_named(root, key, found);
  }
  check_named(root, "sources", found);
  found.sort();
  if (found.has_errors()) {
    return to_error(found);
  }
  return {};
}

}  // namespace
}  // namespace internal

using internal::check_properties;
using internal::items_of;
using internal::kKinds;
using internal::make_map;
using internal::parse_root;
using internal::Table;
using internal::text_of;

Result<std::vector<Imported>> import_dbt(std::string_view text, std::string_view path) {
  SLUICE_TRY(const Node root, parse_root(text, path));
  SLUICE_CHECK(check_properties(root, path));
  std::vector<Imported> made;
  for (const std::string_view kind : kKinds) {
    for (const Node& model : items_of(root, kind)) {
      made.push_back(Table(model, text_of(model, "name")).make(make_map(), path));
    }
  }
  for (const Node& source : items_of(root, "sources")) {
    for (const Node& table : items_of(source, "tables")) {
      made.push_back(Table(table, text_of(table, "name")).make(source, path));
    }
  }
  if (made.empty()) {
    Error error = make_error(ErrorCode::InvalidContract, "the file has neither models nor sources");
    error.at = SourcePosition{std::string(path), 1, 1};
    return std::move(error).with_hint("give a properties file of dbt: schema.yml or sources.yml");
  }
  return made;
}

}  // namespace sluice::contract
