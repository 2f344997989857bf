// A table that is a folder of Parquet files: every reader of Parquet reads it, and its manifests
// make writing it as safe as a log does for other formats.
//
//   <ingest id>-<n>.parquet              data; below <column>=<value>/ when partitioned
//   _<ingest id>-<n>.parquet.staged      written and flushed, not committed or not yet shown
//   _<ingest id>-<n>.parquet.removed     replaced by a later version, kept until maintain
//   _sluice/manifest/<version>.json      put-if-absent: the commit, and the proof of it
//   _sluice/manifest/checkpoint.json     a hint: where to begin reading
//
// A commit is the manifest entry, nothing else; the renames that then show and hide files are
// finished by whoever opens the table next. A reader of the manifest (find_parquet_files) sees
// whole versions. A reader that globs sees an append of one file at once; of several files, a merge
// or an overwrite it may see a part while the renames last, never an old row beside its successor.
// Data is computed by an engine that reads and writes local files and speaks DuckDB's SQL.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::table {

struct ParquetOptions {
  /// A write begins another file when one has about this size. At least 1 MiB. Partitioned tables
  /// have one file a partition and thread.
  std::uint64_t file_bytes_max = std::uint64_t{128} << 20;

  /// How long a commit key is remembered; the last key of a numbered stream is never forgotten. At
  /// least one hour: a write that is repeated later than this is done again.
  std::chrono::hours key_ttl{24};
};
Status validate(const ParquetOptions& options);

/// The table whose root is the storage's root. `connection` and `storage` outlive it.
Result<std::unique_ptr<Table>> make_parquet_table(engine::Connection& connection,
                                                  storage::Storage& storage,
                                                  const ParquetOptions& options = {});

/// The files of the newest version, as an engine opens them. NotFound when there is no table. A
/// file may be replaced before it is opened: ask again when one is gone.
Result<std::vector<std::string>> find_parquet_files(const Context& context,
                                                    storage::Storage& storage);

}  // namespace sluice::table
