// The small values that contracts are made of: literals, numbers, SQL texts and free-form maps.
// Numbers keep the text that was written beside the double, so that a decimal bound stays a
// decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/contract/diagnostic/span.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract {

/// A scalar of an accepted-values list, a default, a mapping: its type and its canonical text.
struct Literal {
  ScalarType type = ScalarType::Null;
  std::string text;

  friend bool operator==(const Literal&, const Literal&) = default;
};

using Value = At<Literal>;
using MaybeValue = std::optional<Value>;
using Values = std::vector<Value>;
using ValueMap = std::vector<Pair<Value>>;

/// A number as a double and as it was written ("0.10").
struct Decimal {
  double value = 0;
  std::string text;

  friend bool operator==(const Decimal& left, const Decimal& right) {
    return left.value == right.value;
  }
};

using Number = At<Decimal>;
using MaybeNumber = std::optional<Number>;

/// SQL of a contract: its text and where its first character stands. `scalar` and `style` are of
/// the whole YAML scalar and `offset` is where this text begins in it, so that a position inside
/// the text finds its line and column also in folded and quoted scalars (source/scalar_map.h).
struct SqlText {
  std::string text;
  Span span;
  Span scalar;
  ScalarStyle style = ScalarStyle::Plain;
  std::uint32_t offset = 0;

  friend bool operator==(const SqlText& left, const SqlText& right) {
    return left.text == right.text;
  }
};

using MaybeSql = std::optional<SqlText>;

/// A map or list that the standard leaves open: kept as it was written.
using Bag = Node;
using MaybeBag = std::optional<Node>;

}  // namespace sluice::contract
