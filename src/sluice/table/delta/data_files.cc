#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/bounds_internal.h"
#include "sluice/table/delta/data_files_internal.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/files/never_null.h"
#include "sluice/table/files/scan.h"

namespace sluice::table::delta {
namespace {

using dialect::quote_identifier;

bool is_partition(const TableState& state, const schema::Field& field) {
  return std::ranges::any_of(state.partition_by, [&](const plan::PartitionField& one) {
    return schema::same_column(one.column, field.name);
  });
}

std::string place_list(const storage::Storage& storage, const std::vector<AddedFile>& files) {
  std::vector<std::string> places;
  for (const AddedFile& file : files) {
    places.push_back(storage.uri(file.path));
  }
  return quote_paths(places);
}

AddedFile* find_file(const storage::Storage& storage, std::vector<AddedFile>& files,
                     std::string_view place) {
  const auto found = std::ranges::find_if(
      files, [&](const AddedFile& file) { return storage.uri(file.path) == place; });
  return found == files.end() ? nullptr : &*found;
}

bool is_iso_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  return text.size() == kForm.size() && std::ranges::equal(text, kForm, [](char c, char form) {
           return form == 'd' ? c >= '0' && c <= '9' : c == form;
         });
}

/// What of the columns goes into the log: NULLs of each, and both bounds or none.
void keep_stats(const TableState& state, const NewFile& file, AddedFile& added) {
  for (const schema::Field& field : state.schema.fields) {
    const ColumnStats* column = file.find_column(field.name);
    if (is_partition(state, field) || column == nullptr || !column->nulls.has_value()) {
      continue;
    }
    AddedFile::Stats stats{.nulls = *column->nulls};
    Bounds bounds = render_bounds(field.type, *column);
    stats.min = std::move(bounds.min);
    stats.max = std::move(bounds.max);
    added.stats.emplace(field.name, std::move(stats));
  }
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

/// Whether readers of Delta tables take it back from its text: a date of the years 1 to 9999.
bool is_readable(const schema::LogicalType& type, std::string_view value) {
  constexpr std::size_t kDateCharacters = 10;
  const bool is_date = std::holds_alternative<schema::Date>(type.kind);
  const bool is_instant = std::holds_alternative<schema::Timestamp>(type.kind);
  if (!is_date && !is_instant) {
    return true;
  }
  const bool has_time = value.size() > kDateCharacters && value[kDateCharacters] == ' ';
  return has_time == is_instant && is_iso_date(value.substr(0, kDateCharacters)) &&
         !value.starts_with("0000") && (has_time || value.size() == kDateCharacters);
}

Status check_partition_value(const schema::Field& field, const std::optional<std::string>& value) {
  if (value == "") {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("an empty text cannot be a partition of a Delta table: '{}'",
                                  field.name))
        .with_hint("Delta reads it as NULL: write NULL, or another text.");
  }
  if (value.has_value() && !is_readable(field.type, *value)) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a date outside the years 1 to 9999 cannot be a partition of a "
                                  "Delta table: '{}' has '{}'",
                                  field.name, *value))
        .with_hint("No reader could open the table; correct the value or write NULL.");
  }
  return {};
}

Status read_partitions(const Context& context, const FileCopy& copy, const TableState& state,
                       std::vector<AddedFile>& files) {
  if (state.partition_by.empty() || files.empty()) {
    return {};
  }
  std::string values;
  for (const plan::PartitionField& one : state.partition_by) {
    values +=
        fmt::format(", any_value({})", render_partition_value(*state.schema.find(one.column)));
  }
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *copy.connection,
                            fmt::format("SELECT _sluice_path{} FROM read_parquet([{}], filename = "
                                        "'_sluice_path', hive_partitioning = false) GROUP BY 1",
                                        values, place_list(*copy.storage, files))));
  for (const TextRow& row : rows) {
    AddedFile* file = find_file(*copy.storage, files, row[0].value_or(""));
    if (file == nullptr) {
      return make_error(ErrorCode::Internal, "partition values of a file that was not written");
    }
    for (std::size_t i = 0; i < state.partition_by.size(); ++i) {
      SLUICE_CHECK(
          check_partition_value(*state.schema.find(state.partition_by[i].column), row[i + 1]));
      file->partition[state.partition_by[i].column] = row[i + 1];
    }
  }
  return {};
}

/// The engine says no bounds of texts that it cannot cut: they are counted.
Status read_long_texts(const Context& context, const FileCopy& copy, const TableState& state,
                       std::vector<AddedFile>& files) {
  std::vector<std::string> columns;
  std::string values;
  for (const schema::Field& field : state.schema.fields) {
    const bool is_unbound = std::ranges::any_of(files, [&](const AddedFile& file) {
      const auto stats = file.stats.find(field.name);
      return stats != file.stats.end() && stats->second.min.empty() &&
             stats->second.nulls < file.rows;
    });
    if (is_unbound && std::holds_alternative<schema::Text>(field.type.kind)) {
      const std::string begin =
          fmt::format("left({}, {})", quote_identifier(field.name), kBoundCharactersMax + 1);
      values += fmt::format(", min({0}), max({0})", begin);
      columns.push_back(field.name);
    }
  }
  if (columns.empty()) {
    return {};
  }
  const auto rows =
      find_text_rows(context, *copy.connection,
                     fmt::format("SELECT _sluice_path{} FROM read_parquet([{}], filename = "
                                 "'_sluice_path', hive_partitioning = false) GROUP BY 1",
                                 values, place_list(*copy.storage, files)));
  if (!rows.has_value()) {  // a commit holds without bounds
    return context.check();
  }
  for (const TextRow& row : *rows) {
    AddedFile* file = find_file(*copy.storage, files, row[0].value_or(""));
    for (std::size_t i = 0; file != nullptr && i < columns.size(); ++i) {
      Bounds bounds =
          render_bounds({schema::Text{}}, {.min = row[2 * i + 1], .max = row[2 * i + 2]});
      if (const auto stats = file->stats.find(columns[i]); stats != file->stats.end()) {
        stats->second.min = std::move(bounds.min);
        stats->second.max = std::move(bounds.max);
      }
    }
  }
  return {};
}

void drop_bounds(AddedFile& file, std::string_view column) {
  if (const auto stats = file.stats.find(std::string(column)); stats != file.stats.end()) {
    stats->second.min.clear();
    stats->second.max.clear();
  }
}

/// Bounds of a column with NaN are those of its numbers, and what the engine says of NaN is of a
/// file's last part alone: a part with one has no bounds in the file's footer.
Status drop_bounds_of_nan(const Context& context, const FileCopy& copy, const TableState& state,
                          std::vector<AddedFile>& files) {
  std::vector<std::string> floats;
  for (const schema::Field& field : state.schema.fields) {
    if (std::holds_alternative<schema::Float>(field.type.kind)) {
      floats.push_back(field.name);
    }
  }
  if (floats.empty() || files.empty()) {
    return {};
  }
  const auto rows = find_text_rows(
      context, *copy.connection,
      fmt::format("SELECT DISTINCT file_name, path_in_schema FROM parquet_metadata([{}]) WHERE "
                  "type IN ('FLOAT', 'DOUBLE') AND stats_max_value IS NULL AND num_values > "
                  "coalesce(stats_null_count, 0)",
                  place_list(*copy.storage, files)));
  if (!rows.has_value()) {  // a commit holds without bounds
    for (AddedFile& file : files) {
      std::ranges::for_each(floats, [&](const std::string& one) { drop_bounds(file, one); });
    }
    return context.check();
  }
  for (const TextRow& row : *rows) {
    if (AddedFile* file = find_file(*copy.storage, files, row[0].value_or("")); file != nullptr) {
      drop_bounds(*file, row[1].value_or(""));
    }
  }
  return {};
}

Status check_not_null(const TableState& state, const std::vector<AddedFile>& files) {
  std::vector<std::pair<std::string, std::int64_t>> faults;
  for (const schema::Field& field : state.schema.fields) {
    std::int64_t nulls = 0;
    for (const AddedFile& file : files) {
      const auto stats = file.stats.find(field.name);
      const auto value = file.partition.find(field.name);
      nulls += stats != file.stats.end() ? stats->second.nulls : 0;
      nulls += value != file.partition.end() && !value->second.has_value() ? file.rows : 0;
    }
    if (!field.nullable && nulls > 0) {
      faults.emplace_back(field.name, nulls);
    }
  }
  return check_no_nulls(faults);
}

}  // namespace

Result<std::vector<AddedFile>> make_files(const Context& context, const FileCopy& copy,
                                          const Snapshot& snapshot, const FileMaker& make) {
  const TableState& state = snapshot.state();
  std::vector<AddedFile> added;
  const auto inspect = [&](const std::vector<NewFile>& files) -> Status {
    for (const NewFile& file : files) {
      AddedFile one;
      one.path = file.path;
      one.rows = file.rows;
      one.bytes = file.bytes;
      keep_stats(state, file, one);
      added.push_back(std::move(one));
    }
    SLUICE_CHECK(read_partitions(context, copy, state, added));
    SLUICE_CHECK(read_long_texts(context, copy, state, added));
    SLUICE_CHECK(drop_bounds_of_nan(context, copy, state, added));
    SLUICE_CHECK(check_not_null(state, added));
    return check_nested_never_null(context, copy, snapshot.never_null(), files);
  };
  SLUICE_CHECK(make(inspect));
  return added;
}

void remove_added(const Context& context, storage::Storage& storage,
                  const std::vector<AddedFile>& files) {
  std::vector<std::string> paths;
  for (const AddedFile& file : files) {
    paths.push_back(file.path);
  }
  remove_files(context, storage, paths);
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
                            fmt::format("SELECT path, place, CAST(greatest(rows, 0) - "
                                        "coalesce(len(deleted), 0) AS VARCHAR), "
                                        "CAST(coalesce(len(deleted), 0) AS VARCHAR), CAST(bytes AS "
                                        "VARCHAR), CAST(rows < 0 AS VARCHAR) FROM {} ORDER BY path",
                                        quote_identifier(relation))));
  for (const TextRow& row : rows) {
    SLUICE_TRY(const std::int64_t count, parse_count(row[2].value_or("")));
    SLUICE_TRY(const std::int64_t bytes, parse_count(row[4].value_or("-1")));
    live.has_deleted = live.has_deleted || row[3] != "0";
    live.rows += count;
    if (row[5] == "true") {
      live.uncounted.push_back(row[1].value_or(""));
    }
    live.files.push_back(
        {.path = row[0].value_or(""), .place = row[1].value_or(""), .bytes = bytes});
  }
  return live;
}

Result<LiveFiles> load_counted_files(const Context& context, engine::Connection& connection,
                                     const Snapshot& snapshot, const std::string& relation,
                                     const std::string& root) {
  SLUICE_TRY(LiveFiles live, load_live_files(context, connection, snapshot, relation));
  if (live.uncounted.empty()) {
    return live;
  }
  const auto counted = find_text_rows(
      context, connection,
      fmt::format("SELECT CAST(sum(num_rows) AS VARCHAR) FROM parquet_file_metadata([{}])",
                  quote_paths(live.uncounted)));
  if (!counted.has_value()) {
    drop_live_files(context, connection, live);
    return tell_damaged_file(context, connection, root, file_places(live.files), counted.error());
  }
  SLUICE_TRY(const std::int64_t rows, parse_count((*counted)[0][0].value_or("")));
  live.rows += rows;
  live.uncounted.clear();
  return live;
}

Result<std::vector<FileVersion::File>> find_small_files(const Context& context,
                                                        engine::Connection& connection,
                                                        const TableState& state,
                                                        const LiveFiles& files,
                                                        std::uint64_t file_bytes) {
  std::string partition;
  for (std::size_t i = 0; i < state.partition_by.size(); ++i) {
    partition += fmt::format("{}p{}", i == 0 ? "PARTITION BY " : ", ", i);
  }
  SLUICE_TRY(
      const auto rows,
      find_text_rows(context, connection,
                     fmt::format("SELECT path, place FROM (SELECT path, place, bytes < {0} "
                                 "AS small, coalesce(len(deleted), 0) > 0 AS holed, "
                                 "sum(CASE WHEN bytes < {0} THEN 1 ELSE 0 END) OVER ({1}) AS "
                                 "others FROM {2}) WHERE (small AND others > 1) OR holed "
                                 "ORDER BY path",
                                 file_bytes / 2, partition, quote_identifier(files.relation))));
  std::vector<FileVersion::File> small;
  for (const TextRow& row : rows) {
    small.push_back({.path = row[0].value_or(""), .place = row[1].value_or("")});
  }
  return small;
}

std::vector<FilePlace> places_of(const storage::Storage& storage,
                                 const std::vector<AddedFile>& files) {
  std::vector<FilePlace> places;
  places.reserve(files.size());
  for (const AddedFile& file : files) {
    places.push_back({.place = storage.uri(file.path), .bytes = file.bytes});
  }
  return places;
}

void drop_live_files(const Context& context, engine::Connection& connection,
                     const LiveFiles& files) {
  if (files.relation.empty()) {
    return;
  }
  static_cast<void>(connection.execute(
      context, fmt::format("DROP TABLE IF EXISTS {}", quote_identifier(files.relation))));
}

Result<std::string> render_rows(const TableState& state, const LiveFiles& files,
                                const std::vector<FileVersion::File>& chosen) {
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
  std::vector<std::string> places;
  for (const FileVersion::File& file : chosen) {
    places.push_back(file.place);
  }
  const std::string relation = quote_identifier(files.relation);
  const std::string alive =
      !files.has_deleted
          ? ""
          : fmt::format(
                " WHERE NOT EXISTS (SELECT 1 FROM (SELECT place, unnest(deleted) AS row "
                "FROM {}) AS d WHERE d.place = r.{} AND d.row = r.{})",
                relation, kFile, kRow);
  const std::string partition =
      state.partition_by.empty() ? ""
                                 : fmt::format(" JOIN {} AS f ON f.place = r.{}", relation, kFile);
  // A file may lack columns that were added after it, and holds its partition or not.
  return fmt::format("(SELECT r.{}, r.{}{} FROM ({} UNION ALL BY NAME {}) AS r{}{})", kFile, kRow,
                     columns, empty, render_scan(state.schema, places, true), partition, alive);
}

}  // namespace sluice::table::delta
