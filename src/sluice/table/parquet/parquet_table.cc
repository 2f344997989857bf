#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/layout.h"
#include "sluice/table/files/rewrite.h"
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

class ParquetPrepared final : public Prepared {
 public:
  explicit ParquetPrepared(Entry made) : entry(std::move(made)) {}
  const Receipt& expected() const override { return entry.receipt; }
  Entry entry;
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
  Error explain(const Context& context, std::int64_t version, Error error);
  FileCopy file_copy(const Context& context, const ManifestState& state,
                     const CommitKey& key) const;

  engine::Connection* connection_;
  storage::Storage* storage_;
  ParquetOptions options_;
  ManifestLog log_;
};

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::Zstd: return "zstd";
    case Codec::Snappy: return "snappy";
    case Codec::Gzip: return "gzip";
    case Codec::None: return "uncompressed";
  }
  return "zstd";
}

Status check_columns(const plan::CreateTable& create) {
  SLUICE_CHECK(check_file_columns(create));
  for (const schema::Field& field : create.schema.fields) {
    SLUICE_TRY_IN([[maybe_unused]] const std::string type,
                  dialect::duckdb_dialect().render_type(field.type),
                  fmt::format("spelling the type of column '{}'", field.name));
  }
  for (const std::string& column : create.sort_by) {
    if (create.schema.find(column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no column to sort by: '{}'", column));
    }
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

Status ParquetTable::create(const Context& context, const plan::CreateTable& create) {
  SLUICE_CHECK(check_columns(create));
  SLUICE_TRY(const ManifestState* there, log_.find(context));
  if (there == nullptr) {
    SLUICE_CHECK(check_folder_is_free(context, *storage_, "Parquet folder", foreign_format));
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

FileCopy ParquetTable::file_copy(const Context& context, const ManifestState& state,
                                 const CommitKey& key) const {
  return {.connection = connection_,
          .storage = storage_,
          .partition_by = state.table.partition_by,
          .sort_by = state.sort_by,
          .codec = std::string(codec_name(options_.codec)),
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
  for (const DataFile& file : state->files) {
    version.files.push_back({.path = file.path, .place = storage_->uri(file.path)});
  }
  version.render_rows = [&](const std::vector<FileVersion::File>& files) {
    return internal::render_rows(schema, files);
  };
  version.write_rows = [&](const std::string& select) -> Result<std::int64_t> {
    SLUICE_TRY(entry.added,
               internal::write_files(context, file_copy(context, *state, key), schema, select));
    std::int64_t written = 0;
    for (const DataFile& file : entry.added) {
      written += file.rows;
      entry.receipt.bytes += file.bytes;
    }
    return written;
  };
  auto made = rewrite_files(context, *connection_, version, write, std::move(rows), key);
  if (!made.has_value()) {
    return explain(context, state->table.version, std::move(made).error());
  }
  made->counts.bytes = entry.receipt.bytes;
  entry.receipt = made->counts;
  entry.receipt.ingest_id = key.ingest_id;
  entry.receipt.version = entry.version;
  entry.receipt.files = static_cast<std::int64_t>(entry.added.size());
  entry.removed = std::move(made->removed);
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
