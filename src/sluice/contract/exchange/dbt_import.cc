// dbt's properties files: models and the tables of sources become contracts, their tests rules.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/exchange/tree_internal.h"
#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace internal {
namespace {

const std::vector<Node>& items_of(const Node& map, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* list = map.find(key);
  return list == nullptr ? kNone : list->items;
}

/// A test by its name, with its arguments; `data_tests` and the older `tests` alike.
struct DbtTest {
  std::string name;
  Node arguments;
  std::string severity;
};

DbtTest read_test(const Node& written) {
  DbtTest test{.name = written.text, .arguments = make_map(), .severity = ""};
  if (written.is_mapping() && !written.entries.empty()) {
    const Entry& entry = written.entries.front();
    test.name = entry.key;
    if (entry.value.is_mapping()) {
      test.arguments = entry.value;
    }
    if (const Node* inner = test.arguments.find("arguments")) {  // dbt 1.10 and later
      for (const Entry& argument : Node(*inner).entries) {
        put(test.arguments, argument.key, argument.value);
      }
    }
  }
  const Node* config = test.arguments.find("config");
  std::string severity = config == nullptr ? "" : text_of(*config, "severity");
  severity = severity.empty() ? text_of(test.arguments, "severity") : severity;
  test.severity = severity == "warn" || severity == "WARN" ? "warning" : "";
  return test;
}

std::vector<DbtTest> tests_of(const Node& owner) {
  std::vector<DbtTest> tests;
  for (const std::string_view key : {"data_tests", "tests"}) {
    for (const Node& written : items_of(owner, key)) {
      tests.push_back(read_test(written));
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
  const Node* config = owner.find("config");
  const auto is_tagged = [&](const Node& map) {
    const Node* tags = map.find("tags");
    return tags != nullptr &&
           (tags->text == tag ||
            std::ranges::any_of(tags->items, [&](const Node& each) { return each.text == tag; }));
  };
  return is_tagged(owner) || (config != nullptr && is_tagged(*config));
}

const Node* meta_of(const Node& owner) {
  const Node* config = owner.find("config");
  const Node* meta = config == nullptr ? nullptr : config->find("meta");
  return meta == nullptr ? owner.find("meta") : meta;
}

class Table {
 public:
  Table(const Node& owner, std::string name) : owner_(owner) { made_.name = std::move(name); }

  Imported make(const Node& defaults, std::string_view path);

 private:
  void take_column(const Node& column);
  void take_column_test(const DbtTest& test, const std::string& column, Node& field);
  void take_table_test(const DbtTest& test);
  void take_freshness(const Node& defaults);
  void add_rule(std::string_view list, std::string_view key, Node body, const DbtTest& test);
  void note_test(const DbtTest& test, const std::string& column);

  const Node& owner_;
  Imported made_;
  Node fields_ = make_list();
  Node quality_ = make_map();
  Node root_ = make_map();
};

void Table::add_rule(std::string_view list, std::string_view key, Node body, const DbtTest& test) {
  Node rule = make_map();
  put(rule, key, std::move(body));
  if (const std::string name = text_of(test.arguments, "name"); !name.empty()) {
    put(rule, "name", make_text(name));
  }
  if (!test.severity.empty()) {
    put(rule, "severity", make_text(test.severity));
  }
  list_under(quality_, list).items.push_back(std::move(rule));
}

void Table::note_test(const DbtTest& test, const std::string& column) {
  made_.notes.push_back(fmt::format("{}: no rule for the test '{}'{}; write it as SQL", made_.name,
                                    test.name, column.empty() ? "" : " of " + column));
}

void Table::take_column_test(const DbtTest& test, const std::string& column, Node& field) {
  const bool is_strict = test.severity.empty() && test.arguments.find("where") == nullptr;
  if (test.arguments.find("where") != nullptr) {
    note_test(test, column + " with its `where`");
  } else if (test.name == "not_null" && is_strict) {
    put(field, "required", make_word("true"));
  } else if (test.name == "not_null") {
    add_rule("row_rules", "not_null", make_text(column), test);
  } else if (test.name == "unique") {
    add_rule("dataset_rules", "unique", make_text(column), test);
  } else if (const Node* values = test.arguments.find("values");
             test.name == "accepted_values" && values != nullptr) {
    if (is_strict) {
      put(field, "accepted_values", *values);
      return;
    }
    Node body = make_map();
    put(body, "field", make_text(column));
    put(body, "values", *values);
    add_rule("row_rules", "accepted_values", std::move(body), test);
  } else if (test.name == "relationships") {
    Node key = make_map();
    put(key, "contract", make_text(referred(text_of(test.arguments, "to"))));
    put(key, "column", make_text(text_of(test.arguments, "field")));
    put(field, "foreign_key", std::move(key));
    made_.notes.push_back(
        fmt::format("{}: no run checks the foreign key of {}; a link and referential_integrity do",
                    made_.name, column));
  } else if (test.name == "dbt_utils.expression_is_true") {
    // dbt puts the column before the expression.
    add_rule("row_rules", "sql", make_text(column + " " + text_of(test.arguments, "expression")),
             test);
  } else {
    note_test(test, column);
  }
}

void Table::take_table_test(const DbtTest& test) {
  if (test.name == "dbt_utils.expression_is_true" && test.arguments.find("where") == nullptr) {
    add_rule("row_rules", "sql", make_text(text_of(test.arguments, "expression")), test);
  } else if (const Node* columns = test.arguments.find("combination_of_columns");
             test.name == "dbt_utils.unique_combination_of_columns" && columns != nullptr) {
    add_rule("dataset_rules", "unique", *columns, test);
  } else {
    note_test(test, "");
  }
}

void Table::take_column(const Node& column) {
  const std::string name = text_of(column, "name");
  Node field = make_map();
  put(field, "name", make_text(name));
  const std::string type = text_of(column, "data_type");
  put(field, "type", make_text(lower_type(type) ? type : "string"));
  if (!type.empty() && !lower_type(type)) {
    made_.notes.push_back(fmt::format("{}: not a type of contracts, read as string: {} of {}",
                                      made_.name, type, name));
  }
  if (const Node* text = column.find("description"); text != nullptr && !text->text.empty()) {
    put(field, "description", make_text(text->text));
  }
  const Node* meta = meta_of(column);
  if ((meta != nullptr && is_true(*meta, "pii")) || has_tag(column, "pii")) {
    put(field, "pii", make_word("true"));
    made_.notes.push_back(fmt::format("{}: personal data without a masking: {}", made_.name, name));
  }
  for (const Node& constraint : items_of(column, "constraints")) {
    const std::string kind = text_of(constraint, "type");
    if (kind == "not_null" || kind == "primary_key") {
      put(field, "required", make_word("true"));
    }
    if (kind == "primary_key") {
      list_under(root_, "primary_key").items.push_back(make_text(name));
    }
    if (kind == "unique") {
      add_rule("dataset_rules", "unique", make_text(name), DbtTest{});
    }
    if (kind == "check" && !text_of(constraint, "expression").empty()) {
      add_rule("row_rules", "sql", make_text(text_of(constraint, "expression")), DbtTest{});
    }
  }
  for (const DbtTest& test : tests_of(column)) {
    take_column_test(test, name, field);
  }
  fields_.items.push_back(std::move(field));
}

void Table::take_freshness(const Node& defaults) {
  const auto find = [&](std::string_view key) -> const Node* {
    for (const Node* from : {&owner_, owner_.find("config"), &defaults, defaults.find("config")}) {
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
  limit = limit == nullptr ? freshness->find("warn_after") : limit;
  const std::string period = limit == nullptr ? "" : text_of(*limit, "period");
  if (period.empty()) {
    return;
  }
  Node& level = map_under(map_under(root_, "service_levels"), "freshness");
  put(level, "threshold", make_text(text_of(*limit, "count") + period.substr(0, 1)));
  if (const Node* field = find("loaded_at_field")) {
    put(level, "field", make_text(field->text));
  }
}

Imported Table::make(const Node& defaults, std::string_view path) {
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
  put(map_under(root_, "model"), "fields", fields_);
  for (const DbtTest& test : tests_of(owner_)) {
    take_table_test(test);
  }
  if (!quality_.entries.empty()) {
    put(root_, "quality", quality_);
  }
  take_freshness(defaults);
  if (const Node* meta = meta_of(owner_)) {
    put(map_under(root_, "metadata"), "dbt_meta", *meta);
  }
  made_.text = render_yaml(root_);
  const CheckedContract checked = check_contract(made_.text, path);
  if (const std::size_t errors = checked.diagnostics.count(Severity::Error); errors > 0) {
    made_.notes.push_back(fmt::format(
        "{}: the contract has {} errors; `sluice validate` shows them", made_.name, errors));
  }
  return std::move(made_);
}

}  // namespace
}  // namespace internal

Result<std::vector<Imported>> import_dbt(std::string_view text, std::string_view path) {
  using namespace internal;
  SLUICE_TRY(const Node root, parse_root(text, path));
  std::vector<Imported> made;
  const Node none = make_map();
  const auto add = [&](const Node& owner, const Node& defaults) {
    if (const std::string name = text_of(owner, "name"); !name.empty()) {
      made.push_back(Table(owner, name).make(defaults, path));
    }
  };
  for (const std::string_view kind : {"models", "seeds", "snapshots"}) {
    for (const Node& model : items_of(root, kind)) {
      add(model, none);
    }
  }
  for (const Node& source : items_of(root, "sources")) {
    for (const Node& table : items_of(source, "tables")) {
      add(table, source);
    }
  }
  if (made.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the file has neither models nor sources: '{}'", path))
        .with_hint("give a properties file of dbt: schema.yml or sources.yml");
  }
  return made;
}

}  // namespace sluice::contract
