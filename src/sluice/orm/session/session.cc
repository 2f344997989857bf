#include "sluice/orm/session/session.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/base/context.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/engine/module.h"
#include "sluice/orm/session/insert_internal.h"
#include "sluice/orm/session/pool_internal.h"
#include "sluice/plan/write.h"
#include "sluice/run/write/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/table/duckdb/duckdb.h"

namespace sluice {
namespace {

Status check_range(std::string_view name, int value, int low, int high) {
  if (value < low || value > high) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected {} of {} to {}, got '{}'", name, low, high, value));
  }
  return {};
}

Status validate(const OpenOptions& options) {
  SLUICE_CHECK(check_range("inflight_ingests_max", options.inflight_ingests_max, 1, 64));
  SLUICE_CHECK(check_range("session_pool", options.session_pool, 1, 256));
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

Receipt to_receipt(const table::Receipt& receipt) {
  return {.ingest_id = receipt.ingest_id,
          .version = receipt.version,
          .rows_in = receipt.rows_in,
          .inserted = receipt.inserted,
          .updated = receipt.updated,
          .unchanged = receipt.unchanged,
          .deleted = receipt.deleted,
          .committed_at = receipt.committed_at};
}

}  // namespace

class Session::Shared {
 public:
  Shared(std::shared_ptr<engine::Engine> engine, const OpenOptions& given)
      : pool(std::make_shared<orm::Pool>(std::move(engine), given.session_pool)),
        ingests(given.inflight_ingests_max),
        options(given),
        context(base_context(given)) {}

  Result<plan::TableId> find_table(const orm::TableModel& model) const {
    SLUICE_TRY(plan::TableId id, plan::parse_table_id(model.table));
    if (id.parts.size() == 1 && !options.default_database.empty()) {
      SLUICE_TRY(plan::TableId qualified, plan::parse_table_id(options.default_database));
      qualified.parts.push_back(std::move(id.parts.front()));
      return qualified;
    }
    return id;
  }

  std::shared_ptr<orm::Pool> pool;
  orm::Gate ingests;
  OpenOptions options;
  Context context;
};

namespace {

/// The lines that one ingest id finds in a log: started, then committed or aborted.
class IngestLog {
 public:
  IngestLog(const Context& context, std::string_view table, const std::string& ingest_id)
      : log_(context.log), table_(table), ingest_id_(ingest_id) {
    write(LogLevel::Info, "ingest started", {});
  }
  void committed(const table::Receipt& receipt) {
    write(LogLevel::Info, "ingest committed",
          {{"rows_in", fmt::format("{}", receipt.rows_in)},
           {"inserted", fmt::format("{}", receipt.inserted)},
           {"updated", fmt::format("{}", receipt.updated)},
           {"version", fmt::format("{}", receipt.version)}});
  }
  void aborted(const Error& error) {
    write(LogLevel::Error, "ingest aborted",
          {{"error", std::string(to_string(error.code))}, {"cause", error.message}});
  }

 private:
  void write(LogLevel level, std::string message,
             std::vector<std::pair<std::string, std::string>> more) {
    std::vector<std::pair<std::string, std::string>> fields{{"ingest_id", ingest_id_},
                                                            {"table", std::string(table_)}};
    fields.insert(fields.end(), more.begin(), more.end());
    log_->write({.level = level, .message = std::move(message), .fields = std::move(fields)});
  }

  Log* log_;
  std::string_view table_;
  const std::string& ingest_id_;
};

std::string differences(const std::vector<schema::Change>& changes) {
  std::string text;
  for (const schema::Change& change : changes) {
    text += (text.empty() ? "" : ", ") + schema::to_string(change);
  }
  return text;
}

}  // namespace

Result<Session> open(std::shared_ptr<engine::Engine> engine, const OpenOptions& options) {
  SLUICE_CHECK(validate(options));
  if (engine == nullptr) {
    return make_error(ErrorCode::InvalidArgument, "expected an engine, got none");
  }
  auto shared = std::make_shared<Session::Shared>(std::move(engine), options);
  const Context* context = &shared->context;
  return Session(std::move(shared), context);
}

Result<Session> open(const EngineAddress& address, const OpenOptions& options) {
  SLUICE_CHECK(validate(options));
  SLUICE_TRY(std::unique_ptr<engine::Engine> engine,
             engine::open_engine(address.engine, {.address = address.address,
                                                  .memory_bytes_max = options.memory_bytes_max,
                                                  .threads_max = options.threads_max,
                                                  .spill_folder = {},
                                                  .allowed_paths = {}}));
  return open(std::shared_ptr<engine::Engine>(std::move(engine)), options);
}

Session Session::with(const Context& context) const { return Session(shared_, &context); }

void Session::close() { shared_->pool->close(); }

Status Session::migrate_models(std::initializer_list<const orm::TableModel*> models) {
  for (const orm::TableModel* model : models) {
    SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
    SLUICE_TRY(plan::TableId id, shared_->find_table(*model));
    SLUICE_TRY(auto table, table::make_duckdb_table(**lease, id));
    plan::CreateTable create = orm::lower_create(*model);
    create.target = std::move(id);
    Status created = table->create(*context_, create);
    if (!created.has_value()) {
      return std::move(created).error().with_context(
          fmt::format("creating the table of '{}'", model->record->name));
    }
  }
  return {};
}

Status Session::assert_model(const orm::TableModel& model) {
  SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
  SLUICE_TRY(const plan::TableId id, shared_->find_table(model));
  SLUICE_TRY(auto table, table::make_duckdb_table(**lease, id));
  SLUICE_TRY(auto state, table->find_state(*context_));
  if (!state.has_value()) {
    return make_error(ErrorCode::NotFound, fmt::format("no such table: '{}'", plan::to_string(id)))
        .with_hint("create it with migrate<T>()");
  }
  schema::Schema wanted = orm::lower_schema(model);
  for (schema::Field& field : wanted.fields) {
    for (const std::string& key : model.key) {
      field.nullable = field.nullable && field.name != key;
    }
  }
  const std::vector<schema::Change> changes = schema::diff(state->schema, wanted);
  if (changes.empty()) {
    return {};
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("the table must have the columns of '{}', it would need: {}",
                                model.record->name, differences(changes)))
      .with_hint("alter the table, or bring the struct in line with it");
}

Result<Receipt> Session::insert_feed(const orm::TableModel& model, orm::RecordFeed& feed,
                                     const InsertOptions& options) {
  const Context& context = *context_;
  SLUICE_TRY(plan::WriteMode mode, orm::lower_mode(model, options));
  SLUICE_TRY(plan::TableId id, shared_->find_table(model));
  const std::optional<orm::RecordPage> all = feed.find_all();
  if (all.has_value() && all->count == 0) {
    return Receipt{};
  }
  const Uuid ingest = make_uuid_v7(*context.clock, *context.random);
  const std::string ingest_id = to_string(ingest);
  orm::InsertRows rows(model, feed, {.now = context.clock->now(), .ingest_id = ingest_id});
  SLUICE_CHECK(rows.validate());

  SLUICE_TRY(const orm::Gate::Pass pass, shared_->ingests.enter(context));
  SLUICE_TRY(auto lease, shared_->pool->lend(context));
  SLUICE_TRY(auto table, table::make_duckdb_table(**lease, id));
  const bool is_named = !options.idempotency_key.empty();
  const table::CommitKey key{
      .key = is_named ? options.idempotency_key : ingest_id,
      .fingerprint = is_named ? orm::fingerprint(model, options, feed) : ingest_id,
      .ingest_id = ingest};
  const plan::Write write{.target = std::move(id),
                          .schema = orm::lower_schema(model),
                          .mode = std::move(mode),
                          .source = plan::Batches{}};
  IngestLog log(context, model.table, ingest_id);
  Result<table::Receipt> receipt =
      run::write_once(context, *table, write, [&rows] { return rows.open(); }, key,
                      {.commit_retry_max = shared_->options.commit_retry_max});
  if (feed.thrown() != nullptr) {
    log.aborted(make_error(ErrorCode::Cancelled, "the range of records threw an exception"));
    std::rethrow_exception(feed.thrown());
  }
  if (!receipt.has_value()) {
    Error error = rows.error().has_value() ? *rows.error() : std::move(receipt).error();
    log.aborted(error);
    return error;
  }
  log.committed(*receipt);
  return to_receipt(*receipt);
}

Result<Receipt> Session::remove_where(const orm::TableModel& model, plan::Expr condition,
                                      const std::string& idempotency_key) {
  const Context& context = *context_;
  SLUICE_TRY(plan::TableId id, shared_->find_table(model));
  SLUICE_TRY(const orm::Gate::Pass pass, shared_->ingests.enter(context));
  SLUICE_TRY(auto lease, shared_->pool->lend(context));
  SLUICE_TRY(auto table, table::make_duckdb_table(**lease, id));
  const Uuid ingest = make_uuid_v7(*context.clock, *context.random);
  const std::string ingest_id = to_string(ingest);
  const bool is_named = !idempotency_key.empty();
  const table::CommitKey key{.key = is_named ? idempotency_key : ingest_id,
                             .fingerprint = plan::to_string(condition),
                             .ingest_id = ingest};
  const plan::Write write{.target = std::move(id),
                          .schema = orm::lower_schema(model),
                          .mode = plan::DeleteWhere{std::move(condition)},
                          .source = plan::NoRows{}};
  IngestLog log(context, model.table, ingest_id);
  Result<table::Receipt> receipt =
      run::write_once(context, *table, write, nullptr, key,
                      {.commit_retry_max = shared_->options.commit_retry_max});
  if (!receipt.has_value()) {
    log.aborted(receipt.error());
    return std::move(receipt).error();
  }
  log.committed(*receipt);
  return to_receipt(*receipt);
}

Result<orm::PageReader> Session::open_statement(const orm::TableModel& model,
                                                const plan::Statement& statement,
                                                const orm::DecodeOptions& options) {
  SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
  SLUICE_TRY(ColumnStream stream, (*lease)->query(*context_, statement));
  return orm::PageReader::open(model, std::move(stream), std::move(lease), options);
}

Result<orm::PageReader> Session::open_read(const orm::TableModel& model, const plan::Read& read,
                                           const orm::DecodeOptions& options) {
  plan::Read selected = read;
  selected.columns.clear();
  for (const orm::Column& column : model.columns) {
    selected.columns.push_back(column.name);
  }
  if (auto* id = std::get_if<plan::TableId>(&selected.from);
      id != nullptr && id->parts.size() == 1 && !shared_->options.default_database.empty()) {
    SLUICE_TRY(plan::TableId qualified, plan::parse_table_id(shared_->options.default_database));
    qualified.parts.push_back(id->parts.front());
    *id = std::move(qualified);
  }
  SLUICE_TRY(const plan::Statement statement,
             dialect::render_read(dialect::duckdb_dialect(), selected));
  return open_statement(model, statement, options);
}

Result<std::int64_t> Session::exec(const plan::Statement& statement) {
  SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
  return (*lease)->execute(*context_, statement);
}

Status Session::ping() {
  SLUICE_CHECK(exec("SELECT 1"));
  return {};
}

namespace {

/// Batches of a query with the connection that they come from.
class LeasedSource final : public ColumnSource {
 public:
  LeasedSource(std::unique_ptr<orm::Lease> lease, ColumnStream stream)
      : lease_(std::move(lease)), stream_(std::move(stream)) {}
  Result<ArrowSchemaOwned> schema() override { return stream_.schema(); }
  Result<std::optional<ArrowBatch>> next() override { return stream_.next(); }

 private:
  std::unique_ptr<orm::Lease> lease_;  // outlives the stream
  ColumnStream stream_;
};

}  // namespace

Result<ColumnStream> Session::batches(const plan::Statement& statement) {
  SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
  SLUICE_TRY(ColumnStream stream, (*lease)->query(*context_, statement));
  return ColumnStream(std::make_unique<LeasedSource>(std::move(lease), std::move(stream)));
}

Result<NativeHandle> Session::native_handle() {
  SLUICE_TRY(auto lease, shared_->pool->lend(*context_));
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
