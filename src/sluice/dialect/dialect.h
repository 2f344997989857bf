// How one flavour of SQL is spelled, as data: a table of signs and a few functions, one constant
// per folder below this one. What all flavours share (expressions, SELECT, binding) is rendered
// once, in sql_writer.cc. Pure: same plan, same text, no I/O.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/plan/expr.h"
#include "sluice/plan/read.h"
#include "sluice/plan/statement.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace sluice::dialect {

struct Dialect {
  std::string_view name;
  char identifier_quote;
  std::string (*quote_text)(std::string_view text);
  /// The type's name; Unsupported names the type and what to use instead.
  Result<std::string> (*render_type)(const schema::LogicalType& type);
  /// A value that is no number, truth or text, written out.
  std::string (*render_typed_literal)(const plan::Value& value);
  /// "text ~ pattern" as RE2 search.
  std::string (*render_regex_match)(const std::string& text, const std::string& pattern);
  std::string_view now;
  /// Behind the column list of CREATE TABLE: format, partitions, sort order.
  Result<std::string> (*render_table_options)(const plan::CreateTable& create);
  bool has_primary_key;
};

/// Values become '?' and travel in `parameters`.
Result<plan::Statement> render_read(const Dialect& dialect, const plan::Read& read);
/// As a condition or column inside a larger statement, with its values bound.
Result<plan::Statement> render_expr(const Dialect& dialect, const plan::Expr& expr);
/// The same with its values written out, for statements that cannot bind (COPY, CREATE ... AS).
Result<std::string> render_inline(const Dialect& dialect, const plan::Expr& expr);
Result<plan::Statement> render_create_table(const Dialect& dialect,
                                            const plan::CreateTable& create);
std::string render_literal(const Dialect& dialect, const plan::Value& value);

}  // namespace sluice::dialect
