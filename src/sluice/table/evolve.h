// What changes of columns make of a schema, the same for every format: each column of the new one,
// and which column of the old one its values come from; and what a table says of itself after it
// was told otherwise. Pure; a format then says what of it it can carry out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/schema/schema.h"
#include "sluice/table/table.h"

namespace sluice::table {

struct Evolved {
  schema::Schema schema;
  /// Of each column of it, the column of the old schema; empty where it is new and NULL.
  std::vector<std::string> from;
  /// Columns that must not hold a NULL from now on.
  std::vector<std::string> newly_required;
  /// Values of the old files stand under another name, in another type or not at all.
  bool changes_files = false;
  bool adds_columns = false;
};

/// InvalidArgument: a column that is not there, or there already; a new column that may not be NULL
/// while there are rows without it; names that are reserved. Unsupported: values that another type
/// may not hold, and changes of columns that the table is cut or ordered by.
Result<Evolved> evolve_schema(const schema::Schema& before,
                              const std::vector<schema::Change>& changes,
                              const std::vector<std::string>& layout_columns);

/// Puts properties and comments into a state. InvalidArgument: a comment of no column.
Status apply_description(TableState& state, const Describe& told);

/// A change that a format does not make, and what to do in its place.
Error cannot_evolve(std::string_view format, const schema::Change& change);

}  // namespace sluice::table
