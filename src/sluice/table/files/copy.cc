#include "sluice/table/files/copy.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/files/written_internal.h"

namespace sluice::table {
namespace {

using dialect::quote_literal;

/// What the engine puts into a row group.
constexpr std::int64_t kRowsOfGroup = 122'880;

/// Into `folder`, below the table's.
std::string render_copy(const FileCopy& copy, const std::string& select, std::string_view folder) {
  std::vector<std::string> order;
  std::string layout = fmt::format("FILE_SIZE_BYTES {}, ROW_GROUPS_PER_FILE {}",
                                   copy.file_bytes_max, copy.file_rows_max / kRowsOfGroup);
  if (!copy.partition_by.empty()) {
    std::vector<std::string> columns;
    for (const plan::PartitionField& field : copy.partition_by) {
      columns.push_back(field.column);
    }
    layout = fmt::format("PARTITION_BY ({}), WRITE_PARTITION_COLUMNS true",
                         dialect::quote_columns(columns));
    order = std::move(columns);  // else a row group is of many parts of the order
  }
  order.insert(order.end(), copy.form.sort_by.begin(), copy.form.sort_by.end());
  return fmt::format(
      "COPY (SELECT * FROM ({}){}) TO {} (FORMAT parquet, {}, {}, OVERWRITE_OR_IGNORE "
      "true, FILENAME_PATTERN {}, FILE_EXTENSION {}, RETURN_STATS true)",
      select,
      copy.form.sort_by.empty() ? "" : fmt::format(" ORDER BY {}", dialect::quote_columns(order)),
      quote_literal(copy.storage->uri(folder)), dialect::render_codec(copy.form.codec), layout,
      quote_literal(copy.stem + "-{i}"), quote_literal(copy.extension));
}

/// What a COPY that failed may have left.
void remove_stem(const Context& context, const FileCopy& copy) {
  const auto found = copy.storage->list(context, "");
  if (!found.has_value()) {
    return;
  }
  for (const storage::ObjectInfo& info : *found) {
    const std::size_t slash = info.path.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    if (std::string_view(info.path).substr(name).starts_with(copy.stem)) {
      static_cast<void>(copy.storage->remove(context, info.path));
    }
  }
}

/// The engine has one folder for rows without a value and for the text that stands for them there,
/// and the file of one partition takes the place of the other's.
Status check_folders(const std::vector<NewFile>& files) {
  const auto twice = std::ranges::adjacent_find(files, {}, &NewFile::path);
  if (twice == files.end()) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("rows of two partitions would lie in one file: '{}'", twice->path))
      .with_hint(
          "rows without a value lie under __HIVE_DEFAULT_PARTITION__: give rows with that text "
          "another value");
}

bool is_large(const FileCopy& copy, const NewFile& file) {
  const auto is_half_over = [](std::int64_t size, std::uint64_t most) {
    return static_cast<std::uint64_t>(size) / 3 > most / 2;
  };
  return is_half_over(file.bytes, copy.file_bytes_max) ||
         is_half_over(file.rows, static_cast<std::uint64_t>(copy.file_rows_max));
}

/// The engine ends no file of a partition before its last row: a large one is written once more.
Status cut_large_files(const Context& context, const FileCopy& copy, std::vector<NewFile>& files) {
  std::vector<NewFile> cut;
  for (NewFile& file : files) {
    if (!is_large(copy, file)) {
      cut.push_back(std::move(file));
      continue;
    }
    FileCopy parts = copy;
    parts.partition_by.clear();
    parts.stem += fmt::format("-{}", cut.size());
    const std::string rows =
        fmt::format("SELECT * FROM read_parquet([{}], hive_partitioning = false)",
                    quote_path(copy.storage->uri(file.path)));
    const std::string folder = file.path.substr(0, file.path.rfind('/'));
    SLUICE_TRY(std::vector<NewFile> made,
               internal::find_written(context, *copy.connection, render_copy(parts, rows, folder),
                                      copy.storage->uri("")));
    SLUICE_CHECK(copy.storage->remove(context, file.path));
    std::ranges::move(made, std::back_inserter(cut));
  }
  std::ranges::sort(cut, {}, &NewFile::path);
  files = std::move(cut);
  return {};
}

Result<std::vector<NewFile>> copy_and_flush(
    const Context& context, const FileCopy& copy, const std::string& select,
    const std::function<Status(const std::vector<NewFile>&)>& inspect) {
  SLUICE_CHECK(copy.storage->prepare_folder(context, copy.stem));
  auto written = internal::find_written(context, *copy.connection, render_copy(copy, select, ""),
                                        copy.storage->uri(""));
  if (!written.has_value()) {
    return tell_long_partition(std::move(written).error()).with_context("writing data files");
  }
  std::vector<NewFile> files = *std::move(written);
  SLUICE_CHECK(check_folders(files));
  if (!copy.partition_by.empty()) {
    if (Status cut = cut_large_files(context, copy, files); !cut.has_value()) {
      return std::move(cut).error().with_context("writing data files");
    }
  }
  for (const NewFile& file : files) {
    if (file.rows == 0) {
      SLUICE_CHECK(copy.storage->remove(context, file.path));
    }
  }
  std::erase_if(files, [](const NewFile& file) { return file.rows == 0; });
  SLUICE_CHECK(inspect(files));
  for (const NewFile& file : files) {
    SLUICE_CHECK(copy.storage->publish(context, file.path, file.path));
  }
  return files;
}

}  // namespace

const ColumnStats* NewFile::find_column(std::string_view name) const {
  const auto found = columns.find(dialect::quote_identifier(name));
  return found == columns.end() ? nullptr : &found->second;
}

std::string make_file_stem(const Context& context, const CommitKey& key) {
  std::array<std::uint8_t, 4> bytes{};
  context.random->fill(bytes);
  return fmt::format("{}-{:02x}", to_string(key.ingest_id), fmt::join(bytes, ""));
}

Result<std::vector<NewFile>> copy_files(
    const Context& context, const FileCopy& copy, const std::string& select,
    const std::function<Status(const std::vector<NewFile>& files)>& inspect) {
  auto files = copy_and_flush(context, copy, select, inspect);
  if (!files.has_value()) {
    Context unstoppable = context;
    unstoppable.stop = {};
    unstoppable.deadline.reset();
    remove_stem(unstoppable, copy);
  }
  return files;
}

Error make_long_partition_error(std::string_view column, std::size_t bytes, std::size_t escaped) {
  const std::size_t rest = kFolderNameBytesMax - std::min(kFolderNameBytesMax, column.size() + 1);
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a value is too long to name the folder of its partition: {} "
                                "bytes, {} with its signs escaped, where {} fit behind the column "
                                "'{}'",
                                bytes, escaped, rest, column))
      .with_hint(
          fmt::format("partition by a shorter column (a code, a digest), or refuse such rows "
                      "by a rule (max_length: {})",
                      rest));
}

Error tell_long_partition(Error error) {
  const std::string_view native = error.native;
  const std::size_t end = native.find("\": File name too long");
  if (end == std::string_view::npos) {
    return error;
  }
  const std::string_view path = native.substr(0, end);
  const std::string_view folder = path.substr(path.rfind('/') + 1);
  const std::size_t equals = folder.find('=');
  if (equals == std::string_view::npos || folder.size() <= kFolderNameBytesMax) {
    return error;
  }
  const std::string_view value = folder.substr(equals + 1);
  const auto escapes = static_cast<std::size_t>(std::ranges::count(value, '%'));
  Error told =
      make_long_partition_error(folder.substr(0, equals), value.size() - 2 * escapes, value.size());
  told.context = std::move(error.context);
  return told;
}

Status check_never_null(const schema::Schema& schema, const std::vector<NewFile>& files) {
  std::vector<std::pair<std::string, std::int64_t>> faults;
  for (const schema::Field& field : schema.fields) {
    std::int64_t nulls = 0;
    for (const NewFile& file : files) {
      const ColumnStats* column = file.find_column(field.name);
      nulls += column == nullptr ? 0 : column->nulls.value_or(0);
    }
    if (!field.nullable && nulls > 0) {
      faults.emplace_back(field.name, nulls);
    }
  }
  return check_no_nulls(faults);
}

Status check_no_nulls(const std::vector<std::pair<std::string, std::int64_t>>& faults) {
  std::string named;
  for (const auto& [column, rows] : faults) {
    named += fmt::format("{}{} rows without '{}'", named.empty() ? "" : ", ", rows, column);
  }
  if (named.empty()) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a column of the table is never NULL: {}", named))
      .with_hint("Quarantine or mend these rows before the write.");
}

void remove_files(const Context& context, storage::Storage& storage,
                  const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (const Status removed = storage.remove(context, path); !removed.has_value()) {
      context.say(LogLevel::Warning, fmt::format("a file that is not needed stays until the table "
                                                 "is cleaned: {}",
                                                 to_string(removed.error())));
    }
  }
}

}  // namespace sluice::table
