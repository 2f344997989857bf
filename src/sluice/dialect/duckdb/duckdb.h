// The SQL of DuckDB, which DuckLake shares. One immutable table of spellings with static lifetime,
// safe from any thread. What is said here is only what differs; expressions, SELECT and quoting are
// rendered in dialect/.
#pragma once

#include "sluice/dialect/dialect.h"

namespace sluice::dialect {

const Dialect& duckdb_dialect();

/// An aggregate: how often a value of the column came again, a NULL aside. NULL itself where the
/// values lie too far from each other; empty for a column that is no whole number.
std::string render_repeats(const schema::Field& column);

}  // namespace sluice::dialect
