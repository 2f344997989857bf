// What one write does to a table, worked out by the engine before anything is touched: a temporary
// table with one row for every row that is inserted, updated or deleted, which names the row it
// replaces. A format then applies it in its own way: by row id, or by writing the files anew that
// hold a replaced row. Rows that stay as they are do not appear.
//
// Speaks DuckDB's SQL. The relation lives until drop_change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Column of a change: 'i' inserted, 'u' updated, 'c' an SCD2 version corrected by a row of the
/// same instant, 'd' deleted, 's' a row that update_only left out (not applied).
inline constexpr std::string_view kKind = "_sluice_kind";
/// Column of a change: 'b' a row of the batch, 'm' one that marks a row as deleted or a version
/// that a row of the batch ends so, 'k' a row that the batch lacks, 'w' one that the write makes.
inline constexpr std::string_view kRole = "_sluice_role";

struct ChangeRequest {
  const plan::Write* write = nullptr;
  /// Of the table; `target` and the batch have these columns in these types.
  schema::Schema table;
  std::vector<plan::PartitionField> partition_by;
  /// A FROM item with the table's columns, kFile and kRow.
  std::string target;
  Batch batch;
  CommitKey key;
};

struct Change {
  std::string relation;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t deleted = 0;
  /// Of `updated`: rows that are marked as deleted. A receipt counts them there.
  std::int64_t marked = 0;
};

/// For every mode but Append and Overwrite, which replace nothing row by row. Checks keys first:
/// NULL and repeated ones are DataRejected.
Result<Change> make_change(const Context& context, engine::Connection& connection,
                           const ChangeRequest& request);

/// Keys that Append must find neither twice in the batch nor in the table.
Status check_unique_key(const Context& context, engine::Connection& connection,
                        const ChangeRequest& request, const std::vector<std::string>& key);

void drop_change(const Context& context, engine::Connection& connection, const Change& change);

/// True when rows have to be compared with the table or counted before they are written.
bool needs_change(const plan::WriteMode& mode);

}  // namespace sluice::table
