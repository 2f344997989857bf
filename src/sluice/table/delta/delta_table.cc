#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/data_files_internal.h"
#include "sluice/table/delta/delta.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/delta/types_internal.h"

namespace sluice::table {
namespace {

using delta::AddedFile;
using delta::CommitRequest;
using delta::FileWriter;
using delta::LiveFile;
using delta::LiveFiles;
using delta::Note;
using delta::Snapshot;

constexpr std::int64_t kCheckpointEvery = 10;

class DeltaPrepared final : public Prepared {
 public:
  DeltaPrepared(Snapshot on, CommitRequest made)
      : snapshot(std::move(on)), request(std::move(made)) {}
  const Receipt& expected() const override { return request.note.receipt; }
  Snapshot snapshot;
  CommitRequest request;
};

/// What a write adds and takes away, with its counts.
struct Work {
  std::vector<AddedFile> added;
  std::vector<std::string> removed;
  Receipt counts;
};

class DeltaTable final : public Table {
 public:
  DeltaTable(engine::Connection& connection, storage::Storage& storage)
      : connection_(&connection), storage_(&storage) {}

  TableDescription describe() const override {
    return {.uri = storage_->uri(""), .format = "delta", .reader_note = ""};
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
    const TableState& state;
    const LiveFiles& live;
    FileWriter writer;
  };

  Result<Snapshot> load(const Context& context);
  Status check_place(const Context& context);
  Result<Work> add_rows(const Request& request, ColumnStream rows);
  Result<Work> change_rows(const Request& request, ColumnStream rows);
  Result<Work> apply_change(const Request& request, const Batch& batch, const Change& change);
  Result<std::vector<LiveFile>> find_touched(const Request& request, const Change& change);
  void write_checkpoint(const Context& context, std::int64_t version);
  Result<std::set<std::string, std::less<>>> find_needed(const Context& context,
                                                         sys_micros older_than);

  engine::Connection* connection_;
  storage::Storage* storage_;
};

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
  }
  return delta::check_delta_schema(create.schema);
}

bool may_partition(const schema::LogicalType& type) {
  return std::holds_alternative<schema::Boolean>(type.kind) ||
         std::holds_alternative<schema::Integer>(type.kind) ||
         std::holds_alternative<schema::Decimal>(type.kind) ||
         std::holds_alternative<schema::Text>(type.kind) ||
         std::holds_alternative<schema::Date>(type.kind) ||
         std::holds_alternative<schema::Timestamp>(type.kind);
}

Status check_layout(const plan::CreateTable& create) {
  for (const plan::PartitionField& field : create.partition_by) {
    const schema::Field* column = create.schema.find(field.column);
    if (column == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no partition column '{}'", field.column));
    }
    if (field.transform != plan::PartitionTransform::Identity) {
      return make_error(
                 ErrorCode::Unsupported,
                 fmt::format("a Delta table is partitioned by columns as they are, not by a part "
                             "of '{}'",
                             field.column))
          .with_hint("Add a column that holds the part (a day, a month) and partition by it.");
    }
    if (!may_partition(column->type)) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a Delta table is not partitioned by a column of type '{}'",
                                    schema::to_string(column->type)))
          .with_hint("Partition by a text, a whole number, a decimal, a date or a timestamp.");
    }
  }
  if (!create.partition_by.empty() && create.partition_by.size() == create.schema.fields.size()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a table needs a column that it is not partitioned by");
  }
  return {};
}

/// A folder that another format or program fills is not ours to write to.
Status DeltaTable::check_place(const Context& context) {
  SLUICE_TRY(const auto objects, storage_->list(context, ""));
  for (const storage::ObjectInfo& object : objects) {
    const std::string& path = object.path;
    const std::string_view format = path.starts_with("_sluice/manifest/") ? "a Parquet folder"
                                    : path.ends_with(".metadata.json")    ? "an Iceberg table"
                                    : path.ends_with(".parquet")          ? "Parquet files"
                                                                          : "";
    if (!format.empty()) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the folder of a new Delta table already holds {}: '{}'",
                                    format, storage_->uri(path)))
          .with_hint("Choose an empty folder, or read these files as a source.");
    }
  }
  return {};
}

Status DeltaTable::create(const Context& context, const plan::CreateTable& create) {
  SLUICE_CHECK(check_columns(create));
  SLUICE_CHECK(check_layout(create));
  const std::string root = storage_->uri("");
  SLUICE_TRY(const auto there, Snapshot::find(root));
  if (!there.has_value()) {
    SLUICE_CHECK(check_place(context));
    SLUICE_CHECK(storage_->prepare_folder(context, "_delta_log/0"));
    Note note;
    note.operation = "create";
    note.receipt.ingest_id = make_uuid_v7(*context.clock, *context.random);
    note.receipt.committed_at = context.clock->now();
    const Status created = delta::create_delta(root, create, note);
    if (created.has_value() || created.error().code != ErrorCode::AlreadyExists) {
      return created;
    }
  }
  if (!create.if_absent) {
    return make_error(ErrorCode::AlreadyExists,
                      fmt::format("there is a table in this folder: '{}'", root));
  }
  return {};
}

Result<Snapshot> DeltaTable::load(const Context& context) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(auto found, Snapshot::find(storage_->uri("")));
  if (!found.has_value()) {
    return make_error(
               ErrorCode::NotFound,
               fmt::format("there is no Delta table in this folder: '{}'", storage_->uri("")))
        .with_hint("Create the table first.");
  }
  return *std::move(found);
}

Result<std::optional<TableState>> DeltaTable::find_state(const Context& context) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const auto found, Snapshot::find(storage_->uri("")));
  return found.has_value() ? std::optional(found->state()) : std::optional<TableState>{};
}

Result<std::optional<StoredCommit>> DeltaTable::find_commit(const Context& context,
                                                            std::string_view key) {
  SLUICE_TRY(const auto found, Snapshot::find(storage_->uri("")));
  if (!found.has_value()) {
    return std::optional<StoredCommit>{};
  }
  SLUICE_TRY(const auto version, found->find_transaction(key));
  if (!version.has_value()) {
    return std::optional<StoredCommit>{};
  }
  SLUICE_TRY(auto entry, delta::find_log_entry(context, *storage_, *version));
  if (!entry.has_value() || entry->note.key != key) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("the table knows this key, and its log no longer holds the "
                                  "commit of version {}: '{}'",
                                  *version, key))
        .with_hint("The write was done; give a new write a new key.");
  }
  return std::optional(
      StoredCommit{.receipt = entry->note.receipt, .fingerprint = entry->note.fingerprint});
}

std::string make_stem(const Context& context, const CommitKey& key) {
  std::array<std::uint8_t, 4> bytes{};
  context.random->fill(bytes);
  return fmt::format("{}-{:02x}", to_string(key.ingest_id), fmt::join(bytes, ""));
}

/// What the kernel does not commit is refused before a file is written.
Status check_mode(const Snapshot& snapshot, const plan::WriteMode& mode) {
  if (!snapshot.refusal().empty()) {
    return make_error(ErrorCode::Unsupported,
                      "the table has a feature that Sluice does not write; nothing was written")
        .with_native(snapshot.refusal())
        .with_hint("Write it with the program that made it, or copy it to a new table.");
  }
  const auto only = snapshot.state().properties.find("delta.appendOnly");
  const bool append_only = only != snapshot.state().properties.end() && only->second == "true";
  if (append_only && !std::holds_alternative<plan::Append>(mode)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the table takes appends alone (delta.appendOnly), not '{}'",
                                  plan::mode_name(mode)))
        .with_hint("Set delta.appendOnly to false, or append.");
  }
  if (snapshot.has_change_feed() && !std::holds_alternative<plan::Append>(mode)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a table with change data feed takes appends, not '{}'",
                                  plan::mode_name(mode)))
        .with_hint("Set delta.enableChangeDataFeed to false, or write it with Spark.");
  }
  return {};
}

Result<std::unique_ptr<Prepared>> DeltaTable::prepare(const Context& context,
                                                      const plan::Write& write, ColumnStream rows,
                                                      const CommitKey& key) {
  SLUICE_TRY(Snapshot snapshot, load(context));
  SLUICE_TRY(const auto known, snapshot.find_transaction(key.key));
  if (known.has_value()) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another writer has committed this key: '{}'", key.key));
  }
  SLUICE_CHECK(check_mode(snapshot, write.mode));
  SLUICE_CHECK(check_fit(write, snapshot.state().schema));
  SLUICE_TRY(const LiveFiles live,
             delta::load_live_files(context, *connection_, snapshot, temporary_name("files", key)));
  const Request request{context,
                        write,
                        key,
                        snapshot.state(),
                        live,
                        FileWriter{.connection = connection_,
                                   .storage = storage_,
                                   .state = &snapshot.state(),
                                   .stem = make_stem(context, key)}};
  auto worked = needs_change(write.mode) ? change_rows(request, std::move(rows))
                                         : add_rows(request, std::move(rows));
  delta::drop_live_files(context, *connection_, live);
  SLUICE_TRY(Work work, std::move(worked));
  CommitRequest wanted{.note = {.key = key.key,
                                .fingerprint = key.fingerprint,
                                .operation = std::string(plan::mode_name(write.mode)),
                                .rows = live.rows + work.counts.inserted - work.counts.deleted,
                                .receipt = work.counts},
                       .added = std::move(work.added),
                       .removed = std::move(work.removed)};
  Receipt& receipt = wanted.note.receipt;
  receipt.ingest_id = key.ingest_id;
  receipt.version = snapshot.state().version + 1;
  receipt.files = static_cast<std::int64_t>(wanted.added.size());
  for (const AddedFile& file : wanted.added) {
    receipt.bytes += file.bytes;
  }
  return std::unique_ptr<Prepared>(
      std::make_unique<DeltaPrepared>(std::move(snapshot), std::move(wanted)));
}

std::vector<std::string> paths_of(const std::vector<LiveFile>& files) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const LiveFile& file : files) {
    paths.push_back(file.path);
  }
  return paths;
}

/// Append and overwrite: the rows go into files as they come.
Result<Work> DeltaTable::add_rows(const Request& request, ColumnStream rows) {
  const auto* append = std::get_if<plan::Append>(&request.write.mode);
  const bool unique = append != nullptr && !append->unique_key.empty();
  const Context& context = request.context;
  SLUICE_TRY(const Batch batch, load_batch(context, *connection_, request.write, std::move(rows),
                                           request.state.schema, request.key, !unique));
  const auto write_batch = [&]() -> Result<Work> {
    if (unique) {
      SLUICE_TRY(std::string target,
                 delta::render_rows(request.state, request.live, request.live.files));
      const ChangeRequest check{.write = &request.write,
                                .table = request.state.schema,
                                .partition_by = {},
                                .target = std::move(target),
                                .batch = batch,
                                .key = request.key};
      SLUICE_CHECK(check_unique_key(context, *connection_, check, append->unique_key));
    }
    Work work;
    SLUICE_TRY(work.added, delta::write_files(
                               context, request.writer,
                               fmt::format("SELECT {} FROM {}", column_list(request.state.schema),
                                           dialect::quote_identifier(batch.relation))));
    for (const AddedFile& file : work.added) {
      work.counts.rows_in += file.rows;
    }
    work.counts.inserted = work.counts.rows_in;
    if (append == nullptr) {
      work.removed = paths_of(request.live.files);
      work.counts.deleted = request.live.rows;
    }
    return work;
  };
  auto work = write_batch();
  drop_batch(context, *connection_, batch);
  return work;
}

/// Every other mode: the change is worked out first, then the files that hold a changed row are
/// written anew.
Result<Work> DeltaTable::change_rows(const Request& request, ColumnStream rows) {
  const Context& context = request.context;
  Batch batch;
  if (!std::holds_alternative<plan::DeleteWhere>(request.write.mode)) {
    SLUICE_TRY(batch, load_batch(context, *connection_, request.write, std::move(rows),
                                 request.state.schema, request.key, false));
  }
  const auto make = [&]() -> Result<Work> {
    SLUICE_TRY(std::string target,
               delta::render_rows(request.state, request.live, request.live.files));
    const ChangeRequest wanted{.write = &request.write,
                               .table = request.state.schema,
                               .partition_by = request.state.partition_by,
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

Result<std::vector<LiveFile>> DeltaTable::find_touched(const Request& request,
                                                       const Change& change) {
  SLUICE_TRY(const auto rows,
             find_text_rows(request.context, *connection_,
                            fmt::format("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL", kFile,
                                        dialect::quote_identifier(change.relation))));
  std::set<std::string, std::less<>> places;
  for (const TextRow& row : rows) {
    places.insert(row[0].value_or(""));
  }
  std::vector<LiveFile> touched;
  std::ranges::copy_if(request.live.files, std::back_inserter(touched),
                       [&](const LiveFile& file) { return places.contains(file.place); });
  if (touched.size() != places.size()) {
    return make_error(ErrorCode::Internal,
                      "a changed row stands in a file that is not the table's");
  }
  return touched;
}

Result<Work> DeltaTable::apply_change(const Request& request, const Batch& batch,
                                      const Change& change) {
  const std::string columns = column_list(request.state.schema);
  Work work;
  work.counts = {.rows_in = batch.rows,
                 .inserted = change.inserted,
                 .updated = change.updated - change.marked,
                 .unchanged = change.unchanged,
                 .deleted = change.deleted + change.marked};
  SLUICE_TRY(const std::vector<LiveFile> touched, find_touched(request, change));
  work.removed = paths_of(touched);
  const std::string relation = dialect::quote_identifier(change.relation);
  std::string select;
  if (!touched.empty()) {
    SLUICE_TRY(const std::string rows, delta::render_rows(request.state, request.live, touched));
    select = fmt::format(
        "SELECT {0} FROM {1} AS t WHERE NOT EXISTS (SELECT 1 FROM {2} AS c WHERE c.{3} = t.{3} AND "
        "c.{4} = t.{4})",
        columns, rows, relation, kFile, kRow);
  }
  if (change.inserted + change.updated > 0) {
    select += fmt::format("{}SELECT {} FROM {} WHERE {} IN ('i', 'u', 'c')",
                          select.empty() ? "" : " UNION ALL ", columns, relation, kKind);
  }
  if (!select.empty()) {
    SLUICE_TRY(work.added, delta::write_files(request.context, request.writer, select));
  }
  return work;
}

/// The commit holds with or without it.
void DeltaTable::write_checkpoint(const Context& context, std::int64_t version) {
  if (version % kCheckpointEvery != 0) {
    return;
  }
  const auto snapshot = Snapshot::find(storage_->uri(""));
  const Status written = !snapshot.has_value()   ? Status(snapshot.error())
                         : snapshot->has_value() ? (*snapshot)->write_checkpoint()
                                                 : Status{};
  if (!written.has_value()) {
    context.say(LogLevel::Warning, fmt::format("the commit holds; no checkpoint was written: {}",
                                               to_string(written.error())));
  }
}

Result<CommitOutcome> DeltaTable::commit(const Context& context,
                                         std::unique_ptr<Prepared> prepared) {
  auto& spent = static_cast<DeltaPrepared&>(*prepared);
  spent.request.note.receipt.committed_at = context.clock->now();
  auto outcome = spent.snapshot.commit(spent.request);
  if (!outcome.has_value() || std::holds_alternative<Conflict>(*outcome)) {
    delta::remove_added(context, *storage_, spent.request.added);
  } else if (std::holds_alternative<Committed>(*outcome)) {
    write_checkpoint(context, spent.request.note.receipt.version);
  }
  return outcome;
}

Status DeltaTable::abort(const Context& context, std::unique_ptr<Prepared> prepared) {
  delta::remove_added(context, *storage_, static_cast<DeltaPrepared&>(*prepared).request.added);
  return {};
}

Result<std::vector<Version>> DeltaTable::history(const Context& context) {
  SLUICE_TRY(const Snapshot snapshot, load(context));
  std::vector<Version> versions;
  for (std::int64_t version = snapshot.state().version; version >= 0; --version) {
    SLUICE_TRY(const auto entry, delta::find_log_entry(context, *storage_, version));
    if (!entry.has_value()) {
      break;
    }
    versions.push_back({.version = version,
                        .committed_at = entry->note.receipt.committed_at,
                        .operation = entry->note.operation,
                        .key = entry->note.key,
                        .rows = entry->note.rows});
  }
  return versions;
}

/// Paths as the disk has them.
std::string decode_path(std::string_view path) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_code =
        path[i] == '%' && i + 2 < path.size() && digit(path[i + 1]) >= 0 && digit(path[i + 2]) >= 0;
    plain += is_code ? static_cast<char>(digit(path[i + 1]) * 16 + digit(path[i + 2])) : path[i];
    i += is_code ? 2 : 0;
  }
  return plain;
}

/// Files of this version, and those that a commit from `older_than` on has replaced.
Result<std::set<std::string, std::less<>>> DeltaTable::find_needed(const Context& context,
                                                                   sys_micros older_than) {
  SLUICE_TRY(const Snapshot snapshot, load(context));
  const CommitKey key{
      .key = {}, .fingerprint = {}, .ingest_id = make_uuid_v7(*context.clock, *context.random)};
  SLUICE_TRY(const LiveFiles live,
             delta::load_live_files(context, *connection_, snapshot, temporary_name("files", key)));
  delta::drop_live_files(context, *connection_, live);
  std::set<std::string, std::less<>> needed;
  for (const LiveFile& file : live.files) {
    needed.insert(file.place);
  }
  for (std::int64_t version = snapshot.state().version; version >= 0; --version) {
    SLUICE_TRY(const auto entry, delta::find_log_entry(context, *storage_, version));
    if (!entry.has_value() || entry->note.receipt.committed_at < older_than) {
      break;
    }
    for (const std::string& path : entry->removed) {
      needed.insert(storage_->uri(decode_path(path)));
    }
  }
  return needed;
}

/// "<ingest id>-...parquet": what a write of ours is called.
bool is_data_file_of_ours(std::string_view path) {
  constexpr std::size_t kIdCharacters = 36;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (path.starts_with("_") || !name.ends_with(".parquet") || name.size() < kIdCharacters + 1) {
    return false;
  }
  const auto id = parse_uuid(name.substr(0, kIdCharacters));
  return id.has_value() && id->version() == 7;
}

Result<Maintained> DeltaTable::maintain(const Context& context, sys_micros older_than) {
  // Listed first: what is committed meanwhile is then needed, never taken for an orphan.
  SLUICE_TRY(const auto objects, storage_->list(context, ""));
  SLUICE_TRY(const auto needed, find_needed(context, older_than));
  Maintained maintained;
  for (const storage::ObjectInfo& object : objects) {
    if (!is_data_file_of_ours(object.path)) {
      continue;
    }
    ++maintained.scanned;
    if (needed.contains(storage_->uri(object.path)) || object.modified >= older_than) {
      continue;
    }
    if (const Status removed = storage_->remove(context, object.path); removed.has_value()) {
      ++maintained.deleted;
    } else {
      ++maintained.failed;
      context.say(LogLevel::Warning, to_string(removed.error()));
    }
  }
  return maintained;
}

}  // namespace

Result<std::unique_ptr<Table>> make_delta_table(engine::Connection& connection,
                                                storage::Storage& storage) {
  if (!storage.uri("").starts_with('/')) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a Delta table lies in a local folder, not in '{}'", storage.uri("")))
        .with_hint("Give the path of a folder of this machine.");
  }
  return std::unique_ptr<Table>(std::make_unique<DeltaTable>(connection, storage));
}

}  // namespace sluice::table
