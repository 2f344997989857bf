#include "sluice/contract/run/records.h"

#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/check/check.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/module.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

/// Columns of `runs` and where a record keeps them.
struct RecordColumn {
  std::string_view name;
  std::string_view path;
  std::string_view type;
};
constexpr RecordColumn kColumns[] = {
    {"run_id", "$.run_id", "VARCHAR"},
    {"status", "$.status", "VARCHAR"},
    {"reason", "$.reason", "VARCHAR"},
    {"error", "$.error", "VARCHAR"},
    {"contract", "$.contract.path", "VARCHAR"},
    {"title", "$.contract.title", "VARCHAR"},
    {"table_name", "$.contract.table_name", "VARCHAR"},
    {"layer", "$.contract.layer", "VARCHAR"},
    {"contract_fingerprint", "$.contract.fingerprint", "VARCHAR"},
    {"pipeline_run_id", "$.pipeline_run_id", "VARCHAR"},
    {"engine", "$.engine", "VARCHAR"},
    {"started_at", "$.started_at", "TIMESTAMP"},
    {"finished_at", "$.finished_at", "TIMESTAMP"},
    {"batch", "$.batch", "BIGINT"},
    {"rows_source", "$.rows.source", "BIGINT"},
    {"rows_good", "$.rows.good", "BIGINT"},
    {"rows_quarantined", "$.rows.quarantined", "BIGINT"},
    {"rows_dropped", "$.rows.dropped", "BIGINT"},
    {"rows_added", "$.rows.added", "BIGINT"},
    {"rows_written", "$.rows.written", "BIGINT"},
    {"rows_replayed_refused", "$.replay.refused", "BIGINT"},
    {"quality_score", "$.quality_score", "DOUBLE"},
    {"target_uri", "$.target.uri", "VARCHAR"},
    {"target_version", "$.target.version", "BIGINT"},
    {"load_ms", "$.durations_ms.load", "BIGINT"},
    {"transform_ms", "$.durations_ms.transform", "BIGINT"},
    {"quality_ms", "$.durations_ms.quality", "BIGINT"},
    {"materialize_ms", "$.durations_ms.materialize", "BIGINT"},
    {"total_ms", "$.durations_ms.total", "BIGINT"},
};
/// Lists of a record as tables of their own, with the run's id.
struct RecordList {
  std::string_view table;
  std::string_view path;
  std::vector<RecordColumn> columns;
};

std::vector<RecordList> record_lists() {
  return {{"steps",
           "$.ledger",
           {{"step", "$.step", "VARCHAR"},
            {"rows_in", "$.in", "BIGINT"},
            {"rows_out", "$.out", "BIGINT"},
            {"quarantined", "$.quarantined", "BIGINT"},
            {"dropped", "$.dropped", "BIGINT"},
            {"added", "$.added", "BIGINT"}}},
          {"row_rules",
           "$.row_rules",
           {{"name", "$.name", "VARCHAR"},
            {"category", "$.category", "VARCHAR"},
            {"severity", "$.severity", "VARCHAR"},
            {"failed_rows", "$.failed_rows", "BIGINT"}}},
          {"dataset_rules",
           "$.dataset_rules",
           {{"name", "$.name", "VARCHAR"},
            {"category", "$.category", "VARCHAR"},
            {"passed", "$.passed", "BOOLEAN"},
            {"observed", "$.observed", "VARCHAR"},
            {"expected", "$.expected", "VARCHAR"}}},
          {"service_levels",
           "$.service_levels",
           {{"name", "$.name", "VARCHAR"},
            {"met", "$.met", "BOOLEAN"},
            {"observed", "$.observed", "VARCHAR"},
            {"threshold", "$.threshold", "VARCHAR"},
            {"formula", "$.formula", "VARCHAR"}}},
          {"files",
           "$.files",
           {{"path", "$.path", "VARCHAR"},
            {"size_bytes", "$.size_bytes", "BIGINT"},
            {"modified", "$.modified", "TIMESTAMP"},
            {"tag", "$.tag", "VARCHAR"}}}};
}

std::string select_list(std::span<const RecordColumn> columns, std::string_view from) {
  std::string list;
  for (const RecordColumn& column : columns) {
    list +=
        fmt::format("{}TRY_CAST(json_extract_string({}, {}) AS {}) AS {}", list.empty() ? "" : ", ",
                    from, dialect::quote_literal(column.path), column.type, column.name);
  }
  return list;
}

Status make_tables(const Context& context, engine::Connection& connection,
                   const std::vector<run::StoredRun>& runs) {
  std::string values;
  for (const run::StoredRun& run : runs) {
    values +=
        fmt::format("{}({})", values.empty() ? "" : ", ", dialect::quote_literal(record_text(run)));
  }
  std::vector<std::string> statements{
      values.empty() ? "CREATE TEMP TABLE sluice_records (r VARCHAR)"
                     : fmt::format("CREATE TEMP TABLE sluice_records AS SELECT r FROM (VALUES {}) "
                                   "AS v(r)",
                                   values),
      fmt::format("CREATE TEMP TABLE runs AS SELECT {} FROM sluice_records ORDER BY 1 DESC",
                  select_list(kColumns, "r"))};
  for (const RecordList& list : record_lists()) {
    statements.push_back(fmt::format(
        "CREATE TEMP TABLE {} AS SELECT json_extract_string(r, '$.run_id') AS run_id, {} FROM "
        "(SELECT r, unnest(CAST(json_extract(r, {}) AS JSON[])) AS e FROM sluice_records)",
        list.table, select_list(list.columns, "e"), dialect::quote_literal(list.path)));
  }
  for (const std::string& statement : statements) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t rows, connection.execute(context, statement));
  }
  return {};
}

}  // namespace

Result<std::vector<run::StoredRun>> load_runs(const Context& context, const std::string& path,
                                              const RunOptions& options, std::size_t count_max) {
  SLUICE_TRY(const LoadedContract loaded,
             load_contract(context, path, options.mesh, {.lenient = options.lenient}));
  const CheckedContract& checked = loaded.resolved.checked;
  if (!checked.is_runnable()) {
    return refusal(checked.diagnostics, path);
  }
  SLUICE_TRY(const Places places, find_places(*checked.contract, options));
  if (places.state_root.empty()) {
    return make_error(ErrorCode::NotFound, "a contract without a target keeps no records of runs")
        .with_hint("give --target or --state");
  }
  SLUICE_TRY(const std::unique_ptr<storage::Storage> state,
             options.open_storage(places.state_root));
  return run::RunLog(*state, places.state_folder).load_newest(context, count_max);
}

Result<std::vector<run::StoredRun>> load_runs_of(const Context& context, const RunOptions& options,
                                                 std::size_t count_max) {
  const bool is_target = options.state_folder.empty();
  const std::string root =
      absolute_path(is_target ? options.target : options.state_folder, working_folder());
  SLUICE_TRY(const std::unique_ptr<storage::Storage> state, options.open_storage(root));
  return run::RunLog(*state, is_target ? "_sluice" : "").load_newest(context, count_max);
}

std::string record_text(const run::StoredRun& run) {
  if (run.unfinished.empty()) {
    return run.text;
  }
  Json json = Json::parse(run.text, nullptr, false);
  if (!json.is_object()) {
    json = Json{{"run_id", run.run_id}};
  }
  json["status"] = run.unfinished;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<QueryAnswer> query_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                               const std::string& select, const RunOptions& options) {
  const engine::EngineOptions engine_options{.memory_bytes_max = context.memory_bytes_max,
                                             .threads_max = context.threads_max,
                                             .locked = true};
  SLUICE_TRY(const std::unique_ptr<engine::Engine> engine,
             options.open_engine ? options.open_engine(engine_options)
                                 : engine::open_engine("duckdb", engine_options));
  SLUICE_TRY(const std::unique_ptr<engine::Connection> connection, engine->connect(context));
  SLUICE_CHECK(make_tables(context, *connection, runs));
  QueryAnswer answer;
  SLUICE_TRY(const schema::Schema columns, connection->describe(context, select));
  for (const schema::Field& field : columns.fields) {
    answer.columns.push_back(field.name);
  }
  SLUICE_TRY(
      answer.rows,
      run::query_texts(context, *connection,
                       fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{}\n)", select)));
  return answer;
}

}  // namespace sluice::contract
