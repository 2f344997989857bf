// What steps made of a row, told beside it where it is refused: the row is kept as it came, and
// which part of it failed a rule stands in no column of the source.
#include <algorithm>

#include <fmt/format.h>

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

}  // namespace sluice::dialect
