// Removes the files of a Delta table that no version needs. What is needed is known by its path in
// the log, relative to the root: links on the way to the root change nothing. While a file of the
// newest version is not found where the log has it, nothing is removed.
#pragma once

#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/table.h"

namespace sluice::table::delta {

/// Of `objects`, listed before the snapshot was read: what is committed meanwhile is then needed,
/// never taken for an orphan.
struct Cleaning {
  std::vector<storage::ObjectInfo> objects;
  /// A file that was replaced from then on stays.
  sys_micros replaced_before;
  /// A file that was last changed from then on stays.
  sys_micros older_than;
};

/// Files of no version of the log, and files that were replaced before an instant.
Result<Maintained> remove_unneeded_files(const Context& context, storage::Storage& storage,
                                         engine::Connection& connection, const Snapshot& snapshot,
                                         const Cleaning& cleaning);

}  // namespace sluice::table::delta
