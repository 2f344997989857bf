#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/parquet/data_files_internal.h"
#include "sluice/table/parquet/log_internal.h"
#include "sluice/table/parquet/maintain_internal.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table {
namespace {

using internal::DataFile;
using internal::Entry;
using internal::FileWriter;
using internal::ManifestLog;
using internal::ManifestState;

constexpr std::string_view kReaderNote =
    "A reader that lists the folder may see a part of a commit for as long as the renames after it "
    "take; read the files that the newest manifest names to see whole versions.";

class ParquetPrepared final : public Prepared {
 public:
  explicit ParquetPrepared(Entry made) : entry(std::move(made)) {}
  const Receipt& expected() const override { return entry.receipt; }
  Entry entry;
};

/// What a write adds and takes away, with its counts.
struct Work {
  std::vector<DataFile> added;
  std::vector<std::string> removed;
  Receipt counts;
};

class ParquetTable final : public Table {
 public:
  ParquetTable(engine::Connection& connection, storage::Storage& storage,
               const ParquetOptions& options)
      : connection_(&connection), storage_(&storage), options_(options), log_(storage) {}

  TableDescription describe() const override {
    return {.uri = storage_->uri(""), .format = "parquet", .reader_note = std::string(kReaderNote)};
  }
  Status create(const Context& context, const plan::CreateTable& create) override;
  Result<std::optional<TableState>> find_state(const Context& context) override;
  Result<std::optional<StoredCommit>> find_commit(const Context& context,
                                                  std::string_view key) override;
  Result<std::unique_ptr<Prepared>> prepare(const Context& context, const plan::Write& write,
                                            ColumnStream rows, const CommitKey& key) override;
  Result<CommitOutcome> commit(const Context& context, std::unique_ptr<Prepared> prepared) override;
  Status abort(const Context& context, std::unique_ptr<Prepared> prepared) override;
  Result<std::vector<Version>> history(const Context& context) override;
  Result<Maintained> maintain(const Context& context, sys_micros older_than) override;

 private:
  /// One prepare: what all of its steps look at.
  struct Request {
    const Context& context;
    const plan::Write& write;
    const CommitKey& key;
    const ManifestState& state;
    FileWriter writer;
  };

  Status check_place(const Context& context);
  Result<Work> work_out(const Request& request, ColumnStream rows);
  Error explain(const Context& context, std::int64_t version, Error error);
  Result<Work> add_rows(const Request& request, ColumnStream rows);
  Result<Work> change_rows(const Request& request, ColumnStream rows);
  Result<Work> apply_change(const Request& request, const Batch& batch, const Change& change);
  Result<std::vector<std::string>> find_touched(const Request& request, const Change& change);
  Result<std::string> all_rows(const ManifestState& state) const;

  engine::Connection* connection_;
  storage::Storage* storage_;
  ParquetOptions options_;
  ManifestLog log_;
};

std::vector<std::string> paths_of(const std::vector<DataFile>& files) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const DataFile& file : files) {
    paths.push_back(file.path);
  }
  return paths;
}

std::string column_list(const schema::Schema& schema) {
  std::vector<std::string> names;
  names.reserve(schema.fields.size());
  for (const schema::Field& field : schema.fields) {
    names.push_back(field.name);
  }
  return dialect::quote_columns(names);
}

Status check_columns(const plan::CreateTable& create) {
  SLUICE_CHECK(validate(create.schema));
  for (const schema::Field& field : create.schema.fields) {
    if (field.name.starts_with(kReservedPrefix) ||
        schema::same_column(field.name, "file_row_number")) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("this column name is reserved: '{}'", field.name))
          .with_hint("Rename the column.");
    }
    SLUICE_TRY_IN([[maybe_unused]] const std::string type,
                  dialect::duckdb_dialect().render_type(field.type),
                  fmt::format("spelling the type of column '{}'", field.name));
  }
  return {};
}

Status check_layout(const plan::CreateTable& create) {
  for (const plan::PartitionField& field : create.partition_by) {
    if (create.schema.find(field.column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no partition column '{}'", field.column));
    }
    if (field.transform != plan::PartitionTransform::Identity) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format(
                            "a Parquet folder is partitioned by columns as they are, not by a part "
                            "of '{}'",
                            field.column))
          .with_hint("Add a column that holds the part (a day, a month) and partition by it.");
    }
  }
  if (!create.partition_by.empty() && create.partition_by.size() == create.schema.fields.size()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a table needs a column that it is not partitioned by");
  }
  for (const std::string& column : create.sort_by) {
    if (create.schema.find(column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no column to sort by: '{}'", column));
    }
  }
  return {};
}

/// A folder that another program fills is not ours to write to.
Status ParquetTable::check_place(const Context& context) {
  SLUICE_TRY(const auto objects, storage_->list(context, ""));
  for (const storage::ObjectInfo& object : objects) {
    const std::string& path = object.path;
    const std::string_view format = path.starts_with("_delta_log/")    ? "a Delta table"
                                    : path.ends_with(".metadata.json") ? "an Iceberg table"
                                    : path.starts_with("_sluice/")     ? ""
                                    : path.ends_with(".parquet")       ? "Parquet files"
                                                                       : "";
    if (!format.empty()) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the folder already holds {} that Sluice has not written: '{}'",
                                    format, storage_->uri(path)))
          .with_hint("Choose an empty folder, or read these files as a source.");
    }
  }
  return {};
}

Status ParquetTable::create(const Context& context, const plan::CreateTable& create) {
  SLUICE_CHECK(check_columns(create));
  SLUICE_CHECK(check_layout(create));
  SLUICE_TRY(const ManifestState* there, log_.find(context));
  if (there == nullptr) {
    SLUICE_CHECK(check_place(context));
    ManifestState state;
    state.table.schema = create.schema;
    state.table.partition_by = create.partition_by;
    state.sort_by = create.sort_by;
    state.newest.operation = "create";
    state.newest.receipt.ingest_id = make_uuid_v7(*context.clock, *context.random);
    state.newest.receipt.committed_at = context.clock->now();
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

Result<std::string> ParquetTable::all_rows(const ManifestState& state) const {
  return internal::render_rows(*storage_, state.table.schema, paths_of(state.files));
}

std::string make_stem(const Context& context, const CommitKey& key) {
  std::array<std::uint8_t, 4> bytes{};
  context.random->fill(bytes);
  return fmt::format("{}-{:02x}", to_string(key.ingest_id), fmt::join(bytes, ""));
}

Result<std::unique_ptr<Prepared>> ParquetTable::prepare(const Context& context,
                                                        const plan::Write& write, ColumnStream rows,
                                                        const CommitKey& key) {
  SLUICE_TRY(const ManifestState* state, log_.load(context));
  if (state->commits.contains(key.key)) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another writer has committed this key: '{}'", key.key));
  }
  SLUICE_CHECK(check_fit(write, state->table.schema));
  const Request request{context, write, key, *state,
                        FileWriter{.connection = connection_,
                                   .storage = storage_,
                                   .state = state,
                                   .options = options_,
                                   .stem = make_stem(context, key)}};
  auto worked = work_out(request, std::move(rows));
  if (!worked.has_value()) {
    return explain(context, state->table.version, std::move(worked).error());
  }
  Work work = *std::move(worked);
  Entry entry{.version = state->table.version + 1,
              .operation = std::string(plan::mode_name(write.mode)),
              .key = key.key,
              .fingerprint = key.fingerprint,
              .receipt = work.counts,
              .rows = state->rows(),
              .added = std::move(work.added),
              .removed = std::move(work.removed)};
  entry.receipt.ingest_id = key.ingest_id;
  entry.receipt.version = entry.version;
  entry.receipt.files = static_cast<std::int64_t>(entry.added.size());
  for (const DataFile& file : entry.added) {
    entry.receipt.bytes += file.bytes;
  }
  entry.rows += entry.receipt.inserted - entry.receipt.deleted;
  return std::unique_ptr<Prepared>(std::make_unique<ParquetPrepared>(std::move(entry)));
}

/// A file that another writer has replaced meanwhile cannot be read under its name any more.
Error ParquetTable::explain(const Context& context, std::int64_t version, Error error) {
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

Result<Work> ParquetTable::work_out(const Request& request, ColumnStream rows) {
  return needs_change(request.write.mode) ? change_rows(request, std::move(rows))
                                          : add_rows(request, std::move(rows));
}

/// Append and overwrite: the rows go into files as they come.
Result<Work> ParquetTable::add_rows(const Request& request, ColumnStream rows) {
  const auto* append = std::get_if<plan::Append>(&request.write.mode);
  const bool unique = append != nullptr && !append->unique_key.empty();
  const Context& context = request.context;
  SLUICE_TRY(const Batch batch, load_batch(context, *connection_, request.write, std::move(rows),
                                           request.state.table.schema, request.key, !unique));
  const auto write_batch = [&]() -> Result<Work> {
    if (unique) {
      SLUICE_TRY(std::string target, all_rows(request.state));
      const ChangeRequest check{.write = &request.write,
                                .table = request.state.table.schema,
                                .partition_by = {},
                                .target = std::move(target),
                                .batch = batch,
                                .key = request.key};
      SLUICE_CHECK(check_unique_key(context, *connection_, check, append->unique_key));
    }
    Work work;
    SLUICE_TRY(work.added,
               internal::write_files(
                   context, request.writer,
                   fmt::format("SELECT {} FROM {}", column_list(request.state.table.schema),
                               dialect::quote_identifier(batch.relation))));
    for (const DataFile& file : work.added) {
      work.counts.rows_in += file.rows;
    }
    work.counts.inserted = work.counts.rows_in;
    if (append == nullptr) {
      work.removed = paths_of(request.state.files);
      work.counts.deleted = request.state.rows();
    }
    return work;
  };
  auto work = write_batch();
  drop_batch(context, *connection_, batch);
  return work;
}

/// Every other mode: the change is worked out first, then the files that hold a changed row are
/// written anew.
Result<Work> ParquetTable::change_rows(const Request& request, ColumnStream rows) {
  const Context& context = request.context;
  Batch batch;
  if (!std::holds_alternative<plan::DeleteWhere>(request.write.mode)) {
    SLUICE_TRY(batch, load_batch(context, *connection_, request.write, std::move(rows),
                                 request.state.table.schema, request.key, false));
  }
  const auto make = [&]() -> Result<Work> {
    SLUICE_TRY(std::string target, all_rows(request.state));
    const ChangeRequest wanted{.write = &request.write,
                               .table = request.state.table.schema,
                               .partition_by = request.state.table.partition_by,
                               .target = std::move(target),
                               .batch = batch,
                               .key = request.key};
    SLUICE_TRY(const Change change, make_change(context, *connection_, wanted));
    auto work = apply_change(request, batch, change);
    drop_change(context, *connection_, change);
    return work;
  };
  auto work = make();
  drop_batch(context, *connection_, batch);
  return work;
}

Result<std::vector<std::string>> ParquetTable::find_touched(const Request& request,
                                                            const Change& change) {
  SLUICE_TRY(const auto rows,
             find_text_rows(request.context, *connection_,
                            fmt::format("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL", kFile,
                                        dialect::quote_identifier(change.relation))));
  std::set<std::string, std::less<>> values;
  for (const TextRow& row : rows) {
    values.insert(row[0].value_or(""));
  }
  std::vector<std::string> touched;
  for (const DataFile& file : request.state.files) {
    if (values.contains(internal::file_value(*storage_, file.path))) {
      touched.push_back(file.path);
    }
  }
  if (touched.size() != values.size()) {
    return make_error(ErrorCode::Internal,
                      "a changed row stands in a file that is not the table's");
  }
  return touched;
}

Result<Work> ParquetTable::apply_change(const Request& request, const Batch& batch,
                                        const Change& change) {
  const schema::Schema& schema = request.state.table.schema;
  Work work;
  work.counts = {.rows_in = batch.rows,
                 .inserted = change.inserted,
                 .updated = change.updated - change.marked,
                 .unchanged = change.unchanged,
                 .deleted = change.deleted + change.marked};
  SLUICE_TRY(work.removed, find_touched(request, change));
  const std::string relation = dialect::quote_identifier(change.relation);
  std::string select;
  if (!work.removed.empty()) {
    SLUICE_TRY(const std::string rows, internal::render_rows(*storage_, schema, work.removed));
    select = fmt::format(
        "SELECT {0} FROM {1} AS t WHERE NOT EXISTS (SELECT 1 FROM {2} AS c WHERE c.{3} = t.{3} AND "
        "c.{4} = t.{4})",
        column_list(schema), rows, relation, kFile, kRow);
  }
  if (change.inserted + change.updated > 0) {
    select +=
        fmt::format("{}SELECT {} FROM {} WHERE {} IN ('i', 'u', 'c')",
                    select.empty() ? "" : " UNION ALL ", column_list(schema), relation, kKind);
  }
  if (!select.empty()) {
    SLUICE_TRY(work.added, internal::write_files(request.context, request.writer, select));
  }
  return work;
}

Result<CommitOutcome> ParquetTable::commit(const Context& context,
                                           std::unique_ptr<Prepared> prepared) {
  Entry entry = std::move(static_cast<ParquetPrepared&>(*prepared).entry);
  entry.receipt.committed_at = context.clock->now();
  auto outcome = log_.append(context, entry, context.clock->now() - options_.key_ttl);
  if (!outcome.has_value() || std::holds_alternative<Conflict>(*outcome)) {
    internal::remove_staged(context, *storage_, entry.added);
  }
  return outcome;
}

Status ParquetTable::abort(const Context& context, std::unique_ptr<Prepared> prepared) {
  internal::remove_staged(context, *storage_, static_cast<ParquetPrepared&>(*prepared).entry.added);
  return {};
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

Result<Maintained> ParquetTable::maintain(const Context& context, sys_micros older_than) {
  SLUICE_TRY(const ManifestState* state, log_.load(context));
  return internal::remove_unneeded(context, *storage_, log_, *state, older_than);
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
  SLUICE_TRY(const ManifestState* state, log.load(context));
  std::vector<std::string> files;
  files.reserve(state->files.size());
  for (const DataFile& file : state->files) {
    files.push_back(storage.uri(file.path));
  }
  return files;
}

}  // namespace sluice::table
