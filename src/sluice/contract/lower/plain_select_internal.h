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

/// One item of the list, or one of a star's REPLACE or RENAME.
struct SelectItem {
  std::string column;      // empty: a name that only the engine knows
  std::string expression;  // what it is made of; of a star what stands before `.*`
  bool is_star = false;    // columns that keep their names: bare or with EXCLUDE
};

/// The items of a list. What is not understood is an item without a column, and the name that it
/// may have is another item, so that what it reads is known of both.
std::vector<SelectItem> select_items(std::string_view list);

/// Of each item of the list that gives a SELECT's result the column that it names, empty where the
/// engine alone knows; nothing of several SELECTs put together.
std::vector<std::string> listed_columns(std::string_view query);

/// Words, in lower case, that the engine reads as no column where they stand without quotes and
/// without a relation in front.
bool is_sql_keyword(std::string_view word);

}  // namespace sluice::contract::internal
