// Writes and reads the data files of a Parquet folder: hidden until a commit names them; and the
// FROM item that gives rows with the file and row they stand in.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/storage/storage.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/rewrite.h"
#include "sluice/table/files/staged.h"
#include "sluice/table/parquet/manifest_internal.h"

namespace sluice::table::internal {

/// Staged files of the table's columns, flushed. DataRejected when a column that is never NULL has
/// one.
Result<std::vector<DataFile>> make_files(const Context& context, const FileCopy& copy,
                                         const schema::Schema& schema, const FileMaker& make);

/// Best effort.
void remove_staged(const Context& context, storage::Storage& storage,
                   const std::vector<DataFile>& files);

/// The table's columns with kFile and kRow, as a FROM item over the given files, which
/// `may_lack_columns`.
Result<std::string> render_rows(const schema::Schema& schema,
                                const std::vector<FileVersion::File>& files, bool may_lack_columns);

}  // namespace sluice::table::internal
