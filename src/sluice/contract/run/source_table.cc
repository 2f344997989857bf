#include "sluice/contract/run/source_table.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/batch_log.h"
#include "sluice/run/state/content_tag.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

/// The table that lies in a folder, by its log.
SourceTable table_in_folder(const std::string& folder) {
  if (is_there(folder + "/_delta_log")) {
    return DeltaFolder{folder};
  }
  return is_there(folder + "/_sluice/manifest") ? SourceTable(TableFolder{folder}) : SourceTable();
}

/// A path, and not a name of three parts that happens to lie there.
Result<SourceTable> find_table_by_path(const std::string& path, DeclaredAs declared) {
  SourceTable found = table_in_folder(path);
  if (!std::holds_alternative<std::monostate>(found) || declared == DeclaredAs::Files) {
    return found;
  }
  if (declared == DeclaredAs::Delta) {
    return make_error(ErrorCode::NotFound, fmt::format("there is no Delta table in '{}'", path))
        .with_hint("check the path: a Delta table is a folder that has a _delta_log");
  }
  std::error_code failed;
  return fs::is_directory(path, failed) ? SourceTable(TableFolder{path}) : found;
}

Result<SourceTable> find_table_by_name(const DatabaseName& named, bool is_name) {
  if (is_there(named.file)) {
    return SourceTable(named);
  }
  if (SourceTable found = table_in_folder(named.folder);
      !std::holds_alternative<std::monostate>(found)) {
    return found;
  }
  if (is_there(named.folder)) {
    return SourceTable(TableFolder{named.folder});
  }
  if (!is_name) {
    return SourceTable();
  }
  return make_error(ErrorCode::NotFound,
                    fmt::format("there is no such table: neither the file '{}' nor the folder '{}'",
                                named.file, named.folder))
      .with_hint(
          "run in the folder in which the table lies, name it by its path, or name the folder in "
          "SLUICE_TABLE_ROOT");
}

}  // namespace

Result<SourceTable> find_source_table(const std::string& written, DeclaredAs declared,
                                      const std::string& base, const std::string& table_root) {
  SLUICE_TRY(std::optional<DatabaseName> in_file, find_database_path(written, base, ""));
  if (in_file) {
    return is_there(in_file->file)
               ? Result<SourceTable>(SourceTable(*std::move(in_file)))
               : make_error(ErrorCode::NotFound,
                            fmt::format("there is no such DuckDB file: '{}'", in_file->file))
                     .with_hint("check the path of the source");
  }
  const std::string local = local_path_of(written);
  const std::string path = absolute_path(local, base);
  const std::optional<DatabaseName> named = find_database_name(written, table_root);
  const bool is_name = declared != DeclaredAs::Files || written.starts_with("table:");
  const bool is_path = local.find("://") == std::string::npos && !written.starts_with("table:") &&
                       (!named || is_there(path));
  if (is_path) {
    SLUICE_TRY(SourceTable found, find_table_by_path(path, declared));
    if (!std::holds_alternative<std::monostate>(found) || !is_name) {
      return found;
    }
  }
  if (named) {
    return find_table_by_name(*named, is_name);
  }
  if (!is_name) {
    return SourceTable();
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a table that is read is named database.schema.table, or is a "
                                "folder that is there; this is neither: '{}'",
                                written))
      .with_hint("name a table of a DuckDB file, or the folder of the table");
}

Result<std::vector<std::string>> find_table_files(const Context& context,
                                                  const std::string& folder) {
  SLUICE_TRY(const std::unique_ptr<storage::Storage> storage,
             storage::make_file_storage({.root = folder}));
  Result<std::vector<std::string>> files = table::find_parquet_files(context, *storage);
  if (files || files.error().code != ErrorCode::NotFound) {
    return files;
  }
  return list_source_files(folder, "");
}

namespace internal {
namespace {

DeclaredAs declared_as(const Source& source) {
  const bool is_delta = source.type.value == SourceType::Delta ||
                        (source.format && source.format->value == SourceFormat::Delta);
  const bool is_table = source.type.value == SourceType::Table;
  return is_table ? DeclaredAs::Table : is_delta ? DeclaredAs::Delta : DeclaredAs::Files;
}

/// The tag of a Delta source: its version, and what of it was read where that is not all.
constexpr std::string_view kVersion = "version ";
constexpr std::string_view kWholeVersion = "sluice_delta_version";

struct DeltaTag {
  table::At at;
  std::string entry;                // of the log, as its content tells it; empty: it is gone
  std::string column;               // of the watermark; empty: all rows were read
  std::optional<DeltaBound> after;  // rows above this one are read; nothing: all rows
  DeltaBound to;                    // the greatest of them
};

std::string render_tag(const DeltaTag& tag) {
  nlohmann::json what = nlohmann::json::object();
  if (!tag.entry.empty()) {
    what["entry"] = tag.entry;
  }
  if (!tag.column.empty()) {
    what["watermark"] = tag.column;
  }
  const auto json_of = [](const DeltaBound& bound) {
    return bound ? nlohmann::json(*bound) : nlohmann::json();
  };
  if (tag.after) {
    what["after"] = json_of(*tag.after);
  }
  if (!tag.column.empty()) {
    what["to"] = json_of(tag.to);
  }
  return fmt::format("{}{}{}", kVersion, tag.at.version.value_or(0),
                     what.empty() ? "" : " " + what.dump());
}

/// What tells a version from the same one of a table that was made anew.
Result<std::string> load_entry_tag(const Context& context, const std::string& table,
                                   std::int64_t version) {
  const std::string entry = fmt::format("{}/_delta_log/{:020}.json", table, version);
  if (!is_there(entry)) {
    return std::string();
  }
  SLUICE_TRY(run::BatchFile file, run::load_batch_file(context, entry, entry));
  return std::move(file.content_tag);
}

Result<DeltaTag> parse_tag(const std::string& text) {
  DeltaTag tag;
  if (!text.starts_with(kVersion)) {
    return tag;
  }
  const std::string_view rest = std::string_view(text).substr(kVersion.size());
  std::int64_t version = 0;
  const auto [end, failed] = std::from_chars(rest.begin(), rest.end(), version);
  const std::string_view more = rest.substr(static_cast<std::size_t>(end - rest.begin()));
  const nlohmann::json what = nlohmann::json::parse(more.empty() ? "{}" : more, nullptr, false);
  const auto is_text = [&](const char* key, bool may_be_null) {
    return !what.contains(key) || what.at(key).is_string() ||
           (may_be_null && what.at(key).is_null());
  };
  if (failed != std::errc{} || !what.is_object() || !is_text("entry", false) ||
      !is_text("watermark", false) || !is_text("after", true) || !is_text("to", true)) {
    return make_error(
               ErrorCode::Corrupt,
               fmt::format("the record of a batch names no version of its source: '{}'", text))
        .with_hint("restore the state folder: what was read is not known without it");
  }
  tag.at.version = version;
  tag.entry = what.value("entry", "");
  tag.column = what.value("watermark", "");
  const auto bound_of = [&](const char* key) {
    return !what.contains(key) || what.at(key).is_null()
               ? DeltaBound()
               : DeltaBound(what.at(key).get<std::string>());
  };
  if (what.contains("after")) {
    tag.after = bound_of("after");
  }
  tag.to = bound_of("to");
  return tag;
}

/// The text of a column's value where it tells a later row from an earlier one: a number that is
/// infinite or none does not, as nothing would ever be above it.
std::string watermark_of(const std::string& column, const schema::LogicalType& type) {
  const std::string name = dialect::quote_identifier(column);
  const bool may_be_endless = std::holds_alternative<schema::Float>(type.kind);
  return may_be_endless ? fmt::format("CASE WHEN isfinite({0}) THEN {0} END", name) : name;
}

/// Where rows are above a bound that was read; without one, all that have a watermark.
std::string rows_above(const std::string& watermark, const DeltaBound& after) {
  return after ? fmt::format("({}) > {}", watermark, dialect::quote_literal(*after))
               : fmt::format("({}) IS NOT NULL", watermark);
}

}  // namespace

Status Runner::find_source_table() {
  const Source* source = contract_->source ? &*contract_->source : nullptr;
  const bool is_of_contract = options_.sources.empty() && source != nullptr && source->path;
  if (rows_ || (!is_of_contract && options_.sources.size() != 1)) {
    return {};
  }
  const std::string written = is_of_contract ? source->path->value : options_.sources.front();
  SLUICE_TRY(const std::optional<Places> lake, find_lake_table(written));
  if (lake) {
    Error error = make_error(ErrorCode::Unsupported,
                             fmt::format("a table of a DuckLake is read as a link, and not as the "
                                         "source of a run: '{}'",
                                         written))
                      .with_hint("name it in `links`, or write it as Delta or into a DuckDB file");
    return is_of_contract ? as_contract_error(std::move(error), place_of(source->path->span))
                          : std::move(error);
  }
  auto found = contract::find_source_table(
      written, is_of_contract ? declared_as(*source) : DeclaredAs::Files,
      is_of_contract ? folder_of(absolute_path(path_, working_folder())) : working_folder(),
      table_root(options_));
  if (!found) {
    return is_of_contract
               ? Status(as_contract_error(std::move(found).error(), place_of(source->path->span)))
               : Status(std::move(found).error());
  }
  if (const auto* folder = std::get_if<TableFolder>(&*found)) {
    source_folder_ = folder->path;
  }
  if (const auto* delta = std::get_if<DeltaFolder>(&*found)) {
    delta_source_ = delta->path;
    rows_ = RowInput{.name = written, .tag = "unread", .open = {}};  // the version is its tag
  }
  const auto* database = std::get_if<DatabaseName>(&*found);
  return database == nullptr ? Status() : read_database(*database, written);
}

/// The rows are the file as it is now: as long as it does not change, they are committed once.
Status Runner::read_database(const DatabaseName& name, const std::string& told) {
  SLUICE_TRY(const run::BatchFile file, run::load_batch_file(context_, name.file, name.file));
  std::string tag = file.content_tag;
  if (is_there(name.file + ".wal")) {
    SLUICE_TRY(const run::BatchFile log,
               run::load_batch_file(context_, name.file + ".wal", name.file + ".wal"));
    tag += "+" + log.content_tag;
  }
  rows_ = RowInput{
      .name = told, .tag = std::move(tag), .open = [this, name] { return open_database(name); }};
  return {};
}

/// A version of the table is what is committed once.
Status Runner::open_delta_source() {
  if (delta_source_.empty()) {
    return {};
  }
  SLUICE_TRY(auto storage, options_.open_storage(delta_source_));
  SLUICE_TRY(Folder folder, Folder::open(*connection_, std::move(storage), "delta"));
  SLUICE_TRY(const std::optional<table::TableState> state, folder.table().find_state(context_));
  if (!state) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("there is no Delta table in '{}'", delta_source_))
        .with_hint("check the path: its _delta_log holds no version");
  }
  read_tables_.push_back(std::move(folder));
  SLUICE_TRY(files_.front().content_tag, find_delta_increment(state->version));
  return {};
}

Result<DeltaBound> Runner::find_delta_bound(const std::string& tag, const std::string& column) {
  SLUICE_TRY(DeltaTag before, parse_tag(tag));
  if (schema::same_column(before.column, column)) {
    return std::move(before.to);
  }
  // The version was read by another column or as a whole: it still tells how far.
  if (Status viewed =
          read_tables_.front().table().make_view(context_, before.at, std::string(kWholeVersion));
      !viewed) {
    return std::move(viewed)
        .error()
        .with_context("finding the watermark of the batch before")
        .with_hint("run once with --full --again: it reads all rows of the newest version");
  }
  SLUICE_TRY(const schema::LogicalType type, find_watermark_type(column));
  SLUICE_TRY(const auto rows,
             run::query_texts(context_, *connection_,
                              fmt::format("SELECT CAST(max({}) AS VARCHAR) FROM {}",
                                          watermark_of(column, type), kWholeVersion)));
  return rows.at(0).at(0);
}

/// The type of the column that tells new rows from old ones, by which it must be able to.
Result<schema::LogicalType> Runner::find_watermark_type(const std::string& column) {
  const Text& written = *contract_->source->watermark_field;
  SLUICE_TRY(const schema::Schema columns,
             connection_->describe(context_, fmt::format("SELECT * FROM {}", kWholeVersion)));
  const auto refused = [&](std::string what, std::string hint) {
    Error error = make_error(ErrorCode::InvalidContract, std::move(what));
    error.at = place_of(written.span);
    return std::move(error).with_hint(std::move(hint));
  };
  const schema::Field* field = columns.find(column);
  if (field == nullptr) {
    return refused(fmt::format("the Delta table has no column of its watermark: '{}'", column),
                   "correct source.watermark_field: it names a source column");
  }
  const auto& kind = field->type.kind;
  if (std::holds_alternative<schema::Integer>(kind) ||
      std::holds_alternative<schema::Float>(kind) ||
      std::holds_alternative<schema::Decimal>(kind) || std::holds_alternative<schema::Date>(kind) ||
      std::holds_alternative<schema::Timestamp>(kind)) {
    return field->type;
  }
  const std::string hint =
      "name a column of numbers, dates or timestamps, or of ISO dates or timestamps that are all "
      "written alike; or write `load_mode: full`";
  if (!std::holds_alternative<schema::Text>(kind)) {
    return refused(fmt::format("a watermark tells later rows by its order, and '{}' is a {}",
                               column, schema::to_string(field->type)),
                   hint);
  }
  constexpr std::string_view kIso =
      "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z?)?";
  const std::string name = dialect::quote_identifier(column);
  SLUICE_TRY(
      const auto rows,
      run::query_texts(
          context_, *connection_,
          fmt::format("SELECT CAST(count(*) FILTER (NOT regexp_full_match({0}, {1})) = 0 AND "
                      "count(DISTINCT regexp_replace({0}, '[0-9]', '0', 'g')) < 2 AS "
                      "VARCHAR) FROM {2}",
                      name, dialect::quote_literal(kIso), kWholeVersion)));
  if (rows.at(0).at(0) != "true") {
    return refused(fmt::format("a watermark tells later rows by its order, and texts follow each "
                               "other letter by letter, '9' behind '10': '{}'",
                               column),
                   hint);
  }
  return field->type;
}

/// What was read of the Delta table stands in the record of the batch, in clear.
Status Runner::check_watermark_is_clear() const {
  const Text& written = *contract_->source->watermark_field;
  if (!masks()) {
    return {};
  }
  for (const Field& field : contract_->model.fields) {
    if (schema::same_column(field.name.value, written.value) && !field.masking) {
      return {};
    }
  }
  Error error = make_error(
      ErrorCode::InvalidContract,
      fmt::format("the watermark is kept in clear in the state folder, and this contract masks it, "
                  "or does not say that it is clear: '{}'",
                  written.value));
  error.at = place_of(written.span);
  return std::move(error).with_hint(
      "name a column that the model declares without a masking, or write `load_mode: full`");
}

Result<std::string> Runner::find_delta_increment(std::int64_t version) {
  DeltaTag tag{
      .at = {.version = version, .instant = {}}, .entry = "", .column = "", .after = {}, .to = {}};
  SLUICE_TRY(tag.entry, load_entry_tag(context_, delta_source_, version));
  if (!is_incremental()) {
    return render_tag(tag);
  }
  const Source& source = *contract_->source;
  if (!source.watermark_field && source.load_mode.value == LoadMode::Cdc) {
    result_.warnings.push_back(
        "a version of a Delta table is read as a whole: no 'source.watermark_field' tells its new "
        "events from those that were applied");
    return render_tag(tag);
  }
  if (!source.watermark_field) {
    Error error = make_error(ErrorCode::InvalidContract,
                             "an incremental read of a Delta table needs the column that tells new "
                             "rows from old ones");
    error.at = place_of(source.load_mode.span);
    return std::move(error).with_hint(
        "write source.watermark_field, or `load_mode: full`, or run with --full");
  }
  std::erase(result_.warnings, "not carried out by a run: 'source.watermark_field'");
  tag.column = source.watermark_field->value;
  SLUICE_CHECK(check_watermark_is_clear());
  SLUICE_CHECK(
      read_tables_.front().table().make_view(context_, tag.at, std::string(kWholeVersion)));
  SLUICE_TRY(const schema::LogicalType type, find_watermark_type(tag.column));
  std::optional<std::string> read_before;
  if (state_ != nullptr && !options_.again) {
    const run::BatchLog log(*state_, places_.state_folder, stream());
    SLUICE_TRY(const std::vector<run::BatchRecord> records, log.load_all(context_));
    for (const run::BatchRecord& record : records) {
      const auto* input = std::get_if<run::FileInput>(&record.input);
      if (input != nullptr && !input->files.empty() &&
          input->files.front().path == files_.front().path) {
        read_before = input->files.front().content_tag;
      }
    }
  }
  if (read_before) {
    SLUICE_TRY(tag.after, find_delta_bound(*read_before, tag.column));
    SLUICE_CHECK(
        read_tables_.front().table().make_view(context_, tag.at, std::string(kWholeVersion)));
  }
  const std::string watermark = watermark_of(tag.column, type);
  SLUICE_TRY(
      const auto rows,
      run::query_texts(
          context_, *connection_,
          fmt::format("SELECT CAST(max({0}) AS VARCHAR), CAST(count(*) FILTER ({1}) AS VARCHAR), "
                      "CAST(count(*) FILTER (({0}) IS NULL) AS VARCHAR) FROM {2}",
                      watermark, tag.after ? rows_above(watermark, *tag.after) : "TRUE",
                      kWholeVersion)));
  tag.to = rows.at(0).at(0);
  if (tag.after && rows.at(0).at(2) != "0") {
    result_.warnings.push_back(fmt::format(
        "{} rows of the source have no '{}' and are not read: only the first batch reads such rows",
        rows.at(0).at(2).value_or(""), tag.column));
  }
  const bool has_rows = rows.at(0).at(1) != "0";
  return read_before && !has_rows ? *read_before : render_tag(tag);
}

/// The version that the batch is of: one that was left unfinished is read as it was then.
Status Runner::view_delta_source(plan::Pipeline& pipeline) {
  SLUICE_TRY(const DeltaTag tag, parse_tag(files_.front().content_tag));
  SLUICE_TRY(const std::string entry,
             load_entry_tag(context_, delta_source_, tag.at.version.value_or(0)));
  if (!tag.entry.empty() && !entry.empty() && tag.entry != entry) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("version {} of the Delta table is not the one that an unfinished "
                                  "batch reads, the table was made anew: '{}'",
                                  *tag.at.version, delta_source_))
        .with_hint("bring the table back to finish the batch, or give the run another --state");
  }
  // Called like its folder, which is what the lineage of its rows says.
  const std::string name = tag.after ? std::string(kWholeVersion) : delta_source_;
  SLUICE_CHECK(read_tables_.front().table().make_view(context_, tag.at, name));
  if (tag.after) {
    SLUICE_TRY(const schema::LogicalType type, find_watermark_type(tag.column));
    SLUICE_TRY(
        [[maybe_unused]] const auto made,
        connection_->execute(
            context_, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {} WHERE {}",
                                  dialect::quote_identifier(delta_source_), kWholeVersion,
                                  rows_above(watermark_of(tag.column, type), *tag.after))));
  }
  pipeline.source =
      plan::RelationScan{.name = delta_source_, .has_origin = false, .may_lack_columns = false};
  return {};
}

Status Runner::view_delta_link(const TableLink& link) {
  SLUICE_TRY(auto storage, options_.open_storage(link.folder));
  SLUICE_TRY(Folder folder, Folder::open(*connection_, std::move(storage), "delta"));
  SLUICE_CHECK(folder.table().make_view(context_, {}, link.relation));
  read_tables_.push_back(std::move(folder));
  return {};
}

namespace {

/// A folder of this name may hold the state of runs into the lake's table, and nothing else.
bool holds_table(const std::string& folder) {
  std::error_code failed;
  fs::directory_iterator files(folder, failed);
  return !std::holds_alternative<std::monostate>(table_in_folder(folder)) ||
         (!failed && std::any_of(begin(files), end(files), [](const fs::directory_entry& entry) {
           return entry.is_regular_file();
         }));
}

/// A server that keeps a catalog is asked when the lake is opened.
bool is_lake_there(std::string_view catalog) {
  constexpr std::string_view kSqlite = "sqlite:";
  const bool is_sqlite = catalog.starts_with(kSqlite);
  const std::string file(is_sqlite ? catalog.substr(kSqlite.size()) : catalog);
  return (!is_sqlite && !file.starts_with('/')) || is_there(file);
}

}  // namespace

Result<std::optional<Places>> Runner::find_lake_table(const std::string& written) const {
  const std::optional<DatabaseName> named = find_database_name(written);
  if (!named || is_there(named->file) || holds_table(named->folder) ||
      is_there(absolute_path(written, working_folder()))) {
    return std::optional<Places>();
  }
  Places places;
  SLUICE_CHECK(find_lake(written, options_, places));
  return is_lake_there(places.lake.catalog) ? std::optional(std::move(places)) : std::nullopt;
}

/// The rows as they are now. A catalog in a file has one connection in a process: where the run
/// writes into the same lake, the link is read there.
Status Runner::load_lake_link(const TableLink& link) {
  const Places& places = *link.lake;
  const bool is_target = database_ && places_.lake.catalog == places.lake.catalog;
  if (is_target && places_.lake.name != places.lake.name) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a run calls one lake by two names: '{}' and '{}'",
                                  places_.lake.name, places.lake.name))
        .with_hint("call the lake the same in the link and in the target");
  }
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Connection> own;
  if (!is_target) {
    SLUICE_TRY(engine, make_engine({.address = "",
                                    .memory_bytes_max = context_.memory_bytes_max,
                                    .threads_max = context_.threads_max,
                                    .may_spill = !masks()}));
    SLUICE_TRY(own, engine->connect(context_));
    SLUICE_CHECK(table::attach_lake(context_, *own, places.lake));
  }
  engine::Connection& connection = is_target ? database_->connection() : *own;
  SLUICE_TRY(const auto table, table::make_ducklake_table(connection, places.table));
  SLUICE_TRY(const std::optional<table::TableState> state, table->find_state(context_));
  if (!state) {
    return make_error(ErrorCode::NotFound, fmt::format("there is no such table in the lake: '{}'",
                                                       plan::to_string(places.table)))
        .with_hint("check its name: lake.schema.table");
  }
  SLUICE_TRY(ColumnStream rows,
             connection.query(context_, "SELECT * FROM " + dialect::quote_table(places.table)));
  SLUICE_TRY([[maybe_unused]] const std::int64_t number,
             connection_->load(context_, link.relation, std::move(rows)));
  return {};
}

Result<ColumnStream> Runner::open_database(const DatabaseName& name) {
  if (name.file == places_.database_file) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a run reads one DuckDB file and writes another: '{}'", name.file))
        .with_hint("give another file or a folder as the target");
  }
  SLUICE_TRY(source_engine_, make_engine({.address = name.file,
                                          .memory_bytes_max = context_.memory_bytes_max,
                                          .threads_max = context_.threads_max,
                                          .read_only = true,
                                          .may_spill = !masks()}));
  SLUICE_TRY(source_connection_, source_engine_->connect(context_));
  return source_connection_->query(
      context_, "SELECT * FROM " + dialect::quote_table(table_in_file(name.file, name.table)));
}

void Runner::close_database() {
  source_connection_.reset();
  source_engine_.reset();
}

}  // namespace internal
}  // namespace sluice::contract
