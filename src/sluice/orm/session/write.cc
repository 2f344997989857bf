#include "sluice/plan/write.h"

#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/orm/session/insert_internal.h"
#include "sluice/orm/session/shared_internal.h"
#include "sluice/orm/session/staging_internal.h"
#include "sluice/orm/session/story_internal.h"
#include "sluice/run/write/write.h"

namespace sluice {

Receipt to_receipt(const table::Receipt& receipt) {
  return {.ingest_id = receipt.ingest_id,
          .version = receipt.version,
          .rows_in = receipt.rows_in,
          .inserted = receipt.inserted,
          .updated = receipt.updated,
          .unchanged = receipt.unchanged,
          .deleted = receipt.deleted,
          .files = receipt.files,
          .bytes = receipt.bytes,
          .committed_at = receipt.committed_at};
}

namespace {

constexpr std::int64_t kPartRows = 5'000'000;

Status validate(const InsertOptions& options, bool has_storage) {
  const WriteHints& hints = options.hints;
  const bool has_hints =
      hints.compression.has_value() || hints.part_bytes.has_value() || hints.part_rows.has_value();
  if (has_hints && (options.via == Via::Direct || !has_storage)) {
    return make_error(ErrorCode::InvalidArgument,
                      "hints shape staged files, and this write stages none")
        .with_hint(
            "leave the hints empty, or write Via::Storage in a session with sluice::storage(...)");
  }
  if (options.via == Via::Storage && !has_storage) {
    return make_error(ErrorCode::InvalidArgument,
                      "expected a storage to stage the rows in, the session has none")
        .with_hint("open it with sluice::storage(\"/a/folder\")");
  }
  if (hints.part_rows.has_value() && *hints.part_rows < 1) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected part_rows of at least 1, got '{}'", *hints.part_rows));
  }
  if (hints.part_bytes.has_value() && *hints.part_bytes < 1) {
    return make_error(ErrorCode::InvalidArgument, "expected part_bytes of at least 1, got '0'");
  }
  return {};
}

bool is_staged(const orm::TableModel& model, const std::optional<orm::RecordPage>& all,
               const InsertOptions& options, const OpenOptions& opened, bool has_storage) {
  switch (options.via) {
    case Via::Direct: return false;
    case Via::Storage: return true;
    case Via::Auto: break;
  }
  return has_storage && all.has_value() &&
         orm::estimate_bytes(model, *all) > opened.stage_above_bytes;
}

/// One write on its way: what its steps share.
struct Writing {
  const Context& context;
  table::Table& table;
  const table::CommitKey& key;
  run::WriteOptions options;
  orm::IngestStory& story;
};

Result<table::Receipt> write_direct(const Writing& writing, const plan::Write& write,
                                    orm::InsertRows& rows) {
  const auto observed =
      orm::observe_table(writing.table, writing.story, [&rows] { return rows.bytes(); }, 0);
  return run::write_once(
      writing.context, *observed, write, [&rows] { return rows.open(); }, writing.key,
      writing.options);
}

/// Where and how the files of one write are staged.
struct Staging {
  storage::Storage& storage;
  orm::StagingUnderway& underway;
  engine::Connection& connection;
  orm::StagingOptions options;
};

/// The files are read again by every attempt, so that a range can lose a race and go on.
Result<table::Receipt> write_staged(const Writing& writing, plan::Write write,
                                    orm::InsertRows& rows, const Staging& staging) {
  SLUICE_TRY(ColumnStream stream, rows.open());
  SLUICE_TRY(const orm::StagedParts parts,
             orm::StagedParts::write(writing.context, staging.storage, staging.underway,
                                     staging.connection, std::move(stream), staging.options));
  write.source = plan::StagedFiles{.uris = parts.uris()};
  const auto observed = orm::observe_table(
      writing.table, writing.story, [&rows] { return rows.bytes(); }, parts.size());
  return run::write_once(writing.context, *observed, write, nullptr, writing.key, writing.options);
}

orm::StagingOptions staging_of(const WriteHints& hints, const OpenOptions& opened,
                               const std::string& ingest_id) {
  return {.ingest_id = ingest_id,
          .compression = hints.compression.value_or(opened.compression),
          .part_bytes = hints.part_bytes.value_or(opened.stage_above_bytes),
          .part_rows = hints.part_rows.value_or(kPartRows)};
}

/// The receipt, or why there is none; what the caller's own code threw goes on from here.
Result<Receipt> finish(orm::IngestStory& story, Result<table::Receipt> written,
                       const orm::InsertRows& rows) {
  if (rows.thrown() != nullptr) {
    story.aborted(make_error(ErrorCode::Cancelled, "the caller's own code threw an exception"));
    std::rethrow_exception(rows.thrown());
  }
  if (!written.has_value()) {
    Error error = rows.error().has_value() ? *rows.error() : std::move(written).error();
    story.aborted(error);
    return error;
  }
  story.committed(*written);
  return to_receipt(*written);
}

}  // namespace

Result<Receipt> Session::insert_feed(const orm::TableModel& model, orm::RecordFeed& feed,
                                     const InsertOptions& options, orm::Unknown unknown) {
  const Context& context = *context_;
  storage::Storage* storage = shared_->storage.get();
  SLUICE_CHECK(validate(options, storage != nullptr));
  SLUICE_TRY(plan::WriteMode mode, orm::lower_mode(model, options, unknown));
  SLUICE_TRY(plan::TableId id, shared_->tables.find_table(model.table));
  const std::optional<orm::RecordPage> all = feed.find_all();
  if (all.has_value() && all->count == 0) {
    SLUICE_CHECK(context.check());  // nothing succeeds when stopped or closed
    SLUICE_CHECK(shared_->lend(context));
    return Receipt{};
  }
  const Uuid ingest = make_uuid_v7(*context.clock, *context.random);
  const std::string ingest_id = to_string(ingest);
  const bool staged = is_staged(model, all, options, shared_->options, storage != nullptr);
  // Files say by themselves whose they are; rows that go straight in are stamped by the table.
  orm::InsertRows rows(
      model, feed,
      {.now = context.clock->now(), .ingest_id = ingest_id, .leaves_ingest_id = !staged});
  SLUICE_CHECK(rows.validate());

  SLUICE_TRY(const orm::Gate::Pass pass, shared_->ingests.enter(context));
  SLUICE_TRY(auto lease, shared_->lend(context));
  SLUICE_TRY(auto table, shared_->tables.load(**lease, id));
  const bool is_named = !options.idempotency_key.empty();
  const table::CommitKey key{
      .key = is_named ? options.idempotency_key : ingest_id,
      .fingerprint = is_named ? orm::fingerprint(model, options, unknown, feed) : ingest_id,
      .ingest_id = ingest};
  orm::IngestStory story(
      context, shared_->options.metrics,
      {.table = model.table,
       .ingest_id = ingest_id,
       .path = staged ? "storage" : "direct",
       .rows = all.has_value() ? std::optional(all->count) : std::nullopt,
       .staging_prefix = staged ? orm::staging_prefix(ingest_id) : std::string()});
  const Writing writing{.context = context,
                        .table = *table,
                        .key = key,
                        .options = shared_->write_options(id),
                        .story = story};
  plan::Write write{.target = std::move(id),
                    .schema = shared_->tables.fit(orm::lower_schema(model)),
                    .mode = std::move(mode),
                    .source = plan::Batches{}};
  return finish(
      story,
      staged ? write_staged(writing, std::move(write), rows,
                            {.storage = *storage,
                             .underway = shared_->staging,
                             .connection = **lease,
                             .options = staging_of(options.hints, shared_->options, ingest_id)})
             : write_direct(writing, write, rows),
      rows);
}

Result<Receipt> Session::update_feed(const orm::TableModel& model, orm::RecordFeed& feed,
                                     const InsertOptions& options) {
  if (options.on_conflict == OnConflict::Error || options.on_conflict == OnConflict::Ignore) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("an update changes the rows it finds, on_conflict cannot say "
                                  "otherwise: '{}'",
                                  model.table))
        .with_hint("leave on_conflict at its default, or use insert");
  }
  return insert_feed(model, feed, options, orm::Unknown::Dropped);
}

Result<Receipt> Session::remove_where(const orm::TableModel& model, const plan::Expr& condition,
                                      const std::string& idempotency_key) {
  const Context& context = *context_;
  SLUICE_TRY(plan::TableId id, shared_->tables.find_table(model.table));
  SLUICE_TRY(const orm::Gate::Pass pass, shared_->ingests.enter(context));
  SLUICE_TRY(auto lease, shared_->lend(context));
  SLUICE_TRY(auto table, shared_->tables.load(**lease, id));
  const Uuid ingest = make_uuid_v7(*context.clock, *context.random);
  const std::string ingest_id = to_string(ingest);
  const bool is_named = !idempotency_key.empty();
  const table::CommitKey key{.key = is_named ? idempotency_key : ingest_id,
                             .fingerprint = plan::to_string(condition),
                             .ingest_id = ingest};
  const plan::Write write{.target = std::move(id),
                          .schema = shared_->tables.fit(orm::lower_schema(model)),
                          .mode = plan::DeleteWhere{condition},
                          .source = plan::NoRows{}};
  orm::IngestStory story(context, shared_->options.metrics,
                         {.table = model.table,
                          .ingest_id = ingest_id,
                          .path = "delete",
                          .rows = {},
                          .staging_prefix = {}});
  const auto observed = orm::observe_table(*table, story, [] { return std::uint64_t{0}; }, 0);
  Result<table::Receipt> receipt = run::write_once(context, *observed, write, nullptr, key,
                                                   shared_->write_options(write.target));
  if (!receipt.has_value()) {
    story.aborted(receipt.error());
    return std::move(receipt).error();
  }
  story.committed(*receipt);
  return to_receipt(*receipt);
}

}  // namespace sluice
