#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/data_files_internal.h"

namespace sluice::table::delta {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

constexpr std::uint64_t kFileBytesMax = std::uint64_t{128} << 20;
/// Longer texts stand in the log as they are cut by nobody: not at all.
constexpr int kStatsTextMax = 32;

/// A path as an engine that expands patterns opens it: literally.
std::string quote_path(std::string_view path) {
  std::string literal;
  for (const char c : path) {
    const bool is_pattern = c == '*' || c == '?' || c == '[';
    literal += is_pattern ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return quote_literal(literal);
}

bool is_partition(const TableState& state, const schema::Field& field) {
  return std::ranges::any_of(state.partition_by, [&](const plan::PartitionField& one) {
    return schema::same_column(one.column, field.name);
  });
}

std::string render_copy(const FileWriter& writer, const std::string& select) {
  std::string layout = fmt::format("FILE_SIZE_BYTES {}", kFileBytesMax);
  if (!writer.state->partition_by.empty()) {
    std::vector<std::string> columns;
    for (const plan::PartitionField& field : writer.state->partition_by) {
      columns.push_back(field.column);
    }
    layout = fmt::format("PARTITION_BY ({}), WRITE_PARTITION_COLUMNS true",
                         dialect::quote_columns(columns));
  }
  return fmt::format(
      "COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, {}, OVERWRITE_OR_IGNORE true, "
      "FILENAME_PATTERN {}, FILE_EXTENSION 'parquet', RETURN_STATS true)",
      select, quote_literal(writer.storage->uri("")), layout,
      quote_literal(fmt::format("{}-{{i}}", writer.stem)));
}

/// The files of a COPY that said what it wrote: path, rows, bytes in the first three columns.
Result<std::vector<AddedFile>> parse_written(const FileWriter& writer,
                                             const std::vector<TextRow>& rows) {
  const std::string root = writer.storage->uri("") + "/";
  std::vector<AddedFile> files;
  for (const TextRow& row : rows) {
    if (row.size() < 3 || !row[0].has_value() || !row[0]->starts_with(root)) {
      return make_error(ErrorCode::Internal,
                        fmt::format("the engine wrote a file in another place than asked: '{}'",
                                    row.empty() ? "" : row[0].value_or("")));
    }
    AddedFile file;
    file.path = row[0]->substr(root.size());
    SLUICE_TRY(file.rows, parse_count(row[1].value_or("")));
    SLUICE_TRY(file.bytes, parse_count(row[2].value_or("")));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &AddedFile::path);
  return files;
}

std::string place_list(const storage::Storage& storage, const std::vector<AddedFile>& files) {
  std::string list;
  for (const AddedFile& file : files) {
    list += (list.empty() ? "" : ", ") + quote_path(storage.uri(file.path));
  }
  return list;
}

AddedFile* find_file(const storage::Storage& storage, std::vector<AddedFile>& files,
                     std::string_view place) {
  const auto found = std::ranges::find_if(
      files, [&](const AddedFile& file) { return storage.uri(file.path) == place; });
  return found == files.end() ? nullptr : &*found;
}

/// What of a column goes into the log beside its NULLs: min and max as JSON, or nothing.
std::string render_bounds(const schema::LogicalType& type, std::string_view sql_type) {
  const bool is_whole = std::holds_alternative<schema::Integer>(type.kind);
  const bool is_text = std::holds_alternative<schema::Text>(type.kind);
  if (!is_whole && !is_text && !std::holds_alternative<schema::Date>(type.kind)) {
    return "NULL, NULL";
  }
  const std::string known =
      "bool_and((stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL) OR "
      "stats_null_count = num_values)";
  const std::string fits =
      is_text ? fmt::format(
                    "{} AND bool_and(length(coalesce(stats_min_value, '')) <= {} AND "
                    "length(coalesce(stats_max_value, '')) <= {})",
                    known, kStatsTextMax, kStatsTextMax)
              : known;
  const auto bound = [&](std::string_view function) {
    const std::string value =
        fmt::format("CAST({0}(CAST(stats_{0}_value AS {1})) AS VARCHAR)", function, sql_type);
    return fmt::format("CASE WHEN {} THEN {} END", fits,
                       is_whole ? value : fmt::format("CAST(to_json({}) AS VARCHAR)", value));
  };
  return fmt::format("{}, {}", bound("min"), bound("max"));
}

/// Asks the footers; costs no scan.
Status read_stats(const Context& context, const FileWriter& writer, std::vector<AddedFile>& files) {
  std::string query;
  for (const schema::Field& field : writer.state->schema.fields) {
    if (is_partition(*writer.state, field)) {
      continue;
    }
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    query += fmt::format(
        "{}SELECT file_name, path_in_schema, CAST(sum(stats_null_count) AS VARCHAR), {} FROM "
        "footers WHERE path_in_schema = {} GROUP BY 1, 2 HAVING bool_and(stats_null_count IS NOT "
        "NULL)",
        query.empty() ? "" : " UNION ALL ", render_bounds(field.type, type),
        quote_literal(field.name));
  }
  if (query.empty() || files.empty()) {
    return {};
  }
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *writer.connection,
                            fmt::format("WITH footers AS MATERIALIZED (SELECT * FROM "
                                        "parquet_metadata([{}])) {}",
                                        place_list(*writer.storage, files), query)));
  for (const TextRow& row : rows) {
    AddedFile* file = find_file(*writer.storage, files, row[0].value_or(""));
    if (file == nullptr) {
      return make_error(ErrorCode::Internal, "statistics of a file that was not written");
    }
    AddedFile::Stats stats{.min = row[3].value_or(""), .max = row[4].value_or("")};
    SLUICE_TRY(stats.nulls, parse_count(row[2].value_or("")));
    file->stats.emplace(row[1].value_or(""), std::move(stats));
  }
  return {};
}

/// How Delta writes a partition's value as text.
std::string render_partition_value(const schema::Field& field) {
  const std::string name = quote_identifier(field.name);
  const auto* instant = std::get_if<schema::Timestamp>(&field.type.kind);
  if (instant != nullptr) {
    return fmt::format("strftime({}, '%Y-%m-%d %H:%M:%S.%f')",
                       instant->utc ? name + " AT TIME ZONE 'UTC'" : name);
  }
  return fmt::format("CAST({} AS VARCHAR)", name);
}

Status read_partitions(const Context& context, const FileWriter& writer,
                       std::vector<AddedFile>& files) {
  if (writer.state->partition_by.empty() || files.empty()) {
    return {};
  }
  std::string values;
  for (const plan::PartitionField& one : writer.state->partition_by) {
    values += fmt::format(", any_value({})",
                          render_partition_value(*writer.state->schema.find(one.column)));
  }
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *writer.connection,
                            fmt::format("SELECT _sluice_path{} FROM read_parquet([{}], filename = "
                                        "'_sluice_path', hive_partitioning = false) GROUP BY 1",
                                        values, place_list(*writer.storage, files))));
  for (const TextRow& row : rows) {
    AddedFile* file = find_file(*writer.storage, files, row[0].value_or(""));
    if (file == nullptr) {
      return make_error(ErrorCode::Internal, "partition values of a file that was not written");
    }
    for (std::size_t i = 0; i < writer.state->partition_by.size(); ++i) {
      if (row[i + 1] == "") {
        return make_error(ErrorCode::DataRejected,
                          fmt::format("an empty text cannot be a partition of a Delta table: '{}'",
                                      writer.state->partition_by[i].column))
            .with_hint("Delta reads it as NULL: write NULL, or another text.");
      }
      file->partition[writer.state->partition_by[i].column] = row[i + 1];
    }
  }
  return {};
}

Status check_not_null(const TableState& state, const std::vector<AddedFile>& files) {
  std::string faults;
  for (const schema::Field& field : state.schema.fields) {
    std::int64_t nulls = 0;
    for (const AddedFile& file : files) {
      const auto stats = file.stats.find(field.name);
      const auto value = file.partition.find(field.name);
      nulls += stats != file.stats.end() ? stats->second.nulls : 0;
      nulls += value != file.partition.end() && !value->second.has_value() ? file.rows : 0;
    }
    if (!field.nullable && nulls > 0) {
      faults +=
          fmt::format("{}{} rows without '{}'", faults.empty() ? "" : ", ", nulls, field.name);
    }
  }
  if (!faults.empty()) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a column of the table is never NULL: {}", faults))
        .with_hint("Quarantine or mend these rows before the write.");
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
    if (std::string_view(info.path).substr(name).starts_with(writer.stem)) {
      static_cast<void>(writer.storage->remove(context, info.path));
    }
  }
}

Result<std::vector<AddedFile>> copy_and_flush(const Context& context, const FileWriter& writer,
                                              const std::string& select) {
  SLUICE_CHECK(writer.storage->prepare_folder(context, writer.stem));
  SLUICE_TRY_IN(const auto rows,
                find_text_rows(context, *writer.connection, render_copy(writer, select)),
                "writing data files");
  SLUICE_TRY(std::vector<AddedFile> files, parse_written(writer, rows));
  for (const AddedFile& file : files) {
    if (file.rows == 0) {
      SLUICE_CHECK(writer.storage->remove(context, file.path));
    }
  }
  std::erase_if(files, [](const AddedFile& file) { return file.rows == 0; });
  SLUICE_CHECK(read_stats(context, writer, files));
  SLUICE_CHECK(read_partitions(context, writer, files));
  SLUICE_CHECK(check_not_null(*writer.state, files));
  for (const AddedFile& file : files) {
    SLUICE_CHECK(writer.storage->publish(context, file.path, file.path));
  }
  return files;
}

}  // namespace

Result<std::vector<AddedFile>> write_files(const Context& context, const FileWriter& writer,
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

void remove_added(const Context& context, storage::Storage& storage,
                  const std::vector<AddedFile>& files) {
  for (const AddedFile& file : files) {
    if (const Status removed = storage.remove(context, file.path); !removed.has_value()) {
      context.say(LogLevel::Warning, fmt::format("a file that is not needed stays until the table "
                                                 "is cleaned: {}",
                                                 to_string(removed.error())));
    }
  }
}

Result<LiveFiles> load_live_files(const Context& context, engine::Connection& connection,
                                  const Snapshot& snapshot, const std::string& relation) {
  SLUICE_TRY(ColumnStream stream, snapshot.files());
  SLUICE_TRY([[maybe_unused]] const std::int64_t loaded,
             connection.load(context, relation, std::move(stream)));
  LiveFiles live;
  live.relation = relation;
  SLUICE_TRY(const auto rows,
             find_text_rows(context, connection,
                            fmt::format("SELECT path, place, CAST(rows - coalesce(len(deleted), 0) "
                                        "AS VARCHAR), CAST(coalesce(len(deleted), 0) AS VARCHAR) "
                                        "FROM {} ORDER BY path",
                                        quote_identifier(relation))));
  for (const TextRow& row : rows) {
    LiveFile file{.path = row[0].value_or(""), .place = row[1].value_or("")};
    SLUICE_TRY(file.rows, parse_count(row[2].value_or("")));
    live.has_deleted = live.has_deleted || row[3] != "0";
    live.rows += file.rows;
    live.files.push_back(std::move(file));
  }
  return live;
}

void drop_live_files(const Context& context, engine::Connection& connection,
                     const LiveFiles& files) {
  static_cast<void>(connection.execute(
      context, fmt::format("DROP TABLE IF EXISTS {}", quote_identifier(files.relation))));
}

Result<std::string> render_rows(const TableState& state, const LiveFiles& files,
                                const std::vector<LiveFile>& chosen) {
  std::string columns;
  std::string nothing;
  for (const schema::Field& field : state.schema.fields) {
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    const std::string name = quote_identifier(field.name);
    nothing += fmt::format(", CAST(NULL AS {1}) AS {0}", name, type);
    std::string value = "r." + name;
    for (std::size_t i = 0; i < state.partition_by.size(); ++i) {
      if (schema::same_column(state.partition_by[i].column, field.name)) {
        const auto* instant = std::get_if<schema::Timestamp>(&field.type.kind);
        value = fmt::format("nullif(f.p{}, '')", i);
        if (instant != nullptr && instant->utc) {
          value = fmt::format("(CAST({} AS TIMESTAMP) AT TIME ZONE 'UTC')", value);
        }
      }
    }
    columns += fmt::format(", CAST({} AS {}) AS {}", value, type, name);
  }
  const std::string empty =
      fmt::format("SELECT CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} WHERE FALSE",
                  kFile, kRow, nothing);
  if (chosen.empty()) {
    return fmt::format("({})", empty);
  }
  std::string list;
  for (const LiveFile& file : chosen) {
    list += (list.empty() ? "" : ", ") + quote_path(file.place);
  }
  const std::string relation = quote_identifier(files.relation);
  const std::string alive =
      !files.has_deleted
          ? ""
          : fmt::format(
                " WHERE NOT EXISTS (SELECT 1 FROM (SELECT place, unnest(deleted) AS row "
                "FROM {}) AS d WHERE d.place = r.{} AND d.row = r.{})",
                relation, kFile, kRow);
  // A file may lack columns that were added after it, and holds its partition or not.
  return fmt::format(
      "(SELECT r.{0}, r.{1}{2} FROM ({3} UNION ALL BY NAME SELECT * RENAME (file_row_number AS "
      "{1}) FROM read_parquet([{4}], filename = '{0}', file_row_number = true, hive_partitioning "
      "= false, union_by_name = true)) AS r JOIN {5} AS f ON f.place = r.{0}{6})",
      kFile, kRow, columns, empty, list, relation, alive);
}

}  // namespace sluice::table::delta
