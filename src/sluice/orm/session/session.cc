#include "sluice/orm/session/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/engine/module.h"
#include "sluice/orm/session/shared_internal.h"
#include "sluice/plan/write.h"
#include "sluice/run/write/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/storage/open/make_storage.h"

namespace sluice {
namespace {

Status check_range(std::string_view name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected {} of {} to {}, got '{}'", name, low, high, value));
  }
  return {};
}

Status validate(const OpenOptions& options) {
  constexpr std::int64_t kMiB = std::int64_t{1} << 20;
  SLUICE_CHECK(check_range("inflight_ingests_max", options.inflight_ingests_max, 1, 64));
  SLUICE_CHECK(check_range("session_pool", options.session_pool, 1, 256));
  SLUICE_CHECK(check_range("stage_above_bytes",
                           static_cast<std::int64_t>(options.stage_above_bytes), kMiB / 16,
                           16 * 1024 * kMiB));
  SLUICE_CHECK(check_range("seconds of idempotency_ttl", options.idempotency_ttl.count(), 60,
                           std::int64_t{3650} * 24 * 3600));
  return check_range("commit_retry_max", options.commit_retry_max, 0, 16);
}

Context base_context(const OpenOptions& options) {
  Context context;
  context.memory_bytes_max = options.memory_bytes_max;
  context.threads_max = options.threads_max;
  context.log = options.log != nullptr ? options.log : context.log;
  context.clock = options.clock != nullptr ? options.clock : context.clock;
  context.random = options.random != nullptr ? options.random : context.random;
  return context;
}

std::string differences(const std::vector<schema::Change>& changes) {
  std::string text;
  for (const schema::Change& change : changes) {
    text += (text.empty() ? "" : ", ") + schema::to_string(change);
  }
  return text;
}

/// Younger ones may belong to a write that goes on.
constexpr std::chrono::hours kYoungestFile{1};

}  // namespace

Session::Shared::Shared(std::shared_ptr<engine::Engine> engine, orm::Tables named,
                        std::unique_ptr<storage::Storage> staged, const OpenOptions& given)
    : pool(std::make_shared<orm::Pool>(std::move(engine), given.session_pool)),
      ingests(given.inflight_ingests_max),
      tables(std::move(named)),
      storage(std::move(staged)),
      options(given),
      context(base_context(given)) {}

run::WriteOptions Session::Shared::write_options(const plan::TableId& id) {
  const std::scoped_lock lock(turns_mutex_);
  return {.commit_retry_max = options.commit_retry_max, .turns = &turns_[tables.turns_of(id)]};
}

Result<std::unique_ptr<orm::PooledLease>> Session::Shared::lend(const Context& context_of_call) {
  SLUICE_TRY(auto lease, pool->lend(context_of_call));
  if (!is_attached_) {
    SLUICE_CHECK(tables.attach(context_of_call, **lease));
    is_attached_ = true;
  }
  return lease;
}

Result<Session> open(std::shared_ptr<engine::Engine> engine, const TableFormat& format,
                     const StorageAddress& storage, const OpenOptions& options) {
  SLUICE_CHECK(validate(options));
  if (engine == nullptr) {
    return make_error(ErrorCode::InvalidArgument, "expected an engine, got none");
  }
  std::unique_ptr<storage::Storage> staged;
  if (!storage.uri.empty()) {
    SLUICE_TRY(staged, storage::make_storage(storage.uri));
  }
  SLUICE_TRY(orm::Tables tables, orm::Tables::make(engine->name(), format, options,
                                                   staged == nullptr ? "" : staged->uri("")));
  auto shared = std::make_shared<Session::Shared>(std::move(engine), std::move(tables),
                                                  std::move(staged), options);
  std::shared_ptr<const Context> context(shared, &shared->context);
  return Session(std::move(shared), std::move(context));
}

Result<Session> open(std::shared_ptr<engine::Engine> engine, const OpenOptions& options) {
  return open(std::move(engine), TableFormat{}, {}, options);
}

Result<Session> open(const EngineAddress& address, const TableFormat& format,
                     const StorageAddress& storage, const OpenOptions& options) {
  SLUICE_CHECK(validate(options));
  SLUICE_CHECK(orm::Tables::make(address.engine, format, options));
  SLUICE_TRY(std::unique_ptr<engine::Engine> engine,
             engine::open_engine(address.engine, {.address = address.address,
                                                  .memory_bytes_max = options.memory_bytes_max,
                                                  .threads_max = options.threads_max,
                                                  .spill_folder = {},
                                                  .allowed_paths = {}}));
  return open(std::shared_ptr<engine::Engine>(std::move(engine)), format, storage, options);
}

Result<Session> open(const EngineAddress& address, const OpenOptions& options) {
  return open(address, TableFormat{}, {}, options);
}

Session Session::with(const Context& context) const {
  return Session(shared_, std::make_shared<const Context>(context));
}

Session Session::within(std::chrono::milliseconds time) const {
  Context context = *context_;
  const auto until = std::chrono::steady_clock::now() + time;
  context.deadline = context.deadline.has_value() ? std::min(*context.deadline, until) : until;
  return with(context);
}

void Session::close() { shared_->pool->close(); }

Status Session::migrate_models(std::initializer_list<const orm::TableModel*> models) {
  for (const orm::TableModel* model : models) {
    SLUICE_TRY(auto lease, shared_->lend(*context_));
    SLUICE_TRY([[maybe_unused]] const auto pass, shared_->tables.enter_changes(*context_));
    SLUICE_TRY(plan::TableId id, shared_->tables.find_table(model->table));
    SLUICE_TRY(auto table, shared_->tables.load(**lease, id));
    plan::CreateTable create = orm::lower_create(*model);
    create.schema = shared_->tables.fit(std::move(create.schema));
    create.target = std::move(id);
    for (plan::PartitionField& field : create.partition_by) {
      const bool unnumbered =
          field.transform == plan::PartitionTransform::Bucket && field.parameter == 0;
      field.parameter = unnumbered ? shared_->tables.format().bucket_count : field.parameter;
    }
    Status created = table->create(*context_, create, shared_->tables.properties());
    if (!created.has_value()) {
      return std::move(created).error().with_context(
          fmt::format("creating the table of '{}'", model->record->name));
    }
  }
  return {};
}

Status Session::assert_model(const orm::TableModel& model) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  SLUICE_TRY(const plan::TableId id, shared_->tables.find_table(model.table));
  SLUICE_TRY(auto table, shared_->tables.load(**lease, id));
  SLUICE_TRY(auto state, table->find_state(*context_));
  if (!state.has_value()) {
    return make_error(ErrorCode::NotFound, fmt::format("no such table: '{}'", plan::to_string(id)))
        .with_hint("create it with migrate<T>()");
  }
  const schema::Schema wanted = shared_->tables.fit(orm::lower_schema(model));
  const std::vector<schema::Change> changes = schema::diff(state->schema, wanted);
  if (changes.empty()) {
    return {};
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("the table must have the columns of '{}', it would need: {}",
                                model.record->name, differences(changes)))
      .with_hint("alter the table, or bring the struct in line with it");
}

Result<Maintenance> Session::maintain_model(const orm::TableModel& model) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  SLUICE_TRY(const plan::TableId id, shared_->tables.find_table(model.table));
  SLUICE_TRY(auto table, shared_->tables.load(**lease, id));
  const bool has_files = table->describe().format != "duckdb";
  std::chrono::seconds age = shared_->options.idempotency_ttl;
  if (has_files) {
    age = std::max<std::chrono::seconds>(age, kYoungestFile);
  }
  SLUICE_TRY(
      const table::Maintained done,
      run::maintain(*context_, *table, table::Vacuum{.older_than = context_->clock->now() - age},
                    {.commit_retry_max = shared_->options.commit_retry_max}));
  return Maintenance{.keys_forgotten = has_files ? 0 : done.deleted,
                     .files_removed = has_files ? done.deleted : 0};
}

Result<CleanupReport> Session::cleanup_staging(std::chrono::seconds older_than) {
  if (shared_->storage == nullptr) {
    return make_error(ErrorCode::InvalidArgument,
                      "expected a storage to look for staged files in, the session has none")
        .with_hint("open it with sluice::storage(\"/a/folder\")");
  }
  if (older_than < std::chrono::seconds(0)) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected an age of at least 0 seconds, got '{}'", older_than.count()));
  }
  return orm::cleanup_staged(*context_, *shared_->storage, shared_->staging,
                             context_->clock->now() - older_than);
}

Result<std::int64_t> Session::exec(const plan::Statement& statement) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  return (*lease)->execute(*context_, statement);
}

Status Session::ping() {
  SLUICE_CHECK(exec("SELECT 1"));
  return {};
}

Result<NativeHandle> Session::native_handle() {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  void* handle = (*lease)->native_handle();
  return NativeHandle(handle, std::move(lease));
}

Error Session::more_than_one() {
  return make_error(ErrorCode::InvalidArgument, "exactly one row was expected, got more")
      .with_hint("narrow the query, or use query_first");
}

Error Session::none_found() {
  return make_error(ErrorCode::NotFound, "exactly one row was expected, got none")
      .with_hint("use query_first where no row is fine");
}

}  // namespace sluice
