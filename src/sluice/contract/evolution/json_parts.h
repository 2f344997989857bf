// JSON in the columns of rows, at any depth, as a table takes it: as what the table has where a
// part of a column has no value in a batch and so was read as JSON, since its type says nothing
// then. Where its format has no JSON, table/open/folder_table.h has the columns.
// Pure values; nothing is read here.
#pragma once

#include <optional>
#include <string>

#include "sluice/schema/schema.h"

namespace sluice::contract {

/// A column that has the table's type but for JSON parts, where the table has something else.
struct UntoldParts {
  /// With the table's types there.
  schema::LogicalType type;
  /// SQL over the row: TRUE where one of those parts has a value.
  std::string has_value;
};
/// Empty: it has no such part, or differs from the table elsewhere, too.
std::optional<UntoldParts> find_untold_parts(const schema::Field& column,
                                             const schema::LogicalType& stored);

}  // namespace sluice::contract
