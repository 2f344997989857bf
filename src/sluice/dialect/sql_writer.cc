#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/dialect.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using plan::BinaryOp;
using plan::Expr;
using plan::UnaryOp;

enum class Values : std::uint8_t { Bound, Inline };

/// Writes one statement: its text, and the values bound to it.
class SqlWriter {
 public:
  SqlWriter(const Dialect& dialect, Values values) : dialect_(dialect), values_(values) {}

  Result<std::string> expr(const Expr& node);
  Result<std::string> select(const plan::Read& read);
  std::vector<plan::Value> take_parameters() && { return std::move(parameters_); }

 private:
  std::string value(const plan::Value& value);
  std::string column(std::string_view name) const {
    return quote_identifier(name, dialect_.identifier_quote);
  }
  Result<std::string> binary(const plan::Binary& node);
  Result<std::string> unary(const plan::Unary& node);
  Result<std::string> in(const plan::In& node);
  Result<std::string> call(const plan::Call& node);
  Result<std::string> raw(const plan::RawSql& sql);

  const Dialect& dialect_;
  Values values_;
  std::vector<plan::Value> parameters_;
};

std::string SqlWriter::value(const plan::Value& value) {
  if (values_ == Values::Inline) {
    return render_literal(dialect_, value);
  }
  parameters_.push_back(value);
  return "?";
}

std::string_view operator_text(BinaryOp op) {
  switch (op) {
    case BinaryOp::And: return "AND";
    case BinaryOp::Or: return "OR";
    case BinaryOp::Equal: return "=";
    case BinaryOp::NotEqual: return "<>";
    case BinaryOp::Less: return "<";
    case BinaryOp::LessEqual: return "<=";
    case BinaryOp::Greater: return ">";
    case BinaryOp::GreaterEqual: return ">=";
    case BinaryOp::Add: return "+";
    case BinaryOp::Subtract: return "-";
    case BinaryOp::Multiply: return "*";
    case BinaryOp::Divide: return "/";
    case BinaryOp::Like: return "LIKE";
    case BinaryOp::RegexMatches: return "";
  }
  return "";
}

Result<std::string> SqlWriter::binary(const plan::Binary& node) {
  SLUICE_TRY(const std::string left, expr(*node.left));
  SLUICE_TRY(const std::string right, expr(*node.right));
  if (node.op == BinaryOp::RegexMatches) {
    return dialect_.render_regex_match(left, right);
  }
  return fmt::format("({} {} {})", left, operator_text(node.op), right);
}

Result<std::string> SqlWriter::unary(const plan::Unary& node) {
  SLUICE_TRY(std::string operand, expr(*node.operand));
  switch (node.op) {
    case UnaryOp::Not: return fmt::format("(NOT {})", operand);
    case UnaryOp::IsNull: return fmt::format("({} IS NULL)", operand);
    case UnaryOp::IsNotNull: return fmt::format("({} IS NOT NULL)", operand);
    case UnaryOp::Negate: return fmt::format("(-{})", operand);
  }
  return operand;
}

Result<std::string> SqlWriter::in(const plan::In& node) {
  if (node.values.empty()) {
    return std::string("FALSE");
  }
  SLUICE_TRY(std::string text, expr(*node.operand));
  text = "(" + text + " IN (";
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    text += (i == 0 ? "" : ", ") + value(node.values[i]);
  }
  return text + "))";
}

std::string_view function_text(plan::Function function) {
  switch (function) {
    case plan::Function::Lower: return "lower";
    case plan::Function::Upper: return "upper";
    case plan::Function::Trim: return "trim";
    case plan::Function::Length: return "length";
    case plan::Function::Coalesce: return "coalesce";
    case plan::Function::Now: return "";
  }
  return "";
}

Result<std::string> SqlWriter::call(const plan::Call& node) {
  if (node.function == plan::Function::Now) {
    return std::string(dialect_.now);
  }
  std::string text = fmt::format("{}(", function_text(node.function));
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    SLUICE_TRY(const std::string argument, expr(node.arguments[i]));
    text += (i == 0 ? "" : ", ") + argument;
  }
  return text + ")";
}

Result<std::string> SqlWriter::raw(const plan::RawSql& sql) {
  if (sql.dialect != dialect_.name) {
    Error error =
        make_error(ErrorCode::Unsupported,
                   fmt::format("this text is written in the SQL of '{}' and cannot run as '{}'",
                               sql.dialect, dialect_.name));
    error.at = sql.at;
    return error;
  }
  return "(" + sql.text + "\n)";  // the line ends a comment that the text may end with
}

Result<std::string> SqlWriter::expr(const Expr& node) {
  return std::visit(
      overloaded{
          [&](const plan::ColumnRef& ref) -> Result<std::string> { return column(ref.name); },
          [&](const plan::Literal& literal) -> Result<std::string> { return value(literal.value); },
          [&](const plan::Unary& inner) { return unary(inner); },
          [&](const plan::Binary& inner) { return binary(inner); },
          [&](const plan::In& inner) { return in(inner); },
          [&](const plan::Call& inner) { return call(inner); },
          [&](const plan::RawSql& inner) { return raw(inner); },
      },
      node.node);
}

Result<std::string> SqlWriter::select(const plan::Read& read) {
  std::string text = fmt::format(
      "SELECT {} FROM ",
      read.columns.empty() ? "*" : quote_columns(read.columns, "", dialect_.identifier_quote));
  if (const auto* id = std::get_if<plan::TableId>(&read.from)) {
    text += quote_table(*id, dialect_.identifier_quote);
  } else {
    const auto& statement = std::get<plan::Statement>(read.from);
    text += "(" + statement.text + "\n) AS source";
    parameters_.insert(parameters_.end(), statement.parameters.begin(), statement.parameters.end());
  }
  if (read.where.has_value()) {
    SLUICE_TRY(const std::string condition, expr(*read.where));
    text += " WHERE " + condition;
  }
  for (std::size_t i = 0; i < read.order_by.size(); ++i) {
    SLUICE_TRY(const std::string by, expr(read.order_by[i].by));
    text += fmt::format("{}{}{}", i == 0 ? " ORDER BY " : ", ", by,
                        read.order_by[i].descending ? " DESC" : "");
  }
  if (read.limit.has_value()) {
    text += fmt::format(" LIMIT {}", *read.limit);
  }
  if (read.offset != 0) {
    text += fmt::format(" OFFSET {}", read.offset);
  }
  return text;
}

}  // namespace

Result<plan::Statement> render_read(const Dialect& dialect, const plan::Read& read) {
  SqlWriter writer(dialect, Values::Bound);
  SLUICE_TRY(std::string text, writer.select(read));
  return plan::Statement(std::move(text), std::move(writer).take_parameters());
}

Result<plan::Statement> render_expr(const Dialect& dialect, const plan::Expr& expr) {
  SqlWriter writer(dialect, Values::Bound);
  SLUICE_TRY(std::string text, writer.expr(expr));
  return plan::Statement(std::move(text), std::move(writer).take_parameters());
}

Result<std::string> render_inline(const Dialect& dialect, const plan::Expr& expr) {
  return SqlWriter(dialect, Values::Inline).expr(expr);
}

std::string render_literal(const Dialect& dialect, const plan::Value& value) {
  return std::visit(
      overloaded{
          [](plan::Null) -> std::string { return "NULL"; },
          [](bool truth) -> std::string { return truth ? "TRUE" : "FALSE"; },
          [](std::int64_t number) { return std::to_string(number); },
          [](std::uint64_t number) { return std::to_string(number); },
          [&](double) { return dialect.render_typed_literal(value); },
          [&](const plan::DecimalValue&) { return dialect.render_typed_literal(value); },
          [&](const std::string& text) { return dialect.quote_text(text); },
          [&](const plan::BytesValue&) { return dialect.render_typed_literal(value); },
          [&](plan::DateValue) { return dialect.render_typed_literal(value); },
          [&](plan::TimeValue) { return dialect.render_typed_literal(value); },
          [&](sys_micros) { return dialect.render_typed_literal(value); },
          [&](const Uuid&) { return dialect.render_typed_literal(value); },
      },
      value);
}

Result<plan::Statement> render_create_table(const Dialect& dialect,
                                            const plan::CreateTable& create) {
  std::string text = fmt::format("CREATE TABLE {}{} (", create.if_absent ? "IF NOT EXISTS " : "",
                                 quote_table(create.target, dialect.identifier_quote));
  for (std::size_t i = 0; i < create.schema.fields.size(); ++i) {
    const schema::Field& field = create.schema.fields[i];
    SLUICE_TRY_IN(const std::string type, dialect.render_type(field.type),
                  fmt::format("spelling the type of column '{}'", field.name));
    text += fmt::format("{}{} {}{}", i == 0 ? "" : ", ",
                        quote_identifier(field.name, dialect.identifier_quote), type,
                        field.nullable ? "" : " NOT NULL");
  }
  if (dialect.has_primary_key && !create.primary_key.empty()) {
    text += fmt::format(", PRIMARY KEY ({})",
                        quote_columns(create.primary_key, "", dialect.identifier_quote));
  }
  SLUICE_TRY(const std::string options, dialect.render_table_options(create));
  return plan::Statement(text + ")" + options);
}

}  // namespace sluice::dialect
