// The SQL of DuckDB, which DuckLake shares.
#pragma once

#include "sluice/dialect/dialect.h"

namespace sluice::dialect {

const Dialect& duckdb_dialect();

}  // namespace sluice::dialect
