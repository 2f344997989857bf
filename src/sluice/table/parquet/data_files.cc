#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/parquet/data_files_internal.h"
#include "sluice/table/parquet/log_internal.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::Zstd: return "zstd";
    case Codec::Snappy: return "snappy";
    case Codec::Gzip: return "gzip";
    case Codec::None: return "uncompressed";
  }
  return "zstd";
}

std::string render_copy(const FileWriter& writer, const std::string& select) {
  const ManifestState& state = *writer.state;
  std::string layout = fmt::format("FILE_SIZE_BYTES {}", writer.options.file_bytes_max);
  if (!state.table.partition_by.empty()) {
    std::string columns;
    for (const plan::PartitionField& field : state.table.partition_by) {
      columns += (columns.empty() ? "" : ", ") + quote_identifier(field.column);
    }
    layout = fmt::format("PARTITION_BY ({}), WRITE_PARTITION_COLUMNS true", columns);
  }
  const std::string order =
      state.sort_by.empty() ? ""
                            : fmt::format(" ORDER BY {}", dialect::quote_columns(state.sort_by));
  return fmt::format(
      "COPY (SELECT * FROM ({}){}) TO {} (FORMAT parquet, COMPRESSION {}, {}, OVERWRITE_OR_IGNORE "
      "true, FILENAME_PATTERN {}, FILE_EXTENSION 'parquet.staged', RETURN_STATS true)",
      select, order, quote_literal(writer.storage->uri("")), codec_name(writer.options.codec),
      layout, quote_literal(fmt::format("_{}-{{i}}", writer.stem)));
}

/// The files of a COPY that said what it wrote: path, rows, bytes in the first three columns.
Result<std::vector<DataFile>> parse_written(const FileWriter& writer,
                                            const std::vector<TextRow>& rows) {
  const std::string root = writer.storage->uri("") + "/";
  std::vector<DataFile> files;
  for (const TextRow& row : rows) {
    if (row.size() < 3 || !row[0].has_value() || !row[0]->starts_with(root)) {
      return make_error(ErrorCode::Internal,
                        fmt::format("the engine wrote a file in another place than asked: '{}'",
                                    row.empty() ? "" : row[0].value_or("")));
    }
    DataFile file{.path = visible_name(std::string_view(*row[0]).substr(root.size()))};
    SLUICE_TRY(file.rows, parse_count(row[1].value_or("")));
    SLUICE_TRY(file.bytes, parse_count(row[2].value_or("")));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &DataFile::path);
  return files;
}

std::string staged_list(const storage::Storage& storage, const std::vector<DataFile>& files) {
  std::string list;
  for (const DataFile& file : files) {
    list += (list.empty() ? "" : ", ") + quote_path(storage.uri(staged_name(file.path)));
  }
  return list;
}

/// The writer knows the number of NULLs of every column; asking the footers costs no scan.
Status check_not_null(const Context& context, const FileWriter& writer,
                      const std::vector<DataFile>& files) {
  std::string never_null;
  for (const schema::Field& field : writer.state->table.schema.fields) {
    if (!field.nullable) {
      never_null += (never_null.empty() ? "" : ", ") + quote_literal(field.name);
    }
  }
  if (never_null.empty() || files.empty()) {
    return {};
  }
  const std::string query = fmt::format(
      "SELECT path_in_schema, CAST(sum(stats_null_count) AS VARCHAR) FROM parquet_metadata([{}]) "
      "WHERE path_in_schema IN ({}) GROUP BY 1 HAVING sum(stats_null_count) > 0 ORDER BY 1",
      staged_list(*writer.storage, files), never_null);
  SLUICE_TRY(const auto rows, find_text_rows(context, *writer.connection, query));
  std::string faults;
  for (const TextRow& row : rows) {
    faults += fmt::format("{}{} rows without '{}'", faults.empty() ? "" : ", ",
                          row[1].value_or("?"), row[0].value_or("?"));
  }
  if (!faults.empty()) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a column of the table is never NULL: {}", faults))
        .with_hint("Quarantine or mend these rows before the write.");
  }
  return {};
}

Status flush_files(const Context& context, storage::Storage& storage,
                   const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    const std::string staged = staged_name(file.path);
    SLUICE_CHECK(storage.publish(context, staged, staged));
  }
  return {};
}

/// What a COPY that failed may have left.
void remove_stem(const Context& context, const FileWriter& writer) {
  const auto found = writer.storage->list(context, "");
  if (!found.has_value()) {
    return;
  }
  for (const storage::ObjectInfo& info : *found) {
    const std::size_t slash = info.path.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    if (std::string_view(info.path).substr(name).starts_with("_" + writer.stem)) {
      static_cast<void>(writer.storage->remove(context, info.path));
    }
  }
}

Result<std::vector<DataFile>> copy_and_flush(const Context& context, const FileWriter& writer,
                                             const std::string& select) {
  SLUICE_CHECK(writer.storage->prepare_folder(context, staged_name(writer.stem)));
  SLUICE_TRY_IN(const auto rows,
                find_text_rows(context, *writer.connection, render_copy(writer, select)),
                "writing data files");
  SLUICE_TRY(std::vector<DataFile> files, parse_written(writer, rows));
  for (const DataFile& file : files) {
    if (file.rows == 0) {
      SLUICE_CHECK(writer.storage->remove(context, staged_name(file.path)));
    }
  }
  std::erase_if(files, [](const DataFile& file) { return file.rows == 0; });
  SLUICE_CHECK(check_not_null(context, writer, files));
  SLUICE_CHECK(flush_files(context, *writer.storage, files));
  return files;
}

}  // namespace

Result<std::vector<DataFile>> write_files(const Context& context, const FileWriter& writer,
                                          const std::string& select) {
  auto files = copy_and_flush(context, writer, select);
  if (!files.has_value()) {
    Context unstoppable = context;
    unstoppable.stop = {};
    unstoppable.deadline.reset();
    remove_stem(unstoppable, writer);
  }
  return files;
}

void remove_staged(const Context& context, storage::Storage& storage,
                   const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    if (const Status removed = storage.remove(context, staged_name(file.path));
        !removed.has_value()) {
      context.say(LogLevel::Warning, fmt::format("a file that is not needed stays until the table "
                                                 "is cleaned: {}",
                                                 to_string(removed.error())));
    }
  }
}

std::string quote_path(std::string_view path) {
  std::string literal;
  for (const char c : path) {
    const bool is_pattern = c == '*' || c == '?' || c == '[';
    literal += is_pattern ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return quote_literal(literal);
}

std::string file_value(const storage::Storage& storage, std::string_view path) {
  return storage.uri(path);
}

Result<std::string> render_rows(const storage::Storage& storage, const schema::Schema& schema,
                                const std::vector<std::string>& paths) {
  std::string columns;
  std::string nothing;
  for (const schema::Field& field : schema.fields) {
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    const std::string name = quote_identifier(field.name);
    columns += fmt::format(", CAST({0} AS {1}) AS {0}", name, type);
    nothing += fmt::format(", CAST(NULL AS {1}) AS {0}", name, type);
  }
  if (paths.empty()) {
    return fmt::format(
        "(SELECT CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} WHERE FALSE)", kFile,
        kRow, nothing);
  }
  std::string list;
  for (const std::string& path : paths) {
    list += (list.empty() ? "" : ", ") + quote_path(storage.uri(path));
  }
  return fmt::format(
      "(SELECT _sluice_path AS {}, file_row_number AS {}{} FROM read_parquet([{}], filename = "
      "'_sluice_path', file_row_number = true, hive_partitioning = false))",
      kFile, kRow, columns, list);
}

}  // namespace sluice::table::internal
