// What stands in the columns of a relation: rows, NULLs, the least and the greatest value. Counted
// from the rows, so that it says the same of every format and trusts no footer. Speaks DuckDB's
// SQL. The values are data: show them only to who may see the rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::table {

struct ColumnStatistics {
  std::string name;
  std::string type;
  std::int64_t nulls = 0;
  /// About, by a sketch.
  std::int64_t distinct = 0;
  /// As text; none where all are NULL, and of lists, maps and structs.
  std::optional<std::string> min;
  std::optional<std::string> max;
};

struct TableStatistics {
  std::int64_t rows = 0;
  std::vector<ColumnStatistics> columns;
};

/// `relation` is a name, as it stands.
Result<TableStatistics> load_statistics(const Context& context, engine::Connection& connection,
                                        const std::string& relation);

}  // namespace sluice::table
