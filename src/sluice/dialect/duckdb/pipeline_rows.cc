// Steps that change how many rows there are. Each reads a table of its own, whose rowid is the
// position in the source, so that ties have one answer and what is dropped or added can be counted.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/exact_key.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using schema::same_column;
using std::string;
using Text = Result<string>;

constexpr std::string_view kRowId = "rowid";

string names(const Rows& input, std::string_view prefix, std::string_view without = "") {
  std::vector<string> list;
  for (const schema::Field& field : input.columns.fields) {
    if (!same_column(field.name, without)) {
      list.push_back(field.name);
    }
  }
  return quote_columns(list, prefix);
}

string joined(const string& list, const string& more) {
  return list.empty() || more.empty() ? list + more : list + ", " + more;
}

/// The elements of a column that holds a list, or JSON's text of one; of nothing there are none.
string elements(const plan::ExplodeList& step, const Rows& input) {
  string name = quote_identifier(step.column);
  const schema::Field* field = input.columns.find(step.column);
  if (field != nullptr && std::holds_alternative<schema::List>(field->type.kind)) {
    return name;
  }
  // A text that holds no JSON array is its own only element.
  return fmt::format(
      "CASE WHEN json_type(TRY_CAST({0} AS JSON)) = 'ARRAY' THEN json_extract_string(TRY_CAST({0} "
      "AS JSON), '$[*]') WHEN {0} IS NOT NULL THEN [CAST({0} AS VARCHAR)] END",
      name);
}

std::string_view interval_word(plan::DateUnit unit) {
  switch (unit) {
    case plan::DateUnit::Days: return "DAY";
    case plan::DateUnit::Hours: return "HOUR";
    case plan::DateUnit::Minutes: return "MINUTE";
    case plan::DateUnit::Seconds: return "SECOND";
    case plan::DateUnit::Weeks: return "WEEK";
    case plan::DateUnit::Months: return "MONTH";
    case plan::DateUnit::Years: return "YEAR";
  }
  return "DAY";
}

bool is_by_date(plan::DateUnit unit) {
  return unit == plan::DateUnit::Days || unit == plan::DateUnit::Weeks ||
         unit == plan::DateUnit::Months || unit == plan::DateUnit::Years;
}

string any_of(const std::vector<Unread>& all) {
  string text;
  for (const Unread& one : all) {
    text += fmt::format("{}({})", text.empty() ? "" : " OR ", one.is_met);
  }
  return text;
}

bool is_by_month(plan::DateUnit unit) {
  return unit == plan::DateUnit::Months || unit == plan::DateUnit::Years;
}

string dates(const plan::ExplodeDates& step, const Rows& input) {
  const string start = is_by_date(step.unit)
                           ? fmt::format("date_trunc('day', {})", instant(input, step.start))
                           : instant(input, step.start);
  const string today = "CAST(current_date AS TIMESTAMP)";
  const string end =
      step.end ? fmt::format("coalesce({}, {})", instant(input, *step.end), today) : today;
  // Months are counted from the start, not from the one before: 31 January, 28 February, 31 March.
  string days =
      is_by_month(step.unit)
          ? fmt::format(
                "list_filter(list_transform(generate_series(0, date_diff('month', {0}, {1}), {2}), "
                "lambda _sluice_m: {0} + to_months(CAST(_sluice_m AS INTEGER))), lambda _sluice_d: "
                "_sluice_d <= {1})",
                start, end, step.unit == plan::DateUnit::Years ? step.step * 12 : step.step)
          : fmt::format("generate_series({}, {}, INTERVAL {} {})", start, end, step.step,
                        interval_word(step.unit));
  const string is_unread = any_of(unread_inputs(step, input));
  // One row stays one, to be refused.
  return is_unread.empty() ? days
                           : fmt::format("CASE WHEN {} THEN [CAST(NULL AS TIMESTAMP)] ELSE {} END",
                                         is_unread, days);
}

/// The position of a row in the source: the id of its row in the table, which a column of that name
/// would hide.
string place(const Rows& input) {
  return input.columns.find(kRowId) == nullptr ? "source.rowid" : "source._sluice_place";
}

/// The rows with that position.
string placed(const Rows& input) {
  return input.columns.find(kRowId) == nullptr
             ? input.from
             : fmt::format("(SELECT *, row_number() OVER () AS _sluice_place FROM {})", input.from);
}

string aggregate(const plan::PivotedColumn& made, const string& condition, const Rows& input) {
  string column = quote_identifier(made.value_column);
  const auto call = [&](std::string_view form) {
    return fmt::format(fmt::runtime(form), column, place(input)) +
           fmt::format(" FILTER (WHERE {})", condition);
  };
  switch (made.aggregate) {
    case plan::Aggregate::First: return call("first({} ORDER BY {})");
    case plan::Aggregate::Last: return call("last({} ORDER BY {})");
    case plan::Aggregate::AnyValue: return call("any_value({} ORDER BY {})");
    case plan::Aggregate::Sum: return call("sum({})");
    case plan::Aggregate::Avg: return call("avg({})");
    case plan::Aggregate::Min: return call("min({})");
    case plan::Aggregate::Max: return call("max({})");
    case plan::Aggregate::Count: return call("count({})");
    case plan::Aggregate::CountDistinct: return call("count(DISTINCT {})");
  }
  return column;
}

/// Values of one type as they are; a text among them makes all of them texts.
string unpivot_list(const plan::Unpivot& step, const Rows& input) {
  const auto type_of = [&](const string& column) {
    const schema::Field* field = input.columns.find(column);
    return field ? field->type : schema::LogicalType{schema::Text{}};
  };
  const bool has_text = std::ranges::any_of(step.column_key, [&](const auto& one) {
    const schema::LogicalType type = type_of(one.first);
    return std::holds_alternative<schema::Text>(type.kind) ||
           std::holds_alternative<schema::Json>(type.kind);
  });
  std::vector<string> columns;
  for (const auto& [column, key] : step.column_key) {
    columns.push_back(column);
  }
  const std::vector<string> values = as_one_type(input, columns, false);
  string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const string value =
        has_text ? render_as_text(quote_identifier(columns[i]), type_of(columns[i])) : values[i];
    list += fmt::format("{}{{'k': {}, 'v': {}}}", list.empty() ? "" : ", ",
                        quote_literal(step.column_key[i].second), value);
  }
  // One row stays one, to be refused: it has no key.
  const string unread = any_of(unread_inputs(step, input));
  return unread.empty() ? "[" + list + "]"
                        : fmt::format("CASE WHEN {} THEN [{{'k': NULL, 'v': NULL}}] ELSE [{}] END",
                                      unread, list);
}

/// The column that holds the run ids of the rows that are rolled up, whatever name it came under.
const schema::Field* run_id_column(const plan::Rollup& step, const Rows& input) {
  if (!step.run_id_column) {
    return nullptr;
  }
  for (const std::string_view name :
       {std::string_view(*step.run_id_column), std::string_view("_upstream_lakelogic_run_id"),
        std::string_view("_lakelogic_run_id")}) {
    if (const schema::Field* field = input.columns.find(name)) {
      return field;
    }
  }
  return nullptr;
}

string rollup_key(const plan::Rollup& step) {
  if (step.key_expr) {
    return fmt::format("(\n{}\n)", step.key_expr->text);
  }
  if (step.keys.size() == 1) {
    return quote_identifier(step.keys.front());
  }
  // As a line of CSV: nothing is NULL, quotes hold an empty text and one with a sign of ours.
  string list;
  string is_there;
  for (const string& key : step.keys) {
    const string name = quote_identifier(key);
    const string quoted =
        fmt::format("'\"' || replace(CAST({} AS VARCHAR), '\"', '\"\"') || '\"'", name);
    list += fmt::format(
        "{}CASE WHEN {} IS NULL THEN '' WHEN regexp_matches(CAST({} AS VARCHAR), '^$|[|\"]') THEN "
        "{} "
        "ELSE CAST({} AS VARCHAR) END",
        list.empty() ? "" : " || '||' || ", name, name, quoted, name);
    is_there += fmt::format("{}{} IS NOT NULL", is_there.empty() ? "" : " OR ", name);
  }
  return fmt::format("(CASE WHEN {} THEN {} END)", is_there, list);
}

string list_of(const string& value, bool distinct, const Rows& input) {
  return distinct
             ? fmt::format("list(DISTINCT {0} ORDER BY {0}) FILTER (WHERE {0} IS NOT NULL)", value)
             : fmt::format("list({0} ORDER BY {1}) FILTER (WHERE {0} IS NOT NULL)", value,
                           place(input));
}

}  // namespace

string select_text(const plan::SqlSelect& step) {
  string text = step.query.text;
  const string place = "{dataset}";
  for (std::size_t at = text.find(place); at != string::npos; at = text.find(place, at)) {
    text.replace(at, place.size(), "source");
  }
  return text;
}

string sql_select(const plan::SqlSelect& step) {
  if (step.columns.empty()) {
    return fmt::format("SELECT * FROM (\n{}\n)", select_text(step));
  }
  string list;
  string aliases;
  for (std::size_t i = 0; i < step.columns.size(); ++i) {
    aliases += fmt::format("{}_sluice_k{}", i == 0 ? "" : ", ", i);
    if (!step.columns[i].empty()) {
      list = joined(list, fmt::format("_sluice_k{} AS {}", i, quote_identifier(step.columns[i])));
    }
  }
  return fmt::format("SELECT {} FROM (\n{}\n) AS source({})", list, select_text(step), aliases);
}

Result<string> comparable_key(const string& key, const schema::LogicalType& with) {
  if (std::holds_alternative<schema::Text>(with.kind) ||
      std::holds_alternative<schema::Json>(with.kind)) {
    return fmt::format("CAST({} AS VARCHAR)", key);
  }
  if (!is_nested(with)) {
    return exact_key(key, with);
  }
  SLUICE_TRY(const string type, duckdb_dialect().render_type(with));
  return fmt::format("TRY_CAST({} AS {})", key, type);
}

string comparable_on(std::string_view column, const Rows& input) {
  const string name = "source." + quote_identifier(column);
  const schema::Field* field = input.columns.find(column);
  const bool is_json = field && std::holds_alternative<schema::Json>(field->type.kind);
  return is_json ? render_as_text(name, field->type) : name;
}

Result<string> filter_select(const plan::FilterRows& step, const Rows& input) {
  return fmt::format("SELECT {}{}, NOT coalesce((\n{}\n), FALSE) AS {} FROM {} AS source",
                     names(input, ""), hidden_list(input, ""), step.condition.text,
                     quote_identifier(kDroppedColumn), input.from);
}

namespace {

/// What a step or a rule before has found the row to be refused for, as a condition.
string is_refused(const Rows& input) {
  string text;
  for (const string& hidden : input.hidden) {
    if (is_reason(hidden)) {
      const bool is_verdict = hidden.starts_with(kJudgedPrefix);
      text += fmt::format("{}{} {}", text.empty() ? "" : " OR ", hidden,
                          is_verdict ? "IS TRUE" : "IS NOT NULL");
    }
  }
  return text;
}

/// Before the schema a declared column may still be a text: the rows with the value that it will
/// hold, by which `step` then goes. A row of a text that is no such value will be refused: it
/// stands for no other and gives way to none.
Result<Rows> with_declared_values(const plan::Pipeline& pipeline, plan::KeepFirst& step,
                                  const Rows& input) {
  const schema::LogicalType text{schema::Text{}};
  string values;
  string unread;
  for (std::vector<string>* columns : {&step.key, &step.sort_by}) {
    for (string& column : *columns) {
      const schema::Field* field = input.columns.find(column);
      const auto declared =
          std::ranges::find_if(pipeline.schema.columns, [&](const plan::DeclaredColumn& one) {
            return !one.is_opaque && schema::same_column(one.name, column);
          });
      if (field == nullptr || declared == pipeline.schema.columns.end() || field->type != text ||
          declared->type == text) {
        continue;
      }
      const string as_text = quote_identifier(field->name);
      SLUICE_TRY(const string value, render_cast(as_text, field->type, declared->type));
      column = fmt::format("_sluice_as_{}_{}", columns == &step.key ? "key" : "sort", field->name);
      const string name = quote_identifier(column);
      values += fmt::format(", {} AS {}", value, name);
      unread += fmt::format("{}({} IS NOT NULL AND {} IS NULL)", unread.empty() ? "" : " OR ",
                            as_text, name);
    }
  }
  if (values.empty()) {
    return input;
  }
  Rows rows = input;
  const bool has_position = input.columns.find(kRowId) == nullptr;
  rows.hidden.push_back(fmt::format("{}_unread", kJudgedPrefix));
  rows.from = fmt::format("(SELECT *, {} AS {} FROM (SELECT *{}{} FROM {}))", unread,
                          rows.hidden.back(), has_position ? ", rowid" : "", values, input.from);
  return rows;
}

}  // namespace

/// A refused row neither stands for others nor gives way to one: it goes to the quarantine.
Result<string> keep_first_select(const plan::KeepFirst& step, const Rows& input) {
  const string refused = is_refused(input);
  string blank;
  for (const string& key : step.key) {
    blank += fmt::format("{}{} IS NULL", blank.empty() ? "" : " OR ", quote_identifier(key));
  }
  string order;
  for (const string& column : step.sort_by) {
    order += fmt::format("{} {} NULLS LAST, ", quote_identifier(column),
                         step.descending ? "DESC" : "ASC");
  }
  // Windows give rows in no order; the next tie needs the source's again.
  return fmt::format(
      "SELECT {}{}, NOT ({}{}) AND row_number() OVER (PARTITION BY {}{} ORDER BY {}{}) > 1 AS {} "
      "FROM {} AS source ORDER BY {}",
      names(input, ""), hidden_list(input, ""), blank, refused.empty() ? "" : " OR " + refused,
      quote_columns(step.key), refused.empty() ? "" : fmt::format(", ({})", refused), order,
      place(input), quote_identifier(kDroppedColumn), placed(input), place(input));
}

Result<string> dropping_select(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                               const Rows& input) {
  const auto* keep = std::get_if<plan::KeepFirst>(&step.step);
  if (keep == nullptr || step.phase != plan::Phase::Pre || pipeline.schema.cast_to_text) {
    return render_step(step.step, input);
  }
  plan::KeepFirst typed = *keep;
  SLUICE_TRY(const Rows rows, with_declared_values(pipeline, typed, input));
  return render_step(typed, rows);
}

Result<string> explode_select(const plan::ExplodeList& step, const Rows& input) {
  const string output = step.output.value_or(step.column);
  return fmt::format(
      "SELECT {}{} FROM {} AS source",
      joined(names(input, "", output),
             fmt::format("unnest({}) AS {}", elements(step, input), quote_identifier(output))),
      hidden_list(input, ""), input.from);
}

Result<string> explode_dates_select(const plan::ExplodeDates& step, const Rows& input) {
  const string one = fmt::format("unnest({})", dates(step, input));
  return fmt::format(
      "SELECT {}{} FROM {} AS source",
      joined(names(input, "", step.output),
             fmt::format("CAST({} AS {}) AS {}", one, is_by_date(step.unit) ? "DATE" : "TIMESTAMP",
                         quote_identifier(step.output))),
      hidden_list(input, ""), input.from);
}

Result<string> join_select(const plan::JoinReference& step, const Rows& input) {
  const schema::Field* on = input.columns.find(step.on);
  const schema::LogicalType type = on ? on->type : schema::LogicalType{schema::Text{}};
  SLUICE_TRY(const string key, comparable_key("_sluice_r." + quote_identifier(step.key), type));
  const bool has_unmatched =
      step.kind == plan::JoinKind::Right || step.kind == plan::JoinKind::Full;
  SLUICE_TRY(const string on_type, duckdb_dialect().render_type(type));
  string list;
  for (const schema::Field& field : input.columns.fields) {
    const string name = "source." + quote_identifier(field.name);
    // A row that only the reference has is known by its key, where the column can hold it.
    const bool is_key = has_unmatched && same_column(field.name, step.on);
    list = joined(
        list,
        is_key ? fmt::format("coalesce({0}, CASE WHEN TRY_CAST({1} AS {2}) = {1} THEN TRY_CAST({1} "
                             "AS {2}) END) AS {3}",
                             name, key, on_type, quote_identifier(field.name))
               : name);
  }
  for (const plan::JoinedColumn& one : step.columns) {
    const string value = "_sluice_r." + quote_identifier(one.column);
    list = joined(
        list, fmt::format("{} AS {}", one.otherwise ? render_or_else(value, *one.otherwise) : value,
                          quote_identifier(one.output)));
  }
  std::string_view kind = "LEFT";
  switch (step.kind) {
    case plan::JoinKind::Left: break;
    case plan::JoinKind::Inner: kind = "INNER"; break;
    case plan::JoinKind::Right: kind = "RIGHT"; break;
    case plan::JoinKind::Full: kind = "FULL"; break;
  }
  return fmt::format(
      "SELECT {}{} FROM {} AS source {} JOIN {} AS _sluice_r ON {} = {} ORDER BY {} NULLS LAST",
      list, hidden_list(input, "source."), placed(input), kind, quote_identifier(step.reference),
      comparable_on(step.on, input), key, place(input));
}

Result<string> join_counts(const plan::JoinReference& step, const Rows& input,
                           const string& table) {
  const schema::Field* on = input.columns.find(step.on);
  const schema::LogicalType type = on ? on->type : schema::LogicalType{schema::Text{}};
  SLUICE_TRY(const string key, comparable_key("_sluice_r." + quote_identifier(step.key), type));
  const bool keeps_all = step.kind == plan::JoinKind::Left || step.kind == plan::JoinKind::Full;
  const bool keeps_reference =
      step.kind == plan::JoinKind::Right || step.kind == plan::JoinKind::Full;
  const string matched = fmt::format("{} = {}", comparable_on(step.on, input), key);
  const string reference = quote_identifier(step.reference) + " AS _sluice_r";
  const string unmatched =
      keeps_reference
          ? fmt::format(
                " + (SELECT count(*) FROM {} WHERE NOT EXISTS (SELECT 1 FROM {} AS source "
                "WHERE {}))",
                reference, input.from, matched)
          : "";
  return fmt::format(
      "SELECT count(*), (SELECT count(*) FROM {}), 0, {}, coalesce(sum(_sluice_n - 1), 0){}, 0 "
      "FROM {} AS source LEFT JOIN (SELECT {} AS _sluice_k, count(*) AS _sluice_n FROM {} GROUP BY "
      "1) ON {} = _sluice_k",
      table, keeps_all ? "0" : "count(*) FILTER (WHERE _sluice_n IS NULL)", unmatched, input.from,
      key, reference, comparable_on(step.on, input));
}

Result<string> rollup_select(const plan::Rollup& step, const Rows& input) {
  string list = quote_columns(step.group_by);
  for (const plan::Aggregation& made : step.aggregations) {
    list =
        joined(list, fmt::format("(\n{}\n) AS {}", made.value.text, quote_identifier(made.output)));
  }
  if (!step.keys.empty() || step.key_expr) {
    const string key = rollup_key(step);
    if (step.keys_column) {
      list = joined(list, fmt::format("{} AS {}", list_of(key, step.distinct, input),
                                      quote_identifier(*step.keys_column)));
    }
    if (step.keys_count_column) {
      list = joined(list, fmt::format("count({}{}) AS {}", step.distinct ? "DISTINCT " : "", key,
                                      quote_identifier(*step.keys_count_column)));
    }
  }
  if (step.run_ids_column) {
    if (const schema::Field* field = run_id_column(step, input)) {
      list =
          joined(list, fmt::format("{} AS {}", list_of(quote_identifier(field->name), true, input),
                                   quote_identifier(*step.run_ids_column)));
    }
  }
  const string group = step.group_by.empty() ? "" : " GROUP BY " + quote_columns(step.group_by);
  return fmt::format("SELECT {}, count(*) AS {} FROM {} AS source{} ORDER BY min({})", list,
                     kGroupedColumn, placed(input), group, place(input));
}

Result<string> pivot_select(const plan::Pivot& step, const Rows& input) {
  const schema::Field* field = input.columns.find(step.pivot_column);
  const schema::LogicalType type = field ? field->type : schema::LogicalType{schema::Text{}};
  string list = quote_columns(step.id_columns);
  for (const plan::PivotedColumn& made : step.columns) {
    const auto* text = std::get_if<string>(&made.pivot_value);
    SLUICE_TRY(const string is_met, is_value(quote_identifier(step.pivot_column), type,
                                             text ? *text : plan::to_string(made.pivot_value)));
    const string value = aggregate(made, is_met, input);
    list = joined(list, fmt::format("{} AS {}",
                                    made.otherwise ? render_or_else(value, *made.otherwise) : value,
                                    quote_identifier(made.output)));
  }
  const string group = step.id_columns.empty() ? "" : " GROUP BY " + quote_columns(step.id_columns);
  return fmt::format("SELECT {}, count(*) AS {} FROM {} AS source{} ORDER BY min({})", list,
                     kGroupedColumn, placed(input), group, place(input));
}

Result<string> unpivot_select(const plan::Unpivot& step, const Rows& input) {
  std::vector<string> ids = step.id_columns;
  if (ids.empty()) {
    for (const schema::Field& field : input.columns.fields) {
      if (std::ranges::none_of(step.column_key, [&](const auto& one) {
            return same_column(one.first, field.name);
          })) {
        ids.push_back(field.name);
      }
    }
  }
  const string columns = quote_columns(ids);
  const string hidden = hidden_list(input, "");
  return fmt::format(
      "SELECT {}{} FROM (SELECT {}{} FROM {} AS source){}",
      joined(columns,
             fmt::format("_sluice_u.k AS {}, _sluice_u.v AS {}", quote_identifier(step.key_column),
                         quote_identifier(step.value_column))),
      hidden, joined(columns, fmt::format("unnest({}) AS _sluice_u", unpivot_list(step, input))),
      hidden, input.from,
      step.keep_nulls ? "" : " WHERE _sluice_u.v IS NOT NULL OR _sluice_u.k IS NULL");
}

Result<string> rows_made(const plan::Step& step, const Rows& input) {
  if (const auto* explode = std::get_if<plan::ExplodeList>(&step)) {
    return fmt::format("coalesce(len({}), 0)", elements(*explode, input));
  }
  if (const auto* explode = std::get_if<plan::ExplodeDates>(&step)) {
    return fmt::format("coalesce(len({}), 0)", dates(*explode, input));
  }
  if (const auto* unpivot = std::get_if<plan::Unpivot>(&step)) {
    return unpivot->keep_nulls
               ? fmt::format("len({})", unpivot_list(*unpivot, input))
               : fmt::format(
                     "len(list_filter({}, lambda _sluice_x: _sluice_x.v IS NOT NULL OR "
                     "_sluice_x.k IS NULL))",
                     unpivot_list(*unpivot, input));
  }
  return make_error(ErrorCode::Internal, "a step that multiplies no rows was asked how many");
}

}  // namespace sluice::dialect
