// The manifests of one Parquet folder as a log: finds its newest version, appends one entry by
// put-if-absent, and brings the names of the data files in line with it. Remembers what it has
// read; used by one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/storage/storage.h"
#include "sluice/table/parquet/manifest_internal.h"

namespace sluice::table::internal {

/// "region=EU/x.parquet" -> "region=EU/_x.parquet.staged" and "region=EU/_x.parquet.removed".
std::string staged_name(std::string_view path);
std::string removed_name(std::string_view path);
/// "region=EU/_x.parquet.staged" -> "region=EU/x.parquet"; empty for other names.
std::string visible_name(std::string_view staged);

class ManifestLog {
 public:
  /// `storage` outlives the log.
  explicit ManifestLog(storage::Storage& storage) : storage_(&storage) {}

  /// Reads up to the newest version; nullptr when there is no table. Names of data files are as
  /// the newest version says afterwards.
  Result<const ManifestState*> find(const Context& context);
  /// As find; NotFound when there is no table.
  Result<const ManifestState*> load(const Context& context);

  /// Makes version 0. AlreadyExists when there is a table.
  Status create(const Context& context, ManifestState state);

  /// Takes `state` for version 0 until append makes it, or another writer has made one.
  void create_at_append(ManifestState state);

  /// Commits `entry` as the version after the one that was read last. Committed keys older than
  /// `forget_before` are left out of a checkpoint. A Conflict when files of the entry are gone
  /// before it is put; Corrupt when they went at that moment, and the version lacks them. Any other
  /// Error means that nothing is visible.
  Result<CommitOutcome> append(const Context& context, const Entry& entry,
                               sys_micros forget_before);

  /// The table at an older version; NotFound when its manifests are gone.
  Result<ManifestState> load_past(const Context& context, std::int64_t version);

  /// One stored entry; empty when there is none.
  Result<std::optional<ParsedEntry>> find_entry(const Context& context, std::int64_t version);

 private:
  Result<std::int64_t> find_start(const Context& context);
  Status read_on(const Context& context);
  /// `missing`: the first that is not there.
  Status check_end(const Context& context, std::int64_t missing);
  Result<bool> make_first(const Context& context);
  Status show_and_hide(const Context& context, const Entry& entry);
  Status check_there(const std::vector<DataFile>& files,
                     std::string (*name_of)(std::string_view)) const;
  Status check_not_lost(const Context& context, const Entry& entry);
  Result<CommitOutcome> settle_taken(const Context& context, const Entry& entry);
  void write_hint(const Context& context, std::int64_t version);

  storage::Storage* storage_;
  std::optional<ManifestState> state_;
  bool is_unmade_ = false;           // state_ is of a version 0 that append makes
  std::int64_t shown_version_ = -1;  // names are known to be in line with it
};

}  // namespace sluice::table::internal
