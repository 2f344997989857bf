#include "sluice/contract/quarantine/store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/rule/row_rules.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/execute.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/open/folder_table.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

constexpr std::string_view kKeptRelation = "sluice_quarantine";
constexpr std::string_view kStoredRelation = "sluice_refused_before";
constexpr std::string_view kRowNumbers = "_sluice_row_numbers";
constexpr std::string_view kEventRelation = "sluice_history_lines";

constexpr std::string_view kHistoryColumns[] = {"row_id", "event",    "happened_at", "run_id",
                                                "batch",  "rule_set", "reasons"};

schema::Schema history_schema() {
  schema::Schema columns;
  for (const std::string_view name : kHistoryColumns) {
    columns.fields.push_back({.name = std::string(name), .type = {schema::Text{}}});
  }
  return columns;
}

/// One column for each of the table's, and one for all others.
std::string fitting_select(const schema::Schema& brought, const schema::Schema& table,
                           const std::string& from) {
  std::string list;
  std::string extra;
  for (const schema::Field& field : table.fields) {
    if (field.name != kExtraColumn && brought.find(field.name) != nullptr) {
      list += quote_identifier(field.name) + ", ";
    }
  }
  for (const schema::Field& field : brought.fields) {
    if (table.find(field.name) == nullptr) {
      const std::string name = quote_identifier(field.name);
      extra += fmt::format("{}{} := {}", extra.empty() ? "" : ", ", name, name);
    }
  }
  const std::string json = extra.empty()
                               ? "CAST(NULL AS VARCHAR)"
                               : fmt::format("CAST(to_json(struct_pack({})) AS VARCHAR)", extra);
  return fmt::format("SELECT {}{} AS {} FROM {}", list, json, kExtraColumn, from);
}

/// The newest version as a relation, or one of these columns without rows.
Result<std::string> relation_of(const Context& context, table::Table& table,
                                storage::Storage& storage, const std::string& if_empty) {
  SLUICE_TRY(const std::optional<table::TableState> state, table.find_state(context));
  if (!state) {
    return if_empty;
  }
  SLUICE_TRY(const std::vector<std::string> files, table::find_parquet_files(context, storage));
  return files.empty() ? if_empty
                       : fmt::format(
                             "(SELECT * FROM read_parquet([{}], union_by_name=true, "
                             "hive_partitioning=false))",
                             dialect::quote_paths(files));
}

std::string empty_history() {
  std::string list;
  for (const std::string_view name : kHistoryColumns) {
    list += fmt::format("{}CAST(NULL AS VARCHAR) AS {}", list.empty() ? "" : ", ", name);
  }
  return fmt::format("(SELECT {} WHERE FALSE)", list);
}

constexpr std::string_view kSourceColumn = "_lakelogic_source";

plan::Expr equals(std::string_view column, const std::string& text) {
  return plan::binary(plan::BinaryOp::Equal, plan::column(std::string(column)),
                      plan::literal(plan::Value{text}));
}

/// What counts of the history, and the last word on each row: none comes after the one that a row
/// was replayed or discarded, and ids of runs are ordered by time. Values of one width: a history
/// of millions of lines is grouped within little memory.
constexpr std::string_view kLastWords =
    "SELECT run, n, bool_or(event = 'replayed') AS is_replayed, bool_or(event = 'discarded') AS "
    "is_discarded, max(happened_at) AS happened_at, max(run_id) AS run_id, count(*) FILTER (WHERE "
    "event <> 'discarded') AS attempts FROM (SELECT CAST(split_part(h.row_id, ':', 1) AS UUID) AS "
    "run, CAST(split_part(h.row_id, ':', 2) AS BIGINT) AS n, h.event, CAST(h.happened_at AS "
    "TIMESTAMP) AS happened_at, CAST(h.run_id AS UUID) AS run_id FROM {0} AS h WHERE h.event = "
    "'discarded' OR (h.event IN ('replayed', 'refused') AND EXISTS (SELECT 1 FROM {0} AS s WHERE "
    "s.event = 'settled' AND s.batch = h.batch AND s.run_id = h.run_id))) GROUP BY run, n";

}  // namespace

std::string history_root_of(const std::string& root) {
  const std::size_t slash = root.rfind('/');
  return root.substr(0, slash) + "/_history" + root.substr(slash);
}

Result<std::unique_ptr<storage::Storage>> QuarantineStore::open_folder(const std::string& root) {
  return storage::make_file_storage({.root = root});
}

Result<QuarantineStore> QuarantineStore::open(engine::Connection& connection,
                                              const std::string& root, std::string_view format,
                                              const OpenStorage& open_storage) {
  QuarantineStore store;
  store.root_ = root;
  store.connection_ = &connection;
  SLUICE_TRY(store.row_storage_, open_storage(root));
  SLUICE_TRY(store.history_storage_, open_storage(history_root_of(root)));
  SLUICE_TRY(store.rows_, table::open_folder_table(format, connection, *store.row_storage_));
  SLUICE_TRY(store.history_, table::make_parquet_table(connection, *store.history_storage_));
  return store;
}

Result<std::string> QuarantineStore::find_rows(const Context& context) {
  if (rows_->describe().format == "parquet") {
    return relation_of(context, *rows_, *row_storage_, "");
  }
  SLUICE_TRY(const std::optional<table::TableState> state, rows_->find_state(context));
  if (!state || state->version == 0) {
    return std::string();
  }
  SLUICE_CHECK(rows_->make_view(context, {}, std::string(kStoredRelation)));
  return std::string(kStoredRelation);
}

Result<bool> QuarantineStore::has_batch(const Context& context, const std::string& batch,
                                        const std::string* rule_set) {
  SLUICE_TRY(const std::string rows, find_rows(context));
  if (rows.empty()) {
    return false;
  }
  std::string query = fmt::format("SELECT count(*) FROM {} WHERE {} = {}", rows, kBatchColumn,
                                  quote_literal(batch));
  if (rule_set != nullptr) {
    query +=
        fmt::format(" AND {} IS NOT DISTINCT FROM {}", kRuleSetColumn, quote_literal(*rule_set));
  }
  SLUICE_TRY(const std::vector<std::int64_t> count,
             run::query_counts(context, *connection_, query));
  return count[0] > 0;
}

Status QuarantineStore::remove_rows(const Context& context, plan::Expr condition,
                                    const std::string& what) {
  SLUICE_TRY(const std::optional<table::TableState> state, rows_->find_state(context));
  const plan::Write write{.target = {{"quarantine"}},
                          .schema = state->schema,
                          .mode = plan::DeleteWhere{.condition = std::move(condition)},
                          .source = plan::NoRows{}};
  const std::string key = fmt::format("{}/forget-{}", what, state->version);
  SLUICE_TRY_IN([[maybe_unused]] const table::Receipt receipt,
                run::write_once(context, *rows_, write, {},
                                {.key = key,
                                 .fingerprint = key,
                                 .ingest_id = make_uuid_v7(*context.clock, *context.random)}),
                "replacing what an earlier run had refused");
  return {};
}

Status QuarantineStore::forget_batch(const Context& context, const std::string& batch) {
  SLUICE_TRY(const std::optional<table::StoredCommit> stored, rows_->find_commit(context, batch));
  if (!stored) {
    return {};
  }
  SLUICE_TRY(const bool is_there, has_batch(context, batch, nullptr));
  return is_there ? remove_rows(context, equals(kBatchColumn, batch), batch) : Status{};
}

Status QuarantineStore::forget_stopped(const Context& context, const std::string& batch,
                                       const std::vector<std::string>& sources) {
  SLUICE_TRY(const std::string rows, find_rows(context));
  if (rows.empty()) {
    return {};
  }
  SLUICE_TRY(const std::vector<run::TextRow> kept,
             run::query_texts(context, *connection_,
                              fmt::format("SELECT DISTINCT {} FROM {} WHERE {} = {}", kSourceColumn,
                                          rows, kBatchColumn, quote_literal(batch))));
  std::optional<plan::Expr> any;
  for (const run::TextRow& row : kept) {
    const std::string source = row[0].value_or("");
    if (std::ranges::find(sources, source) != sources.end()) {
      plan::Expr one = equals(kSourceColumn, source);
      any =
          any ? plan::binary(plan::BinaryOp::Or, *std::move(any), std::move(one)) : std::move(one);
    }
  }
  return any ? remove_rows(
                   context,
                   plan::binary(plan::BinaryOp::And, equals(kBatchColumn, batch), *std::move(any)),
                   batch)
             : Status{};
}

Result<table::Receipt> QuarantineStore::keep_stopped(const Context& context,
                                                     const RefusedRows& rows,
                                                     const std::vector<std::string>& sources) {
  SLUICE_CHECK(forget_stopped(context, rows.batch, sources));
  return append_rows(context, rows, fmt::format("{}/{}", rows.batch, to_string(rows.run_id)));
}

Result<table::Receipt> QuarantineStore::keep(const Context& context, const RefusedRows& rows) {
  std::string key = rows.batch;
  SLUICE_TRY(const std::optional<table::StoredCommit> stored,
             rows_->find_commit(context, rows.batch));
  if (stored) {
    SLUICE_TRY(const bool is_same, has_batch(context, rows.batch, &rows.rule_set));
    if (is_same) {
      return stored->receipt;
    }
    SLUICE_CHECK(forget_batch(context, rows.batch));
    SLUICE_TRY(const std::optional<table::TableState> now, rows_->find_state(context));
    key = fmt::format("{}/again-{}", rows.batch, now->version);
  }
  return append_rows(context, rows, key);
}

Result<table::Receipt> QuarantineStore::append_rows(const Context& context, const RefusedRows& rows,
                                                    const std::string& key) {
  SLUICE_TRY(
      const schema::Schema refused,
      connection_->describe(context, fmt::format("SELECT * FROM {}", run::kBadTextRelation)));
  const std::string shape =
      refused.find(dialect::kLineTextColumn) == nullptr
          ? quote_literal(rows.shape)
          : fmt::format("CASE WHEN {} IS NOT NULL THEN {} ELSE {} END", dialect::kLineTextColumn,
                        quote_literal(rows.line_shape), quote_literal(rows.shape));
  // A row_number would be counted by one thread.
  SLUICE_TRY([[maybe_unused]] const std::int64_t counter,
             connection_->execute(context,
                                  fmt::format("CREATE OR REPLACE TEMP SEQUENCE {}", kRowNumbers)));
  const std::string from = fmt::format(
      "(SELECT *, concat({}, ':', nextval('{}')) AS {}, {} AS {}, {} AS {}, {} AS {} FROM {})",
      quote_literal(to_string(rows.run_id)), kRowNumbers, kRowIdColumn, quote_literal(rows.batch),
      kBatchColumn, quote_literal(rows.rule_set), kRuleSetColumn, shape, kShapeColumn,
      run::kBadTextRelation);
  SLUICE_TRY(const schema::Schema brought,
             connection_->describe(context, fmt::format("SELECT * FROM {}", from)));
  schema::Schema columns = brought;
  columns.fields.push_back({.name = std::string(kExtraColumn), .type = {schema::Text{}}});
  const plan::TableId id{{rows.table_name.empty() ? "target" : rows.table_name}};
  SLUICE_CHECK(rows_->create(context, {.target = id,
                                       .schema = std::move(columns),
                                       .primary_key = {},
                                       .partition_by = {},
                                       .sort_by = {}}));
  SLUICE_TRY(const std::optional<table::TableState> state, rows_->find_state(context));
  const std::string select = fitting_select(brought, state ? state->schema : brought, from);
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection_->execute(context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                                       kKeptRelation, select)));
  SLUICE_TRY(const schema::Schema written,
             connection_->describe(context, fmt::format("SELECT * FROM {}", kKeptRelation)));
  const plan::Write write{
      .target = id,
      .schema = written,
      .mode = rows.replaces ? plan::WriteMode{plan::Overwrite{}} : plan::WriteMode{plan::Append{}},
      .source = plan::Relation{std::string(kKeptRelation)}};
  return run::write_once(context, *rows_, write, {},
                         {.key = key, .fingerprint = key, .ingest_id = rows.run_id});
}

Result<bool> QuarantineStore::open_views(const Context& context) {
  SLUICE_TRY(const std::string rows, find_rows(context));
  if (rows.empty()) {
    return false;
  }
  SLUICE_TRY(const std::string history,
             relation_of(context, *history_, *history_storage_, empty_history()));
  SLUICE_TRY(const std::optional<table::TableState> state, rows_->find_state(context));
  const auto view = [&](std::string_view name, const std::string& select) -> Status {
    SLUICE_TRY([[maybe_unused]] const std::int64_t made,
               connection_->execute(
                   context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", name, select)));
    return {};
  };
  SLUICE_CHECK(view(kHistoryView, "SELECT * FROM " + history));
  // A table of an earlier version may be without our columns: then they are in the extra one.
  std::string added;
  for (const std::string_view column :
       {kRowIdColumn, kBatchColumn, kRuleSetColumn, kShapeColumn, kSealedColumn}) {
    if (state->schema.find(column) == nullptr) {
      added += fmt::format(", json_extract_string({}, '$.{}') AS {}", kExtraColumn, column, column);
    }
  }
  const std::string last = fmt::format(fmt::runtime(kLastWords), kHistoryView);
  SLUICE_CHECK(view(
      kRowsView,
      fmt::format(
          "SELECT q.*, CASE WHEN w.is_replayed THEN 'replayed' WHEN w.is_discarded THEN "
          "'discarded' ELSE 'waiting' END AS {}, strftime(w.happened_at, "
          "'%Y-%m-%dT%H:%M:%S.%fZ') AS {}, CAST(w.run_id AS VARCHAR) AS {}, "
          "coalesce(w.attempts, 0) AS {} FROM (SELECT *{} FROM {}) AS q LEFT JOIN ({}) AS w "
          "ON w.run = CAST(split_part(q.{}, ':', 1) AS UUID) AND w.n = CAST(split_part(q.{}, ':', "
          "2) AS BIGINT)",
          kStateColumn, kSettledAtColumn, kSettledByColumn, kAttemptsColumn, added, rows, last,
          kRowIdColumn, kRowIdColumn)));
  return true;
}

std::string QuarantineStore::render_condition(const RowSelection& selection) {
  std::string condition = "TRUE";
  if (!selection.row_ids.empty()) {
    condition +=
        fmt::format(" AND {} IN ({})", kRowIdColumn, dialect::quote_paths(selection.row_ids));
  }
  if (!selection.rule.empty()) {
    // The reason of a rule names it; a rule without a name is its own text.
    condition +=
        fmt::format(" AND len(list_filter(_lakelogic_errors, lambda e: contains(e, {}))) > 0",
                    quote_literal(selection.rule));
  }
  if (!selection.category.empty()) {
    // As the contract writes it or as rows are kept; what an earlier version kept stays as it was.
    condition += fmt::format(
        " AND list_has_any(_lakelogic_categories, [{}])",
        dialect::quote_paths({selection.category, settled_category(selection.category)}));
  }
  if (!selection.run_id.empty()) {
    condition += fmt::format(" AND starts_with({}, {})", kRowIdColumn,
                             quote_literal(selection.run_id + ":"));
  }
  if (!selection.state.empty()) {
    condition += fmt::format(" AND {} = {}", kStateColumn, quote_literal(selection.state));
  }
  return condition;
}

Status QuarantineStore::append_history(const Context& context, const std::string& select,
                                       const std::string& key, const Uuid& run_id) {
  const plan::TableId id{{"history"}};
  SLUICE_CHECK(history_->create(context, {.target = id,
                                          .schema = history_schema(),
                                          .primary_key = {},
                                          .partition_by = {},
                                          .sort_by = {}}));
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection_->execute(context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                                       kEventRelation, select)));
  const plan::Write write{.target = id,
                          .schema = history_schema(),
                          .mode = plan::Append{},
                          .source = plan::Relation{std::string(kEventRelation)}};
  SLUICE_TRY_IN([[maybe_unused]] const table::Receipt receipt,
                run::write_once(context, *history_, write, {},
                                {.key = key, .fingerprint = key, .ingest_id = run_id}),
                "writing the history of refused rows");
  return {};
}

Status QuarantineStore::append_outcome(const Context& context, const ReplayOutcome& outcome) {
  const std::string run_id = to_string(outcome.run_id);
  // Several rows may come of one that is judged again: one line for each that was asked for.
  const std::string select = fmt::format(
      "SELECT j.row_id, CASE WHEN r.row_id IS NULL THEN 'replayed' ELSE 'refused' END AS event, {} "
      "AS happened_at, {} AS run_id, {} AS batch, {} AS rule_set, r.reasons FROM (SELECT DISTINCT "
      "_sluice_row AS row_id FROM {}) AS j LEFT JOIN (SELECT _sluice_row AS row_id, "
      "CAST(to_json(any_value(_lakelogic_errors)) AS VARCHAR) AS reasons FROM {} GROUP BY 1) AS r "
      "ON r.row_id = j.row_id",
      quote_literal(to_string(context.clock->now())), quote_literal(run_id),
      quote_literal(outcome.batch), quote_literal(outcome.rule_set), outcome.judged,
      outcome.refused);
  return append_history(context, select, "outcome-" + run_id, outcome.run_id);
}

Status QuarantineStore::settle(const Context& context, const std::string& batch,
                               const Uuid& run_id) {
  const std::string select = fmt::format(
      "SELECT CAST(NULL AS VARCHAR) AS row_id, 'settled' AS event, {} AS happened_at, {} AS "
      "run_id, {} AS "
      "batch, CAST(NULL AS VARCHAR) AS rule_set, CAST(NULL AS VARCHAR) AS reasons",
      quote_literal(to_string(context.clock->now())), quote_literal(to_string(run_id)),
      quote_literal(batch));
  // A settled batch has one line: who settles it again says the same.
  const Uuid line = make_uuid_v7(*context.clock, *context.random);
  return append_history(context, select, batch, line);
}

Result<bool> QuarantineStore::is_settled(const Context& context, const std::string& batch) {
  SLUICE_TRY(const std::optional<table::StoredCommit> stored,
             history_->find_commit(context, batch));
  return stored.has_value();
}

Status QuarantineStore::discard(const Context& context, std::string_view relation,
                                const Uuid& run_id, const std::string& note) {
  const std::string select = fmt::format(
      "SELECT row_id, 'discarded' AS event, {} AS happened_at, {} AS run_id, CAST(NULL AS VARCHAR) "
      "AS "
      "batch, CAST(NULL AS VARCHAR) AS rule_set, {} AS reasons FROM {}",
      quote_literal(to_string(context.clock->now())), quote_literal(to_string(run_id)),
      note.empty() ? "CAST(NULL AS VARCHAR)" : quote_literal(note), relation);
  return append_history(context, select, "discard-" + to_string(run_id), run_id);
}

}  // namespace sluice::contract
