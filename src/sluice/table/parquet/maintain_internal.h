// Removes the hidden data files of a Parquet folder that no one needs any more.
#pragma once

#include "sluice/storage/storage.h"
#include "sluice/table/parquet/log_internal.h"

namespace sluice::table::internal {

/// A staged file goes when it is older and no version names it; a replaced file when the version
/// that replaced it is older. What does not carry an ingest id is not ours and stays.
Result<Maintained> remove_unneeded(const Context& context, storage::Storage& storage,
                                   ManifestLog& log, const ManifestState& state,
                                   sys_micros older_than);

}  // namespace sluice::table::internal
