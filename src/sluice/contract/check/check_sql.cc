// What is seen of SQL without an engine: an expression that is no single value.
#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/source/scalar_map.h"
#include "sluice/contract/transform/sql_shape.h"

namespace sluice::contract::internal {
namespace {

void check_single_value(const Checking& checking, const SqlText& sql, const std::string& what) {
  const std::optional<SqlName> call = find_spreading_call(sql.text);
  if (!call) {
    return;
  }
  const bool is_here = sql.scalar.file == 0;  // else the text at hand is another file's
  const Span span = is_here ? span_in_scalar(checking.text, sql.scalar, sql.style,
                                             sql.offset + static_cast<std::uint32_t>(call->begin),
                                             static_cast<std::uint32_t>(call->length))
                            : sql.span;
  checking.out.add(
      Code::SqlManyValues, span,
      what + " calls a function that gives several rows or columns for one: " + quoted(call->name),
      "explode the list in a step of its own, or name the columns");
}

}  // namespace

void check_sql(const Checking& checking) {
  for (const Transformation& step : checking.contract.transformations) {
    if (const auto* derive = std::get_if<Derive>(&step.step)) {
      check_single_value(checking, derive->sql_duckdb ? *derive->sql_duckdb : derive->sql,
                         "the column " + quoted(derive->field.value));
    }
  }
  for (const RowRule& rule : all_row_rules(checking.contract)) {
    if (const auto* check = std::get_if<SqlCheck>(&rule.check)) {
      check_single_value(checking, check->sql, "the row rule " + quoted(rule.name.value));
    }
  }
}

}  // namespace sluice::contract::internal
