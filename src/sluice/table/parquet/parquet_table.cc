#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/files/form.h"
#include "sluice/table/files/layout.h"
#include "sluice/table/files/rewrite.h"
#include "sluice/table/files/staged.h"
#include "sluice/table/files/view.h"
#include "sluice/table/parquet/data_files_internal.h"
#include "sluice/table/parquet/log_internal.h"
#include "sluice/table/parquet/maintain_internal.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table {
namespace {

using internal::DataFile;
using internal::Entry;
using internal::ManifestLog;
using internal::ManifestState;

constexpr std::string_view kReaderNote =
    "A reader that lists the folder may see a part of a commit for as long as the renames after it "
    "take; read the files that the newest manifest names to see whole versions.";

/// The newest version, when all of its files are there. One that a later version took away
/// meanwhile is looked for again in that version.
Result<const ManifestState*> load_whole(const Context& context, storage::Storage& storage,
                                        ManifestLog& log) {
  while (true) {
    SLUICE_TRY(const ManifestState* newest, log.load(context));
    const std::int64_t version = newest->table.version;
    std::vector<FilePlace> places;
    places.reserve(newest->files.size());
    for (const DataFile& file : newest->files) {
      places.push_back({.place = storage.uri(file.path), .bytes = file.bytes});
    }
    const Status whole = check_data_files(storage.uri(""), places);
    if (whole.has_value()) {
      return newest;
    }
    SLUICE_TRY(newest, log.load(context));
    if (newest->table.version == version) {
      return whole.error();
    }
  }
}

class ParquetPrepared final : public Prepared {
 public:
  ParquetPrepared(storage::Storage& storage, Entry made, bool is_of_caller)
      : entry(std::move(made)), has_files_of_caller(is_of_caller), storage_(&storage) {}
  const Receipt& expected() const override { return entry.receipt; }
  Status abort(const Context& context) override {
    if (!has_files_of_caller) {
      internal::remove_staged(context, *storage_, entry.added);
    }
    return {};
  }
  Entry entry;
  bool has_files_of_caller = false;

 private:
  storage::Storage* storage_;
};

class ParquetTable final : public Table {
 public:
  ParquetTable(engine::Connection& connection, storage::Storage& storage,
               const ParquetOptions& options)
      : Table({.uri = storage.uri(""),
               .format = "parquet",
               .reader_note = std::string(kReaderNote),
               .staged_prefix = "_",
               .staged_ending = "parquet.staged"}),
        connection_(&connection),
        storage_(&storage),
        options_(options),
        log_(storage) {}

  using Table::create;
  Status create(const Context& context, const plan::CreateTable& create,
                const Properties& properties) override;
  Status create_at_commit(const Context& context, const plan::CreateTable& create,
                          const Properties& properties) override;
  Result<std::optional<TableState>> find_state(const Context& context) override;
  Result<std::optional<StoredCommit>> find_commit(const Context& context,
                                                  std::string_view key) override;
  Result<std::unique_ptr<Prepared>> prepare(const Context& context, const plan::Write& write,
                                            ColumnStream rows, const CommitKey& key) override;
  Result<CommitOutcome> commit(const Context& context, std::unique_ptr<Prepared> prepared) override;
  Result<std::vector<Version>> history(const Context& context) override;
  Status make_view(const Context& context, const At& at, const std::string& name) override;
  Result<Maintained> maintain(const Context& context, const Maintenance& request) override;

 private:
  Result<ManifestState> make_first(const Context& context, const plan::CreateTable& create,
                                   const Properties& properties);
  Status find_past_files(const Context& context, const ManifestState& newest,
                         const ManifestState& past, std::vector<FileVersion::File>& files);
  Result<Maintained> compact(const Context& context, const ManifestState& state,
                             const Compact& request);
  Result<Maintained> evolve(const Context& context, const ManifestState& state,
                            const std::vector<schema::Change>& changes);
  Result<Maintained> put_description(const Context& context, const ManifestState& state,
                                     const Describe& told);
  Status write_rows(const Context& context, const FileCopy& copy, const schema::Schema& schema,
                    const std::string& select, Entry& entry);
  Result<Maintained> append(const Context& context, Entry entry, Maintained done);
  std::vector<FileVersion::File> places_of(const std::vector<DataFile>& files) const;
  Error explain(const Context& context, std::int64_t version,
                const std::vector<FileVersion::File>& files, Error error);
  FileCopy file_copy(const Context& context, const ManifestState& state,
                     const CommitKey& key) const;

  engine::Connection* connection_;
  storage::Storage* storage_;
  ParquetOptions options_;
  ManifestLog log_;
};

Status check_columns(const plan::CreateTable& create) {
  SLUICE_CHECK(check_file_columns(create));
  for (const schema::Field& field : create.schema.fields) {
    SLUICE_TRY_IN([[maybe_unused]] const std::string type,
                  dialect::duckdb_dialect().render_type(field.type),
                  fmt::format("spelling the type of column '{}'", field.name));
  }
  return check_file_partitions(create, "Parquet folder");
}

std::string_view foreign_format(std::string_view path) {
  return path.starts_with("_delta_log/")    ? "a Delta table"
         : path.ends_with(".metadata.json") ? "an Iceberg table"
         : path.starts_with("_sluice/")     ? ""
         : path.ends_with(".parquet")       ? "Parquet files"
                                            : "";
}

/// The state of a table that is about to be made.
Result<ManifestState> ParquetTable::make_first(const Context& context,
                                               const plan::CreateTable& create,
                                               const Properties& properties) {
  SLUICE_CHECK(check_folder_is_free(context, *storage_, "Parquet folder", foreign_format));
  ManifestState state;
  state.table.properties = with_sort_order(properties, create);
  SLUICE_CHECK(check_form(create.schema, state.table.properties));
  state.table.schema = create.schema;
  state.table.partition_by = create.partition_by;
  state.newest.operation = "create";
  state.newest.receipt.ingest_id = make_uuid_v7(*context.clock, *context.random);
  state.newest.receipt.committed_at = context.clock->now();
  return state;
}

Status ParquetTable::create_at_commit(const Context& context, const plan::CreateTable& create,
                                      const Properties& properties) {
  SLUICE_CHECK(check_columns(create));
  SLUICE_TRY(const ManifestState* there, log_.find(context));
  if (there == nullptr) {
    SLUICE_TRY(ManifestState state, make_first(context, create, properties));
    log_.create_at_append(std::move(state));
  }
  return {};
}

Status ParquetTable::create(const Context& context, const plan::CreateTable& create,
                            const Properties& properties) {
  SLUICE_CHECK(check_columns(create));
  SLUICE_TRY(const ManifestState* there, log_.find(context));
  if (there == nullptr) {
    SLUICE_TRY(ManifestState state, make_first(context, create, properties));
    const Status created = log_.create(context, std::move(state));
    if (created.has_value() || created.error().code != ErrorCode::AlreadyExists) {
      return created;
    }
  }
  if (!create.if_absent) {
    return make_error(ErrorCode::AlreadyExists,
                      fmt::format("there is a table in this folder: '{}'", storage_->uri("")));
  }
  return {};
}

Result<std::optional<TableState>> ParquetTable::find_state(const Context& context) {
  SLUICE_TRY(const ManifestState* state, log_.find(context));
  return state == nullptr ? std::optional<TableState>{} : std::optional(state->table);
}

Result<std::optional<StoredCommit>> ParquetTable::find_commit(const Context& context,
                                                              std::string_view key) {
  SLUICE_TRY(const ManifestState* state, log_.find(context));
  if (state == nullptr) {
    return std::optional<StoredCommit>{};
  }
  const auto found = state->commits.find(key);
  return found == state->commits.end() ? std::optional<StoredCommit>{}
                                       : std::optional(found->second);
}

FileCopy ParquetTable::file_copy(const Context& context, const ManifestState& state,
                                 const CommitKey& key) const {
  return {.connection = connection_,
          .storage = storage_,
          .partition_by = state.table.partition_by,
          .form = form_of(state.table),
          .file_bytes_max = options_.file_bytes_max,
          .stem = "_" + make_file_stem(context, key),
          .extension = "parquet.staged"};
}

Result<std::unique_ptr<Prepared>> ParquetTable::prepare(const Context& context,
                                                        const plan::Write& write, ColumnStream rows,
                                                        const CommitKey& key) {
  SLUICE_TRY(const ManifestState* state, log_.load(context));
  if (state->commits.contains(key.key)) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another writer has committed this key: '{}'", key.key));
  }
  const schema::Schema& schema = state->table.schema;
  SLUICE_CHECK(check_fit(write, schema));
  Entry entry{.version = state->table.version + 1,
              .operation = std::string(plan::mode_name(write.mode)),
              .key = key.key,
              .fingerprint = key.fingerprint,
              .rows = state->rows()};
  FileVersion version{.state = &state->table, .rows = state->rows()};
  version.files = places_of(state->files);
  version.render_rows = [&](const std::vector<FileVersion::File>& files) {
    return internal::render_rows(schema, files, state->may_lack_columns);
  };
  const FileCopy copy = file_copy(context, *state, key);
  const auto make = [&](const FileMaker& maker) -> Result<std::int64_t> {
    SLUICE_TRY(entry.added, internal::make_files(context, copy, schema, maker));
    std::int64_t written = 0;
    for (const DataFile& file : entry.added) {
      written += file.rows;
      entry.receipt.bytes += file.bytes;
    }
    return written;
  };
  version.write_rows = [&](const std::string& select) {
    return make(maker_of_select(context, copy, select));
  };
  const std::vector<NewFile> staged =
      files_to_take(*storage_, describe(), state->table, write, key);
  if (!staged.empty()) {
    version.take_files = [&] { return make(maker_of_staged(context, copy, staged)); };
  }
  auto made = rewrite_files(context, *connection_, version, write, std::move(rows), key);
  if (!made.has_value()) {
    return explain(context, state->table.version, version.files, std::move(made).error());
  }
  made->counts.bytes = entry.receipt.bytes;
  entry.receipt = made->counts;
  entry.receipt.ingest_id = key.ingest_id;
  entry.receipt.version = entry.version;
  entry.receipt.files = static_cast<std::int64_t>(entry.added.size());
  entry.removed = std::move(made->removed);
  entry.rows += entry.receipt.inserted - entry.receipt.deleted;
  return std::unique_ptr<Prepared>(
      std::make_unique<ParquetPrepared>(*storage_, std::move(entry), !staged.empty()));
}

/// A file that another writer has replaced meanwhile cannot be read under its name any more; else
/// it is told which one is damaged.
Error ParquetTable::explain(const Context& context, std::int64_t version,
                            const std::vector<FileVersion::File>& files, Error error) {
  error = tell_damaged_file(context, *connection_, describe().uri, file_places(files),
                            std::move(error));
  const bool may_be_gone = error.code == ErrorCode::NotFound ||
                           error.code == ErrorCode::Unavailable || error.code == ErrorCode::Corrupt;
  if (!may_be_gone) {
    return error;
  }
  const auto now = log_.find(context);
  if (!now.has_value() || *now == nullptr || (*now)->table.version == version) {
    return error;
  }
  return make_error(ErrorCode::CommitConflict,
                    fmt::format("the table moved on from version {} while it was read", version))
      .with_native(to_string(error));
}

Result<CommitOutcome> ParquetTable::commit(const Context& context,
                                           std::unique_ptr<Prepared> prepared) {
  auto& spent = static_cast<ParquetPrepared&>(*prepared);
  spent.entry.receipt.committed_at = context.clock->now();
  auto outcome = log_.append(context, spent.entry, context.clock->now() - options_.key_ttl);
  if (!outcome.has_value() || std::holds_alternative<Conflict>(*outcome)) {
    SLUICE_CHECK(spent.abort(context));
  }
  return outcome;
}

Result<std::vector<Version>> ParquetTable::history(const Context& context) {
  SLUICE_TRY(const ManifestState* state, log_.load(context));
  std::vector<Version> versions;
  for (std::int64_t version = state->table.version; version >= 0; --version) {
    SLUICE_TRY(const auto stored, log_.find_entry(context, version));
    if (!stored.has_value()) {
      break;
    }
    const Entry& entry = stored->entry;
    versions.push_back({.version = entry.version,
                        .committed_at = entry.receipt.committed_at,
                        .operation = entry.operation,
                        .key = entry.key,
                        .rows = entry.rows});
  }
  return versions;
}

std::vector<FileVersion::File> ParquetTable::places_of(const std::vector<DataFile>& files) const {
  std::vector<FileVersion::File> places;
  places.reserve(files.size());
  for (const DataFile& file : files) {
    places.push_back({.path = file.path, .place = storage_->uri(file.path), .bytes = file.bytes});
  }
  return places;
}

/// Files that were replaced meanwhile lie under their hidden names, until they are vacuumed.
Status ParquetTable::find_past_files(const Context& context, const ManifestState& newest,
                                     const ManifestState& past,
                                     std::vector<FileVersion::File>& files) {
  std::set<std::string_view> current;
  for (const DataFile& file : newest.files) {
    current.insert(file.path);
  }
  SLUICE_TRY(const auto objects, storage_->list(context, ""));
  std::set<std::string_view> there;
  for (const storage::ObjectInfo& object : objects) {
    there.insert(object.path);
  }
  for (const DataFile& file : past.files) {
    const std::string name =
        current.contains(file.path) ? file.path : internal::removed_name(file.path);
    if (!there.contains(name)) {
      return make_error(ErrorCode::NotFound, fmt::format("a file of version {} was vacuumed: '{}'",
                                                         past.table.version, file.path))
          .with_hint("Read a newer version; vacuum says how long replaced files are kept.");
    }
    files.push_back({.path = file.path, .place = storage_->uri(name), .bytes = file.bytes});
  }
  return check_data_files(describe().uri, file_places(files));
}

Status ParquetTable::make_view(const Context& context, const At& at, const std::string& name) {
  std::optional<std::int64_t> wanted;
  if (at.version || at.instant) {
    SLUICE_TRY(wanted, load_version(context, *this, at));
  }
  SLUICE_TRY(const ManifestState* newest, log_.load(context));
  const bool is_past = wanted && *wanted != newest->table.version;
  if (!is_past) {
    SLUICE_TRY(newest, load_whole(context, *storage_, log_));
  }
  ManifestState past;
  const ManifestState* meant = newest;
  std::vector<FileVersion::File> files = places_of(newest->files);
  if (is_past) {
    SLUICE_TRY(past, log_.load_past(context, *wanted));
    meant = &past;
    files.clear();
    SLUICE_CHECK(find_past_files(context, *newest, past, files));
  }
  SLUICE_TRY(const std::string rows,
             internal::render_rows(meant->table.schema, files, meant->may_lack_columns));
  return make_rows_view(context, *connection_, name, meant->table.schema, rows);
}

Status ParquetTable::write_rows(const Context& context, const FileCopy& copy,
                                const schema::Schema& schema, const std::string& select,
                                Entry& entry) {
  SLUICE_TRY(entry.added,
             internal::make_files(context, copy, schema, maker_of_select(context, copy, select)));
  entry.receipt.files = static_cast<std::int64_t>(entry.added.size());
  for (const DataFile& file : entry.added) {
    entry.receipt.bytes += file.bytes;
  }
  return {};
}

/// The version of a change that has no key.
Entry next_entry(const Context& context, const ManifestState& state, std::string operation) {
  Entry entry{.version = state.table.version + 1,
              .operation = std::move(operation),
              .key = {},
              .fingerprint = {},
              .rows = state.rows()};
  entry.receipt.ingest_id = make_uuid_v7(*context.clock, *context.random);
  entry.receipt.version = entry.version;
  entry.receipt.unchanged = entry.rows;
  return entry;
}

CommitKey key_of(const Entry& entry) {
  return {.key = {}, .fingerprint = {}, .ingest_id = entry.receipt.ingest_id};
}

Result<Maintained> ParquetTable::append(const Context& context, Entry entry, Maintained done) {
  entry.receipt.committed_at = context.clock->now();
  const auto outcome = log_.append(context, entry, context.clock->now() - options_.key_ttl);
  if (!outcome.has_value() || std::holds_alternative<Conflict>(*outcome)) {
    internal::remove_staged(context, *storage_, entry.added);
  }
  SLUICE_CHECK(outcome);
  SLUICE_CHECK(check_committed(*outcome));
  done.deleted = static_cast<std::int64_t>(entry.removed.size());
  done.written = static_cast<std::int64_t>(entry.added.size());
  done.version = entry.version;
  return done;
}

Result<Maintained> ParquetTable::compact(const Context& context, const ManifestState& state,
                                         const Compact& request) {
  SLUICE_CHECK(check_compaction(request));
  const Maintained done{.scanned = static_cast<std::int64_t>(state.files.size())};
  const auto small = internal::find_small_files(state.files, request.file_bytes);
  if (small.empty()) {
    return done;
  }
  Entry entry = next_entry(context, state, "compact");
  for (const DataFile& file : small) {
    entry.removed.push_back(file.path);
  }
  std::vector<std::string> columns;
  for (const schema::Field& field : state.table.schema.fields) {
    columns.push_back(field.name);
  }
  SLUICE_TRY(const std::string rows,
             internal::render_rows(state.table.schema, places_of(small), state.may_lack_columns));
  FileCopy copy = file_copy(context, state, key_of(entry));
  copy.file_bytes_max = request.file_bytes;
  copy.file_rows_max = kAnyRows;
  const Status written =
      write_rows(context, copy, state.table.schema,
                 fmt::format("SELECT {} FROM {}", dialect::quote_columns(columns), rows), entry);
  if (!written.has_value()) {
    return explain(context, entry.version - 1, places_of(small), written.error());
  }
  return append(context, std::move(entry), done);
}

/// Columns that are added are read as NULL where a file lacks them; whatever else changes writes
/// the files anew, so that every reader of Parquet sees one schema.
Result<Maintained> ParquetTable::evolve(const Context& context, const ManifestState& state,
                                        const std::vector<schema::Change>& changes) {
  SLUICE_TRY(const Evolved evolved,
             evolve_schema(state.table.schema, changes, layout_columns(state.table)));
  SLUICE_CHECK(check_columns({.target = {},
                              .schema = evolved.schema,
                              .primary_key = {},
                              .partition_by = state.table.partition_by,
                              .sort_by = {}}));
  SLUICE_TRY(
      const std::string rows,
      internal::render_rows(state.table.schema, places_of(state.files), state.may_lack_columns));
  SLUICE_TRY(const std::string select, render_evolved(evolved, rows));
  SLUICE_CHECK(check_no_null(context, *connection_, evolved.newly_required, select));
  Entry entry = next_entry(context, state, "evolve");
  entry.schema = evolved.schema;
  entry.adds_columns = evolved.adds_columns;
  if (evolved.changes_files && !state.files.empty()) {
    for (const DataFile& file : state.files) {
      entry.removed.push_back(file.path);
    }
    const Status written = write_rows(context, file_copy(context, state, key_of(entry)),
                                      evolved.schema, select, entry);
    if (!written.has_value()) {
      return explain(context, entry.version - 1, places_of(state.files), written.error());
    }
  }
  return append(context, std::move(entry),
                {.scanned = static_cast<std::int64_t>(state.files.size())});
}

Result<Maintained> ParquetTable::put_description(const Context& context, const ManifestState& state,
                                                 const Describe& told) {
  TableState after = state.table;
  SLUICE_CHECK(apply_description(after, told));
  SLUICE_CHECK(check_form(after.schema, told.properties));
  Entry entry = next_entry(context, state, "describe");
  entry.schema = std::move(after.schema);
  entry.properties = std::move(after.properties);
  return append(context, std::move(entry), {});
}

Result<Maintained> ParquetTable::maintain(const Context& context, const Maintenance& request) {
  SLUICE_TRY(const ManifestState* state, log_.load(context));
  return std::visit(
      overloaded{
          [&](const Clean& clean) {
            return internal::remove_uncommitted(context, *storage_, log_, clean.older_than);
          },
          [&](const Vacuum& vacuum) {
            return internal::remove_unneeded(context, *storage_, log_, vacuum.older_than);
          },
          [&](const Compact& compacting) { return compact(context, *state, compacting); },
          [&](const Evolve& evolving) { return evolve(context, *state, evolving.changes); },
          [&](const Describe& told) { return put_description(context, *state, told); },
      },
      request);
}

}  // namespace

Status validate(const ParquetOptions& options) {
  if (options.file_bytes_max < std::uint64_t{1} << 20) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected file_bytes_max of at least 1048576, got '{}'",
                                  options.file_bytes_max));
  }
  if (options.key_ttl < std::chrono::hours{1}) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected key_ttl of at least 1 hour, got '{}'", options.key_ttl.count()));
  }
  return {};
}

Result<std::unique_ptr<Table>> make_parquet_table(engine::Connection& connection,
                                                  storage::Storage& storage,
                                                  const ParquetOptions& options) {
  SLUICE_CHECK(validate(options));
  return std::unique_ptr<Table>(std::make_unique<ParquetTable>(connection, storage, options));
}

Result<std::vector<std::string>> find_parquet_files(const Context& context,
                                                    storage::Storage& storage) {
  ManifestLog log(storage);
  SLUICE_TRY(const ManifestState* state, load_whole(context, storage, log));
  std::vector<std::string> files;
  files.reserve(state->files.size());
  for (const DataFile& file : state->files) {
    files.push_back(storage.uri(file.path));
  }
  return files;
}

}  // namespace sluice::table
