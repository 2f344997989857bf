// `sql`: a whole SELECT, or expressions that each name their column.
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/contract/transform/step_reading_internal.h"

namespace sluice::contract::internal {
namespace {

Step make_derive(Reader& reader, const Node& node, const AliasedExpression& each) {
  return Derive{.field = {*each.alias,
                          make_sql(reader.text(), node, each.alias_begin, each.alias_length).span},
                .sql = make_sql(reader.text(), node, each.begin, each.length)};
}

}  // namespace

void read_sql_step(Reader& reader, const Node& node, std::vector<Step>& out) {
  SqlText sql;
  read_value(reader, node, sql);
  if (!node.is_scalar()) {
    return;
  }
  const std::vector<AliasedExpression> expressions = split_expressions(sql.text);
  if (expressions.empty()) {
    reader.out().add(Code::EmptyValue, node.span, "expected SQL, and it is empty");
    return;
  }
  if (is_statement(sql.text)) {
    out.push_back(SqlStep{.sql = std::move(sql)});
    return;
  }
  bool has_aliases = true;
  for (const AliasedExpression& each : expressions) {
    if (!each.alias) {
      has_aliases = false;
      const SqlText expression = make_sql(reader.text(), node, each.begin, each.length);
      reader.out().add(Code::SqlWithoutAlias, expression.span,
                       "expected a SELECT, or an expression that names its column, and came '" +
                           expression.text + "'",
                       "add AS and the name of the column");
    } else {
      out.push_back(make_derive(reader, node, each));
    }
  }
  if (has_aliases) {
    reader.out().add(Code::ShorthandRead, node.span,
                     "an expression with a name is read as 'derive: {field, sql}'");
  }
}

}  // namespace sluice::contract::internal
