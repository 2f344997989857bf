#include "sluice/table/ducklake/ducklake.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/held_file.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/ducklake/lake_files_internal.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table {
namespace {

namespace fs = std::filesystem;

using dialect::quote_identifier;
using dialect::quote_literal;

constexpr std::chrono::milliseconds kLockPoll{50};
/// Processes that make one lake at the same time trip over each other's tables.
constexpr int kMeetingsMax = 20;

/// One kind of database that holds a catalog.
struct CatalogKind {
  std::string_view prefix;
  std::string_view scanner;  // the extension that reaches it; empty: the engine itself
  bool is_file = false;
  std::string_view type;  // of a plain ATTACH, as an option
  /// Options of ATTACH. SQLite's log lets readers and one writer go on side by side, and makes of
  /// a writer that began on an older snapshot an error at once.
  std::string_view attach_options;
  /// Run before ATTACH. The scanner looks for a secret of its own, also in a storage that our
  /// engine does not have, unless it finds one in memory; an empty one adds nothing.
  std::string_view statement;
};

constexpr std::array kKinds{
    CatalogKind{.prefix = "sqlite:",
                .scanner = "sqlite_scanner",
                .is_file = true,
                .type = ", TYPE sqlite",
                .attach_options = ", META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 5000",
                .statement = ""},
    CatalogKind{.prefix = "postgres:",
                .scanner = "postgres_scanner",
                .is_file = false,
                .type = "",
                .attach_options = "",
                .statement = "CREATE OR REPLACE TEMPORARY SECRET __default_postgres (TYPE "
                             "postgres)"},
    CatalogKind{.prefix = "",
                .scanner = "",
                .is_file = true,
                .type = "",
                .attach_options = "",
                .statement = ""},
};

const CatalogKind& kind_of(std::string_view catalog) {
  return *std::ranges::find_if(
      kKinds, [&](const CatalogKind& kind) { return catalog.starts_with(kind.prefix); });
}

Result<std::string> find_extension(std::string_view name, const engine::ModuleSearch& search) {
  const std::string file = fmt::format("{}.duckdb_extension", name);
  for (const std::string& folder : engine::module_folders(search)) {
    std::string path = (fs::path(folder) / file).string();
    std::error_code failed;
    if (fs::exists(path, failed)) {
      return path;
    }
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build has no DuckLake tables of such a catalog: {} is not "
                                "installed",
                                file))
      .with_hint("run ./dev setup ducklake and build again, or write `format: delta`");
}

Result<std::vector<std::string>> find_extensions(const CatalogKind& kind,
                                                 const engine::ModuleSearch& search) {
  std::vector<std::string> paths;
  SLUICE_TRY(paths.emplace_back(), find_extension("ducklake", search));
  if (!kind.scanner.empty()) {
    SLUICE_TRY(paths.emplace_back(), find_extension(kind.scanner, search));
  }
  return paths;
}

/// Where everything of one lake lies.
struct Place {
  const CatalogKind& kind;
  std::string file;  // of the catalog; empty: a server
  std::string data_path;
};

Result<Place> find_place(const LakeOptions& options) {
  const CatalogKind& kind = kind_of(options.catalog);
  const std::string where = options.catalog.substr(kind.prefix.size());
  if (where.empty() || (kind.is_file && where.find(':') < where.find('/'))) {
    return make_error(ErrorCode::Unsupported, "a catalog of this kind cannot be opened")
        .with_hint("name a file, sqlite:FILE or postgres:CONNECTION");
  }
  if (kind.is_file && kind.scanner.empty() && where.contains('?')) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the path of a DuckDB file cannot hold a '?': '{}'", where))
        .with_hint("choose another name for the catalog or its folder");
  }
  Place place{.kind = kind, .file = kind.is_file ? where : "", .data_path = options.data_path};
  if (place.data_path.empty() && !kind.is_file) {
    return make_error(ErrorCode::InvalidArgument,
                      "a lake whose catalog is a server needs a folder for its data")
        .with_hint("name its data path: DUCKLAKE_DATA_PATH of a run");
  }
  if (place.data_path.empty()) {
    place.data_path = where + ".files";
  }
  return place;
}

Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("a folder cannot be made: '{}'", folder.string()))
        .with_native(failed.message())
        .with_hint("give this user the right to write there, or choose another folder");
  }
  return {};
}

/// What lies under the name of a catalog, by its first bytes.
enum class FileKind : std::uint8_t { Nothing, Duckdb, Sqlite, Other };

FileKind find_file_kind(const std::string& path) {
  std::array<char, 16> bytes{};
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const std::string_view head(bytes.data(), static_cast<std::size_t>(in.gcount()));
  return head.empty()                           ? FileKind::Nothing
         : head.starts_with("SQLite format 3")  ? FileKind::Sqlite
         : head.substr(0, 12).ends_with("DUCK") ? FileKind::Duckdb
                                                : FileKind::Other;
}

/// The extension would put a lake beside the tables of another program. A database that cannot be
/// opened is named by the ATTACH that follows.
Status check_no_other_tables(const Context& context, engine::Connection& connection,
                             const Place& place) {
  constexpr std::string_view kLook = "_sluice_catalog";
  const auto opened =
      connection.execute(context, fmt::format("ATTACH {} AS {} (READ_ONLY{})",
                                              quote_literal(place.file), kLook, place.kind.type));
  if (!opened.has_value()) {
    return {};
  }
  const auto seen = find_text_rows(
      context, connection,
      fmt::format("SELECT CAST(count(*) AS VARCHAR), CAST(count(*) FILTER (table_name = "
                  "'ducklake_metadata') AS VARCHAR) FROM duckdb_tables() WHERE database_name = "
                  "'{}'",
                  kLook));
  SLUICE_CHECK(connection.execute(Context{}, fmt::format("DETACH {}", kLook)));
  SLUICE_CHECK(seen);
  if ((*seen)[0][0] != "0" && (*seen)[0][1] == "0") {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("this database holds tables and no lake: '{}'", place.file))
        .with_hint(
            "name a file of its own for the lake's catalog; it is made when it is not there");
  }
  return {};
}

/// A file of another database is told from a catalog before it is opened for writing.
Status check_catalog_file(const Context& context, engine::Connection& connection,
                          const Place& place) {
  if (place.file.empty()) {
    return {};
  }
  const FileKind kind = find_file_kind(place.file);
  const bool wants_sqlite = !place.kind.scanner.empty();
  if (kind == FileKind::Sqlite && !wants_sqlite) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the catalog of the lake is a file of SQLite: '{}'", place.file))
        .with_hint("write sqlite: before its name");
  }
  if (kind == FileKind::Duckdb && wants_sqlite) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the catalog of the lake is a file of DuckDB: '{}'", place.file))
        .with_hint("leave sqlite: before its name out");
  }
  return kind == FileKind::Duckdb || kind == FileKind::Sqlite
             ? check_no_other_tables(context, connection, place)
             : Status{};
}

/// `data` are the options that tell of the folder of the data.
std::string render_attach(const LakeOptions& options, const Place& place, std::string_view data) {
  std::string more(place.kind.attach_options);
  if (!options.catalog_schema.empty()) {
    more += fmt::format(", METADATA_SCHEMA {}", quote_literal(options.catalog_schema));
  }
  if (!options.inline_rows_max.empty()) {
    more += fmt::format(", DATA_INLINING_ROW_LIMIT {}", quote_literal(options.inline_rows_max));
  }
  const std::string all = fmt::format("{}{}", data, more);
  return fmt::format("ATTACH {} AS {}{}", quote_literal("ducklake:" + options.catalog),
                     quote_identifier(options.name),
                     all.empty() ? "" : fmt::format(" ({})", all.substr(data.empty() ? 2 : 0)));
}

bool is_same_folder(const fs::path& a, const fs::path& b) {
  std::error_code failed;
  return fs::equivalent(a, b, failed) && !failed;
}

/// A lake whose data lie beside its catalog, which were moved together.
bool was_moved(const Place& place, const fs::path& stored) {
  std::error_code failed;
  return stored.filename() == fs::path(place.data_path).filename() &&
         fs::is_directory(place.data_path, failed) && !is_same_folder(stored, place.data_path);
}

/// Attaches a lake that keeps its data in another folder than `place` says, which then says it.
Result<std::int64_t> attach_elsewhere(const Context& context, engine::Connection& connection,
                                      const LakeOptions& options, Place& place) {
  SLUICE_TRY(auto attached, connection.execute(context, render_attach(options, place, "")));
  SLUICE_TRY(const auto rows,
             find_text_rows(context, connection,
                            fmt::format("SELECT data_path FROM ducklake_settings({})",
                                        quote_literal(options.name))));
  const std::string stored = rows.empty() ? "" : rows[0][0].value_or("");
  const fs::path folder = stored.substr(0, stored.find_last_not_of('/') + 1);
  const bool is_told = !options.data_path.empty();
  if (is_told ? is_same_folder(folder, place.data_path) : !was_moved(place, folder)) {
    place.data_path = folder.string();
    return attached;
  }
  SLUICE_CHECK(
      connection.execute(Context{}, fmt::format("DETACH {}", quote_identifier(options.name))));
  if (!is_told) {
    return connection.execute(context,
                              render_attach(options, place,
                                            fmt::format("DATA_PATH {}, OVERRIDE_DATA_PATH true",
                                                        quote_literal(place.data_path))));
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("the lake keeps its data in another folder than it is told: '{}', "
                                "not '{}'",
                                folder.string(), place.data_path))
      .with_hint(
          "leave the data path (DUCKLAKE_DATA_PATH of a run) out, or name the lake's own folder");
}

Result<std::int64_t> attach_once(const Context& context, engine::Connection& connection,
                                 const LakeOptions& options, Place& place) {
  auto attached = connection.execute(
      context,
      render_attach(options, place, fmt::format("DATA_PATH {}", quote_literal(place.data_path))));
  const bool is_elsewhere =
      !attached.has_value() &&
      attached.error().native.contains("does not match existing data path in the catalog");
  return is_elsewhere ? attach_elsewhere(context, connection, options, place) : attached;
}

/// Connections of servers hold passwords: only files are named.
Error cannot_open(Error error, const Place& place) {
  if (error.native.find("catalog version mismatch") != std::string::npos) {
    error.code = ErrorCode::Unsupported;
    error.message = "the lake is of a version of DuckLake that this build does not write";
    error.hint = "use a Sluice whose DuckLake is of that version, or migrate the lake with DuckDB";
  }
  return std::move(error).with_context(
      place.file.empty() ? "opening the catalog of a lake"
                         : fmt::format("opening the catalog of a lake: '{}'", place.file));
}

/// A catalog that another process holds is asked for again until the time is over, and one that
/// takes several at once until those that make it are through.
Status attach(const Context& context, engine::Connection& connection, const LakeOptions& options,
              Place& place) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options.lock_wait_ms);
  int meetings = place.kind.scanner.empty() ? kMeetingsMax : 0;
  for (bool is_told = false;; is_told = true) {
    SLUICE_CHECK(check_catalog_file(context, connection, place));
    auto attached = attach_once(context, connection, options, place);
    if (attached.has_value()) {
      return {};
    }
    Error error = std::move(attached).error();
    const bool is_held =
        error.code == ErrorCode::CommitConflict || error.message == engine::kFileIsHeld;
    const bool is_over = ++meetings > kMeetingsMax;
    if (!is_held && is_over) {
      return cannot_open(std::move(error), place);
    }
    if (is_held && is_over && std::chrono::steady_clock::now() >= until) {
      return make_error(ErrorCode::Unavailable,
                        fmt::format("another process holds the catalog: '{}'", place.file))
          .with_native(error.native)
          .with_hint(error.hint + "; --lock-wait says how long a run waits");
    }
    if (is_held && !is_told) {
      context.say(LogLevel::Warning, fmt::format("waiting for the catalog: {}", error.hint));
    }
    SLUICE_CHECK(context.pause(kLockPoll));
  }
}

/// From here on statements reach the lake's files, and cannot change that.
std::string render_lock(const Place& place, const std::vector<std::string>& other_folders) {
  std::string files;
  for (const std::string_view ending : {"", ".wal", "-wal", "-shm", "-journal"}) {
    files += fmt::format("{}{}", files.empty() ? "" : ", ",
                         quote_literal(place.file + std::string(ending)));
  }
  std::string folders;
  for (const std::string& folder : other_folders) {
    folders += fmt::format(", {}, {}", quote_literal(folder), dialect::quote_path(folder));
  }
  return fmt::format(
      "SET GLOBAL allowed_directories = [{}, {}{}]; SET GLOBAL allowed_paths = [{}];"
      "SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true",
      quote_literal(place.data_path), dialect::quote_path(place.data_path), folders,
      place.file.empty() ? "" : files);
}

/// InvalidArgument when statements are kept to folders, and these are none of them.
Status check_folders(const Context& context, engine::Connection& connection,
                     const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    const std::string plain = folder.substr(0, folder.find_last_not_of('/') + 1);
    SLUICE_TRY(const auto rows,
               find_text_rows(context, connection,
                              fmt::format("SELECT CAST(current_setting('enable_external_access') "
                                          "OR list_contains(current_setting("
                                          "'allowed_directories'), {}) AS VARCHAR)",
                                          quote_literal(plain + "/"))));
    if (rows[0][0] != "true") {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("statements of this engine do not reach the folder: '{}'", folder))
          .with_hint("name it when the lake is attached first, or take an engine of its own");
    }
  }
  return {};
}

}  // namespace

Status check_lake_extensions(const std::string& catalog, const engine::ModuleSearch& search) {
  SLUICE_TRY([[maybe_unused]] const auto paths, find_extensions(kind_of(catalog), search));
  return {};
}

Status attach_lake(const Context& context, engine::Connection& connection,
                   const LakeOptions& options) {
  SLUICE_TRY(Place place, find_place(options));
  SLUICE_TRY(const auto extensions, find_extensions(place.kind, options.search));
  if (!place.file.empty() && fs::path(place.file).has_parent_path()) {
    SLUICE_CHECK(make_folder(fs::path(place.file).parent_path()));
  }
  for (const std::string& path : extensions) {
    SLUICE_TRY_IN([[maybe_unused]] const auto loaded,
                  connection.execute(context, "LOAD " + quote_literal(path)),
                  "loading an extension of the engine");
  }
  SLUICE_CHECK(connection.execute(context, "SET GLOBAL ducklake_max_retry_count = 0"));
  if (!place.kind.statement.empty()) {
    SLUICE_CHECK(connection.execute(context, std::string(place.kind.statement)));
  }
  SLUICE_CHECK(attach(context, connection, options, place));
  SLUICE_CHECK(make_folder(place.data_path));
  SLUICE_CHECK(connection.execute(context, render_lock(place, options.other_folders)));
  return {};
}

Result<bool> is_lake_attached(const Context& context, engine::Connection& connection,
                              const LakeOptions& options) {
  SLUICE_TRY(const auto rows,
             find_text_rows(context, connection,
                            fmt::format("SELECT type, path, options['metadata_schema'] FROM "
                                        "duckdb_databases() WHERE lower(database_name) = lower({})",
                                        quote_literal(options.name))));
  if (rows.empty()) {
    return false;
  }
  if (rows[0][0] != "ducklake" || rows[0][1] != options.catalog ||
      rows[0][2].value_or("") != options.catalog_schema) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the engine has another database of the name of this lake: '{}'",
                                  options.name))
        .with_hint("give the lake another name, or an engine of its own");
  }
  SLUICE_CHECK(check_folders(context, connection, options.other_folders));
  return true;
}

Result<std::unique_ptr<Table>> make_ducklake_table(engine::Connection& connection,
                                                   const plan::TableId& id) {
  if (id.parts.size() != 3) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a table name such as lake.schema.table, got '{}'",
                                  plan::to_string(id)));
  }
  const std::string lake = quote_literal(id.parts.front());
  const std::string table = quote_literal(id.parts[2]);
  const std::string schema = quote_literal(id.parts[1]);
  const std::string place = fmt::format("{}, {}, schema => {}", lake, table, schema);
  const std::string place_of_option = fmt::format("schema => {}, table_name => {}", schema, table);
  return make_sql_table(
      connection,
      {.id = id,
       .description = {.uri = plan::to_string(id), .format = "ducklake", .reader_note = ""},
       .has_partitions = true,
       .render_codec =
           [lake, place_of_option](dialect::Codec codec) {
             return fmt::format("CALL ducklake_set_option({}, 'parquet_compression', '{}', {})",
                                lake, dialect::codec_name(codec), place_of_option);
           },
       .compactions = {fmt::format("CALL ducklake_flush_inlined_data({}, table_name => {}, "
                                   "schema_name => {})",
                                   lake, table, schema),
                       fmt::format("CALL ducklake_rewrite_data_files({})", place),
                       fmt::format("CALL ducklake_merge_adjacent_files({})", place)},
       .count_files = fmt::format("SELECT count(*) FROM ducklake_list_files({})", place),
       .list_files = fmt::format("SELECT data_file, CAST(data_file_size_bytes AS VARCHAR) FROM "
                                 "ducklake_list_files({})",
                                 place),
       .has_snapshots = true,
       .widens_numbers_alone = true,
       .files = internal::make_lake_files(connection, id)});
}

}  // namespace sluice::table
