// Tables by the word for their format, for whoever lets users choose it: the table of a folder,
// whichever format it has, and columns as a format keeps them.
// Pure but for open_folder_table, which may load a module; safe from any thread.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/schema.h"
#include "sluice/storage/storage.h"
#include "sluice/table/parquet/parquet.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// The table whose root is the storage's root; both outlive it. `format` is "parquet", or one that
/// table/module.h loads. `parquet` is asked of a Parquet folder alone.
Result<std::unique_ptr<Table>> open_folder_table(std::string_view format,
                                                 engine::Connection& connection,
                                                 storage::Storage& storage,
                                                 const ParquetOptions& parquet = {});

/// The columns as a table of this format has them: JSON, at any depth, is text where a format has
/// none. True when a column was changed.
bool fit_format(std::string_view format, schema::Schema& columns);

}  // namespace sluice::table
