// The operators of expressions: apart from the expressions themselves, so that a header can build
// them without knowing what they are made of.
// Plain values.
#pragma once

#include <cstdint>

namespace sluice::plan {

enum class UnaryOp : std::uint8_t { Not, IsNull, IsNotNull, Negate };

enum class BinaryOp : std::uint8_t {
  And,
  Or,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Add,
  Subtract,
  Multiply,
  Divide,
  Like,          // case-sensitive
  RegexMatches,  // RE2 search
};

}  // namespace sluice::plan
