// One read, as the typed door and `sluice query` describe it: from what, which rows and columns, in
// which order. A plain value that a dialect renders and an engine runs; nothing is looked up and
// nothing is opened to make one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sluice/plan/expr.h"
#include "sluice/plan/statement.h"
#include "sluice/plan/table_id.h"

namespace sluice::plan {

struct OrderBy {
  Expr by;
  bool descending = false;
  friend bool operator==(const OrderBy&, const OrderBy&) = default;
};

struct Read {
  std::variant<TableId, Statement> from;
  std::vector<std::string> columns;  // empty: all
  std::optional<Expr> where;
  std::vector<OrderBy> order_by;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
  friend bool operator==(const Read&, const Read&) = default;
};

std::string to_string(const Read& read);

}  // namespace sluice::plan
