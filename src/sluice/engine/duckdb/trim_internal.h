// Trims of all white space of ASCII, as functions of DuckDB's SQL: _sluice_trim, _sluice_ltrim and
// _sluice_rtrim, by which dialect/duckdb spells the steps of a pipeline.
#pragma once

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// Known to all connections of the database from here on.
Status register_trims(DuckSession& session);

}  // namespace sluice::engine
