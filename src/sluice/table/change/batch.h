// The rows of one write as a relation of the engine that computes it: all columns of the table in
// the table's types, NULL where the write brings none, `_ingest_id` stamped when the table has it
// and the write does not. Names of temporary relations carry the end of the ingest id, so that
// several writes may share a connection.
//
// Speaks DuckDB's SQL. Owns the temporary relations until drop_batch.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/table/table.h"

namespace sluice::table {

struct Batch {
  /// The table's columns as a FROM item.
  std::string from;
  /// Temporary view of the same, with the position kPosition; empty for rows that are read once.
  std::string relation;
  /// Temporary table of ours below it; empty when the rows stand in the caller's relation.
  std::string rows_table;
  /// The table's columns that the write brings.
  std::vector<std::string> written;
  /// False: rows are read for the first time while they are written, and counted there.
  bool counted = false;
  std::int64_t rows = 0;
};

/// Column of the batch: the row's place in the source, from 0.
inline constexpr std::string_view kPosition = "_sluice_position";
/// Column of a target and a change: which file and which row of it is meant.
inline constexpr std::string_view kFile = "_sluice_file";
inline constexpr std::string_view kRow = "_sluice_row";
/// Names that begin so are ours; a table has no such column.
inline constexpr std::string_view kReservedPrefix = "_sluice_";
inline constexpr std::string_view kIngestIdColumn = "_ingest_id";

/// True for columns that say where a row came from; a change of theirs alone changes no row.
bool is_system_column(std::string_view name);

/// Every written column is one of the table's and fits its type; what is not written may be NULL.
/// InvalidArgument names all columns at fault. A write without rows fits always.
Status check_fit(const plan::Write& write, const schema::Schema& table);

/// A temporary name for this write: "_sluice_<role>_<end of the ingest id>".
std::string temporary_name(std::string_view role, const CommitKey& key);

/// `once`: the rows are read a single time by the statement that writes them, so a Relation and
/// StagedFiles are not copied first, and there is no view.
Result<Batch> load_batch(const Context& context, engine::Connection& connection,
                         const plan::Write& write, ColumnStream rows, const schema::Schema& table,
                         const CommitKey& key, bool once);

/// True when the rows of a write can go through `insert_stream`: a stream that is read once.
bool is_stream(const plan::Write& write, bool once);

/// Puts a stream of rows into `target` (a quoted name) as they come; how many they were. In parts:
/// a transaction around it makes them one.
Result<std::int64_t> insert_stream(const Context& context, engine::Connection& connection,
                                   const plan::Write& write, ColumnStream rows,
                                   const schema::Schema& table, const std::string& target,
                                   const CommitKey& key);

/// Best effort: what stays is temporary.
void drop_batch(const Context& context, engine::Connection& connection, const Batch& batch);

}  // namespace sluice::table
