// Expressions as plain values: what a typed column comparison and a YAML rule both lower to.
// Printed by to_string, compared by ==, rendered by a dialect and by no one else. A contract's own
// SQL is RawSql: opaque, bound by the engine, never taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sluice/base/box.h"
#include "sluice/base/error.h"
#include "sluice/plan/operators.h"
#include "sluice/plan/value.h"

namespace sluice::plan {

struct Expr;

struct ColumnRef {
  std::string name;
  friend bool operator==(const ColumnRef&, const ColumnRef&) = default;
};
struct Literal {
  Value value;
  friend bool operator==(const Literal&, const Literal&) = default;
};
struct Unary {
  UnaryOp op = UnaryOp::Not;
  Box<Expr> operand;
  friend bool operator==(const Unary&, const Unary&) = default;
};
struct Binary {
  BinaryOp op = BinaryOp::And;
  Box<Expr> left;
  Box<Expr> right;
  friend bool operator==(const Binary&, const Binary&) = default;
};
struct In {
  Box<Expr> operand;
  std::vector<Value> values;
  friend bool operator==(const In&, const In&) = default;
};
enum class Function : std::uint8_t { Lower, Upper, Trim, Length, Coalesce, Now };
struct Call {
  Function function = Function::Lower;
  std::vector<Expr> arguments;
  friend bool operator==(const Call&, const Call&);
};
/// SQL text of a contract. `reads` are the columns it was seen to read when it was bound.
struct RawSql {
  std::string text;
  std::string dialect = "duckdb";
  std::vector<std::string> reads;
  SourcePosition at;
  friend bool operator==(const RawSql&, const RawSql&) = default;
};

struct Expr {
  std::variant<ColumnRef, Literal, Unary, Binary, In, Call, RawSql> node;
  friend bool operator==(const Expr&, const Expr&) = default;
};

Expr column(std::string name);
Expr literal(Value value);
Expr all_of(std::vector<Expr> conditions);  // AND; true when empty
Expr binary(BinaryOp op, Expr left, Expr right);
Expr unary(UnaryOp op, Expr operand);

std::string to_string(const Expr& expr);

}  // namespace sluice::plan
