// Changes of a Delta table's columns: a commit of metadata alone, which the kernel has no door for.
// It is put as every commit is, under the next number and only if that is free.
#pragma once

#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/evolution.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/log_internal.h"

namespace sluice::table::delta {

/// Columns that are added, and columns that may be NULL from now on; all else is Unsupported, and
/// so is a type or a table that needs a feature which the table does not declare.
Status check_changes(const Snapshot& snapshot, const std::vector<schema::Change>& changes);

/// Commits the changes as the version after the snapshot's; `note.receipt.version` is that.
Result<CommitOutcome> commit_changes(const Context& context, storage::Storage& storage,
                                     engine::Connection& connection, const Snapshot& snapshot,
                                     const std::vector<schema::Change>& changes, const Note& note);

}  // namespace sluice::table::delta
