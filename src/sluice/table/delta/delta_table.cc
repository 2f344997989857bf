#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/base/uuid.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/delta/cleaning_internal.h"
#include "sluice/table/delta/data_files_internal.h"
#include "sluice/table/delta/delta.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/delta/metadata_internal.h"
#include "sluice/table/delta/past_internal.h"
#include "sluice/table/delta/refusals_internal.h"
#include "sluice/table/delta/types_internal.h"
#include "sluice/table/delta/unmade_internal.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/files/rewrite.h"
#include "sluice/table/files/view.h"

namespace sluice::table {
namespace {

using delta::AddedFile;
using delta::CommitRequest;
using delta::LiveFiles;
using delta::Note;
using delta::Snapshot;

constexpr std::int64_t kCheckpointEvery = 10;
/// The transaction of every compaction: it is known by no one, and there is one of it.
constexpr std::string_view kCompactKey = "_sluice_compact";

class DeltaPrepared final : public Prepared {
 public:
  DeltaPrepared(storage::Storage& storage, Snapshot on, CommitRequest made, bool is_of_caller)
      : snapshot(std::move(on)),
        request(std::move(made)),
        has_files_of_caller(is_of_caller),
        storage_(&storage) {}
  const Receipt& expected() const override { return request.note.receipt; }
  Status abort(const Context& context) override {
    if (!has_files_of_caller) {
      delta::remove_added(context, *storage_, request.added);
    }
    return {};
  }
  Snapshot snapshot;
  CommitRequest request;
  bool has_files_of_caller = false;

 private:
  storage::Storage* storage_;
};

class DeltaTable final : public Table {
 public:
  DeltaTable(engine::Connection& connection, storage::Storage& storage)
      : Table({.uri = storage.uri(""),
               .format = "delta",
               .reader_note = "",
               .staged_prefix = "",
               .staged_ending = "parquet"}),
        connection_(&connection),
        storage_(&storage) {}

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
  /// The version that the last commit of this table made. It spares reading the log again while no
  /// one has committed after it.
  struct Made {
    Snapshot snapshot;
    Uuid ingest_id;
  };
  /// A version that was read while a key was looked up, and does not hold it.
  struct Looked {
    std::string key;
    Snapshot snapshot;
  };

  Status make_first(const Context& context, const plan::CreateTable& create,
                    const Properties& properties);
  Result<std::optional<CommitOutcome>> make_unmade(const Context& context, Snapshot& snapshot);
  Result<std::optional<Snapshot>> find_or_unmade();
  Error no_table() const;
  Result<Snapshot> load(const Context& context);
  Result<bool> is_newest(const Context& context, const Made& made);
  Result<std::optional<Snapshot>> find_newest(const Context& context);
  Result<Snapshot> load_without(const Context& context, std::string_view key);
  Result<LiveFiles> find_replaceable(const Context& context, const plan::Write& write,
                                     const Snapshot& snapshot, const CommitKey& key);
  Result<Rewrite> rewrite(const Context& context, const plan::Write& write, ColumnStream rows,
                          const CommitKey& key, const Snapshot& snapshot, const LiveFiles& live,
                          const std::vector<NewFile>& staged, std::vector<AddedFile>& added);
  Result<std::vector<AddedFile>> rewrite_small(const Context& context, const Snapshot& snapshot,
                                               const LiveFiles& live,
                                               const std::vector<FileVersion::File>& small,
                                               std::uint64_t file_bytes, const CommitKey& key);
  Result<Maintained> compact(const Context& context, const Compact& request);
  Result<Maintained> compact(const Context& context, const Snapshot& snapshot,
                             const LiveFiles& live, const Compact& request, const CommitKey& key);
  Result<Maintained> evolve(const Context& context, const std::vector<schema::Change>& changes);
  Result<Maintained> put_description(const Context& context, const Describe& told);
  Result<Maintained> put_metadata(const Context& context, const Snapshot& snapshot,
                                  const delta::MetadataChange& change);
  Result<Maintained> remove_files_before(const Context& context, sys_micros replaced_before,
                                         sys_micros older_than);
  std::optional<Snapshot> write_checkpoint(const Context& context, std::int64_t version,
                                           std::optional<Snapshot> snapshot);

  engine::Connection* connection_;
  storage::Storage* storage_;
  std::optional<Made> made_;
  std::optional<Looked> looked_;
  std::optional<delta::UnmadeTable> unmade_;
};

/// Version 0; AlreadyExists when another writer has made one.
Status DeltaTable::make_first(const Context& context, const plan::CreateTable& create,
                              const Properties& properties) {
  SLUICE_CHECK(storage_->prepare_folder(context, "_delta_log/0"));
  const Note note = delta::first_note(context);
  SLUICE_TRY(auto created, delta::create_first(storage_->uri(""), create, properties, note));
  if (created.has_value()) {
    made_.emplace(*std::move(created), note.receipt.ingest_id);
  }
  return {};
}

Status DeltaTable::create(const Context& context, const plan::CreateTable& create,
                          const Properties& properties) {
  SLUICE_CHECK(delta::check_layout(create));
  SLUICE_TRY(const auto there, Snapshot::find(storage_->uri("")));
  if (!there.has_value()) {
    const Properties told = with_sort_order(properties, create);
    SLUICE_CHECK(delta::check_new(context, *storage_, create, told));
    Status made = make_first(context, create, told);
    if (made.has_value() || made.error().code != ErrorCode::AlreadyExists) {
      return made;
    }
  }
  if (!create.if_absent) {
    return make_error(ErrorCode::AlreadyExists,
                      fmt::format("there is a table in this folder: '{}'", storage_->uri("")));
  }
  return {};
}

/// The kernel works on a table that lies somewhere: until the commit that is a folder of ours.
Status DeltaTable::create_at_commit(const Context& context, const plan::CreateTable& create,
                                    const Properties& properties) {
  SLUICE_CHECK(delta::check_layout(create));
  SLUICE_TRY(const auto there, Snapshot::find(storage_->uri("")));
  if (there.has_value()) {
    return {};
  }
  const Properties told = with_sort_order(properties, create);
  SLUICE_CHECK(delta::check_new(context, *storage_, create, told));
  SLUICE_TRY(unmade_, delta::UnmadeTable::make(context, create, told));
  return {};
}

Result<Snapshot> DeltaTable::load(const Context& context) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(auto found, Snapshot::find(storage_->uri("")));
  if (!found.has_value()) {
    return no_table();
  }
  return *std::move(found);
}

Error DeltaTable::no_table() const {
  return make_error(ErrorCode::NotFound,
                    fmt::format("there is no Delta table in this folder: '{}'", storage_->uri("")))
      .with_hint("Create the table first.");
}

/// Before the commit that makes the table; its snapshot is then of the table's own folder. An
/// outcome when that commit is not sent: what another writer made meanwhile is not the version
/// that it was prepared on.
Result<std::optional<CommitOutcome>> DeltaTable::make_unmade(const Context& context,
                                                             Snapshot& snapshot) {
  if (!unmade_.has_value()) {
    return std::optional<CommitOutcome>{};
  }
  const CommitOutcome conflict = Conflict{"the table was made by another writer"};
  const Status made = make_first(context, unmade_->create(), unmade_->properties());
  if (!made.has_value() && made.error().code == ErrorCode::AlreadyExists) {
    unmade_.reset();
    return std::optional(conflict);
  }
  if (!made.has_value() && (made.error().code == ErrorCode::CommitUnknown ||
                            made.error().code == ErrorCode::Unavailable)) {
    return std::optional(CommitOutcome{Unknown{made.error()}});
  }
  SLUICE_CHECK(made);
  SLUICE_TRY(auto newest, find_newest(context));
  unmade_.reset();
  if (!newest.has_value() || newest->state().version != 0) {
    return std::optional(conflict);
  }
  snapshot = *std::move(newest);
  return std::optional<CommitOutcome>{};
}

/// The newest version, or the one that the first commit will find.
Result<std::optional<Snapshot>> DeltaTable::find_or_unmade() {
  SLUICE_TRY(auto found, Snapshot::find(storage_->uri("")));
  if (found.has_value()) {
    unmade_.reset();  // another writer may have made it
  } else if (unmade_.has_value()) {
    return unmade_->find();
  }
  return found;
}

Result<std::optional<TableState>> DeltaTable::find_state(const Context& context) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const auto found, find_or_unmade());
  return found.has_value() ? std::optional(found->state()) : std::optional<TableState>{};
}

/// The entry is read too: the table may have been removed and made anew meanwhile, or its log been
/// cleaned of both entries.
Result<bool> DeltaTable::is_newest(const Context& context, const Made& made) {
  const std::int64_t version = made.snapshot.state().version;
  SLUICE_TRY(const auto next,
             storage_->find(context, delta::entry_path(version + 1), delta::kLogEntryBytesMax));
  if (next.has_value()) {
    return false;
  }
  SLUICE_TRY(const auto entry, delta::find_log_entry(context, *storage_, version));
  return entry.has_value() && entry->is_ours && entry->note.receipt.ingest_id == made.ingest_id;
}

Result<std::optional<Snapshot>> DeltaTable::find_newest(const Context& context) {
  if (auto made = std::exchange(made_, std::nullopt)) {
    const auto is_there = is_newest(context, *made);
    if (is_there.has_value() && *is_there) {
      return std::optional(std::move(made->snapshot));
    }
  }
  return Snapshot::find(storage_->uri(""));
}

Result<std::optional<StoredCommit>> DeltaTable::find_commit(const Context& context,
                                                            std::string_view key) {
  looked_.reset();
  SLUICE_TRY(auto found, find_newest(context));
  if (!found.has_value()) {
    return std::optional<StoredCommit>{};
  }
  unmade_.reset();  // another writer may have made it
  SLUICE_TRY(const auto version, found->find_transaction(key));
  if (!version.has_value()) {
    looked_.emplace(std::string(key), *std::move(found));
    return std::optional<StoredCommit>{};
  }
  SLUICE_TRY(auto stored, delta::find_stored_commit(context, *storage_, key, *version));
  return std::optional(std::move(stored));
}

/// The version that find_commit has read while it is the newest. Were it not, the commit would be a
/// Conflict: it holds on no other version than the one in which the key was not found.
Result<Snapshot> DeltaTable::load_without(const Context& context, std::string_view key) {
  if (auto looked = std::exchange(looked_, std::nullopt); looked && looked->key == key) {
    const std::string next = delta::entry_path(looked->snapshot.state().version + 1);
    SLUICE_TRY(const auto newer, storage_->find(context, next, delta::kLogEntryBytesMax));
    if (!newer.has_value()) {
      return std::move(looked->snapshot);
    }
  }
  SLUICE_TRY(auto found, find_or_unmade());
  if (!found.has_value()) {
    return no_table();
  }
  Snapshot snapshot = *std::move(found);
  SLUICE_TRY(const auto known, snapshot.find_transaction(key));
  if (known.has_value()) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another writer has committed this key: '{}'", key));
  }
  return snapshot;
}

/// The files that a write may replace. Rows that are only added need none of them: how many rows
/// there are stands in the newest commit, if it is ours.
Result<LiveFiles> DeltaTable::find_replaceable(const Context& context, const plan::Write& write,
                                               const Snapshot& snapshot, const CommitKey& key) {
  const auto* append = std::get_if<plan::Append>(&write.mode);
  if (append != nullptr && append->unique_key.empty()) {
    SLUICE_TRY(const auto newest,
               delta::find_log_entry(context, *storage_, snapshot.state().version));
    if (newest.has_value() && newest->rows().has_value()) {
      return LiveFiles{.rows = *newest->rows()};
    }
  }
  return delta::load_counted_files(context, *connection_, snapshot, temporary_name("files", key),
                                   describe().uri);
}

Result<std::unique_ptr<Prepared>> DeltaTable::prepare(const Context& context,
                                                      const plan::Write& write, ColumnStream rows,
                                                      const CommitKey& key) {
  SLUICE_TRY(Snapshot snapshot, load_without(context, key.key));
  SLUICE_CHECK(delta::check_operation(snapshot, plan::mode_name(write.mode)));
  SLUICE_CHECK(delta::check_log_takes(storage_->uri("")));  // an error of the put tells less
  SLUICE_CHECK(delta::check_partitions(snapshot));
  SLUICE_CHECK(delta::check_retention(snapshot, key.key));
  SLUICE_CHECK(check_fit(write, snapshot.state().schema));
  SLUICE_CHECK(delta::check_defaults(snapshot, write));
  SLUICE_TRY(const LiveFiles live, find_replaceable(context, write, snapshot, key));
  std::vector<AddedFile> added;
  const std::vector<NewFile> staged =
      files_to_take(*storage_, describe(), snapshot.state(), write, key);
  auto made = rewrite(context, write, std::move(rows), key, snapshot, live, staged, added);
  delta::drop_live_files(context, *connection_, live);
  if (!made.has_value()) {
    return tell_damaged_file(context, *connection_, describe().uri, file_places(live.files),
                             std::move(made).error());
  }
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
  return std::unique_ptr<Prepared>(std::make_unique<DeltaPrepared>(
      *storage_, std::move(snapshot), std::move(wanted), !staged.empty()));
}

Result<Rewrite> DeltaTable::rewrite(const Context& context, const plan::Write& write,
                                    ColumnStream rows, const CommitKey& key,
                                    const Snapshot& snapshot, const LiveFiles& live,
                                    const std::vector<NewFile>& staged,
                                    std::vector<AddedFile>& added) {
  const TableState& state = snapshot.state();
  const FileCopy copy{.connection = connection_,
                      .storage = storage_,
                      .partition_by = state.partition_by,
                      .form = form_of(state),
                      .stem = make_file_stem(context, key)};
  const auto make = [&](const FileMaker& maker) -> Result<std::int64_t> {
    SLUICE_TRY(added, delta::make_files(context, copy, snapshot, maker));
    std::int64_t written = 0;
    for (const AddedFile& file : added) {
      written += file.rows;
    }
    return written;
  };
  FileVersion version{.state = &state, .rows = live.rows, .files = live.files};
  version.render_rows = [&](const std::vector<FileVersion::File>& files) {
    return delta::render_rows(state, live, files);
  };
  version.write_rows = [&](const std::string& select) {
    return make(maker_of_select(context, copy, select));
  };
  if (!staged.empty()) {
    version.take_files = [&] { return make(maker_of_staged(context, copy, staged)); };
  }
  return rewrite_files(context, *connection_, version, write, std::move(rows), key);
}

/// Of every tenth version; the commit holds with or without it. The snapshot, read from there.
std::optional<Snapshot> DeltaTable::write_checkpoint(const Context& context, std::int64_t version,
                                                     std::optional<Snapshot> snapshot) {
  if (version % kCheckpointEvery != 0) {
    return snapshot;
  }
  const auto write = [&]() -> Result<Snapshot> {
    if (!snapshot.has_value()) {
      SLUICE_TRY(snapshot, load(context));
    }
    return snapshot->write_checkpoint();
  };
  auto written = write();
  if (!written.has_value()) {
    context.say(LogLevel::Warning, fmt::format("the commit holds; no checkpoint was written: {}",
                                               to_string(written.error())));
    return {};
  }
  return *std::move(written);
}

Result<CommitOutcome> DeltaTable::commit(const Context& context,
                                         std::unique_ptr<Prepared> prepared) {
  auto& spent = static_cast<DeltaPrepared&>(*prepared);
  const Receipt& receipt = spent.request.note.receipt;
  const auto stopped = make_unmade(context, spent.snapshot);
  spent.request.note.receipt.committed_at = context.clock->now();  // after the version before it
  if (!stopped.has_value() || stopped->has_value()) {
    const bool is_unknown = stopped.has_value() && std::holds_alternative<Unknown>(**stopped);
    SLUICE_CHECK(is_unknown ? Status{} : spent.abort(context));
    SLUICE_CHECK(stopped);
    return **stopped;
  }
  const std::vector<FilePlace> places = delta::places_of(*storage_, spent.request.added);
  if (const Status whole = check_data_files(describe().uri, places); !whole.has_value()) {
    SLUICE_CHECK(spent.abort(context));
    return CommitOutcome{Conflict{whole.error().message}};
  }
  auto landed = spent.snapshot.commit(spent.request);
  if (!landed.has_value() || std::holds_alternative<Conflict>(landed->outcome)) {
    SLUICE_CHECK(spent.abort(context));
  }
  if (!landed.has_value()) {
    return std::move(landed).error();
  }
  if (std::holds_alternative<Committed>(landed->outcome)) {
    // Files that went at that moment are missed, unless others have gone on to a version without.
    const Status kept = check_data_files(describe().uri, places);
    if (!kept.has_value()) {
      SLUICE_TRY(const Snapshot now, load(context));
      SLUICE_CHECK(now.state().version == receipt.version ? kept : Status{});
    }
    if (auto next = write_checkpoint(context, receipt.version, std::move(landed->next))) {
      made_.emplace(*std::move(next), receipt.ingest_id);
    }
  }
  return std::move(landed->outcome);
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
                        .key = entry->note.key == kCompactKey ? "" : entry->note.key,
                        .rows = entry->rows()});
  }
  // Clocks differ: a version is no older than the one before it.
  for (std::size_t i = versions.size(); i-- > 1;) {
    versions[i - 1].committed_at = std::max(versions[i - 1].committed_at, versions[i].committed_at);
  }
  return versions;
}

Result<Maintained> DeltaTable::remove_files_before(const Context& context,
                                                   sys_micros replaced_before,
                                                   sys_micros older_than) {
  SLUICE_TRY(auto objects, storage_->list(context, ""));
  SLUICE_TRY(const Snapshot snapshot, load(context));
  return delta::remove_unneeded_files(context, *storage_, *connection_, snapshot,
                                      {.objects = std::move(objects),
                                       .replaced_before = replaced_before,
                                       .older_than = older_than});
}

Status DeltaTable::make_view(const Context& context, const At& at, const std::string& name) {
  std::optional<std::int64_t> wanted;
  if (at.version || at.instant) {
    SLUICE_TRY(wanted, load_version(context, *this, at));
  }
  SLUICE_TRY(Snapshot snapshot, load(context));
  std::optional<delta::PastLog> past;
  if (wanted && *wanted != snapshot.state().version) {
    SLUICE_TRY(past, delta::PastLog::make(context, *storage_, *wanted));
    SLUICE_TRY(auto found, Snapshot::find(past->root()));
    if (!found.has_value() || found->state().version != *wanted) {
      return make_error(ErrorCode::NotFound, fmt::format("the log no longer holds version {}: '{}'",
                                                         *wanted, describe().uri));
    }
    snapshot = *std::move(found);
  }
  // The view reads this relation, so it stays.
  const std::string relation = fmt::format("{}files_of_{}", kReservedPrefix, name);
  SLUICE_TRY(LiveFiles live, delta::load_live_files(context, *connection_, snapshot, relation));
  if (past) {
    SLUICE_CHECK(past->put_back(context, *connection_, live));
  }
  SLUICE_CHECK(check_data_files(describe().uri, file_places(live.files)));
  SLUICE_TRY(const std::string rows, delta::render_rows(snapshot.state(), live, live.files));
  return make_rows_view(context, *connection_, name, snapshot.state().schema, rows);
}

Result<std::vector<AddedFile>> DeltaTable::rewrite_small(
    const Context& context, const Snapshot& snapshot, const LiveFiles& live,
    const std::vector<FileVersion::File>& small, std::uint64_t file_bytes, const CommitKey& key) {
  const TableState& state = snapshot.state();
  std::vector<std::string> columns;
  for (const schema::Field& field : state.schema.fields) {
    columns.push_back(field.name);
  }
  SLUICE_TRY(const std::string rows, delta::render_rows(state, live, small));
  const FileCopy copy{.connection = connection_,
                      .storage = storage_,
                      .partition_by = state.partition_by,
                      .form = form_of(state),
                      .file_bytes_max = file_bytes,
                      .file_rows_max = kAnyRows,
                      .stem = make_file_stem(context, key)};
  return delta::make_files(
      context, copy, snapshot,
      maker_of_select(context, copy,
                      fmt::format("SELECT {} FROM {}", dialect::quote_columns(columns), rows)));
}

Result<Maintained> DeltaTable::compact(const Context& context, const Snapshot& snapshot,
                                       const LiveFiles& live, const Compact& request,
                                       const CommitKey& key) {
  const TableState& state = snapshot.state();
  Maintained done{.scanned = static_cast<std::int64_t>(live.files.size())};
  SLUICE_TRY(const auto small,
             delta::find_small_files(context, *connection_, state, live, request.file_bytes));
  if (small.empty()) {
    return done;
  }
  CommitRequest wanted{.note = {.key = key.key,
                                .fingerprint = {},
                                .operation = "compact",
                                .rows = live.rows,
                                .receipt = {.ingest_id = key.ingest_id,
                                            .version = state.version + 1,
                                            .unchanged = live.rows}},
                       .added = {},
                       .removed = {}};
  SLUICE_TRY(wanted.added, rewrite_small(context, snapshot, live, small, request.file_bytes, key));
  for (const FileVersion::File& file : small) {
    wanted.removed.push_back(file.path);
  }
  for (const AddedFile& file : wanted.added) {
    wanted.note.receipt.bytes += file.bytes;
  }
  done.deleted = static_cast<std::int64_t>(wanted.removed.size());
  done.written = static_cast<std::int64_t>(wanted.added.size());
  done.version = wanted.note.receipt.version;
  wanted.note.receipt.files = done.written;
  wanted.note.receipt.committed_at = context.clock->now();
  auto landed = snapshot.commit(wanted);
  if (!landed.has_value() || std::holds_alternative<Conflict>(landed->outcome)) {
    delta::remove_added(context, *storage_, wanted.added);
  }
  if (!landed.has_value()) {
    return std::move(landed).error();
  }
  SLUICE_CHECK(check_committed(landed->outcome));
  write_checkpoint(context, *done.version, std::move(landed->next));
  return done;
}

Result<Maintained> DeltaTable::compact(const Context& context, const Compact& request) {
  SLUICE_CHECK(check_compaction(request));
  SLUICE_TRY(const Snapshot snapshot, load(context));
  SLUICE_CHECK(delta::check_operation(snapshot, "compact"));
  SLUICE_CHECK(delta::check_partitions(snapshot));
  const CommitKey key{.key = std::string(kCompactKey),
                      .fingerprint = {},
                      .ingest_id = make_uuid_v7(*context.clock, *context.random)};
  SLUICE_TRY(const LiveFiles live,
             delta::load_counted_files(context, *connection_, snapshot,
                                       temporary_name("files", key), describe().uri));
  auto done = compact(context, snapshot, live, request, key);
  delta::drop_live_files(context, *connection_, live);
  if (!done.has_value()) {
    return tell_damaged_file(context, *connection_, describe().uri, file_places(live.files),
                             std::move(done).error());
  }
  return done;
}

Result<Maintained> DeltaTable::evolve(const Context& context,
                                      const std::vector<schema::Change>& changes) {
  SLUICE_TRY(const Snapshot snapshot, load(context));
  const TableState& state = snapshot.state();
  SLUICE_CHECK(delta::check_operation(snapshot, "append"));  // no file is replaced
  SLUICE_TRY([[maybe_unused]] const Evolved evolved,
             evolve_schema(state.schema, changes, layout_columns(state)));
  SLUICE_CHECK(delta::check_changes(snapshot, changes));
  return put_metadata(context, snapshot, Evolve{.changes = changes});
}

Result<Maintained> DeltaTable::put_description(const Context& context, const Describe& told) {
  SLUICE_TRY(const Snapshot snapshot, load(context));
  SLUICE_CHECK(delta::check_operation(snapshot, "append"));  // no file is replaced
  SLUICE_CHECK(delta::check_description(snapshot, told));
  return put_metadata(context, snapshot, told);
}

/// A version that changes no row.
Result<Maintained> DeltaTable::put_metadata(const Context& context, const Snapshot& snapshot,
                                            const delta::MetadataChange& change) {
  const CommitKey key{
      .key = {}, .fingerprint = {}, .ingest_id = make_uuid_v7(*context.clock, *context.random)};
  SLUICE_TRY(const LiveFiles live,
             delta::load_counted_files(context, *connection_, snapshot,
                                       temporary_name("files", key), describe().uri));
  delta::drop_live_files(context, *connection_, live);
  const Note note{.key = {},
                  .fingerprint = {},
                  .operation = std::holds_alternative<Evolve>(change) ? "evolve" : "describe",
                  .rows = live.rows,
                  .receipt = {.ingest_id = key.ingest_id,
                              .version = snapshot.state().version + 1,
                              .unchanged = live.rows,
                              .committed_at = context.clock->now()}};
  SLUICE_TRY(const CommitOutcome outcome,
             delta::commit_metadata(context, *storage_, *connection_, snapshot, change, note));
  SLUICE_CHECK(check_committed(outcome));
  write_checkpoint(context, note.receipt.version, std::nullopt);
  return Maintained{.scanned = static_cast<std::int64_t>(live.files.size()),
                    .version = note.receipt.version};
}

Result<Maintained> DeltaTable::maintain(const Context& context, const Maintenance& request) {
  return std::visit(overloaded{
                        [&](const Clean& clean) {
                          return remove_files_before(context, sys_micros::min(), clean.older_than);
                        },
                        [&](const Vacuum& vacuum) {
                          return remove_files_before(context, vacuum.older_than, vacuum.older_than);
                        },
                        [&](const Compact& compacting) { return compact(context, compacting); },
                        [&](const Evolve& evolving) { return evolve(context, evolving.changes); },
                        [&](const Describe& told) { return put_description(context, told); },
                    },
                    request);
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
