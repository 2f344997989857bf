// Arrow batches into a temporary table, or through a statement: DuckDB's own conversion, slice by
// slice of one vector's size, then its appender. Arrow data is lent, never given: a slice borrows
// the batch's buffers and is gone before the batch is.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/arrow_stream.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// Makes or replaces the temporary relation `name`; how many rows came.
Result<std::int64_t> load_rows(const DuckGuard& guard, std::string_view name, ColumnStream rows);

/// Runs the statement over parts of `rows`, each as the relation `name`; how many rows came.
Result<std::int64_t> execute_over_rows(const DuckGuard& guard, const plan::Statement& statement,
                                       std::string_view name, ColumnStream rows);

/// The spelling of a column type in DuckDB's SQL.
std::string duckdb_type_text(const schema::LogicalType& type);

}  // namespace sluice::engine
