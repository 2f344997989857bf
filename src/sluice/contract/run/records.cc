#include "sluice/contract/run/records.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/sha256.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/commit.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/module.h"
#include "sluice/run/state/batch_log.h"
#include "sluice/run/state/run_log.h"
#include "sluice/run/write/write.h"

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
    {"target_strategy", "$.target.strategy", "VARCHAR"},
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

std::string records_statement(const std::vector<run::StoredRun>& runs) {
  std::string values;
  for (const run::StoredRun& run : runs) {
    values +=
        fmt::format("{}({})", values.empty() ? "" : ", ", dialect::quote_literal(record_text(run)));
  }
  return values.empty() ? "CREATE TEMP TABLE sluice_records (r VARCHAR)"
                        : fmt::format(
                              "CREATE TEMP TABLE sluice_records AS SELECT r FROM (VALUES "
                              "{}) AS v(r)",
                              values);
}

Status make_tables(const Context& context, engine::Connection& connection,
                   const std::vector<run::StoredRun>& runs) {
  std::vector<std::string> statements{
      records_statement(runs),
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

/// A row for each run: the columns of `runs`, instants with their zone, and the whole record.
Result<std::string> make_record_rows(const Context& context, engine::Connection& connection,
                                     const std::vector<run::StoredRun>& runs) {
  std::vector<RecordColumn> columns(std::begin(kColumns), std::end(kColumns));
  for (RecordColumn& column : columns) {
    if (column.type == "TIMESTAMP") {
      column.type = "TIMESTAMP WITH TIME ZONE";
    }
  }
  for (const std::string& statement :
       {records_statement(runs),
        fmt::format("CREATE TEMP TABLE sluice_run_rows AS SELECT {}, r AS record FROM "
                    "sluice_records",
                    select_list(columns, "r"))}) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t rows, connection.execute(context, statement));
  }
  return std::string("sluice_run_rows");
}

constexpr const char* kTable = "lakelogic_run_log";
constexpr const char* kFormats[] = {"delta", "parquet", "duckdb"};

Result<RecordTable> check_table(RecordTable table) {
  if (table.place.empty()) {
    return RecordTable{};
  }
  if (table.format.empty()) {
    table.format = "delta";
  }
  if (std::ranges::find(kFormats, table.format) == std::end(kFormats)) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("records of runs are not kept in this format: '{}'", table.format))
        .with_hint("write delta, parquet or duckdb");
  }
  return table;
}

std::string text_of(const Bag& bag, std::string_view key) {
  const Node* node = bag.find(key);
  return node == nullptr ? "" : node->text;
}

/// The rows are those of these runs in this state: the same ones again are no new commit.
std::string key_of(const std::vector<run::StoredRun>& runs) {
  std::string said;
  for (const run::StoredRun& run : runs) {
    said += fmt::format("{} {}\n", run.run_id, sha256_hex(record_text(run)));
  }
  return "runs-" + sha256_hex(said);
}

Result<std::unique_ptr<engine::Engine>> open_engine(const RunOptions& options,
                                                    const engine::EngineOptions& asked) {
  return options.open_engine ? options.open_engine(asked) : engine::open_engine("duckdb", asked);
}

struct RecordRows {
  engine::Connection& connection;
  std::string relation;
  bool is_elsewhere = false;  // the table is on another engine
};

Result<table::Receipt> merge_runs(const Context& context, table::Table& table,
                                  const RecordRows& rows, const std::string& key) {
  const std::string select = fmt::format("SELECT * FROM {}", rows.relation);
  SLUICE_TRY(const schema::Schema columns, rows.connection.describe(context, select));
  const plan::TableId id{{kTable}};
  SLUICE_CHECK(table.create(
      context,
      {.target = id, .schema = columns, .primary_key = {}, .partition_by = {}, .sort_by = {}}));
  plan::Write write{.target = id,
                    .schema = columns,
                    .mode = plan::Merge{.key = {"run_id"}},
                    .source = plan::Relation{rows.relation}};
  run::RowSource source;
  if (rows.is_elsewhere) {
    write.source = plan::Batches{};
    source = [&] { return rows.connection.query(context, select); };
  }
  SLUICE_TRY_IN(const table::Receipt receipt,
                run::write_once(context, table, write, source,
                                {.key = key,
                                 .fingerprint = key,
                                 .ingest_id = make_uuid_v7(*context.clock, *context.random)}),
                "writing the table of runs");
  return receipt;
}

Result<table::Receipt> merge_into_file(const Context& context, const RecordTable& place,
                                       RecordRows rows, const std::string& key,
                                       const RunOptions& options) {
  SLUICE_TRY(const std::optional<DatabaseName> found,
             find_database_path(place.place, working_folder(), kTable));
  if (!found) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this names no table of a DuckDB file: '{}'", place.place))
        .with_hint("write lake/runs.duckdb or lake/runs.duckdb/schema.table");
  }
  SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
             options.open_storage(folder_of(found->file)));
  SLUICE_CHECK(folder->prepare_folder(context, "_"));
  Places places;
  places.database_file = found->file;
  places.table = found->table;
  places.lake = options.lake;
  places.lake.lock_wait_ms = 0;  // a later run brings the rows; this one has done its work
  const auto open = [&] {
    return open_engine(options, {.address = found->file,
                                 .memory_bytes_max = context.memory_bytes_max,
                                 .threads_max = context.threads_max});
  };
  SLUICE_TRY(DatabaseTable database, DatabaseTable::open(context, open, places));
  rows.is_elsewhere = true;
  return merge_runs(context, database.table(), rows, key);
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

namespace {

/// Rules that wait for the write have no verdict in a record that was drafted before it. Whoever
/// writes the record later may have another contract and, in a database, a newer table.
void tell_unjudged(Json& json) {
  std::string names;
  for (const Json& rule : json.value("dataset_rules", Json::array())) {
    if (rule.is_object() && rule.value("passed", Json()).is_null()) {
      const Json name = rule.value("name", Json());
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ",
                           name.is_string() ? name.get<std::string>() : "");
    }
  }
  if (names.empty()) {
    return;
  }
  if (!json.contains("warnings") || !json["warnings"].is_array()) {
    json["warnings"] = Json::array();
  }
  json["warnings"].push_back(fmt::format(
      "{}, as the run ended before it read the table that it had written: {}", kUnjudged, names));
}

}  // namespace

std::string interrupted_record(const std::string& draft, const table::Receipt& receipt) {
  Json json = Json::parse(draft, nullptr, false);
  if (!json.is_object() || !json.contains("rows") || !json.contains("target")) {
    return "";
  }
  json["status"] = "interrupted";
  json["reason"] = "the run ended after its commit and before its record";
  json["rows"]["written"] = receipt.rows_in;
  json["target"]["version"] = receipt.version;
  json["target"]["inserted"] = receipt.inserted;
  json["target"]["updated"] = receipt.updated;
  json["target"]["deleted"] = receipt.deleted;
  json["target"]["unchanged"] = receipt.unchanged;
  json["target"]["files"] = receipt.files;
  json["target"]["bytes"] = receipt.bytes;
  tell_unjudged(json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<QueryAnswer> query_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                               const std::string& select, const RunOptions& options) {
  const engine::EngineOptions engine_options{.memory_bytes_max = context.memory_bytes_max,
                                             .threads_max = context.threads_max,
                                             .locked = true};
  SLUICE_TRY(const std::unique_ptr<engine::Engine> engine, open_engine(options, engine_options));
  SLUICE_TRY(const std::unique_ptr<engine::Connection> connection, engine->connect(context));
  SLUICE_CHECK(make_tables(context, *connection, runs));
  QueryAnswer answer;
  SLUICE_TRY(answer.columns, connection->describe(context, select));
  SLUICE_TRY(
      answer.rows,
      run::query_texts(context, *connection,
                       fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{}\n)", select)));
  return answer;
}

Result<RecordTable> find_record_table(const Contract& contract) {
  if (!contract.metadata) {
    return RecordTable{};
  }
  return check_table({.format = text_of(*contract.metadata, "run_log_backend"),
                      .place = text_of(*contract.metadata, "run_log_table")});
}

Result<RecordTable> find_record_table(const Context& context, const std::string& path,
                                      const std::string& place, const std::string& format,
                                      const RunOptions& options) {
  if (!place.empty()) {
    return check_table({.format = format, .place = place});
  }
  SLUICE_TRY(const LoadedContract loaded,
             load_contract(context, path, options.mesh, {.lenient = options.lenient}));
  const CheckedContract& checked = loaded.resolved.checked;
  if (!checked.is_runnable()) {
    return refusal(checked.diagnostics, path);
  }
  SLUICE_TRY(RecordTable table, find_record_table(*checked.contract));
  if (table.is_empty()) {
    return make_error(ErrorCode::InvalidArgument, "nothing says where the table of runs is")
        .with_hint("give --to FOLDER, or write metadata.run_log_table in the contract");
  }
  if (!format.empty()) {
    table.format = format;
  }
  return check_table(std::move(table));
}

Result<table::Receipt> put_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                                const RecordTable& place, const RunOptions& options) {
  std::vector<run::StoredRun> ended;
  std::ranges::copy_if(runs, std::back_inserter(ended),
                       [](const run::StoredRun& run) { return run.unfinished != "running"; });
  if (ended.empty()) {
    return table::Receipt{};
  }
  const bool is_file = place.format == "duckdb";
  const std::string root = is_file ? "" : absolute_path(place.place, working_folder());
  engine::EngineOptions asked{.memory_bytes_max = context.memory_bytes_max,
                              .threads_max = context.threads_max,
                              .locked = true};
  if (!is_file) {
    asked.allowed_paths.push_back(root);
  }
  SLUICE_TRY(const std::unique_ptr<engine::Engine> engine, open_engine(options, asked));
  SLUICE_TRY(const std::unique_ptr<engine::Connection> connection, engine->connect(context));
  SLUICE_TRY(const std::string relation, make_record_rows(context, *connection, ended));
  const RecordRows rows{.connection = *connection, .relation = relation};
  if (is_file) {
    return merge_into_file(context, place, rows, key_of(ended), options);
  }
  SLUICE_TRY(auto storage, options.open_storage(root));
  SLUICE_TRY(Folder folder, Folder::open(*connection, std::move(storage), place.format));
  return merge_runs(context, folder.table(), rows, key_of(ended));
}

namespace internal {

Status Runner::keep_start() {
  if (state_ == nullptr || !options_.render_record) {
    return {};
  }
  const run::RunLog log(*state_, places_.state_folder);
  SLUICE_CHECK(log.put_start(context_, run_start()));
  is_start_kept_ = true;
  return {};
}

run::RunStart Runner::run_start() const {
  return {.run_id = result_.run_id,
          .pipeline_run_id = result_.pipeline_run_id,
          .contract = result_.contract.path,
          .table_name = result_.contract.table_name,
          .started_at = result_.started_at};
}

Status Runner::keep_draft(const std::string& strategy) {
  if (!is_start_kept_) {
    return {};
  }
  RunResult draft = result_;
  draft.durations.total_ms = watch_.ms();
  draft.finished_at = draft.started_at + std::chrono::milliseconds(draft.durations.total_ms);
  draft.target = run::TargetResult{
      .uri = places_.target_name(), .format = places_.format, .strategy = strategy};
  return run::RunLog(*state_, places_.state_folder)
      .put_draft(context_, run_start(), options_.render_record(draft));
}

Status Runner::settle_interrupted() {
  if (!is_start_kept_ || target() == nullptr) {
    return {};
  }
  const run::RunLog runs(*state_, places_.state_folder);
  SLUICE_TRY(const std::vector<run::StoredRun> drafts, runs.load_drafts(context_));
  if (drafts.empty()) {
    return {};
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context_));
  if (!newest) {
    return {};
  }
  SLUICE_TRY(const std::optional<table::StoredCommit> stored,
             target()->find_commit(context_, run::render_commit_key(log.stream(), newest->number)));
  for (const run::StoredRun& draft : drafts) {
    if (stored && draft.run_id == to_string(stored->receipt.ingest_id)) {
      const std::string record = interrupted_record(draft.text, stored->receipt);
      if (record.find(kUnjudged) != std::string::npos) {
        result_.warnings.push_back(
            fmt::format("{}: the run {} was killed between its commit and its record; the rules "
                        "judge the table again with the next run that writes it",
                        kUnjudged, draft.run_id));
      }
      return record.empty() ? Status{} : runs.put_record(context_, draft.run_id, record);
    }
  }
  return {};
}

Status Runner::keep_record() {
  result_.durations.total_ms = watch_.ms();
  result_.finished_at = result_.started_at + std::chrono::milliseconds(result_.durations.total_ms);
  if (!is_start_kept_) {
    return {};
  }
  const run::RunLog log(*state_, places_.state_folder);
  SLUICE_CHECK(log.put_record(context_, result_.run_id, options_.render_record(result_)));
  follow_records();
  return {};
}

/// What does not reach the table now comes with a later run: the records are all there.
void Runner::follow_records() {
  constexpr std::size_t kRunsBrought = 20;
  const auto bring = [&]() -> Status {
    SLUICE_TRY(const RecordTable table, find_record_table(*contract_));
    if (table.is_empty()) {
      return {};
    }
    const run::RunLog log(*state_, places_.state_folder);
    SLUICE_TRY(const std::vector<run::StoredRun> runs, log.load_newest(context_, kRunsBrought));
    SLUICE_TRY([[maybe_unused]] const table::Receipt receipt,
               put_runs(context_, runs, table, options_));
    return {};
  };
  if (const Status brought = bring(); !brought) {
    const Error told = as_told(brought.error());
    result_.warnings.push_back(fmt::format("the table of runs was not written: {}", told.message));
    context_.say(LogLevel::Warning, result_.warnings.back());
  }
}

/// Best effort: the run's own error is what its caller must learn.
void Runner::keep_failure(const Error& error) {
  if (!is_start_kept_) {
    return;
  }
  settle();
  const run::RunLog log(*state_, places_.state_folder);
  if (has_lost_race_ || needs_replay_ || lacks_memory_) {
    log.forget_start(context_, result_.run_id);  // the same run goes on under another id
    return;
  }
  result_.status = RunStatus::Failed;
  result_.error = fmt::format("{}: {}", to_string(error.code), error.message);
  if (result_.reason.empty()) {
    result_.reason = error.message;
  }
  try_judge_levels();
  if (const Status kept = keep_record(); !kept) {
    context_.say(LogLevel::Warning, "the record of a failed run could not be written");
  }
}

}  // namespace internal
}  // namespace sluice::contract
