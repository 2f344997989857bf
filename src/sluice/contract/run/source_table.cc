#include "sluice/contract/run/source_table.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/batch_log.h"
#include "sluice/run/state/content_tag.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/ducklake/lake_snapshot.h"
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
  return list_source_files(context, folder, "");
}

namespace internal {
namespace {

DeclaredAs declared_as(const Source& source) {
  const bool is_delta = source.type.value == SourceType::Delta ||
                        (source.format && source.format->value == SourceFormat::Delta);
  const bool is_table = source.type.value == SourceType::Table;
  return is_table ? DeclaredAs::Table : is_delta ? DeclaredAs::Delta : DeclaredAs::Files;
}

/// The tag of a source that keeps versions: which one, and what of it was read where that is not
/// all.
constexpr std::string_view kVersion = "version ";
constexpr std::string_view kWholeVersion = "sluice_source_version";
constexpr std::string_view kLinkVersion = "sluice_link_version";
/// What a run says of the key where it does not read by it.
constexpr std::string_view kWatermarkIsLeft = "not carried out by a run: 'source.watermark_field'";

Error no_such_lake_table(const plan::TableId& table) {
  return make_error(ErrorCode::NotFound,
                    fmt::format("there is no such table in the lake: '{}'", plan::to_string(table)))
      .with_hint("check its name: lake.schema.table");
}

struct VersionTag {
  table::At at;
  std::string entry;                  // what find_version_entry says; empty: it is gone
  std::string column;                 // of the watermark; empty: all rows were read
  std::optional<VersionBound> after;  // rows above this one are read; nothing: all rows
  VersionBound to;                    // the greatest of them
};

std::string render_tag(const VersionTag& tag) {
  nlohmann::json what = nlohmann::json::object();
  if (!tag.entry.empty()) {
    what["entry"] = tag.entry;
  }
  if (!tag.column.empty()) {
    what["watermark"] = tag.column;
  }
  const auto json_of = [](const VersionBound& bound) {
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

Result<VersionTag> parse_tag(const std::string& text) {
  VersionTag tag;
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
               ? VersionBound()
               : VersionBound(what.at(key).get<std::string>());
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
std::string rows_above(const std::string& watermark, const VersionBound& after) {
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
    lake_source_ = lake;
    rows_ = RowInput{.name = written, .tag = "unread", .open = {}};  // the snapshot is its tag
    return {};
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
  versions_ = connection_.get();
  SLUICE_TRY(files_.front().content_tag, find_increment(state->version));
  return {};
}

/// A snapshot in which the rows of the table are others than before is what is committed once.
Status Runner::open_lake_source() {
  if (!lake_source_) {
    return {};
  }
  SLUICE_TRY(versions_, open_lake(*lake_source_));
  const plan::TableId& table = lake_source_->table;
  SLUICE_TRY(const auto now, table::find_lake_snapshot(context_, *versions_, table));
  if (!now) {
    return no_such_lake_table(table);
  }
  SLUICE_TRY(const std::optional<std::string> before, find_tag_before());
  if (before) {
    SLUICE_TRY(const VersionTag tag, parse_tag(*before));
    const table::LakeSnapshot read{.id = tag.at.version.value_or(now->id + 1),
                                   .table_uuid = tag.entry};
    SLUICE_TRY(const bool is_same, table::has_rows_of(context_, *versions_, table, read, *now));
    const bool is_asked_alike = is_incremental() || tag.column.empty();
    if (is_same && is_asked_alike) {
      if (is_incremental()) {
        std::erase(result_.warnings, kWatermarkIsLeft);
      }
      files_.front().content_tag = *before;
      return {};
    }
  }
  SLUICE_TRY(files_.front().content_tag, find_increment(now->id));
  return {};
}

Status Runner::view_version(std::int64_t version, const std::string& name) {
  return lake_source_
             ? table::make_lake_view(context_, *versions_, lake_source_->table, version, name)
             : read_tables_.front().table().make_view(context_, {.version = version, .instant = {}},
                                                      name);
}

Result<std::string> Runner::find_version_entry(std::int64_t version) {
  if (lake_source_) {
    SLUICE_TRY(const auto now,
               table::find_lake_snapshot(context_, *versions_, lake_source_->table));
    return now ? now->table_uuid : std::string();
  }
  const std::string entry = fmt::format("{}/_delta_log/{:020}.json", delta_source_, version);
  if (!is_there(entry)) {
    return std::string();
  }
  SLUICE_TRY(run::BatchFile file, run::load_batch_file(context_, entry, entry));
  return std::move(file.content_tag);
}

Result<std::optional<std::string>> Runner::find_tag_before() const {
  std::optional<std::string> tag;
  if (state_ == nullptr || options_.again) {
    return tag;
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const std::vector<run::BatchRecord> records, log.load_all(context_));
  for (const run::BatchRecord& record : records) {
    const auto* input = std::get_if<run::FileInput>(&record.input);
    if (input != nullptr && !input->files.empty() &&
        input->files.front().path == files_.front().path &&
        input->files.front().content_tag.starts_with(kVersion)) {
      tag = input->files.front().content_tag;
    }
  }
  return tag;
}

Result<VersionBound> Runner::find_bound(const std::string& tag, const std::string& column) {
  SLUICE_TRY(VersionTag before, parse_tag(tag));
  if (schema::same_column(before.column, column)) {
    return std::move(before.to);
  }
  // The version was read by another column or as a whole: it still tells how far.
  const std::int64_t version = before.at.version.value_or(0);
  Status viewed = lake_source_ ? check_version(before.entry, version) : Status();
  if (viewed) {
    viewed = view_version(version, std::string(kWholeVersion));
  }
  if (!viewed) {
    return std::move(viewed)
        .error()
        .with_context("finding the watermark of the batch before")
        .with_hint("run once with --full --again: it reads all rows of the newest version");
  }
  SLUICE_TRY(const schema::LogicalType type, find_watermark_type(column));
  SLUICE_TRY(const auto rows,
             run::query_texts(context_, *versions_,
                              fmt::format("SELECT CAST(max({}) AS VARCHAR) FROM {}",
                                          watermark_of(column, type), kWholeVersion)));
  return rows.at(0).at(0);
}

/// The type of the column that tells new rows from old ones, by which it must be able to.
Result<schema::LogicalType> Runner::find_watermark_type(const std::string& column) {
  const Text& written = *contract_->source->watermark_field;
  SLUICE_TRY(const schema::Schema columns,
             versions_->describe(context_, fmt::format("SELECT * FROM {}", kWholeVersion)));
  const auto refused = [&](std::string what, std::string hint) {
    Error error = make_error(ErrorCode::InvalidContract, std::move(what));
    error.at = place_of(written.span);
    return std::move(error).with_hint(std::move(hint));
  };
  const schema::Field* field = columns.find(column);
  if (field == nullptr) {
    return refused(
        fmt::format("the {} table has no column of its watermark: '{}'", kind_of_source(), column),
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
          context_, *versions_,
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

/// What was read of such a table stands in the record of the batch, in clear.
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

Result<std::string> Runner::find_increment(std::int64_t version) {
  VersionTag tag{
      .at = {.version = version, .instant = {}}, .entry = "", .column = "", .after = {}, .to = {}};
  SLUICE_TRY(tag.entry, find_version_entry(version));
  if (!is_incremental()) {
    return render_tag(tag);
  }
  const Source& source = *contract_->source;
  if (!source.watermark_field && source.load_mode.value == LoadMode::Cdc) {
    result_.warnings.push_back(fmt::format(
        "a version of a {} table is read as a whole: no 'source.watermark_field' tells its new "
        "events from those that were applied",
        kind_of_source()));
    return render_tag(tag);
  }
  if (!source.watermark_field) {
    Error error = make_error(ErrorCode::InvalidContract,
                             fmt::format("an incremental read of a {} table needs the column that "
                                         "tells new rows from old ones",
                                         kind_of_source()));
    error.at = place_of(source.load_mode.span);
    return std::move(error).with_hint(
        "write source.watermark_field, or `load_mode: full`, or run with --full");
  }
  std::erase(result_.warnings, kWatermarkIsLeft);
  tag.column = source.watermark_field->value;
  SLUICE_CHECK(check_watermark_is_clear());
  SLUICE_CHECK(view_version(version, std::string(kWholeVersion)));
  SLUICE_TRY(const schema::LogicalType type, find_watermark_type(tag.column));
  SLUICE_TRY(const std::optional<std::string> read_before, find_tag_before());
  if (read_before) {
    SLUICE_TRY(tag.after, find_bound(*read_before, tag.column));
    SLUICE_CHECK(view_version(version, std::string(kWholeVersion)));
  }
  const std::string watermark = watermark_of(tag.column, type);
  SLUICE_TRY(
      const auto rows,
      run::query_texts(
          context_, *versions_,
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

/// A batch that was left unfinished reads the table that it began to read.
Status Runner::check_version(const std::string& entry, std::int64_t version) {
  SLUICE_TRY(const std::string now, find_version_entry(version));
  if (entry.empty() || now.empty() || entry == now) {
    return {};
  }
  return make_error(ErrorCode::NotFound,
                    fmt::format("version {} of the {} table is not the one that an unfinished "
                                "batch reads, the table was made anew: '{}'",
                                version, kind_of_source(), rows_->name))
      .with_hint("bring the table back to finish the batch, or give the run another --state");
}

/// The rows that the batch is of, in the snapshot that it is of. They are in memory then, and the
/// lake is free for others.
Status Runner::load_lake_source(plan::Pipeline& pipeline) {
  SLUICE_TRY(const VersionTag tag, parse_tag(files_.front().content_tag));
  const std::int64_t snapshot = tag.at.version.value_or(0);
  SLUICE_CHECK(check_version(tag.entry, snapshot));
  SLUICE_CHECK(view_version(snapshot, std::string(kWholeVersion)));
  std::string select = fmt::format("SELECT * FROM {}", kWholeVersion);
  if (tag.after) {
    SLUICE_TRY(const schema::LogicalType type, find_watermark_type(tag.column));
    select += " WHERE " + rows_above(watermark_of(tag.column, type), *tag.after);
  }
  SLUICE_TRY(ColumnStream rows, versions_->query(context_, select));
  SLUICE_CHECK(take_rows(std::move(rows), pipeline));
  versions_ = nullptr;
  lakes_.clear();
  return {};
}

/// The version that the batch is of: one that was left unfinished is read as it was then.
Status Runner::view_delta_source(plan::Pipeline& pipeline) {
  SLUICE_TRY(const VersionTag tag, parse_tag(files_.front().content_tag));
  SLUICE_CHECK(check_version(tag.entry, tag.at.version.value_or(0)));
  // Called like its folder, which is what the lineage of its rows says.
  const std::string name = tag.after ? std::string(kWholeVersion) : delta_source_;
  SLUICE_CHECK(view_version(tag.at.version.value_or(0), name));
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

Result<engine::Connection*> Runner::open_lake(const Places& places) {
  const auto check_name = [&](const std::string& open) -> Status {
    return open == places.lake.name
               ? Status()
               : make_error(ErrorCode::Unsupported,
                            fmt::format("a run calls one lake by two names: '{}' and '{}'", open,
                                        places.lake.name))
                     .with_hint("call the lake the same in the source, the links and the target");
  };
  if (database_ && places_.lake.catalog == places.lake.catalog) {
    SLUICE_CHECK(check_name(places_.lake.name));
    return &database_->connection();
  }
  for (const OpenLake& open : lakes_) {
    if (open.lake.catalog == places.lake.catalog) {
      SLUICE_CHECK(check_name(open.lake.name));
      return open.connection.get();
    }
  }
  OpenLake opened{.lake = places.lake, .engine = nullptr, .connection = nullptr};
  SLUICE_TRY(opened.engine, make_engine({.address = "",
                                         .memory_bytes_max = context_.memory_bytes_max,
                                         .threads_max = context_.threads_max}));
  SLUICE_TRY(opened.connection, opened.engine->connect(context_));
  SLUICE_CHECK(table::attach_lake(context_, *opened.connection, places.lake));
  lakes_.push_back(std::move(opened));
  return lakes_.back().connection.get();
}

/// The rows as they are now.
Status Runner::load_lake_link(const TableLink& link) {
  const plan::TableId& table = link.lake->table;
  SLUICE_TRY(engine::Connection* const connection, open_lake(*link.lake));
  SLUICE_TRY(const auto now, table::find_lake_snapshot(context_, *connection, table));
  if (!now) {
    return no_such_lake_table(table);
  }
  SLUICE_CHECK(
      table::make_lake_view(context_, *connection, table, now->id, std::string(kLinkVersion)));
  SLUICE_TRY(ColumnStream rows,
             connection->query(context_, fmt::format("SELECT * FROM {}", kLinkVersion)));
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
  const auto open = [&] {
    return make_engine({.address = name.file,
                        .memory_bytes_max = context_.memory_bytes_max,
                        .threads_max = context_.threads_max,
                        .read_only = true});
  };
  SLUICE_TRY(source_engine_,
             open_when_free(context_, open, std::chrono::milliseconds(places_.lake.lock_wait_ms)));
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
