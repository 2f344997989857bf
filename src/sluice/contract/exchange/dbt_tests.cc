#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "sluice/contract/exchange/dbt_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::contract::internal {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

/// What a test asks of a row: as SQL that a row without a value passes, and as a rule that it
/// fails. No key: there is only the SQL.
struct RowTest {
  std::string passes;
  std::string key;
  Node body;
};

struct Call {
  const DbtTest& test;
  const DbtColumn& column;

  const Node* find(std::string_view key) const { return test.arguments.find(key); }
  std::string text(std::string_view key) const { return text_of(test.arguments, key); }
  std::string sql_column() const { return quote_identifier(column.name); }
};

std::string literal(const Node& value, bool is_text) {
  const bool is_quoted = is_text || scalar_type(value) == ScalarType::String;
  return is_quoted ? quote_literal(value.text) : value.text;
}

std::string literals(const Node& list, bool is_text) {
  std::string out;
  for (const Node& value : list.items) {
    out += (out.empty() ? "" : ", ") + literal(value, is_text);
  }
  return out;
}

/// `{field: NAME, KEY: VALUE}`.
Node field_body(const Call& call, std::string_view key, const Node& value) {
  Node body = make_map();
  put(body, "field", make_text(call.column.name));
  put(body, key, value);
  return body;
}

std::optional<RowTest> not_null(const Call& call) {
  return RowTest{call.sql_column() + " IS NOT NULL", "not_null", make_text(call.column.name)};
}

std::optional<RowTest> null(const Call& call) {
  return RowTest{call.sql_column() + " IS NULL", "", {}};
}

const Node* values_of(const Call& call) {
  const Node* values = call.find("values");
  values = values == nullptr ? call.find("value_set") : values;
  return values == nullptr || values->items.empty() ? nullptr : values;
}

/// Numbers are texts unless it is said that they are not quoted.
bool is_text_list(const Call& call) {
  const Node* quote = call.find("quote");
  quote = quote == nullptr ? call.find("quote_values") : quote;
  return call.column.is_text && (quote == nullptr || as_bool(*quote).value_or(true));
}

std::optional<RowTest> accepted(const Call& call) {
  const Node* values = values_of(call);
  if (values == nullptr) {
    return std::nullopt;
  }
  return RowTest{fmt::format("{0} IS NULL OR {0} IN ({1})", call.sql_column(),
                             literals(*values, is_text_list(call))),
                 "accepted_values", field_body(call, "values", *values)};
}

std::optional<RowTest> not_accepted(const Call& call) {
  const Node* values = values_of(call);
  if (values == nullptr) {
    return std::nullopt;
  }
  return RowTest{fmt::format("{0} IS NULL OR {0} NOT IN ({1})", call.sql_column(),
                             literals(*values, is_text_list(call))),
                 "",
                 {}};
}

/// Bounds that may be expressions: `min_value: 0`, `max_value: current_date`.
std::string bounds(const Call& call, const std::string& what) {
  const bool is_strict =
      is_true(call.test.arguments, "strictly") ||
      (call.find("inclusive") != nullptr && !is_true(call.test.arguments, "inclusive"));
  std::string out;
  for (const auto& [key, sign] : {std::pair{"min_value", ">"}, {"max_value", "<"}}) {
    if (const std::string bound = call.text(key); !bound.empty()) {
      out += fmt::format("{}{} {}{} {}", out.empty() ? "" : " AND ", what, sign,
                         is_strict ? "" : "=", bound);
    }
  }
  return out;
}

std::optional<RowTest> in_range(const Call& call) {
  const std::string condition = bounds(call, call.sql_column());
  if (condition.empty()) {
    return std::nullopt;
  }
  RowTest made{fmt::format("{} IS NULL OR ({})", call.sql_column(), condition), "", {}};
  const Node* min = call.find("min_value");
  const Node* max = call.find("max_value");
  const auto is_number = [](const Node* bound) { return bound == nullptr || as_number(*bound); };
  if (is_number(min) && is_number(max)) {
    made.key = "range";
    made.body = make_map();
    put(made.body, "field", make_text(call.column.name));
    for (const auto& [to, value] : {std::pair{"min", min}, {"max", max}}) {
      if (value != nullptr) {
        put(made.body, to, *value);
      }
    }
    if (condition.find('=') == std::string::npos) {
      put(made.body, "inclusive", make_word("false"));
    }
  }
  return made;
}

std::optional<RowTest> matches(const Call& call) {
  const std::string pattern = call.text("regex");
  if (pattern.empty()) {
    return std::nullopt;
  }
  return RowTest{fmt::format("{0} IS NULL OR regexp_matches({0}, {1})", call.sql_column(),
                             quote_literal(pattern)),
                 "regex_match", field_body(call, "pattern", make_text(pattern))};
}

std::optional<RowTest> not_matches(const Call& call) {
  const std::string pattern = call.text("regex");
  if (pattern.empty()) {
    return std::nullopt;
  }
  return RowTest{fmt::format("{0} IS NULL OR NOT regexp_matches({0}, {1})", call.sql_column(),
                             quote_literal(pattern)),
                 "",
                 {}};
}

std::optional<RowTest> length_in_range(const Call& call) {
  const std::string length = fmt::format("length({})", call.sql_column());
  const std::string value = call.text("value");
  const std::string condition =
      value.empty() ? bounds(call, length) : fmt::format("{} = {}", length, value);
  if (condition.empty()) {
    return std::nullopt;
  }
  return RowTest{fmt::format("{} IS NULL OR ({})", call.sql_column(), condition), "", {}};
}

std::optional<RowTest> not_blank(const Call& call) {
  return RowTest{fmt::format("{0} IS NULL OR trim({0}) <> ''", call.sql_column()), "", {}};
}

/// dbt puts the column before the expression. A row for which it is unknown passes.
std::optional<RowTest> is_true_for(const Call& call) {
  const std::string expression = call.text("expression");
  if (expression.empty()) {
    return std::nullopt;
  }
  const std::string whole =
      call.column.name.empty() ? expression : call.sql_column() + " " + expression;
  const bool is_known = call.column.is_required;
  return RowTest{is_known ? whole : fmt::format("({}) IS NOT FALSE", whole), "", {}};
}

DbtRule dataset_sql(std::string_view sql) { return {DbtPlace::DatasetRule, "sql", make_text(sql)}; }

DbtRule unique(const Call& call) {
  const Node* columns = call.find("combination_of_columns");
  columns = columns == nullptr ? call.find("column_list") : columns;
  if (columns == nullptr && call.column.name.empty()) {
    return {};
  }
  if (call.test.where.empty()) {
    return {DbtPlace::DatasetRule, "unique",
            columns == nullptr ? make_text(call.column.name) : *columns};
  }
  std::string names = call.sql_column();
  if (columns != nullptr) {
    names.clear();
    for (const Node& each : columns->items) {
      names += (names.empty() ? "" : ", ") + quote_identifier(each.text);
    }
  }
  return dataset_sql(fmt::format(
      "SELECT COUNT(*) = 0 FROM (SELECT 1 FROM source WHERE ({}){} GROUP BY {} HAVING COUNT(*) > "
      "1) AS repeated",
      call.test.where,
      columns == nullptr ? fmt::format(" AND {} IS NOT NULL", names) : std::string(), names));
}

DbtRule null_share(const Call& call) {
  const Node* at_least = call.find("at_least");
  const auto share = at_least == nullptr ? std::nullopt : as_number(*at_least);
  if (!share) {
    return {};
  }
  return {DbtPlace::DatasetRule, "null_ratio",
          field_body(call, "max", make_word(fmt::format("{:.10g}", 1.0 - *share)))};
}

DbtRule row_count(const Call& call) {
  Node body = make_map();
  const Node* value = call.find("value");
  for (const auto& [from, to] : {std::pair{"min_value", "min"}, {"max_value", "max"}}) {
    const Node* bound = value == nullptr ? call.find(from) : value;
    if (bound != nullptr && as_integer(*bound)) {
      put(body, to, *bound);
    }
  }
  return body.entries.empty() ? DbtRule{}
                              : DbtRule{DbtPlace::DatasetRule, "row_count_between", body};
}

/// "dbt_expectations.expect_column_max_to_be_between" and its like.
DbtRule aggregate(const Call& call) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFunctions{
      {{"_max_", "MAX({})"},
       {"_min_", "MIN({})"},
       {"_mean_", "AVG({})"},
       {"_sum_", "SUM({})"},
       {"_median_", "MEDIAN({})"},
       {"_unique_value_count_", "COUNT(DISTINCT {})"}}};
  for (const auto& [part, function] : kFunctions) {
    if (call.test.name.find(part) == std::string::npos) {
      continue;
    }
    const std::string condition =
        bounds(call, fmt::format(fmt::runtime(function), call.sql_column()));
    return condition.empty() ? DbtRule{} : dataset_sql("SELECT " + condition + " FROM source");
  }
  return {};
}

DbtRule some_value(const Call& call) {
  return dataset_sql(fmt::format("SELECT COUNT({}) > 0 FROM source", call.sql_column()));
}

DbtRule several_values(const Call& call) {
  return dataset_sql(fmt::format("SELECT COUNT(DISTINCT {}) > 1 FROM source", call.sql_column()));
}

/// "6" and "hour" as a threshold of 6h.
DbtRule recent(const Call& call) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kUnits{
      {{"second", "s"}, {"minute", "m"}, {"hour", "h"}, {"day", "d"}}};
  const auto* unit =
      std::ranges::find(kUnits, call.text("datepart"), [](const auto& each) { return each.first; });
  const std::string count = call.text("interval");
  const std::string field = call.column.name.empty() ? call.text("field") : call.column.name;
  if (unit == kUnits.end() || count.empty() || field.empty()) {
    return {};
  }
  Node level = make_map();
  put(level, "threshold", make_text(count + std::string(unit->second)));
  put(level, "field", make_text(field));
  return {DbtPlace::Freshness, "freshness", std::move(level)};
}

DbtRule nothing(const Call&) { return {DbtPlace::Nothing, "", {}}; }

struct TestKind {
  std::string_view name;
  std::string_view arguments;  // each between blanks
  std::optional<RowTest> (*row)(const Call&) = nullptr;
  DbtRule (*dataset)(const Call&) = nullptr;
};

constexpr std::string_view kRange = " min_value max_value inclusive strictly ";

constexpr TestKind kKinds[] = {
    {"not_null", " ", not_null},
    {"unique", " ", nullptr, unique},
    {"accepted_values", " values quote ", accepted},
    {"dbt_utils.accepted_range", kRange, in_range},
    {"dbt_utils.at_least_one", " ", nullptr, some_value},
    {"dbt_utils.expression_is_true", " expression ", is_true_for},
    {"dbt_utils.not_accepted_values", " values quote ", not_accepted},
    {"dbt_utils.not_constant", " ", nullptr, several_values},
    {"dbt_utils.not_empty_string", " ", not_blank},
    {"dbt_utils.not_null_proportion", " at_least ", nullptr, null_share},
    {"dbt_utils.recency", " field datepart interval ", nullptr, recent},
    {"dbt_utils.unique_combination_of_columns", " combination_of_columns ", nullptr, unique},
    {"dbt_expectations.expect_column_to_exist", " ", nullptr, nothing},
    {"dbt_expectations.expect_column_values_to_be_null", " ", null},
    {"dbt_expectations.expect_column_values_to_not_be_null", " ", not_null},
    {"dbt_expectations.expect_column_values_to_be_unique", " ", nullptr, unique},
    {"dbt_expectations.expect_column_values_to_be_in_set", " value_set quote_values ", accepted},
    {"dbt_expectations.expect_column_values_to_not_be_in_set", " value_set quote_values ",
     not_accepted},
    {"dbt_expectations.expect_column_values_to_be_between", kRange, in_range},
    {"dbt_expectations.expect_column_values_to_match_regex", " regex ", matches},
    {"dbt_expectations.expect_column_values_to_not_match_regex", " regex ", not_matches},
    {"dbt_expectations.expect_column_value_lengths_to_be_between", kRange, length_in_range},
    {"dbt_expectations.expect_column_value_lengths_to_equal", " value ", length_in_range},
    {"dbt_expectations.expect_compound_columns_to_be_unique", " column_list ", nullptr, unique},
    {"dbt_expectations.expect_row_values_to_have_recent_data", " datepart interval ", nullptr,
     recent},
    {"dbt_expectations.expect_table_row_count_to_be_between", " min_value max_value ", nullptr,
     row_count},
    {"dbt_expectations.expect_table_row_count_to_equal", " value ", nullptr, row_count},
    {"dbt_expectations.expect_column_max_to_be_between", kRange, nullptr, aggregate},
    {"dbt_expectations.expect_column_min_to_be_between", kRange, nullptr, aggregate},
    {"dbt_expectations.expect_column_mean_to_be_between", kRange, nullptr, aggregate},
    {"dbt_expectations.expect_column_sum_to_be_between", kRange, nullptr, aggregate},
    {"dbt_expectations.expect_column_median_to_be_between", kRange, nullptr, aggregate},
    {"dbt_expectations.expect_column_unique_value_count_to_be_between", kRange, nullptr, aggregate},
};

bool has_template(const Node& node) {
  return node.text.find("{{") != std::string::npos || node.text.find("{%") != std::string::npos ||
         std::ranges::any_of(node.items, has_template) ||
         std::ranges::any_of(node.entries,
                             [](const Entry& entry) { return has_template(entry.value); });
}

/// Every argument is known, and none is text that dbt would fill in first.
bool is_understood(const DbtTest& test, const TestKind& kind) {
  const auto is_known = [&](const Entry& entry) {
    return kind.arguments.find(" " + entry.key + " ") != std::string_view::npos;
  };
  return std::ranges::all_of(test.arguments.entries, is_known) && !has_template(test.arguments) &&
         test.where.find("{{") == std::string::npos;
}

DbtRule row_rule(RowTest made, const DbtTest& test, const DbtColumn& column) {
  if (!test.where.empty()) {
    const std::string sql = fmt::format("({}) IS NOT TRUE OR ({})", test.where, made.passes);
    return {DbtPlace::RowRule, "sql", make_text(sql)};
  }
  const bool is_native = !made.key.empty() && (column.is_required || made.key == "not_null");
  return is_native ? DbtRule{DbtPlace::RowRule, made.key, std::move(made.body)}
                   : DbtRule{DbtPlace::RowRule, "sql", make_text(made.passes)};
}

void read_config(const Node& config, DbtTest& test) {
  for (const Entry& entry : config.entries) {
    const std::string& text = entry.value.text;
    if (entry.key == "severity") {
      test.severity = text == "warn" || text == "WARN" ? "warning" : "";
    } else if (entry.key == "where") {
      test.where = text;
    } else if (entry.key == "enabled") {
      test.is_enabled = as_bool(entry.value).value_or(true);
    } else if (is_one_of(entry.key, std::array<std::string_view, 4>{"error_if", "warn_if",
                                                                    "fail_calc", "limit"})) {
      test.unread.push_back(entry.key);
    }
  }
}

}  // namespace

DbtTest read_dbt_test(const Node& written) {
  static constexpr std::array<std::string_view, 6> kSettings{"severity", "where",   "enabled",
                                                             "error_if", "warn_if", "fail_calc"};
  DbtTest test{.name = written.text, .arguments = make_map()};
  if (!written.is_mapping() || written.entries.empty()) {
    return test;
  }
  // Either `name: {...}`, or `test_name: ...` beside its arguments.
  Node body = written.entries.front().value;
  test.name = written.entries.front().key;
  if (const std::string name = text_of(written, "test_name"); !name.empty()) {
    test.name = name;
    body = written;
    remove(body, "test_name");
  }
  read_config(map_or_none(body.find("config")), test);
  Node settings = make_map();
  for (const Entry& entry : body.entries) {
    if (is_one_of(entry.key, kSettings)) {
      put(settings, entry.key, entry.value);
    } else if (entry.key == "name") {
      test.title = entry.value.text;
    } else if (entry.key == "row_condition") {
      test.where = entry.value.text;
    } else if (entry.key == "arguments") {
      for (const Entry& argument : entry.value.entries) {
        put(test.arguments, argument.key, argument.value);
      }
    } else if (entry.key != "config" && entry.key != "description" && entry.key != "tags" &&
               entry.key != "meta") {
      put(test.arguments, entry.key, entry.value);
    }
  }
  read_config(settings, test);
  if (const std::string condition = text_of(test.arguments, "row_condition"); !condition.empty()) {
    test.where = condition;
    remove(test.arguments, "row_condition");
  }
  return test;
}

DbtRule rule_of_dbt_test(const DbtTest& test, const DbtColumn& column) {
  const auto* kind = std::ranges::find(kKinds, test.name, &TestKind::name);
  if (kind == std::end(kKinds) || !is_understood(test, *kind)) {
    return {};
  }
  const Call call{test, column};
  if (kind->row != nullptr) {
    const bool needs_column = kind->row != is_true_for;
    auto made = needs_column && column.name.empty() ? std::nullopt : kind->row(call);
    return made ? row_rule(std::move(*made), test, column) : DbtRule{};
  }
  // Only `unique` knows what to do with a part of the rows.
  const bool is_of_table =
      kind->dataset == unique || kind->dataset == row_count || kind->dataset == recent;
  if (!is_of_table && column.name.empty()) {
    return {};
  }
  return test.where.empty() || kind->dataset == unique ? kind->dataset(call) : DbtRule{};
}

}  // namespace sluice::contract::internal
