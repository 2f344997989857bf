// What steps made of a row, told beside it where it is refused: the row is kept as it came, and
// which part of it failed a rule stands in no column of the source.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using std::string;
using Names = std::vector<string>;

void note(Names& made, const string& name) {
  const bool is_known =
      std::ranges::any_of(made, [&](const string& one) { return schema::same_column(one, name); });
  if (!is_known) {
    made.push_back(name);
  }
}

/// The columns that a step gives another value under the name that they have. Of a cast that fails
/// the reason tells the value, and one that does not fail changes none.
Names changed_by(const plan::Step& step) {
  if (const auto* explode = std::get_if<plan::ExplodeList>(&step)) {
    return {explode->output.value_or(explode->column)};
  }
  if (const auto* found = std::get_if<plan::LookUp>(&step)) {
    return {found->column};
  }
  Names changed;
  if (const auto* assign = std::get_if<plan::Assign>(&step)) {
    for (const plan::Assignment& one : assign->assignments) {
      if (!std::holds_alternative<plan::CastTo>(one.value) &&
          !std::holds_alternative<plan::Respell>(one.value)) {
        changed.push_back(one.column);
      }
    }
  }
  return changed;
}

}  // namespace

void note_made(const plan::Step& step, const schema::Schema& input, const schema::Schema& output,
               Names& made) {
  if (const auto* rename = std::get_if<plan::RenameColumns>(&step)) {
    for (string& name : made) {
      const auto renamed = std::ranges::find_if(
          rename->from_to, [&](const auto& one) { return schema::same_column(one.first, name); });
      name = renamed == rename->from_to.end() ? name : renamed->second;
    }
    return;
  }
  for (const string& name : changed_by(step)) {
    note(made, name);
  }
  for (const schema::Field& field : output.fields) {
    if (input.find(field.name) == nullptr) {
      note(made, field.name);
    }
  }
}

string made_values(const plan::Pipeline& pipeline, const schema::Schema& columns,
                   const schema::Schema& raw, const Names& made) {
  string members;
  for (const string& name : made) {
    const schema::Field* field = columns.find(name);
    const schema::Field* came = raw.find(name);
    const bool is_masked = plan::find_mask(pipeline, name) != nullptr;
    if (field == nullptr || (came != nullptr && is_masked)) {
      continue;
    }
    const string value = told_value(pipeline, field->name, field->type);
    const string member = fmt::format(
        "CAST(to_json({}) AS VARCHAR) || ':' || coalesce(CAST(to_json({}) AS VARCHAR), "
        "'null')",
        quote_literal(field->name), value);
    members += ", ";
    members += came == nullptr
                   ? member
                   : fmt::format("CASE WHEN {} IS DISTINCT FROM {} THEN {} END", value,
                                 render_as_text(fmt::format("struct_extract({}, {})", kRawColumn,
                                                            quote_literal(came->name)),
                                                came->type),
                                 member);
  }
  return members.empty() ? members
                         : fmt::format("'{{' || nullif(concat_ws(','{}), '') || '}}'", members);
}

string made_item(bool as_text) {
  return as_text ? fmt::format("{} AS {}, ", kMadeColumn, kJudgedColumn)
                 : fmt::format("CAST({} AS JSON) AS {}, ", kMadeColumn, kJudgedColumn);
}

string struct_members(const schema::Schema& columns) {
  string members;
  for (const schema::Field& field : columns.fields) {
    const string name = quote_identifier(field.name);
    members += fmt::format("{}{} := {}", members.empty() ? "" : ", ", name, name);
  }
  return members;
}

schema::Schema kept_of(const plan::BoundPipeline& bound, const schema::Schema& columns) {
  schema::Schema kept;
  for (const string& name : bound.kept_of_refused) {
    if (const schema::Field* field = columns.find(name); field != nullptr) {
      kept.fields.push_back(*field);
    }
  }
  return kept;
}

bool may_make(const plan::Step& step, const schema::Schema& input, const schema::Schema& output,
              const string& column) {
  const auto is_column = [&](const string& name) { return schema::same_column(name, column); };
  if (const auto* rename = std::get_if<plan::RenameColumns>(&step)) {
    return std::ranges::any_of(rename->from_to, [&](const auto& one) {
      return is_column(one.first) || is_column(one.second);
    });
  }
  if (const auto* assign = std::get_if<plan::Assign>(&step)) {
    return std::ranges::any_of(assign->assignments, [&](const plan::Assignment& one) {
      return is_column(one.column) && !std::holds_alternative<plan::CastTo>(one.value);
    });
  }
  Names made;
  note_made(step, input, output, made);
  return plan::row_effect(step) == plan::RowEffect::Opaque || std::ranges::any_of(made, is_column);
}

Result<string> kept_select(const plan::BoundPipeline& bound, const schema::Schema& kept,
                           const schema::Schema& last, const string& table) {
  string list;
  for (const string& name : bound.kept_of_refused) {
    const schema::Field* good = bound.good.find(name);
    const schema::Field* judged = kept.find(name);
    const schema::Field* leaving = last.find(name);
    string value = "NULL";
    if (judged != nullptr && leaving != nullptr) {
      SLUICE_TRY(value, render_cast(fmt::format("struct_extract({}, {})", kKeptColumn,
                                                quote_literal(judged->name)),
                                    judged->type, leaving->type));
      value = leaving_value(bound.pipeline, leaving->name, value, leaving->type);
    }
    SLUICE_TRY(const string type,
               duckdb_dialect().render_type(good == nullptr ? schema::LogicalType{schema::Text{}}
                                                            : good->type));
    list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", value, type,
                        quote_identifier(name));
  }
  return fmt::format(
      "SELECT {} FROM (SELECT unnest(list_extract({}, 1)) FROM {} WHERE {} IS NOT "
      "NULL)",
      list, kRefusedColumn, table, kRefusedColumn);
}

bool is_refusal_column(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "_lakelogic_errors", "_lakelogic_categories", "_lakelogic_row_id",
      "_lakelogic_batch",  "_lakelogic_rule_set",   "_lakelogic_shape",
      "_lakelogic_extra",  kSealedColumn,           kJudgedColumn,
      kLineColumn,         kLineTextColumn};
  return std::ranges::any_of(kNames,
                             [&](std::string_view one) { return schema::same_column(one, name); });
}

string stamps(const plan::BoundPipeline& bound, const std::vector<plan::LineageColumn>& columns,
              std::string_view file) {
  string list;
  for (const plan::LineageColumn& column : columns) {
    string value;
    switch (column.stamp) {
      case plan::Stamp::SourceFile: value = file; break;
      case plan::Stamp::RunInstant:
        value = fmt::format("TIMESTAMPTZ '{}'", to_string(bound.clock));
        break;
      case plan::Stamp::RunId: value = quote_literal(bound.run_id); break;
      case plan::Stamp::Text: value = quote_literal(column.text); break;
    }
    list += fmt::format(", {} AS {}", value, quote_identifier(column.name));
  }
  return list;
}

}  // namespace sluice::dialect
