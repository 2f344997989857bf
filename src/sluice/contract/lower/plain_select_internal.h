// A SELECT whose columns can be told apart by words alone: one list of expressions over relations
// that are joined by name. What is more than that (subqueries, set operations, renamed columns) is
// none, and a contract that masks refuses it. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/contract/transform/sql_shape.h"

namespace sluice::contract::internal {

struct PlainSelect {
  std::string list;                    // what stands between SELECT and FROM
  std::vector<std::string> relations;  // lower case, as named after FROM and JOIN
  std::vector<std::string> names;      // the same with their aliases: each alone is a whole row
};

std::optional<PlainSelect> parse_plain_select(const std::string& text);

/// `*` or `name.*`, also with EXCLUDE: columns that keep their names.
bool is_star(std::string_view expression);

}  // namespace sluice::contract::internal
