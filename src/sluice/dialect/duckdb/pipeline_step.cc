// One step as a SELECT over the rows before it.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using schema::same_column;
using std::string;
using Text = Result<string>;

string value_text(const plan::Value& value) { return render_literal(duckdb_dialect(), value); }

bool contains(const std::vector<string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const string& one) { return same_column(one, name); });
}

const schema::LogicalType& type_of(const Rows& input, std::string_view column) {
  static const schema::LogicalType text{schema::Text{}};
  const schema::Field* field = input.columns.find(column);
  return field == nullptr ? text : field->type;
}

bool is_text(const Rows& input, std::string_view column) {
  return std::holds_alternative<schema::Text>(type_of(input, column).kind);
}

/// A text, or a JSON value as the text it holds; empty: the column is of another type.
string text_of(const Rows& input, const string& column) {
  string name = quote_identifier(column);
  if (is_text(input, column)) {
    return name;
  }
  const bool is_json = std::holds_alternative<schema::Json>(type_of(input, column).kind);
  return is_json ? fmt::format("({} ->> '$')", name) : string();
}

/// Columns of other types are left alone.
string text_function(const Rows& input, const string& column, std::string_view function) {
  const string text = text_of(input, column);
  return text.empty() ? quote_identifier(column) : fmt::format("{}({})", function, text);
}

/// The engine's own trims know the blank alone, or take twice the time for a set of several signs.
string trim_text(const Rows& input, const plan::TrimText& trim) {
  switch (trim.side) {
    case plan::TrimSide::Both: break;
    case plan::TrimSide::Left: return text_function(input, trim.column, "_sluice_ltrim");
    case plan::TrimSide::Right: return text_function(input, trim.column, "_sluice_rtrim");
  }
  return text_function(input, trim.column, "_sluice_trim");
}

/// The engine's own takes thrice the time, which ASCII does not need.
string change_case(const Rows& input, const plan::ChangeCase& change) {
  const string text = text_of(input, change.column);
  const std::string_view function = change.to == plan::TextCase::Lower ? "lower" : "upper";
  return text.empty() ? quote_identifier(change.column)
                      : fmt::format("coalesce(_sluice_{0}({1}), {0}({1}))", function, text);
}

string text_of(const plan::Value& value) {
  if (std::holds_alternative<plan::Null>(value)) {
    return "NULL";
  }
  const auto* text = std::get_if<string>(&value);
  return quote_literal(text != nullptr ? *text : plan::to_string(value));
}

bool holds_text(const std::optional<plan::Value>& value) {
  return value && std::holds_alternative<string>(*value);
}

/// A text among the answers makes all of them texts: the engine would take each for a number.
Text map_values(const Rows& input, const plan::MapValues& map) {
  const string name = quote_identifier(map.column);
  const schema::LogicalType& type = type_of(input, map.column);
  const bool has_text =
      map.otherwise ? holds_text(map.otherwise) : !text_of(input, map.column).empty();
  const bool as_text = has_text || std::ranges::any_of(map.mapping, [](const auto& one) {
                         return std::holds_alternative<string>(one.second);
                       });
  const auto answer = [&](const plan::Value& value) {
    return as_text ? text_of(value) : value_text(value);
  };
  string text = "CASE";
  for (const auto& [from, to] : map.mapping) {
    const auto* spelled = std::get_if<string>(&from);
    SLUICE_TRY(const string is_met,
               is_value(name, type, spelled != nullptr ? *spelled : plan::to_string(from)));
    text += fmt::format(" WHEN {} THEN {}", is_met, answer(to));
  }
  const string kept = as_text ? render_as_text(name, type) : name;
  return text + fmt::format(" ELSE {} END", map.otherwise ? answer(*map.otherwise) : kept);
}

/// A bound as the column would hold it: beside a 32-bit number 0.1 is not the 64-bit one.
string bound_text(const plan::Value& bound, const schema::LogicalType& type) {
  const auto* number = std::get_if<double>(&bound);
  const auto* narrow = std::get_if<schema::Float>(&type.kind);
  const bool is_narrowed = number != nullptr && narrow != nullptr && narrow->bits == 32 &&
                           std::abs(*number) <= std::numeric_limits<float>::max();
  return is_narrowed ? fmt::format("CAST({} AS FLOAT)", value_text(bound)) : value_text(bound);
}

string bands_text(const Rows& input, const plan::Bands& bands) {
  const string name = quote_identifier(bands.column);
  const string as_text = text_of(input, bands.column);
  if (bands.bands.empty()) {
    return fmt::format("CAST({} AS VARCHAR)", bands.otherwise ? text_of(*bands.otherwise) : "NULL");
  }
  string text = "CASE";
  for (const plan::Band& band : bands.bands) {
    string condition;
    const auto add = [&](std::string_view sign, const std::optional<plan::Value>& bound) {
      if (!bound) {
        return;
      }
      // Of a text column, what is compared with a number is the number that it spells.
      const bool is_number = !std::holds_alternative<string>(*bound);
      const string column = as_text.empty() ? name
                            : is_number     ? fmt::format("TRY_CAST({} AS DOUBLE)", as_text)
                                            : as_text;
      condition += fmt::format("{}{} {} {}", condition.empty() ? "" : " AND ", column, sign,
                               bound_text(*bound, type_of(input, bands.column)));
    };
    add(">=", band.at_least);
    add(">", band.above);
    add("<", band.below);
    add("<=", band.at_most);
    add("=", band.equals);
    text += fmt::format(" WHEN {} THEN {}", condition, quote_literal(band.label));
  }
  return text + fmt::format(" ELSE {} END", bands.otherwise ? text_of(*bands.otherwise) : "NULL");
}

bool holds_fraction(const std::optional<plan::Value>& value) {
  return value && std::holds_alternative<double>(*value);
}

/// Texts beside others make all of them texts.
bool is_made_of_texts(const Rows& input, const plan::FirstOf& first) {
  const auto is_texty = [&](const string& column) { return !text_of(input, column).empty(); };
  const bool is_mixed = std::ranges::any_of(first.columns, is_texty);
  const bool is_number = std::ranges::any_of(first.columns, [&](const string& column) {
    const auto& kind = type_of(input, column).kind;
    return std::holds_alternative<schema::Integer>(kind) ||
           std::holds_alternative<schema::Float>(kind) ||
           std::holds_alternative<schema::Decimal>(kind) ||
           std::holds_alternative<schema::Boolean>(kind);
  });
  return is_mixed || (is_number && first.otherwise && holds_word(*first.otherwise));
}

/// Columns of one kind as they are.
string first_of(const Rows& input, const plan::FirstOf& first) {
  const bool as_text = is_made_of_texts(input, first);
  const std::vector<string> values =
      as_one_type(input, first.columns, holds_fraction(first.otherwise));
  string list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const string& column = first.columns[i];
    list +=
        (list.empty() ? "" : ", ") +
        (as_text ? render_as_text(quote_identifier(column), type_of(input, column)) : values[i]);
  }
  if (first.otherwise) {
    list += (list.empty() ? "" : ", ") +
            (as_text ? text_of(*first.otherwise) : value_text(*first.otherwise));
  }
  return fmt::format("coalesce({})", list);
}

Text json_path(const Rows& input, const plan::JsonPath& json) {
  const schema::LogicalType& type = type_of(input, json.column);
  const string name = quote_identifier(json.column);
  string document = name;
  if (std::holds_alternative<schema::Text>(type.kind)) {
    document = fmt::format("TRY_CAST({} AS JSON)", name);
  } else if (!std::holds_alternative<schema::Json>(type.kind)) {
    document = fmt::format("to_json({})", name);
  }
  const string found = fmt::format("({} ->> {})", document, quote_literal(json.path));
  return json.type ? render_cast(found, schema::LogicalType{schema::Text{}}, *json.type)
                   : Text(found);
}

/// An empty text is what DuckDB gives for "not found", for a group that took no part and for one
/// that matched an empty text; the list of all matches tells them apart.
string regex_group(const Rows& input, const plan::RegexGroup& regex) {
  const string text = render_as_text(quote_identifier(regex.column), type_of(input, regex.column));
  const string pattern = quote_literal(regex.pattern);
  return fmt::format(
      "CASE WHEN regexp_extract({0}, {1}, 1) <> '' THEN regexp_extract({0}, {1}, 1) ELSE "
      "regexp_extract_all({0}, {1}, 1)[1] END",
      text, pattern);
}

bool may_be_no_date(const Rows& input, const string& column) {
  return std::holds_alternative<schema::Integer>(type_of(input, column).kind) ||
         !text_of(input, column).empty();
}

}  // namespace

string instant(const Rows& input, const string& column) {
  const string name = quote_identifier(column);
  const bool is_number = std::holds_alternative<schema::Integer>(type_of(input, column).kind);
  const string text = is_number ? fmt::format("CAST({} AS VARCHAR)", name) : text_of(input, column);
  if (text.empty()) {
    return fmt::format("CAST({} AS TIMESTAMP)", name);
  }
  // Also 20260131, as feeds write it.
  return fmt::format(
      "CASE WHEN length({0}) = 8 AND TRY_CAST({0} AS INTEGER) IS NOT NULL THEN "
      "TRY_STRPTIME({0}, '%Y%m%d') ELSE CAST({1} AS TIMESTAMP) END",
      text, instant_of_text(text));
}

namespace {

std::string_view unit_word(plan::DateUnit unit) {
  switch (unit) {
    case plan::DateUnit::Days: return "day";
    case plan::DateUnit::Hours: return "hour";
    case plan::DateUnit::Minutes: return "minute";
    case plan::DateUnit::Seconds: return "second";
    case plan::DateUnit::Weeks: return "week";
    case plan::DateUnit::Months: return "month";
    case plan::DateUnit::Years: return "year";
  }
  return "day";
}

/// As SQL's DATE_DIFF counts: how many times the unit changes between the two.
string date_difference(const Rows& input, const plan::DateDifference& diff) {
  return fmt::format("date_diff('{}', {}, {})", unit_word(diff.unit), instant(input, diff.from),
                     instant(input, diff.to));
}

/// A struct that lacks a member of the type is none.
Text cast_to(const Rows& input, const plan::CastTo& cast) {
  const string name = quote_identifier(cast.column);
  const schema::LogicalType& from = type_of(input, cast.column);
  SLUICE_TRY(string value, render_cast(name, from, cast.type));
  const string lacking = lacking_members(name, from, cast.type, "");
  return lacking.empty() ? value : fmt::format("CASE WHEN {} IS NULL THEN {} END", lacking, value);
}

void add_unread_date(const Rows& input, const string& column, std::vector<Unread>& all) {
  if (may_be_no_date(input, column)) {
    all.push_back(
        {.column = column,
         .what = "date",
         .is_met = fmt::format("{} IS NOT NULL AND {} IS NULL",
                               render_as_text(quote_identifier(column), type_of(input, column)),
                               instant(input, column))});
  }
}

bool has_number(const plan::Bands& bands) {
  return std::ranges::any_of(bands.bands, [](const plan::Band& band) {
    return std::ranges::any_of(
        std::array{&band.at_least, &band.above, &band.below, &band.at_most, &band.equals},
        [](const auto* bound) { return *bound && !std::holds_alternative<string>(**bound); });
  });
}

}  // namespace

std::vector<Unread> unread_inputs(const plan::ExplodeDates& step, const Rows& input) {
  std::vector<Unread> all;
  add_unread_date(input, step.start, all);
  if (step.end) {
    add_unread_date(input, *step.end, all);
  }
  return all;
}

namespace {

constexpr std::string_view kExactNumber = "number that a column of fractions holds";

/// Of a column that is taken only where those before it are empty.
std::vector<Unread> inexact_inputs(const plan::FirstOf& first, const Rows& input) {
  std::vector<Unread> all;
  string is_reached;
  for (const string& column : first.columns) {
    const string met = is_made_of_texts(input, first)
                           ? string()
                           : inexact(input, first.columns, holds_fraction(first.otherwise), column);
    if (!met.empty()) {
      all.push_back({.column = column, .what = kExactNumber, .is_met = is_reached + met});
    }
    is_reached += fmt::format("{} IS NULL AND ", quote_identifier(column));
  }
  return all;
}

}  // namespace

std::vector<Unread> unread_inputs(const plan::Unpivot& step, const Rows& input) {
  std::vector<string> columns;
  for (const auto& [column, key] : step.column_key) {
    columns.push_back(column);
  }
  std::vector<Unread> all;
  if (std::ranges::any_of(columns,
                          [&](const string& column) { return !text_of(input, column).empty(); })) {
    return all;
  }
  for (const string& column : columns) {
    if (string met = inexact(input, columns, false, column); !met.empty()) {
      all.push_back({.column = column, .what = kExactNumber, .is_met = std::move(met)});
    }
  }
  return all;
}

std::vector<Unread> unread_inputs(const plan::ColumnExpr& value, const Rows& input) {
  std::vector<Unread> all;
  if (const auto* first = std::get_if<plan::FirstOf>(&value)) {
    return inexact_inputs(*first, input);
  }
  if (const auto* diff = std::get_if<plan::DateDifference>(&value)) {
    add_unread_date(input, diff->from, all);
    add_unread_date(input, diff->to, all);
  }
  if (const auto* bands = std::get_if<plan::Bands>(&value); bands && has_number(*bands)) {
    if (const string text = text_of(input, bands->column); !text.empty()) {
      all.push_back(
          {.column = bands->column,
           .what = "number",
           .is_met = fmt::format("{0} IS NOT NULL AND TRY_CAST({0} AS DOUBLE) IS NULL", text)});
    }
  }
  const auto* json = std::get_if<plan::JsonPath>(&value);
  if (json != nullptr && is_text(input, json->column)) {
    all.push_back({.column = json->column,
                   .what = "JSON",
                   .is_met = fmt::format("{0} IS NOT NULL AND TRY_CAST({0} AS JSON) IS NULL",
                                         quote_identifier(json->column))});
  }
  return all;
}

bool holds_word(const plan::Value& value) {
  const auto* text = std::get_if<string>(&value);
  if (text == nullptr) {
    return false;
  }
  // What begins as a number or a date does is left to the type of the column.
  const std::size_t at = text->find_first_not_of(" +-.");
  return at == string::npos || (*text)[at] < '0' || (*text)[at] > '9';
}

string render_or_else(const string& value, const plan::Value& otherwise) {
  if (holds_word(otherwise)) {
    return fmt::format("coalesce(CAST({} AS VARCHAR), {})", value, value_text(otherwise));
  }
  // A quoted whole number is one in a column of numbers and a text in a column of texts.
  const bool is_plain =
      std::holds_alternative<bool>(otherwise) || std::holds_alternative<std::int64_t>(otherwise);
  return fmt::format("coalesce({}, {})", value,
                     is_plain ? text_of(otherwise) : value_text(otherwise));
}

Result<string> column_expr(const Rows& input, const plan::ColumnExpr& value) {
  return std::visit(
      overloaded{
          [](const plan::RawSql& sql) -> Text { return fmt::format("(\n{}\n)", sql.text); },
          [&](const plan::ChangeCase& change) -> Text { return change_case(input, change); },
          [&](const plan::TrimText& trim) -> Text { return trim_text(input, trim); },
          [&](const plan::FirstOf& first) -> Text { return first_of(input, first); },
          [&](const plan::SplitText& split) -> Text {
            return fmt::format(
                "string_split({}, {})",
                render_as_text(quote_identifier(split.column), type_of(input, split.column)),
                quote_literal(split.delimiter));
          },
          [&](const plan::MapValues& map) -> Text { return map_values(input, map); },
          [&](const plan::Bands& bands) -> Text { return bands_text(input, bands); },
          [&](const plan::JsonPath& json) -> Text { return json_path(input, json); },
          [&](const plan::DateDifference& diff) -> Text { return date_difference(input, diff); },
          [&](const plan::CastTo& cast) -> Text { return cast_to(input, cast); },
          [&](const plan::Respell& text) -> Text {
            return render_respelled(
                render_as_text(quote_identifier(text.column), type_of(input, text.column)),
                text.from);
          },
          [&](const plan::RegexGroup& regex) -> Text { return regex_group(input, regex); },
      },
      value);
}

namespace {

Text assign(const plan::Assign& step, const Rows& input) {
  string list;
  const auto add = [&](const string& item) { list += (list.empty() ? "" : ", ") + item; };
  std::vector<string> written;
  for (const plan::Assignment& made : step.assignments) {
    written.push_back(made.column);
  }
  for (const schema::Field& field : input.columns.fields) {
    if (!contains(written, field.name)) {
      add(quote_identifier(field.name));
      continue;
    }
    for (const plan::Assignment& made : step.assignments) {
      if (same_column(made.column, field.name)) {
        SLUICE_TRY(const string value, column_expr(input, made.value));
        add(fmt::format("{} AS {}", value, quote_identifier(field.name)));
        break;
      }
    }
  }
  for (const plan::Assignment& made : step.assignments) {
    if (input.columns.find(made.column) == nullptr) {
      SLUICE_TRY(const string value, column_expr(input, made.value));
      add(fmt::format("{} AS {}", value, quote_identifier(made.column)));
    }
  }
  return list;
}

string kept(const Rows& input, const std::vector<string>& without) {
  string list;
  for (const schema::Field& field : input.columns.fields) {
    if (!contains(without, field.name)) {
      list += (list.empty() ? "" : ", ") + quote_identifier(field.name);
    }
  }
  return list;
}

string renamed(const plan::RenameColumns& step, const Rows& input) {
  string list;
  for (const schema::Field& field : input.columns.fields) {
    string item = quote_identifier(field.name);
    for (const auto& [from, to] : step.from_to) {
      if (same_column(from, field.name)) {
        item += " AS " + quote_identifier(to);
        break;
      }
    }
    list += (list.empty() ? "" : ", ") + item;
  }
  return list;
}

Text lookup_select(const plan::LookUp& step, const Rows& input) {
  const string value = "_sluice_r._sluice_value";
  const string found = step.otherwise ? render_or_else(value, *step.otherwise) : value;
  SLUICE_TRY(const string key, comparable_key(quote_identifier(step.key), type_of(input, step.on)));
  string list;
  bool replaced = false;
  for (const schema::Field& field : input.columns.fields) {
    const bool here = same_column(field.name, step.column);
    replaced = replaced || here;
    list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ",
                        here ? found : "source." + quote_identifier(field.name),
                        quote_identifier(field.name));
  }
  if (!replaced) {
    list +=
        fmt::format("{}{} AS {}", list.empty() ? "" : ", ", found, quote_identifier(step.column));
  }
  // A reference gives one row a key, or the run stopped before: rows are never multiplied here.
  return fmt::format(
      "SELECT {list}{hidden} FROM {from} AS source LEFT JOIN (SELECT {key} AS _sluice_key, "
      "any_value({value}) AS _sluice_value FROM {reference} WHERE {key} IS NOT NULL GROUP BY 1) AS "
      "_sluice_r ON {on} = _sluice_r._sluice_key",
      fmt::arg("list", list), fmt::arg("hidden", hidden_list(input, "source.")),
      fmt::arg("from", input.from), fmt::arg("key", key),
      fmt::arg("value", quote_identifier(step.value)),
      fmt::arg("reference", quote_identifier(step.reference)),
      fmt::arg("on", comparable_on(step.on, input)));
}

}  // namespace

string hidden_list(const Rows& input, std::string_view prefix) {
  string list;
  for (const string& name : input.hidden) {
    list += fmt::format(", {}{}", prefix, quote_identifier(name));
  }
  return list;
}

namespace {

/// What a step holds of the contract's own SQL.
std::vector<std::string_view> sql_of(const plan::Step& step) {
  std::vector<std::string_view> texts;
  if (const auto* assign = std::get_if<plan::Assign>(&step)) {
    for (const plan::Assignment& made : assign->assignments) {
      if (const auto* sql = std::get_if<plan::RawSql>(&made.value)) {
        texts.emplace_back(sql->text);
      }
    }
  } else if (const auto* filter = std::get_if<plan::FilterRows>(&step)) {
    texts.emplace_back(filter->condition.text);
  } else if (const auto* rollup = std::get_if<plan::Rollup>(&step)) {
    for (const plan::Aggregation& made : rollup->aggregations) {
      texts.emplace_back(made.value.text);
    }
    if (rollup->key_expr) {
      texts.emplace_back(rollup->key_expr->text);
    }
  }
  return texts;
}

/// The word stands somewhere, also in a text: to look closer is another folder's work.
bool may_name_the_row(std::string_view sql) {
  constexpr std::string_view kRow = "source";
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const auto is_of_name = [&](std::size_t at) {
    return at < sql.size() && ((lower(sql[at]) >= 'a' && lower(sql[at]) <= 'z') ||
                               (sql[at] >= '0' && sql[at] <= '9') || sql[at] == '_');
  };
  for (std::size_t at = 0; at + kRow.size() <= sql.size(); ++at) {
    const bool is_here = std::ranges::equal(sql.substr(at, kRow.size()), kRow, {}, lower);
    if (is_here && !is_of_name(at + kRow.size()) && (at == 0 || !is_of_name(at - 1))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Rows with_whole_row(const plan::Step& step, const Rows& input) {
  const bool has_more = !input.hidden.empty() || breaks_ties(step);  // than its own columns
  if (!has_more || input.columns.fields.empty() || input.columns.find("source") != nullptr ||
      std::ranges::none_of(sql_of(step), may_name_the_row)) {
    return input;
  }
  string members;
  for (const schema::Field& field : input.columns.fields) {
    const string name = quote_identifier(field.name);
    members += fmt::format("{}{} := {}", members.empty() ? "" : ", ", name, name);
  }
  Rows rows = input;
  const bool keeps_place = breaks_ties(step) && input.columns.find("rowid") == nullptr;
  rows.from = fmt::format("(SELECT *{}, struct_pack({}) AS source FROM {})",
                          keeps_place ? ", rowid" : "", members, input.from);
  return rows;
}

bool breaks_ties(const plan::Step& step) {
  return std::holds_alternative<plan::KeepFirst>(step) ||
         std::holds_alternative<plan::JoinReference>(step) ||
         std::holds_alternative<plan::Rollup>(step) || std::holds_alternative<plan::Pivot>(step);
}

Result<string> render_step(const plan::Step& step, const Rows& bare) {
  const Rows input = with_whole_row(step, bare);
  const string hidden = hidden_list(input, "");
  const auto select = [&](const string& list) -> Text {
    return fmt::format("SELECT {}{} FROM {} AS source",
                       list.empty() ? "NULL AS _sluice_none" : list, hidden, input.from);
  };
  return std::visit(
      overloaded{
          [&](const plan::Assign& one) -> Text {
            SLUICE_TRY(const string list, assign(one, input));
            return select(list);
          },
          [&](const plan::RenameColumns& one) -> Text { return select(renamed(one, input)); },
          [&](const plan::KeepColumns& one) -> Text { return select(quote_columns(one.columns)); },
          [&](const plan::DropColumns& one) -> Text { return select(kept(input, one.columns)); },
          [&](const plan::LookUp& one) -> Text { return lookup_select(one, input); },
          [&](const plan::SqlSelect& one) -> Text { return sql_select(one); },
          [&](const plan::FilterRows& one) -> Text { return filter_select(one, input); },
          [&](const plan::KeepFirst& one) -> Text { return keep_first_select(one, input); },
          [&](const plan::ExplodeList& one) -> Text { return explode_select(one, input); },
          [&](const plan::ExplodeDates& one) -> Text { return explode_dates_select(one, input); },
          [&](const plan::JoinReference& one) -> Text { return join_select(one, input); },
          [&](const plan::Rollup& one) -> Text { return rollup_select(one, input); },
          [&](const plan::Pivot& one) -> Text { return pivot_select(one, input); },
          [&](const plan::Unpivot& one) -> Text { return unpivot_select(one, input); },
      },
      step);
}

}  // namespace sluice::dialect
