#include <set>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/delta/data_files_internal.h"
#include "sluice/table/delta/delta.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/delta/types_internal.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/layout.h"
#include "sluice/table/files/rewrite.h"

namespace sluice::table {
namespace {

using delta::AddedFile;
using delta::CommitRequest;
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
  Result<Snapshot> load(const Context& context);
  Result<Rewrite> rewrite(const Context& context, const plan::Write& write, ColumnStream rows,
                          const CommitKey& key, const TableState& state, const LiveFiles& live,
                          std::vector<AddedFile>& added);
  void write_checkpoint(const Context& context, std::int64_t version);
  Result<std::set<std::string, std::less<>>> find_needed(const Context& context,
                                                         sys_micros older_than);

  engine::Connection* connection_;
  storage::Storage* storage_;
};

bool may_partition(const schema::LogicalType& type) {
  return std::holds_alternative<schema::Boolean>(type.kind) ||
         std::holds_alternative<schema::Integer>(type.kind) ||
         std::holds_alternative<schema::Decimal>(type.kind) ||
         std::holds_alternative<schema::Text>(type.kind) ||
         std::holds_alternative<schema::Date>(type.kind) ||
         std::holds_alternative<schema::Timestamp>(type.kind);
}

Status check_layout(const plan::CreateTable& create) {
  SLUICE_CHECK(check_file_columns(create));
  SLUICE_CHECK(delta::check_delta_schema(create.schema));
  SLUICE_CHECK(check_file_partitions(create, "Delta table"));
  for (const plan::PartitionField& field : create.partition_by) {
    const schema::LogicalType& type = create.schema.find(field.column)->type;
    if (!may_partition(type)) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a Delta table is not partitioned by a column of type '{}'",
                                    schema::to_string(type)))
          .with_hint("Partition by a text, a whole number, a decimal, a date or a timestamp.");
    }
  }
  return {};
}

std::string_view foreign_format(std::string_view path) {
  return path.starts_with("_sluice/manifest/") ? "a Parquet folder"
         : path.ends_with(".metadata.json")    ? "an Iceberg table"
         : path.ends_with(".parquet")          ? "Parquet files"
                                               : "";
}

Status DeltaTable::create(const Context& context, const plan::CreateTable& create) {
  SLUICE_CHECK(check_layout(create));
  const std::string root = storage_->uri("");
  SLUICE_TRY(const auto there, Snapshot::find(root));
  if (!there.has_value()) {
    SLUICE_CHECK(check_folder_is_free(context, *storage_, "Delta table", foreign_format));
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
  std::vector<AddedFile> added;
  auto made = rewrite(context, write, std::move(rows), key, snapshot.state(), live, added);
  delta::drop_live_files(context, *connection_, live);
  SLUICE_CHECK(made);
  CommitRequest wanted{.note = {.key = key.key,
                                .fingerprint = key.fingerprint,
                                .operation = std::string(plan::mode_name(write.mode)),
                                .rows = live.rows + made->counts.inserted - made->counts.deleted,
                                .receipt = made->counts},
                       .added = std::move(added),
                       .removed = std::move(made->removed)};
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

Result<Rewrite> DeltaTable::rewrite(const Context& context, const plan::Write& write,
                                    ColumnStream rows, const CommitKey& key,
                                    const TableState& state, const LiveFiles& live,
                                    std::vector<AddedFile>& added) {
  const FileCopy copy{.connection = connection_,
                      .storage = storage_,
                      .partition_by = state.partition_by,
                      .stem = make_file_stem(context, key)};
  const FileVersion version{.state = &state,
                            .rows = live.rows,
                            .files = live.files,
                            .render_rows =
                                [&](const std::vector<FileVersion::File>& files) {
                                  return delta::render_rows(state, live, files);
                                },
                            .write_rows = [&](const std::string& select) -> Result<std::int64_t> {
                              SLUICE_TRY(added, delta::write_files(context, copy, state, select));
                              std::int64_t written = 0;
                              for (const AddedFile& file : added) {
                                written += file.rows;
                              }
                              return written;
                            }};
  return rewrite_files(context, *connection_, version, write, std::move(rows), key);
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
  for (const FileVersion::File& file : live.files) {
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

/// What a write of ours is called; what begins with "_" is not data.
bool is_data_file_of_ours(std::string_view path) {
  return !path.starts_with("_") && is_named_by_ingest(file_name(path), ".parquet");
}

Result<Maintained> DeltaTable::maintain(const Context& context, sys_micros older_than) {
  // Listed first: what is committed meanwhile is then needed, never taken for an orphan.
  SLUICE_TRY(const auto objects, storage_->list(context, ""));
  SLUICE_TRY(const auto needed, find_needed(context, older_than));
  return remove_unneeded(
      context, *storage_, objects,
      {.is_ours = is_data_file_of_ours,
       .is_needed = [&](std::string_view path) { return needed.contains(storage_->uri(path)); }},
      older_than);
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
