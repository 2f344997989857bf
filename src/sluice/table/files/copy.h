// Writes data files of a table through the engine: one COPY into new files with one name each,
// flushed before they are given. What a format does beyond (statistics, partition values, rows that
// must not hold NULL) it does in `inspect`, before the files are flushed.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"
#include "sluice/storage/storage.h"
#include "sluice/table/files/form.h"
#include "sluice/table/table.h"

namespace sluice::table {

using ColumnStats = plan::ColumnStats;
using dialect::quote_path;
using dialect::quote_paths;

struct NewFile : plan::FileStats {
  std::string path;  // below the table's folder, as it lies there

  /// Null when the writer says nothing of the column.
  const ColumnStats* find_column(std::string_view name) const;
};

/// What is put together is put together by bytes alone: else it were small for ever.
inline constexpr std::int64_t kAnyRows = std::numeric_limits<std::int64_t>::max();

/// How the files of one write are made.
struct FileCopy {
  engine::Connection* connection = nullptr;
  storage::Storage* storage = nullptr;
  std::vector<plan::PartitionField> partition_by;
  FileForm form;
  /// A file ends at about so many bytes or rows, whichever come first; those of a partition at
  /// half as many again at most.
  std::uint64_t file_bytes_max = std::uint64_t{128} << 20;
  std::int64_t file_rows_max = 5'000'000;
  /// Begins the name of every file; no other write has it.
  std::string stem;
  std::string extension = "parquet";
};

/// "<ingest id>-<random>".
std::string make_file_stem(const Context& context, const CommitKey& key);

/// Writes the rows of `select` (the table's columns) as files sorted by path and flushes them. On
/// an error nothing stays.
Result<std::vector<NewFile>> copy_files(
    const Context& context, const FileCopy& copy, const std::string& select,
    const std::function<Status(const std::vector<NewFile>& files)>& inspect);

/// The longest name of a folder: of a partition that is `<column>=<value>`, with %XX for signs that
/// cannot stand there.
inline constexpr std::size_t kFolderNameBytesMax = 255;

/// DataRejected: no folder can be named after a value of so many bytes, `escaped` with its signs.
Error make_long_partition_error(std::string_view column, std::size_t bytes, std::size_t escaped);

/// `error` of a statement that writes files; or which partition's folder has too long a name.
Error tell_long_partition(Error error);

/// DataRejected when a column that is never NULL has one in `files`, as far as their writer says.
Status check_never_null(const schema::Schema& schema, const std::vector<NewFile>& files);

/// DataRejected for `faults`, columns that are never NULL with their rows; success without any.
Status check_no_nulls(const std::vector<std::pair<std::string, std::int64_t>>& faults);

/// Best effort.
void remove_files(const Context& context, storage::Storage& storage,
                  const std::vector<std::string>& paths);

}  // namespace sluice::table
