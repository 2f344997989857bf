// How many of whole numbers repeat one that came before, as an aggregate of DuckDB's SQL:
// _sluice_repeats(BIGINT). Numbers that lie near each other, as keys do, cost it a bit each where a
// GROUP BY keeps a row for each; of others it gives NULL, and a GROUP BY has to tell.
#pragma once

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// Known to all connections of the database from here on.
Status register_repeats(DuckSession& session);

}  // namespace sluice::engine
