#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/export_internal.h"
#include "sluice/engine/duckdb/result_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

class QuerySource final : public ColumnSource {
 public:
  QuerySource(std::unique_ptr<DuckGuard> guard, DuckPrepared prepared, DuckResult result,
              std::string sql, ChunkExporter exporter)
      : guard_(std::move(guard)),
        prepared_(std::move(prepared)),
        result_(std::move(result)),
        sql_(std::move(sql)),
        exporter_(std::move(exporter)) {}

  Result<ArrowSchemaOwned> schema() override {
    return schema::to_arrow(schema_of(exporter_.columns()));
  }

  Result<std::optional<ArrowBatch>> next() override {
    if (over_) {
      return std::optional<ArrowBatch>{};
    }
    over_ = true;  // unless this batch comes through
    SLUICE_CHECK(guard_->context().check());
    SLUICE_TRY(const DuckChunk chunk, fetch_chunk(*guard_, result_, sql_));
    if (chunk.get() == nullptr) {
      return std::optional<ArrowBatch>{};
    }
    SLUICE_TRY(ArrowBatch batch, exporter_.export_chunk(chunk));
    over_ = false;
    return std::optional<ArrowBatch>(std::move(batch));
  }

 private:
  std::unique_ptr<DuckGuard> guard_;  // outlives the result
  DuckPrepared prepared_;
  DuckResult result_;
  std::string sql_;
  ChunkExporter exporter_;
  bool over_ = false;
};

std::vector<DuckType> types_of(DuckResult& result) {
  std::vector<DuckType> types;
  const idx_t count = duckdb_column_count(result.get());
  for (idx_t i = 0; i < count; ++i) {
    types.emplace_back(duckdb_column_logical_type(result.get(), i));
  }
  return types;
}

Result<std::vector<DuckColumn>> columns_of(DuckResult& result) {
  std::vector<DuckColumn> columns;
  const idx_t count = duckdb_column_count(result.get());
  for (idx_t i = 0; i < count; ++i) {
    const DuckType type(duckdb_column_logical_type(result.get(), i));
    SLUICE_TRY(DuckColumn column, make_column(duckdb_column_name(result.get(), i), type.get()));
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::vector<DuckColumn>> columns_of(const DuckPrepared& prepared) {
  std::vector<DuckColumn> columns;
  const idx_t count = duckdb_prepared_statement_column_count(prepared.get());
  for (idx_t i = 0; i < count; ++i) {
    const DuckType type(duckdb_prepared_statement_column_logical_type(prepared.get(), i));
    const char* name = duckdb_prepared_statement_column_name(prepared.get(), i);
    std::string copy = name == nullptr ? "" : name;
    duckdb_free(const_cast<char*>(name));
    SLUICE_TRY(DuckColumn column, make_column(std::move(copy), type.get()));
    columns.push_back(std::move(column));
  }
  return columns;
}

/// With a parameter whose type it cannot tell, DuckDB binds nothing before it has the values.
bool is_unbound(const DuckPrepared& prepared) {
  return duckdb_prepared_statement_type(prepared.get()) == DUCKDB_STATEMENT_TYPE_SELECT &&
         duckdb_nparams(prepared.get()) > 0 &&
         duckdb_prepared_statement_column_type(prepared.get(), 0) == DUCKDB_TYPE_INVALID;
}

plan::Statement no_rows_of(const plan::Statement& statement) {
  const std::size_t last = statement.text.find_last_not_of("; \t\r\n");
  return {"SELECT * FROM (\n" + statement.text.substr(0, last + 1) + "\n) LIMIT 0",
          statement.parameters};
}

}  // namespace

Result<std::vector<DuckColumn>> describe_query(const DuckGuard& guard,
                                               const plan::Statement& statement) {
  SLUICE_TRY(const DuckPrepared prepared, prepare_only(guard, statement));
  if (!is_unbound(prepared)) {
    return columns_of(prepared);
  }
  const plan::Statement empty = no_rows_of(statement);
  SLUICE_TRY(const DuckPrepared wrapped, prepare_only(guard, empty));
  SLUICE_TRY(DuckResult result, start_prepared(guard, wrapped, empty.text));
  return columns_of(result);
}

Result<ColumnStream> stream_query(std::shared_ptr<DuckSession> session, const Context& context,
                                  const plan::Statement& statement) {
  auto guard = std::make_unique<DuckGuard>(std::move(session), context);
  SLUICE_TRY(DuckPrepared prepared, prepare_last(*guard, statement));
  SLUICE_TRY(DuckResult result, start_prepared(*guard, prepared, statement.text));
  SLUICE_TRY(std::vector<DuckColumn> columns, columns_of(result));
  ChunkExporter exporter(DuckArrowOptions(duckdb_result_get_arrow_options(result.get())),
                         std::move(columns), types_of(result));
  SLUICE_CHECK(exporter.check_form());
  return ColumnStream(std::make_unique<QuerySource>(std::move(guard), std::move(prepared),
                                                    std::move(result), statement.text,
                                                    std::move(exporter)));
}

}  // namespace sluice::engine
