// What a Delta table cannot be or take, told before anything is written: columns and partitions of
// a new one, a folder that holds something else, and writes to one with features that the kernel
// does not commit. Each error names what it is about and what to do instead.
#pragma once

#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/table.h"

namespace sluice::table::delta {

Status check_layout(const plan::CreateTable& create);

/// Of a table that is not there: its folder and its properties.
Status check_new(const Context& context, storage::Storage& storage, const plan::CreateTable& create,
                 const Properties& properties);

/// What the kernel does not commit is refused before a file is written.
Status check_operation(const Snapshot& snapshot, std::string_view operation);

/// Rows may fall into any partition: one by a type that a new table is not partitioned by would be
/// written as other programs do not read it.
Status check_partitions(const Snapshot& snapshot);

/// A numbered key into a table that forgets keys while a stream is quiet: its newest batch would be
/// written again.
Status check_retention(const Snapshot& snapshot, std::string_view key);

/// A column with a default that the write does not bring: its rows would hold NULL there.
Status check_defaults(const Snapshot& snapshot, const plan::Write& write);

}  // namespace sluice::table::delta
