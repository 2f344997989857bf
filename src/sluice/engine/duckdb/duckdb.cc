#include "sluice/engine/duckdb/duckdb.h"

#include <fmt/format.h>

#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/function_internal.h"
#include "sluice/engine/duckdb/gate_internal.h"
#include "sluice/engine/duckdb/load_internal.h"
#include "sluice/engine/duckdb/result_internal.h"
#include "sluice/engine/duckdb/statement_internal.h"

namespace sluice::engine {
namespace {

const EngineFeatures kFeatures{
    .transactions = true, .local_files = true, .executes_over_rows = true, .functions = true};

class DuckConnection final : public Connection {
 public:
  explicit DuckConnection(std::shared_ptr<DuckSession> session) : session_(std::move(session)) {}

  Result<std::int64_t> execute(const Context& context, const plan::Statement& statement) override {
    const DuckGuard guard(session_, context);
    SLUICE_TRY(const DuckPrepared prepared, prepare_last(guard, statement));
    SLUICE_TRY(DuckResult result, start_prepared(guard, prepared, statement.text));
    const idx_t changed = duckdb_rows_changed(result.get());
    // A SELECT streams: its rows are computed, and errors met, while they are fetched.
    while (true) {
      SLUICE_TRY(const DuckChunk chunk, fetch_chunk(guard, result, statement.text));
      if (chunk.get() == nullptr) {
        return static_cast<std::int64_t>(changed);
      }
    }
  }

  Result<ColumnStream> query(const Context& context, const plan::Statement& statement) override {
    return stream_query(session_, context, statement);
  }

  Result<schema::Schema> describe(const Context& context,
                                  const plan::Statement& statement) override {
    const DuckGuard guard(session_, context);
    SLUICE_TRY(const std::vector<DuckColumn> columns, describe_query(guard, statement));
    return schema_of(columns);
  }

  Result<std::int64_t> load(const Context& context, std::string_view name,
                            ColumnStream rows) override {
    const DuckGuard guard(session_, context);
    return load_rows(guard, name, std::move(rows));
  }

  Status add_function(Function function) override {
    return register_function(*session_, std::move(function));
  }

  Result<std::unique_ptr<Gate>> add_gate(const GateOptions& options) override {
    return make_gate(session_->share_database(), options);
  }

  Result<std::int64_t> execute_over(const Context& context, const plan::Statement& statement,
                                    std::string_view name, ColumnStream rows) override {
    const DuckGuard guard(session_, context);
    return execute_over_rows(guard, statement, name, std::move(rows));
  }

  void* native_handle() override { return session_->get(); }

 private:
  std::shared_ptr<DuckSession> session_;
};

class DuckEngine final : public Engine {
 public:
  explicit DuckEngine(std::shared_ptr<DuckDatabase> database) : database_(std::move(database)) {}

  std::string_view name() const override { return "duckdb"; }
  std::string version() const override {
    return fmt::format("DuckDB {}", duckdb_library_version());
  }
  const EngineFeatures& features() const override { return kFeatures; }

  Result<std::unique_ptr<Connection>> connect(const Context& context) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(auto session, DuckSession::open(database_));
    return std::unique_ptr<Connection>(std::make_unique<DuckConnection>(std::move(session)));
  }

 private:
  std::shared_ptr<DuckDatabase> database_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_duckdb_engine(const EngineOptions& options) {
  SLUICE_TRY(auto database, DuckDatabase::open(options));
  return std::unique_ptr<Engine>(std::make_unique<DuckEngine>(std::move(database)));
}

}  // namespace sluice::engine
