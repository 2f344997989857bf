#include "sluice/plan/expr.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {
namespace {

std::string_view spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::And: return "and";
    case BinaryOp::Or: return "or";
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
    case BinaryOp::Like: return "like";
    case BinaryOp::RegexMatches: return "~";
  }
  return "?";
}

std::string_view spelling(Function function) {
  switch (function) {
    case Function::Lower: return "lower";
    case Function::Upper: return "upper";
    case Function::Trim: return "trim";
    case Function::Length: return "length";
    case Function::Coalesce: return "coalesce";
    case Function::Now: return "now";
  }
  return "?";
}

std::string unary_text(const Unary& unary) {
  std::string operand = to_string(*unary.operand);
  switch (unary.op) {
    case UnaryOp::Not: return fmt::format("not ({})", operand);
    case UnaryOp::IsNull: return fmt::format("{} is null", operand);
    case UnaryOp::IsNotNull: return fmt::format("{} is not null", operand);
    case UnaryOp::Negate: return fmt::format("-({})", operand);
  }
  return operand;
}

template <class Items>
std::string joined(const Items& items) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ", ") + to_string(item);
  }
  return text;
}

}  // namespace

bool operator==(const Call& a, const Call& b) {
  return a.function == b.function && a.arguments == b.arguments;
}

Expr column(std::string name) { return Expr{ColumnRef{std::move(name)}}; }

Expr literal(Value value) { return Expr{Literal{std::move(value)}}; }

Expr binary(BinaryOp op, Expr left, Expr right) {
  return Expr{Binary{.op = op, .left = std::move(left), .right = std::move(right)}};
}

Expr unary(UnaryOp op, Expr operand) {
  return Expr{Unary{.op = op, .operand = std::move(operand)}};
}

Expr all_of(std::vector<Expr> conditions) {
  if (conditions.empty()) {
    return literal(true);
  }
  Expr all = std::move(conditions.front());
  for (std::size_t i = 1; i < conditions.size(); ++i) {
    all = binary(BinaryOp::And, std::move(all), std::move(conditions[i]));
  }
  return all;
}

std::string to_string(const Expr& expr) {
  return std::visit(
      overloaded{
          [](const ColumnRef& ref) { return ref.name; },
          [](const Literal& literal) { return to_string(literal.value); },
          [](const Unary& unary) { return unary_text(unary); },
          [](const Binary& node) {
            return fmt::format("({} {} {})", to_string(*node.left), spelling(node.op),
                               to_string(*node.right));
          },
          [](const In& in) {
            return fmt::format("{} in ({})", to_string(*in.operand), joined(in.values));
          },
          [](const Call& call) {
            return fmt::format("{}({})", spelling(call.function), joined(call.arguments));
          },
          [](const RawSql& sql) { return fmt::format("sql[{}]", sql.text); },
      },
      expr.node);
}

}  // namespace sluice::plan
