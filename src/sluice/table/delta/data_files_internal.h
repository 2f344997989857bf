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
#include "sluice/table/files/copy.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/files/rewrite.h"
#include "sluice/table/files/staged.h"

namespace sluice::table::delta {

/// Files of the table's columns that the log does not name yet, flushed. DataRejected when a column
/// that is never NULL, or a part of one, has one.
Result<std::vector<AddedFile>> make_files(const Context& context, const FileCopy& copy,
                                          const Snapshot& snapshot, const FileMaker& make);

/// Best effort.
void remove_added(const Context& context, storage::Storage& storage,
                  const std::vector<AddedFile>& files);

/// Where they lie, with their sizes.
std::vector<FilePlace> places_of(const storage::Storage& storage,
                                 const std::vector<AddedFile>& files);

/// The files of one version, in a temporary relation as long as it is needed; an empty name: none
/// was asked for, and only `rows` is known.
struct LiveFiles {
  std::string relation;
  std::vector<FileVersion::File> files;
  bool has_deleted = false;
  /// Without those of `uncounted`.
  std::int64_t rows = 0;
  /// Places of the files of which the log does not say how many rows they have.
  std::vector<std::string> uncounted;
};

Result<LiveFiles> load_live_files(const Context& context, engine::Connection& connection,
                                  const Snapshot& snapshot, const std::string& relation);

/// load_live_files, and the rows of all of them: the files say what the log does not. `root` names
/// the table.
Result<LiveFiles> load_counted_files(const Context& context, engine::Connection& connection,
                                     const Snapshot& snapshot, const std::string& relation,
                                     const std::string& root);

/// Files below half of `file_bytes` that are not alone in their partition, and files with deleted
/// rows.
Result<std::vector<FileVersion::File>> find_small_files(const Context& context,
                                                        engine::Connection& connection,
                                                        const TableState& state,
                                                        const LiveFiles& files,
                                                        std::uint64_t file_bytes);

/// Best effort.
void drop_live_files(const Context& context, engine::Connection& connection,
                     const LiveFiles& files);

/// The table's columns with kFile and kRow, as a FROM item over `chosen` of the files.
Result<std::string> render_rows(const TableState& state, const LiveFiles& files,
                                const std::vector<FileVersion::File>& chosen);

}  // namespace sluice::table::delta
