// Which files of a Parquet folder are small, and the removal of hidden ones that no one needs. The
// folder is listed before the log is read: a name that a writer gives in between is not looked at.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/storage/storage.h"
#include "sluice/table/parquet/log_internal.h"

namespace sluice::table::internal {

/// Staged files that are older and that no version names.
Result<Maintained> remove_uncommitted(const Context& context, storage::Storage& storage,
                                      ManifestLog& log, sys_micros older_than);

/// Of the folders (partitions) with two small files and more: these.
std::vector<DataFile> find_small_files(const std::vector<DataFile>& files,
                                       std::uint64_t file_bytes);

/// A staged file goes when it is older and no version names it; a replaced file when the version
/// that replaced it is older. What does not carry an ingest id is not ours and stays.
Result<Maintained> remove_unneeded(const Context& context, storage::Storage& storage,
                                   ManifestLog& log, sys_micros older_than);

}  // namespace sluice::table::internal
