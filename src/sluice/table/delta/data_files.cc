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

/// Longer texts stand in the log as they are cut by nobody: not at all.
constexpr int kStatsTextMax = 32;

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
Status read_stats(const Context& context, const FileCopy& copy, const TableState& state,
                  std::vector<AddedFile>& files) {
  std::string query;
  for (const schema::Field& field : state.schema.fields) {
    if (is_partition(state, field)) {
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
             find_text_rows(context, *copy.connection,
                            fmt::format("WITH footers AS MATERIALIZED (SELECT * FROM "
                                        "parquet_metadata([{}])) {}",
                                        place_list(*copy.storage, files), query)));
  for (const TextRow& row : rows) {
    AddedFile* file = find_file(*copy.storage, files, row[0].value_or(""));
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
      if (row[i + 1] == "") {
        return make_error(ErrorCode::DataRejected,
                          fmt::format("an empty text cannot be a partition of a Delta table: '{}'",
                                      state.partition_by[i].column))
            .with_hint("Delta reads it as NULL: write NULL, or another text.");
      }
      file->partition[state.partition_by[i].column] = row[i + 1];
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
                                          const TableState& state, const FileMaker& make) {
  std::vector<AddedFile> added;
  const auto inspect = [&](const std::vector<NewFile>& files) -> Status {
    for (const NewFile& file : files) {
      AddedFile one;
      one.path = file.path;
      one.rows = file.rows;
      one.bytes = file.bytes;
      added.push_back(std::move(one));
    }
    SLUICE_CHECK(read_stats(context, copy, state, added));
    SLUICE_CHECK(read_partitions(context, copy, state, added));
    return check_not_null(state, added);
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
                            fmt::format("SELECT path, place, CAST(rows - coalesce(len(deleted), 0) "
                                        "AS VARCHAR), CAST(coalesce(len(deleted), 0) AS VARCHAR) "
                                        "FROM {} ORDER BY path",
                                        quote_identifier(relation))));
  for (const TextRow& row : rows) {
    SLUICE_TRY(const std::int64_t count, parse_count(row[2].value_or("")));
    live.has_deleted = live.has_deleted || row[3] != "0";
    live.rows += count;
    live.files.push_back({.path = row[0].value_or(""), .place = row[1].value_or("")});
  }
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

void drop_live_files(const Context& context, engine::Connection& connection,
                     const LiveFiles& files) {
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
  // A file may lack columns that were added after it, and holds its partition or not.
  return fmt::format(
      "(SELECT r.{0}, r.{1}{2} FROM ({3} UNION ALL BY NAME SELECT * RENAME (file_row_number AS "
      "{1}) FROM read_parquet([{4}], filename = '{0}', file_row_number = true, hive_partitioning "
      "= false, union_by_name = true)) AS r JOIN {5} AS f ON f.place = r.{0}{6})",
      kFile, kRow, columns, empty, quote_paths(places), relation, alive);
}

}  // namespace sluice::table::delta
