// The small values that contracts are made of: literals, numbers and free-form maps; SQL texts have
// a header of their own. Numbers keep the text that was written beside the double, so that a
// decimal bound stays a decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/contract/diagnostic/span.h"
#include "sluice/contract/model/sql_text.h"
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

using MaybeSql = std::optional<SqlText>;

/// A map or list that the standard leaves open: kept as it was written.
using Bag = Node;
using MaybeBag = std::optional<Node>;

}  // namespace sluice::contract
