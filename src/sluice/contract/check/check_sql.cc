// What is seen of SQL without an engine: an expression that is no single value, one that closes the
// parentheses that it is put into, and names of the engine's own inner life, which SQL of a
// contract has no business with.
#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/transform/sql_shape.h"

namespace sluice::contract::internal {
namespace {

Span span_of(const Checking& checking, const SqlText& sql, const SqlName& name) {
  return span_in_sql(checking.text, sql, name.begin, name.length);
}

void check_positions(const Checking& checking, const SqlText& sql) {
  if (const std::optional<SqlName> position = find_position(sql.text)) {
    checking.out.add(Code::SqlForbidden, span_of(checking, sql, *position),
                     "SQL of a contract takes a column by its position: " + quoted(position->name),
                     "write the column's name");
  }
}

void check_reach(const Checking& checking, const SqlText& sql) {
  if (sql.is_refused) {
    return;
  }
  check_positions(checking, sql);
  if (const std::optional<SqlName> name = find_engine_name(sql.text)) {
    checking.out.add(Code::SqlForbidden, span_of(checking, sql, *name),
                     "SQL of a contract asks the engine about itself: " + quoted(name->name),
                     "read columns of the source and of links");
  }
}

void check_reach(const Checking& checking, const MaybeSql& sql) {
  if (sql) {
    check_reach(checking, *sql);
  }
}

void check_reach(const Checking& checking, const Step& step) {
  if (const auto* select = std::get_if<SqlStep>(&step)) {
    check_reach(checking, select->sql);
  } else if (const auto* derive = std::get_if<Derive>(&step)) {
    check_reach(checking, derive->sql_duckdb ? *derive->sql_duckdb : derive->sql);
  } else if (const auto* filter = std::get_if<Filter>(&step)) {
    check_reach(checking, filter->sql);
  } else if (const auto* rollup = std::get_if<Rollup>(&step)) {
    for (const Pair<SqlText>& made : rollup->aggregations) {
      check_reach(checking, made.value);
    }
    check_reach(checking, rollup->key_expr);
  }
}

/// Where a backslash may hide a quote, the engine judges alone.
void check_closed(const Checking& checking, const SqlText& sql, const std::string& what) {
  const std::optional<std::size_t> at = find_unbalanced(sql.text);
  const bool leaves_brackets =
      at && sql.text[*at] == ')' && sql.text.find('\\') == std::string::npos;
  if (leaves_brackets && !sql.is_refused) {
    checking.out.add(Code::BadSql, span_in_sql(checking.text, sql, *at, 1),
                     what + " is not one SQL expression: a parenthesis closes that was not opened");
  }
}

void check_closed(const Checking& checking, const Step& step) {
  if (const auto* derive = std::get_if<Derive>(&step)) {
    check_closed(checking, derive->sql_duckdb ? *derive->sql_duckdb : derive->sql,
                 "the column " + quoted(derive->field.value));
  } else if (const auto* filter = std::get_if<Filter>(&step)) {
    check_closed(checking, filter->sql, "a filter");
  } else if (const auto* rollup = std::get_if<Rollup>(&step)) {
    for (const Pair<SqlText>& made : rollup->aggregations) {
      check_closed(checking, made.value, "the column " + quoted(made.key.value));
    }
    if (rollup->key_expr) {
      check_closed(checking, *rollup->key_expr, "the key of a rollup");
    }
  }
}

void check_single_value(const Checking& checking, const SqlText& sql, const std::string& what) {
  const std::optional<SqlName> call = find_spreading_call(sql.text);
  if (!call || sql.is_refused) {
    return;
  }
  checking.out.add(
      Code::SqlManyValues, span_of(checking, sql, *call),
      what + " calls a function that gives several rows or columns for one: " + quoted(call->name),
      "explode the list in a step of its own, or name the columns");
}

}  // namespace

void check_sql(const Checking& checking) {
  for (const Transformation& step : checking.contract.transformations) {
    check_reach(checking, step.step);
    check_closed(checking, step.step);
    if (const auto* derive = std::get_if<Derive>(&step.step)) {
      check_single_value(checking, derive->sql_duckdb ? *derive->sql_duckdb : derive->sql,
                         "the column " + quoted(derive->field.value));
    }
    if (const auto* filter = std::get_if<Filter>(&step.step)) {
      check_single_value(checking, filter->sql, "a filter");
    }
  }
  for (const RowRule& rule : all_row_rules(checking.contract)) {
    if (const auto* check = std::get_if<SqlCheck>(&rule.check)) {
      check_reach(checking, check->sql);
      const std::string what = "the row rule " + quoted(rule.name.value);
      check_single_value(checking, check->sql, what);
      check_closed(checking, check->sql, what);
    }
  }
  for (const DatasetRule& rule : checking.contract.quality.dataset_rules) {
    if (const auto* check = std::get_if<DatasetSqlCheck>(&rule.check)) {
      check_reach(checking, check->sql);
    }
  }
  for (const Link& link : checking.contract.links) {
    check_reach(checking, link.filter);
    if (link.filter) {
      check_closed(checking, *link.filter, "the filter of the link " + quoted(link.name.value));
    }
    check_reach(checking, link.query);
  }
}

}  // namespace sluice::contract::internal
