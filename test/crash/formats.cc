#include "formats.h"

#include <cstdlib>

#include <fmt/format.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#ifdef SLUICE_HAS_DELTA
#include "sluice/table/delta/delta.h"
#endif
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::crash {
namespace {

Opened open_duckdb(engine::Engine&, const std::string& folder) {
  Opened opened;
  opened.engine =
      engine::make_duckdb_engine({.address = folder + "/t.duckdb", .threads_max = 1}).value();
  opened.connection = opened.engine->connect(Context{}).value();
  opened.table = table::make_duckdb_table(*opened.connection, {.parts = {"t"}}).value();
  opened.rows = [] { return "t"; };
  return opened;
}

Opened open_folder(engine::Engine& warm, const std::string& folder) {
  Opened opened;
  opened.connection = warm.connect(Context{}).value();
  opened.storage = storage::make_file_storage({.root = folder + "/t"}).value();
  return opened;
}

Opened open_parquet(engine::Engine& warm, const std::string& folder) {
  Opened opened = open_folder(warm, folder);
  opened.table = table::make_parquet_table(*opened.connection, *opened.storage).value();
  opened.rows = [&storage = *opened.storage] {
    std::string list;
    for (const std::string& uri : table::find_parquet_files(Context{}, storage).value()) {
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", uri);
    }
    return fmt::format("read_parquet([{}])", list);
  };
  return opened;
}

#ifdef SLUICE_HAS_DELTA
/// By the commits' JSON alone: neither the kernel nor a checkpoint is asked.
std::string delta_rows(engine::Connection& connection, const std::string& root) {
  const auto files = table::find_text_rows(
                         Context{}, connection,
                         fmt::format("SELECT coalesce(added, removed) FROM (SELECT json ->> "
                                     "'$.add.path' AS added, json ->> '$.remove.path' AS removed "
                                     "FROM read_json_objects('{}/_delta_log/*.json', format = "
                                     "'newline_delimited')) WHERE added IS NOT NULL OR removed IS "
                                     "NOT NULL GROUP BY 1 HAVING bool_and(removed IS NULL)",
                                     root))
                         .value();
  std::string list;
  for (const auto& file : files) {
    list += fmt::format("{}'{}/{}'", list.empty() ? "" : ", ", root, file[0].value_or(""));
  }
  return fmt::format("read_parquet([{}], union_by_name = true)", list);
}

Opened open_delta(engine::Engine& warm, const std::string& folder) {
  Opened opened = open_folder(warm, folder);
  opened.table = table::make_delta_table(*opened.connection, *opened.storage).value();
  opened.rows = [&connection = *opened.connection, root = folder + "/t"] {
    return delta_rows(connection, root);
  };
  return opened;
}
#endif

/// Each folder of a server is a catalog of its own in the one database.
table::LakeOptions lake_options(const std::string& catalog, const std::string& folder) {
  table::LakeOptions options{.data_path = folder + "/data",
                             .lock_wait_ms = 60'000,
                             .inline_rows_max = "0"};  // every row lies in a file
  if (catalog == "postgres") {
    options.catalog = fmt::format("postgres:{}", std::getenv("SLUICE_TEST_POSTGRES"));
    options.catalog_schema = folder.substr(folder.rfind('/') + 1);
  } else {
    options.catalog = (catalog == "sqlite" ? "sqlite:" : "") + folder + "/catalog";
  }
  return options;
}

bool has_postgres() { return std::getenv("SLUICE_TEST_POSTGRES") != nullptr; }

}  // namespace

Format duckdb_format() { return {.name = "duckdb", .stride = 2, .open = open_duckdb}; }
Format parquet_format() { return {.name = "parquet", .stride = 3, .open = open_parquet}; }

Format delta_format() {
#ifdef SLUICE_HAS_DELTA
  return {.name = "delta", .open = open_delta};
#else
  return {};
#endif
}

Format lake_format(const std::string& catalog) {
  return {
      .name = "ducklake_" + catalog,
      .stride = 31,
      .has_server = catalog == "postgres",
      .open = [catalog](engine::Engine&, const std::string& folder) {
        Opened opened;
        opened.engine = engine::make_duckdb_engine({.threads_max = 1}).value();
        opened.connection = opened.engine->connect(Context{}).value();
        table::attach_lake(Context{}, *opened.connection, lake_options(catalog, folder)).value();
        opened.table =
            table::make_ducklake_table(*opened.connection, {.parts = {"lake", "main", "t"}})
                .value();
        opened.rows = [] { return "lake.main.t"; };
        return opened;
      }};
}

std::vector<Format> all_formats() {
  std::vector<Format> formats{duckdb_format(), parquet_format()};
  if (Format delta = delta_format(); !delta.name.empty()) {
    formats.push_back(delta);
  }
  if (table::check_lake_extensions("sqlite:").has_value()) {
    formats.push_back(lake_format("file"));
    formats.push_back(lake_format("sqlite"));
    if (has_postgres()) {
      formats.push_back(lake_format("postgres"));
    }
  }
  return formats;
}

std::vector<std::string> read_rows(Opened& opened, const std::string& columns) {
  const auto rows =
      table::find_text_rows(
          Context{}, *opened.connection,
          fmt::format("SELECT CAST(row({}) AS VARCHAR) FROM {} ORDER BY 1", columns, opened.rows()))
          .value();
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) {
    lines.push_back(row[0].value_or("NULL"));
  }
  return lines;
}

}  // namespace sluice::crash
