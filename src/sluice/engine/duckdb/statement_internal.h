// One text with its parameters on its way into DuckDB: split into statements, prepared, bound,
// started. A text of several statements runs in order and gives the result of the last; it takes no
// parameters, since one could not say whose they are.
#pragma once

#include <memory>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/handle_internal.h"
#include "sluice/plan/statement.h"

namespace sluice::engine {

/// The last statement of the text, prepared and bound; the ones before it have run.
Result<DuckPrepared> prepare_last(const DuckGuard& guard, const plan::Statement& statement);

/// As prepare_last, but refuses a text of several statements: nothing runs.
Result<DuckPrepared> prepare_only(const DuckGuard& guard, const plan::Statement& statement);

/// Runs it and drops what it gives.
Status run_to_end(const DuckGuard& guard, const DuckPrepared& prepared, const std::string& sql);

/// Starts it; a SELECT's rows come as they are computed.
Result<DuckResult> start_prepared(const DuckGuard& guard, const DuckPrepared& prepared,
                                  const std::string& sql);

/// The next rows of a result; a chunk without a handle at its end.
Result<DuckChunk> fetch_chunk(const DuckGuard& guard, DuckResult& result, const std::string& sql);

/// Binds value `index` (from 1).
Status bind_value(duckdb_prepared_statement prepared, idx_t index, const plan::Value& value);

}  // namespace sluice::engine
