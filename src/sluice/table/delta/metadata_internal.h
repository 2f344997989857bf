// Changes of a Delta table's columns, and of what it says of itself: a commit of metadata alone,
// which the kernel has no door for. It is put as every commit is, under the next number and only if
// that is free.
#pragma once

#include <variant>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/evolution.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/log_internal.h"

namespace sluice::table::delta {

using MetadataChange = std::variant<Evolve, Describe>;

/// Unsupported: properties that turn on a feature with which the kernel makes tables that it does
/// not write. It is asked with a table that no one sees.
Status check_properties(const plan::CreateTable& create, const Properties& properties);

/// Unsupported: properties that change what the table's log must say of its features.
Status check_description(const Snapshot& snapshot, const Describe& told);

/// Columns that are added, and columns that may be NULL from now on; all else is Unsupported, and
/// so is a type or a table that needs a feature which the table does not declare.
Status check_changes(const Snapshot& snapshot, const std::vector<schema::Change>& changes);

/// Commits the change as the version after the snapshot's; `note.receipt.version` is that.
Result<CommitOutcome> commit_metadata(const Context& context, storage::Storage& storage,
                                      engine::Connection& connection, const Snapshot& snapshot,
                                      const MetadataChange& change, const Note& note);

}  // namespace sluice::table::delta
