// A table in a DuckDB database. A commit is one transaction of the database: the rows, the table's
// next version in `_sluice_table` and the proof in `_sluice_ledger` become visible together. Both
// lie in the schema of the table; a table that was made by someone else is taken as it is and gets
// its entries with the first write.
//
// The version row is updated by every commit, so that of two transactions that began on one version
// DuckDB lets one commit; an UPDATE by plain SQL of a row that a commit updates is a Conflict too.
// The transaction is open between prepare and commit or abort: the connection does nothing else
// meanwhile. No primary key is declared in the database; uniqueness is checked where a write asks
// for it. Commits are remembered until `maintain` forgets those before its instant.
#pragma once

#include <memory>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// `connection` is one of an engine that speaks DuckDB's SQL and has transactions; it outlives the
/// table.
Result<std::unique_ptr<Table>> make_duckdb_table(engine::Connection& connection,
                                                 const plan::TableId& id);

}  // namespace sluice::table
