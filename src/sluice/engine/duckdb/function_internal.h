// Functions of this process in DuckDB's SQL.
#pragma once

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

/// Known to all connections of the database from here on.
Status register_function(DuckSession& session, TextFunction function);

}  // namespace sluice::engine
