#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <variant>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/orm/session/pool_internal.h"
#include "sluice/orm/session/tables_internal.h"
#include "sluice/storage/open/make_storage.h"
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/files/form.h"
#include "sluice/table/module.h"
#include "sluice/table/open/folder_table.h"

namespace sluice::orm {
namespace {

/// Where the tables of a format are.
enum class Place : std::uint8_t { Database, Folder, Lake };

struct KnownFormat {
  std::string_view name;
  Place place = Place::Database;
  bool is_module = false;  // loaded when it is first needed
};

constexpr std::array kFormats{
    KnownFormat{.name = "duckdb", .place = Place::Database},
    KnownFormat{.name = "parquet", .place = Place::Folder},
    KnownFormat{.name = "delta", .place = Place::Folder, .is_module = true},
    KnownFormat{.name = "ducklake", .place = Place::Lake},
};

constexpr std::string_view kFormatsHint =
    "write sluice::duckdb_tables(), sluice::delta_tables(\"/srv/lake\"), "
    "sluice::parquet_tables(\"/srv/lake\") or sluice::lake_tables(\"/srv/lake.ducklake\")";

/// The view of what a connection reads; it reads one thing at a time.
constexpr std::string_view kView = "_sluice_read";

/// A Parquet folder hides a file as soon as a commit has replaced it.
constexpr int kReadsMax = 16;

Result<const KnownFormat*> find_format(std::string_view engine, const TableFormat& format) {
  if (engine != "duckdb") {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a session does not write through this engine: '{}'", engine))
        .with_hint("open it on sluice::duckdb(\"file\")");
  }
  const auto* const known = std::ranges::find(kFormats, format.name, &KnownFormat::name);
  if (known == kFormats.end()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a session on 'duckdb' does not write tables of this format: "
                                  "'{}'",
                                  format.name))
        .with_hint(std::string(kFormatsHint));
  }
  if (format.bucket_count < 1 || format.bucket_count > 10'000) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected bucket_count of 1 to 10000, got '{}'", format.bucket_count));
  }
  if (format.deletion_vectors || !format.layout_hints.empty()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a session writes '{}' tables without deletion vectors and "
                                  "without a layout",
                                  format.name))
        .with_hint("leave deletion_vectors and layout_hints at their defaults");
  }
  return known;
}

Result<std::string> find_root(const KnownFormat& known, const TableFormat& format) {
  if (known.place != Place::Folder) {
    return format.root.empty() ? Result<std::string>(std::string())
                               : make_error(ErrorCode::InvalidArgument,
                                            fmt::format("'{}' tables lie in no folder, got '{}'",
                                                        format.name, format.root))
                                     .with_hint(std::string(kFormatsHint));
  }
  if (format.root.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a folder for the '{}' tables, got none", format.name))
        .with_hint(fmt::format("write sluice::{}_tables(\"/srv/lake\")", format.name));
  }
  SLUICE_TRY(const auto storage, storage::make_storage(format.root));
  std::string root = storage->uri("");
  if (!root.starts_with('/')) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("'{}' tables lie in a folder of this machine only", format.name))
        .with_hint("name a folder, such as /srv/lake");
  }
  while (root.ends_with('/')) {
    root.pop_back();
  }
  return root;
}

std::string absolute(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path found = std::filesystem::absolute(path, failed);
  return failed ? path : found.lexically_normal().string();
}

/// The lake with places that do not move with the working folder; nothing for another format.
Result<std::optional<table::LakeOptions>> find_lake(const KnownFormat& known,
                                                    const TableFormat& format,
                                                    const std::string& staging) {
  constexpr std::string_view kSqlite = "sqlite:";
  constexpr std::string_view kPostgres = "postgres:";
  const bool is_told =
      !format.metadata.empty() || !format.data_path.empty() || !format.metadata_schema.empty();
  if (known.place != Place::Lake) {
    return is_told ? make_error(ErrorCode::InvalidArgument,
                                fmt::format("'{}' tables have no lake's catalog, and one is named",
                                            format.name))
                         .with_hint(std::string(kFormatsHint))
                   : Result<std::optional<table::LakeOptions>>(std::nullopt);
  }
  if (format.metadata.empty()) {
    return make_error(ErrorCode::InvalidArgument, "expected the catalog of the lake, got none")
        .with_hint("write sluice::lake_tables(\"/srv/lake.ducklake\")");
  }
  const bool is_server = format.metadata.starts_with(kPostgres);
  if (is_server && format.data_path.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a lake whose catalog is a server needs a folder for its data")
        .with_hint("write sluice::lake_tables(\"postgres:...\", \"/srv/lake\")");
  }
  if (!is_server && !format.metadata_schema.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("only a catalog in PostgreSQL lies in a schema, got '{}'",
                                  format.metadata_schema))
        .with_hint("leave metadata_schema out");
  }
  table::LakeOptions lake{.catalog = format.metadata,
                          .data_path = {},
                          .name = format.catalog,
                          .catalog_schema = format.metadata_schema};
  if (lake.catalog.starts_with(kSqlite)) {
    lake.catalog = fmt::format("{}{}", kSqlite, absolute(lake.catalog.substr(kSqlite.size())));
  } else if (!is_server && lake.catalog.find(':') >= lake.catalog.find('/')) {
    lake.catalog = absolute(lake.catalog);
  }
  lake.data_path = format.data_path.empty() ? "" : absolute(format.data_path);
  if (staging.starts_with('/')) {
    lake.other_folders.push_back(staging);
  }
  SLUICE_CHECK(table::check_lake_extensions(lake.catalog));
  return std::optional(std::move(lake));
}

/// As much as keys are remembered: whole hours, one at least.
std::chrono::hours hours_of(std::chrono::seconds time) {
  return std::max(std::chrono::hours(1), std::chrono::ceil<std::chrono::hours>(time));
}

/// Names of folders; engines and catalogs leave out what begins with a dot or an underscore.
Status check_folder_name(const plan::TableId& id, const std::string& part) {
  const bool is_plain = part.find('/') == std::string::npos &&
                        part.find('\0') == std::string::npos && !part.starts_with('.') &&
                        !part.starts_with('_');
  return is_plain ? Status{}
                  : Status(make_error(ErrorCode::InvalidArgument,
                                      fmt::format("a part of this name cannot name a folder: '{}'",
                                                  plan::to_string(id)))
                               .with_hint("each part of a table's name is a folder below the root: "
                                          "no slash in it, no dot or underscore in front"));
}

Error files_are_gone(Error error) {
  error.code = ErrorCode::Unavailable;
  return std::move(error).with_hint(
      "a commit has replaced files of the table while they were read: read it again");
}

/// Begun anew while commits take files away between the look at the table and their opening.
template <class Begin, class IsThere>
auto begin_read(const Context& context, const Begin& begin, const IsThere& is_there)
    -> decltype(begin()) {
  for (int reads = 1;; ++reads) {
    auto begun = begin();
    if (begun.has_value() || begun.error().code != ErrorCode::NotFound || !is_there()) {
      return begun;
    }
    if (reads == kReadsMax) {
      return files_are_gone(std::move(begun).error());
    }
    SLUICE_CHECK(context.pause(std::chrono::milliseconds(reads)));
  }
}

/// A batch that was read to see whether it can be, and those behind it.
class BegunSource final : public ColumnSource {
 public:
  BegunSource(ColumnStream stream, std::optional<ArrowBatch> first)
      : stream_(std::move(stream)), first_(std::move(first)), has_ended_(!first_.has_value()) {}
  Result<ArrowSchemaOwned> schema() override { return stream_.schema(); }
  Result<std::optional<ArrowBatch>> next() override {
    if (first_.has_value() || has_ended_) {
      return std::exchange(first_, std::nullopt);
    }
    auto batch = stream_.next();
    if (!batch.has_value() && batch.error().code == ErrorCode::NotFound) {
      return files_are_gone(std::move(batch).error());
    }
    return batch;
  }

 private:
  ColumnStream stream_;
  std::optional<ArrowBatch> first_;
  bool has_ended_;
};

/// Of this process: DuckLake frees what it knows of a lake's tables when one is made, also while
/// another connection of the engine uses it.
Gate& lake_gate() {
  static Gate gate(1);
  return gate;
}

}  // namespace

Result<Tables> Tables::make(std::string_view engine, TableFormat format, const OpenOptions& options,
                            const std::string& staging) {
  SLUICE_TRY(const KnownFormat* known, find_format(engine, format));
  SLUICE_TRY(std::string root, find_root(*known, format));
  if (known->is_module) {
    SLUICE_TRY([[maybe_unused]] const auto* loaded, table::load_format(format.name));
  }
  format.catalog = format.catalog.empty() ? options.default_catalog : format.catalog;
  format.database = format.database.empty() ? options.default_database : format.database;
  if (known->place == Place::Lake) {
    format.catalog = format.catalog.empty() ? "lake" : format.catalog;
    format.database = format.database.empty() ? "main" : format.database;
  }
  SLUICE_TRY(auto lake, find_lake(*known, format, staging));
  Tables tables(std::move(format), std::move(root), hours_of(options.idempotency_ttl));
  tables.codec_ = options.compression;
  tables.lake_ = std::move(lake);
  return tables;
}

Status Tables::attach(const Context& context, engine::Connection& connection) const {
  if (!lake_) {
    return {};
  }
  // Sessions may share an engine, and a lake is there for others before it can be used.
  SLUICE_TRY(const Gate::Pass pass, lake_gate().enter(context));
  SLUICE_TRY(const bool is_there, table::is_lake_attached(context, connection, *lake_));
  return is_there ? Status{} : table::attach_lake(context, connection, *lake_);
}

Result<std::optional<Gate::Pass>> Tables::enter_changes(const Context& context) const {
  std::optional<Gate::Pass> pass;
  if (lake_) {
    SLUICE_TRY(Gate::Pass entered, lake_gate().enter(context));
    pass.emplace(std::move(entered));
  }
  return pass;
}

std::string Tables::turns_of(const plan::TableId& id) const {
  return lake_ ? lake_->name : plan::to_string(id);  // a commit holds on the lake's snapshot
}

Result<plan::TableId> Tables::find_table(std::string_view name) const {
  SLUICE_TRY(plan::TableId id, plan::parse_table_id(name));
  const bool has_database = id.parts.size() > 1;
  if (!has_database && !format_.database.empty()) {
    SLUICE_TRY(plan::TableId qualified, plan::parse_table_id(format_.database));
    qualified.parts.push_back(std::move(id.parts.front()));
    id = std::move(qualified);
  }
  if (id.parts.size() == 2 && !format_.catalog.empty()) {
    id.parts.insert(id.parts.begin(), format_.catalog);
  }
  if (lake_ && !schema::same_column(id.parts.front(), lake_->name)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this session has one lake, '{}', and the name is of another: "
                                  "'{}'",
                                  lake_->name, plan::to_string(id)))
        .with_hint("leave the first part of the name out, or open the lake under that name");
  }
  if (lake_) {
    // As it was attached: catalogs are asked for it letter by letter.
    id.parts.front() = lake_->name;
  }
  return id;
}

Result<std::string> Tables::find_folder(const plan::TableId& id) const {
  std::string folder = root_;
  for (const std::string& part : id.parts) {
    SLUICE_CHECK(check_folder_name(id, part));
    folder += "/" + part;
  }
  return folder;
}

Result<OpenTable> Tables::load(engine::Connection& connection, const plan::TableId& id) const {
  if (root_.empty()) {
    SLUICE_TRY(auto table, lake_ ? table::make_ducklake_table(connection, id)
                                 : table::make_duckdb_table(connection, id));
    return OpenTable(nullptr, std::move(table));
  }
  SLUICE_TRY(const std::string folder, find_folder(id));
  SLUICE_TRY(auto storage, storage::make_file_storage({.root = folder}));
  SLUICE_TRY(auto table,
             table::open_folder_table(format_.name, connection, *storage, {.key_ttl = keys_kept_}));
  return OpenTable(std::move(storage), std::move(table));
}

table::Properties Tables::properties() const {
  if (root_.empty() && !lake_) {
    return {};
  }
  table::Properties properties{
      {std::string(table::kCodecProperty), std::string(dialect::codec_name(codec_))}};
  if (format_.name != "delta") {
    return properties;
  }
  // Else each write without a name of its own would stand in the log for a year. A table that runs
  // of contracts write, too, remembers keys for as long as their streams may be quiet.
  const auto days =
      std::max(std::chrono::days(30), std::chrono::ceil<std::chrono::days>(keys_kept_));
  properties["delta.setTransactionRetentionDuration"] =
      fmt::format("interval {} days", days.count());
  return properties;
}

schema::Schema Tables::fit(schema::Schema columns) const {
  table::fit_format(format_.name, columns);
  return columns;
}

Result<plan::Read> Tables::place(const plan::Read& read) const {
  plan::Read placed = read;
  if (auto* id = std::get_if<plan::TableId>(&placed.from)) {
    SLUICE_TRY(*id, find_table(plan::to_string(*id)));
  }
  return placed;
}

Result<plan::Statement> Tables::render(const plan::Read& read) const {
  SLUICE_TRY(const plan::Read placed, place(read));
  if (const auto* id = std::get_if<plan::TableId>(&placed.from); id != nullptr && !root_.empty()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("no statement can name a '{}' table: '{}'", format_.name,
                                  plan::to_string(*id)))
        .with_hint("run the read: query, stream, or relation(...).batches()");
  }
  return dialect::render_read(dialect::duckdb_dialect(), placed);
}

Result<plan::Statement> Tables::render_on(const Context& context, engine::Connection& connection,
                                          const plan::Read& read) const {
  SLUICE_TRY(plan::Read placed, place(read));
  if (auto* id = std::get_if<plan::TableId>(&placed.from); id != nullptr && !root_.empty()) {
    SLUICE_TRY(const OpenTable table, load(connection, *id));
    SLUICE_CHECK(table->make_view(context, {}, std::string(kView)));
    id->parts = {std::string(kView)};
  }
  return dialect::render_read(dialect::duckdb_dialect(), placed);
}

bool Tables::is_folder(const plan::Read& read) const {
  return !root_.empty() && std::holds_alternative<plan::TableId>(read.from);
}

bool Tables::is_there(const Context& context, engine::Connection& connection,
                      const plan::Read& read) const {
  const auto placed = place(read);
  const auto table = placed.has_value() ? load(connection, std::get<plan::TableId>(placed->from))
                                        : Result<OpenTable>(placed.error());
  const auto state = table.has_value() ? (*table)->find_state(context)
                                       : Result<std::optional<table::TableState>>(table.error());
  return state.has_value() && state->has_value();
}

Result<ColumnStream> Tables::query(const Context& context, engine::Connection& connection,
                                   const plan::Read& read, Shape shape) const {
  const auto begin = [&]() -> Result<ColumnStream> {
    SLUICE_TRY(plan::Statement statement, render_on(context, connection, read));
    statement.text = shape == nullptr ? std::move(statement.text) : shape(statement.text);
    return connection.query(context, statement);
  };
  if (!is_folder(read)) {
    return begin();
  }
  const auto begin_with_a_batch = [&]() -> Result<ColumnStream> {
    SLUICE_TRY(ColumnStream stream, begin());
    SLUICE_TRY(std::optional<ArrowBatch> first, stream.next());
    return ColumnStream(std::make_unique<BegunSource>(std::move(stream), std::move(first)));
  };
  return begin_read(context, begin_with_a_batch,
                    [&] { return is_there(context, connection, read); });
}

Result<schema::Schema> Tables::describe(const Context& context, engine::Connection& connection,
                                        const plan::Read& read) const {
  const auto begin = [&]() -> Result<schema::Schema> {
    SLUICE_TRY(const plan::Statement statement, render_on(context, connection, read));
    return connection.describe(context, statement);
  };
  return is_folder(read)
             ? begin_read(context, begin, [&] { return is_there(context, connection, read); })
             : begin();
}

}  // namespace sluice::orm
