// Arrow batches into a temporary table, or through a statement: one INSERT over a table function
// that reads them (feed_internal.h). Arrow data is lent, never given: what points into a batch is
// used up before the next one is asked for.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/arrow_stream.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// Makes or replaces the temporary relation `name`; how many rows came.
Result<std::int64_t> load_rows(const DuckGuard& guard, std::string_view name, ColumnStream rows);

/// Runs the statement over `rows`, which it reads once as the relation `name`; how many rows came.
/// It has no WITH of its own.
Result<std::int64_t> execute_over_rows(const DuckGuard& guard, const plan::Statement& statement,
                                       std::string_view name, ColumnStream rows);

/// The spelling of a column type in DuckDB's SQL.
std::string duckdb_type_text(const schema::LogicalType& type);

}  // namespace sluice::engine
