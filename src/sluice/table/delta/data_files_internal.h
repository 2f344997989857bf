// Writes and reads the data files of a Delta table through the engine: COPY into flushed files
// under their last names, with the statistics that the log keeps, and the FROM item that gives rows
// with the file and row they stand in, partition values and deletion vectors applied.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/log_internal.h"

namespace sluice::table::delta {

/// What one COPY needs to know of its table.
struct FileWriter {
  engine::Connection* connection = nullptr;
  storage::Storage* storage = nullptr;
  const TableState* state = nullptr;
  /// Begins the name of every file; no other write has it.
  std::string stem;
};

/// Writes the rows of `select` (the table's columns) as files that the log does not name yet, and
/// flushes them. On an error nothing stays. DataRejected when a column that is never NULL has one.
Result<std::vector<AddedFile>> write_files(const Context& context, const FileWriter& writer,
                                           const std::string& select);

/// Best effort.
void remove_added(const Context& context, storage::Storage& storage,
                  const std::vector<AddedFile>& files);

/// A file of the table's version.
struct LiveFile {
  std::string path;   // as the log has it
  std::string place;  // as the engine opens it, and kFile holds it
  std::int64_t rows = 0;
};

/// The files of one version, in a temporary relation as long as it is needed.
struct LiveFiles {
  std::string relation;
  std::vector<LiveFile> files;
  bool has_deleted = false;
  std::int64_t rows = 0;
};

Result<LiveFiles> load_live_files(const Context& context, engine::Connection& connection,
                                  const Snapshot& snapshot, const std::string& relation);

/// Best effort.
void drop_live_files(const Context& context, engine::Connection& connection,
                     const LiveFiles& files);

/// The table's columns with kFile and kRow, as a FROM item over `chosen` of the files.
Result<std::string> render_rows(const TableState& state, const LiveFiles& files,
                                const std::vector<LiveFile>& chosen);

}  // namespace sluice::table::delta
