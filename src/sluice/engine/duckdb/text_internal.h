// Functions of texts in DuckDB's SQL, by which dialect/duckdb spells the steps and casts of a
// pipeline. _sluice_trim, _sluice_ltrim and _sluice_rtrim take all white space of ASCII, where the
// engine's own know the blank alone.
//
// The others are quick and know the plain texts only, for which they agree with the engine; of any
// other text they are NULL, and the engine's own is to be asked: _sluice_lower and _sluice_upper
// (ASCII), _sluice_whole (a BIGINT of at most 18 digits), _sluice_number (a DOUBLE of at most 15),
// _sluice_day (a DATE written yyyy-mm-dd).
// _sluice_is_stamp says of any text whether the engine may read it as an instant: a year of four
// digits, then digits and their signs alone. Behind the name of a zone the engine would read texts
// without one in that zone.
#pragma once

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// Known to all connections of the database from here on.
Status register_text_functions(DuckSession& session);

}  // namespace sluice::engine
