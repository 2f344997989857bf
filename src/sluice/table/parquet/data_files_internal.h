// Writes and reads the data files of a Parquet folder through the engine: COPY into hidden, flushed
// files with one name each, and the FROM item that gives rows with the file and row they stand in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/parquet/manifest_internal.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table::internal {

/// What one COPY needs to know of its table.
struct FileWriter {
  engine::Connection* connection = nullptr;
  storage::Storage* storage = nullptr;
  const ManifestState* state = nullptr;
  ParquetOptions options;
  /// Begins the name of every file; no other write has it.
  std::string stem;
};

/// Writes the rows of `select` (the table's columns) as staged files and flushes them. On an error
/// nothing stays. DataRejected when a column that is never NULL has one.
Result<std::vector<DataFile>> write_files(const Context& context, const FileWriter& writer,
                                          const std::string& select);

/// Best effort.
void remove_staged(const Context& context, storage::Storage& storage,
                   const std::vector<DataFile>& files);

/// The table's columns with kFile and kRow, as a FROM item over the given files.
Result<std::string> render_rows(const storage::Storage& storage, const schema::Schema& schema,
                                const std::vector<std::string>& paths);

/// What kFile holds for a file of the table.
std::string file_value(const storage::Storage& storage, std::string_view path);

/// A path as an engine that expands patterns opens it: literally.
std::string quote_path(std::string_view path);

}  // namespace sluice::table::internal
