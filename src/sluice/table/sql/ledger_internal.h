// The two tables of ours beside the tables of a database: versions and commits. Every function
// works in the transaction that is open on its connection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/table.h"

namespace sluice::table::internal {

/// What stands in `_sluice_table` for one table.
struct VersionRow {
  std::int64_t version = 0;
  std::vector<plan::PartitionField> partition_by;
  sys_micros created_at;
  bool knows_key = false;  // there is a commit of the key that was asked for
};

/// Of one version: its own, and the last before the next version. Of the rows it is told how many.
struct Snapshots {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t rows = 0;
};

class Ledger {
 public:
  Ledger(engine::Connection& connection, const plan::TableId& table, bool has_primary_keys);

  /// Both tables exist afterwards.
  Status create(const Context& context);
  /// Entries of a table that is no more: one of its name that is made anew has had no commit.
  Status drop_table(const Context& context);
  /// The row of a new table, unless there is one.
  Status add_table(const Context& context, const std::vector<plan::PartitionField>& partition_by);

  /// Empty when there is no such row, or no such table as ours.
  Result<std::optional<VersionRow>> find_version(const Context& context, std::string_view key = {});
  Result<std::optional<StoredCommit>> find_commit(const Context& context, std::string_view key);

  /// Moves the table from `receipt.version` - 1 on and writes the commit down, with the number of
  /// rows that the table `counted` (quoted) has now. False: it is on another version.
  Result<bool> record(const Context& context, const Version& version, std::string_view fingerprint,
                      const Receipt& receipt, std::string_view counted);

  /// The newest version, or the newest that was committed before an instant; 0: none was.
  Result<std::int64_t> find_newest(const Context& context, std::optional<sys_micros> before);

  /// Forgets the commits before an instant of versions before `first_kept`, but that of the newest
  /// key of each stream; how many.
  Result<std::int64_t> forget(const Context& context, sys_micros older_than,
                              std::int64_t first_kept);

  /// The snapshots of the database in which a version was our newest; of version 0 the one before
  /// the first commit. Empty when the ledger does not know it any more.
  Result<std::optional<Snapshots>> find_snapshots(const Context& context, std::int64_t version);

  /// The newest snapshot of the lake `lake` from before an instant that is no commit of ours.
  Result<std::optional<std::int64_t>> find_snapshot_of_others(const Context& context,
                                                              std::string_view lake,
                                                              sys_micros instant);

  /// The oldest and the newest of the versions that can be read where snapshots before `snapshot`
  /// are gone.
  Result<std::optional<std::pair<std::int64_t, std::int64_t>>> find_versions_since(
      const Context& context, std::int64_t snapshot);

  /// Newest first. Of version 0, the rows are not known where others filled the table before us;
  /// `counted` (quoted) is the table.
  Result<std::vector<Version>> history(const Context& context, std::string_view counted);

 private:
  Result<std::optional<std::int64_t>> find_rows_before(const Context& context,
                                                       std::string_view counted);

  engine::Connection* connection_;
  bool has_primary_keys_;
  std::string name_;      // of the table, as stored
  std::string ledger_;    // quoted
  std::string versions_;  // quoted
};

}  // namespace sluice::table::internal
