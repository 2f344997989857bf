// A running query as a stream of record batches, one a chunk (at most 2,048 rows). Holds its
// session, so that a stream that is dropped late is harmless; it is stopped by its context.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/engine/duckdb/column_internal.h"
#include "sluice/engine/duckdb/statement_internal.h"

namespace sluice::engine {

/// Starts the statement and reads the types of its result.
Result<ColumnStream> stream_query(std::shared_ptr<DuckSession> session, const Context& context,
                                  const plan::Statement& statement);

/// The columns that the query would give. Where a column's type depends on a parameter that has
/// none of its own, DuckDB is asked for no rows of the statement with its values.
Result<std::vector<DuckColumn>> describe_query(const DuckGuard& guard,
                                               const plan::Statement& statement);

}  // namespace sluice::engine
