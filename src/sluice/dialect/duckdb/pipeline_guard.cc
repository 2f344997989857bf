// Values that fail on a row do not end the statement: the row carries the reason to the judgement,
// which refuses it with all else that is wrong with it.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using std::string;

/// The value before its cast, where a step both finds and casts one.
std::optional<plan::JsonPath> uncast(const plan::ColumnExpr& value) {
  const auto* json = std::get_if<plan::JsonPath>(&value);
  if (json == nullptr || !json->type) {
    return std::nullopt;
  }
  return plan::JsonPath{.column = json->column, .path = json->path, .type = std::nullopt};
}

bool can_fail(const plan::Assignment& made, const Rows& input, Evaluation evaluation) {
  return !unread_inputs(made.value, input).empty() ||
         std::holds_alternative<plan::CastTo>(made.value) ||
         std::holds_alternative<plan::Respell>(made.value) || uncast(made.value).has_value() ||
         (evaluation == Evaluation::Guarded && std::holds_alternative<plan::RawSql>(made.value));
}

string value_column(std::size_t number) { return fmt::format("_sluice_v{}", number); }

string next_error_column(const Rows& input, const std::vector<string>& error_columns) {
  std::size_t number = error_columns.size();
  for (const string& hidden : input.hidden) {
    number += hidden.starts_with("_sluice_e") ? 1 : 0;
  }
  return fmt::format("_sluice_e{}", number);
}

/// `text` is not NULL and `value`, its cast, is.
string mismatch(const string& text, const string& value, const string& told, const string& shown) {
  return fmt::format(
      "CASE WHEN {1} IS NULL THEN CASE WHEN {0} IS NOT NULL THEN {2} || {3} || '''' END END", text,
      value, quote_literal(told), shown);
}

/// The first value that could not be read, as branches of a CASE.
string unread_cases(const plan::Pipeline& pipeline, const string& step, const string& made,
                    const std::vector<Unread>& all, const Rows& input) {
  string cases;
  for (const Unread& one : all) {
    const schema::Field* field = input.columns.find(one.column);
    const bool is_masked = plan::find_mask(pipeline, made) != nullptr;
    const string told = is_masked
                            ? "'***'"
                            : told_value(pipeline, one.column,
                                         field ? field->type : schema::LogicalType{schema::Text{}});
    cases += fmt::format("WHEN {} THEN {} || {} || '''' ", one.is_met,
                         quote_literal(fmt::format("Column could not be evaluated: {} ({}): {} is "
                                                   "no {}: '",
                                                   made, step, one.column, one.what)),
                         told);
  }
  return cases;
}

Result<string> reason_of(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                         const plan::Assignment& made, const Rows& input, const string& value) {
  const auto failed_value = [&](const string& column, const string& told) {
    const schema::Field* field = input.columns.find(column);
    return mismatch(
        quote_identifier(column), value, told,
        told_value(pipeline, column, field ? field->type : schema::LogicalType{schema::Text{}}));
  };
  if (const auto* cast = std::get_if<plan::CastTo>(&made.value)) {
    return failed_value(cast->column, mismatch_text(cast->column, cast->type_name, cast->type));
  }
  if (const auto* respelled = std::get_if<plan::Respell>(&made.value)) {
    return failed_value(respelled->column,
                        mismatch_text(respelled->column, respelled->name, schema::LogicalType{}));
  }
  if (const std::optional<plan::JsonPath> found = uncast(made.value)) {
    SLUICE_TRY(const string text, column_expr(input, *found));
    const auto& type = std::get<plan::JsonPath>(made.value).type;
    const bool is_masked = plan::find_mask(pipeline, found->column) != nullptr ||
                           plan::find_mask(pipeline, made.column) != nullptr;
    return mismatch(text, value, mismatch_text(made.column, schema::to_string(*type), *type),
                    is_masked ? "'***'" : text);
  }
  if (!std::holds_alternative<plan::RawSql>(made.value)) {
    return string("NULL");
  }
  return fmt::format(
      "CASE WHEN {} IS NULL THEN {} END", value,
      quote_literal(fmt::format("Column could not be evaluated: {} ({})", made.column, step.name)));
}

}  // namespace

bool can_fail(const plan::Step& step, const schema::Schema& input, Evaluation evaluation) {
  const Rows rows{.from = {}, .columns = input, .hidden = {}};
  if (const auto* explode = std::get_if<plan::ExplodeDates>(&step)) {
    return !unread_inputs(*explode, rows).empty();
  }
  if (const auto* unpivot = std::get_if<plan::Unpivot>(&step)) {
    return !unread_inputs(*unpivot, rows).empty();
  }
  const auto* assign = std::get_if<plan::Assign>(&step);
  return assign != nullptr &&
         std::ranges::any_of(assign->assignments, [&](const plan::Assignment& made) {
           return can_fail(made, rows, evaluation);
         });
}

string with_unread_values(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                          const Rows& input, std::vector<string>& error_columns) {
  const auto* explode = std::get_if<plan::ExplodeDates>(&step.step);
  const auto* unpivot = std::get_if<plan::Unpivot>(&step.step);
  const std::vector<Unread> unread = explode   ? unread_inputs(*explode, input)
                                     : unpivot ? unread_inputs(*unpivot, input)
                                               : std::vector<Unread>{};
  if (unread.empty()) {
    return input.from;
  }
  error_columns.push_back(next_error_column(input, error_columns));
  return fmt::format("(SELECT *, CASE {}END AS {} FROM {} AS source)",
                     unread_cases(pipeline, step.name,
                                  explode ? explode->output : unpivot->value_column, unread, input),
                     error_columns.back(), input.from);
}

/// What two expressions share, or one has twice, the engine works out beforehand, outside of every
/// TRY; but nothing that stands behind the first condition of a CASE.
string tried(const string& value, const Rows& input) {
  const bool has_raw = std::ranges::find(input.hidden, kRawColumn) != input.hidden.end();
  return has_raw
             ? fmt::format("TRY(CASE WHEN {0} IS NULL AND {0} IS NOT NULL THEN NULL ELSE {1} END)",
                           kRawColumn, value)
             : fmt::format("TRY({})", value);
}

Result<string> failing_assign(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                              const Rows& bare, Evaluation evaluation,
                              std::vector<string>& error_columns) {
  const Rows input = with_whole_row(step.step, bare);
  const auto& assign = std::get<plan::Assign>(step.step);
  string values = "*";
  string list;
  string errors;
  const auto add = [&](const string& item) { list += (list.empty() ? "" : ", ") + item; };
  std::vector<string> taken;
  std::vector<std::pair<string, string>> made_columns;
  for (std::size_t i = 0; i < assign.assignments.size(); ++i) {
    const plan::Assignment& made = assign.assignments[i];
    SLUICE_TRY(string value, column_expr(input, made.value));
    const string column = value_column(i);
    string result = column;
    if (can_fail(made, input, evaluation)) {
      if (std::holds_alternative<plan::RawSql>(made.value)) {
        // A struct tells "failed" from a value that is NULL.
        value = tried(fmt::format("struct_pack(v := {})", value), input);
        result = column + ".v";
      }
      const string error = next_error_column(input, error_columns);
      error_columns.push_back(error);
      SLUICE_TRY(const string reason, reason_of(pipeline, step, made, input, column));
      const string unread =
          unread_cases(pipeline, step.name, made.column, unread_inputs(made.value, input), input);
      errors += unread.empty() ? fmt::format(", {} AS {}", reason, error)
                               : fmt::format(", CASE {}ELSE {} END AS {}", unread, reason, error);
    }
    values += fmt::format(", {} AS {}", value, column);
    made_columns.emplace_back(made.column, result);
  }
  for (const schema::Field& field : input.columns.fields) {
    const auto made = std::ranges::find_if(
        made_columns, [&](const auto& one) { return schema::same_column(one.first, field.name); });
    const string name = quote_identifier(field.name);
    add(made == made_columns.end() ? name : fmt::format("{} AS {}", made->second, name));
  }
  for (const auto& [column, value] : made_columns) {
    if (input.columns.find(column) == nullptr) {
      add(fmt::format("{} AS {}", value, quote_identifier(column)));
    }
  }
  return fmt::format("SELECT {}{}{} FROM (SELECT {} FROM {} AS source) AS source", list,
                     hidden_list(input, ""), errors, values, input.from);
}

Result<string> guarded_filter(const plan::FilterRows& step, const Rows& bare,
                              std::vector<string>& error_columns) {
  const Rows input = with_whole_row(step, bare);
  const string error = next_error_column(input, error_columns);
  error_columns.push_back(error);
  std::vector<string> names;
  for (const schema::Field& field : input.columns.fields) {
    names.push_back(field.name);
  }
  return fmt::format(
      "SELECT {}{}, coalesce(_sluice_v0, FALSE) AS {}, CASE WHEN _sluice_v0 IS NULL THEN {} END AS "
      "{} FROM (SELECT *, {} AS _sluice_v0 FROM {} AS source) AS source",
      quote_columns(names), hidden_list(input, ""), kDroppedColumn,
      quote_literal(fmt::format("Filter could not be evaluated: {}", step.condition.text)), error,
      tried(fmt::format("CASE WHEN (\n{}\n) THEN FALSE ELSE TRUE END", step.condition.text), input),
      input.from);
}

namespace {

/// Asks of each step after the split, and of the columns that come to it.
template <class Asked>
bool any_post(const plan::BoundPipeline& bound, const Asked& asked) {
  const schema::Schema* input = &bound.before_split.output;
  for (const plan::BoundStep& one : bound.post) {
    if (asked(bound.pipeline.steps[one.step].step, *input)) {
      return true;
    }
    input = &one.output;
  }
  return false;
}

}  // namespace

bool post_can_fail(const plan::BoundPipeline& bound, Evaluation evaluation) {
  return any_post(bound, [&](const plan::Step& step, const schema::Schema& input) {
    return can_fail(step, input, evaluation) ||
           (evaluation == Evaluation::Guarded && std::holds_alternative<plan::FilterRows>(step));
  });
}

bool can_stream(const plan::BoundPipeline& bound, Evaluation evaluation) {
  const plan::Pipeline& pipeline = bound.pipeline;
  const bool changes_rows = any_post(bound, [&](const plan::Step& step, const schema::Schema& in) {
    return plan::row_effect(step) != plan::RowEffect::RowByRow || can_fail(step, in, evaluation);
  });
  if (changes_rows || !bound.after_post.is_empty()) {
    return false;
  }
  const schema::Schema& accepted =
      bound.post.empty() ? bound.before_split.output : bound.post.back().output;
  const bool has_all = std::ranges::all_of(accepted.fields, [&](const schema::Field& field) {
    return bound.good.find(field.name) != nullptr;
  });
  return pipeline.dataset_rules.empty() || (pipeline.masks.empty() && has_all);
}

}  // namespace sluice::dialect
