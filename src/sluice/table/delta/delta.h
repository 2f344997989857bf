// A Delta table on a local disk. The kernel (bridge/) reads the log and commits, an engine that
// reads and writes local files and speaks DuckDB's SQL computes the files.
//
//   <ingest id>-<n>.parquet         data, written once under its name; in <column>=<value>/ when
//                                   partitioned. A file is the table's when the log names it.
//   _delta_log/<version>.json       the commit: a `txn` action holds its key, operationParameters
//                                   its receipt
//
// A commit holds on the version it was prepared on or not at all; every tenth is followed by a
// checkpoint. Tables of other writers are read, deletion vectors included, and written to; column
// mapping, and changed rows in a table with change data feed, are Unsupported.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// The table whose root is the storage's root, a local folder. `connection` and `storage` outlive
/// it.
Result<std::unique_ptr<Table>> make_delta_table(engine::Connection& connection,
                                                storage::Storage& storage);

/// Files of the newest version that do not lie below the root, a local folder: a log may name files
/// of another table, as a shallow clone's does. Empty where there is no table.
Result<std::vector<std::string>> find_delta_files_elsewhere(const std::string& root);

}  // namespace sluice::table
