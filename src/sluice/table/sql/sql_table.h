// A table of a database that an engine reaches by SQL: what the DuckDB table and the DuckLake table
// have in common, which is all but how the database is opened. A commit is one transaction: the
// rows, the table's next version in `_sluice_table` and the proof in `_sluice_ledger` become
// visible together. Both lie in the schema of the table; a table that someone else made is taken
// as it is and gets its entries with the first write.
//
// The transaction is open between prepare and commit or abort: the connection does nothing else
// meanwhile. Every commit moves the version on from the one that it saw, and the database refuses
// the second of two transactions that do so. A failed commit is looked up before anything is said
// of it. No primary key is declared for rows; uniqueness is checked where a write asks for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// One table, and in what its database differs from others.
struct SqlTable {
  plan::TableId id;
  TableDescription description;
  /// Primary keys are kept by the database; where not, the version alone keeps entries apart.
  bool has_primary_keys = false;
  /// `ALTER TABLE ... SET PARTITIONED BY` lays the rows out.
  bool has_partitions = false;
  /// Queries of one number, with '{}' for the instant before which files are old: each removes
  /// files that no version names and counts them.
  std::vector<std::string> sweeps;
};

/// `connection` is one of an engine that speaks DuckDB's SQL and has transactions; it outlives the
/// table.
Result<std::unique_ptr<Table>> make_sql_table(engine::Connection& connection, SqlTable table);

}  // namespace sluice::table
