#include "sluice/contract/run/quarantine.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/module.h"

namespace sluice::contract {
namespace {

using dialect::quote_literal;

std::string where(const RowSelection& selection) {
  return fmt::format("{} WHERE {}", kRowsView, QuarantineStore::render_condition(selection));
}

Result<std::vector<QuarantineCount>> count_by(const Context& context,
                                              engine::Connection& connection,
                                              const std::string& what, const std::string& from) {
  SLUICE_TRY(const std::vector<run::TextRow> rows,
             run::query_texts(
                 context, connection,
                 fmt::format("SELECT what, CAST(count(*) FILTER (WHERE state = 'waiting') AS "
                             "BIGINT), CAST(count(*) FILTER (WHERE state = 'replayed') AS BIGINT), "
                             "CAST(count(*) FILTER (WHERE state = 'discarded') AS BIGINT) FROM "
                             "(SELECT {} AS what, {} AS state FROM {}) GROUP BY what ORDER BY "
                             "count(*) DESC, what LIMIT 1000",
                             what, kStateColumn, from)));
  std::vector<QuarantineCount> counts;
  for (const run::TextRow& row : rows) {
    counts.push_back({.what = row[0].value_or(""),
                      .waiting = std::stoll(row[1].value_or("0")),
                      .replayed = std::stoll(row[2].value_or("0")),
                      .discarded = std::stoll(row[3].value_or("0"))});
  }
  return counts;
}

/// The columns of the view as readers of JSON know them. `state` and its like keep our prefix only
/// where the row has a column of that name itself.
struct ToldColumns {
  std::string select;
  std::string state;
};

Result<ToldColumns> find_told_columns(const Context& context, engine::Connection& connection) {
  constexpr std::string_view kPrefix = "_sluice_";
  SLUICE_TRY(const schema::Schema columns,
             connection.describe(context, fmt::format("SELECT * FROM {}", kRowsView)));
  std::string own;
  std::string told;
  ToldColumns found;
  for (const std::string_view column :
       {kStateColumn, kSettledAtColumn, kSettledByColumn, kAttemptsColumn}) {
    const std::string_view plain = column.substr(kPrefix.size());
    const std::string name(columns.find(plain) == nullptr ? plain : column);
    own += fmt::format("{}{}", own.empty() ? "" : ", ", column);
    told += fmt::format(", {} AS {}", column, name);
    found.state = found.state.empty() ? name : found.state;
  }
  found.select = fmt::format("* EXCLUDE ({}){}", own, told);
  return found;
}

}  // namespace

Result<QuarantineReader> QuarantineReader::open(const Context& context, const std::string& path,
                                                const RunOptions& options) {
  SLUICE_TRY(const LoadedContract loaded,
             load_contract(context, path, options.mesh, {.lenient = options.lenient}));
  const CheckedContract& checked = loaded.resolved.checked;
  if (!checked.is_runnable()) {
    return refusal(checked.diagnostics, path);
  }
  SLUICE_TRY(const Places places, find_places(*checked.contract, options));
  if (places.quarantine.empty()) {
    return make_error(ErrorCode::NotFound, "a contract without a target keeps no quarantine")
        .with_hint("give --target, or write materialization.target_path in the contract");
  }
  QuarantineReader reader;
  reader.uri_ = places.quarantine;
  const engine::EngineOptions engine_options{
      .memory_bytes_max = context.memory_bytes_max,
      .threads_max = context.threads_max,
      .allowed_paths = {places.quarantine, history_root_of(places.quarantine)},
      .locked = true};
  SLUICE_TRY(reader.engine_, options.open_engine ? options.open_engine(engine_options)
                                                 : engine::open_engine("duckdb", engine_options));
  SLUICE_TRY(reader.connection_, reader.engine_->connect(context));
  SLUICE_TRY(reader.store_,
             QuarantineStore::open(*reader.connection_, places.quarantine, places.quarantine_format,
                                   QuarantineStore::open_folder));
  return reader;
}

Result<QuarantineListing> QuarantineReader::list(const Context& context,
                                                 const RowSelection& selection,
                                                 std::int64_t limit) {
  QuarantineListing listing;
  SLUICE_TRY(const bool has_rows, store_->open_views(context));
  if (!has_rows) {
    return listing;
  }
  SLUICE_TRY(const std::vector<std::int64_t> total,
             run::query_counts(context, *connection_,
                               fmt::format("SELECT count(*) FROM {}", where(selection))));
  listing.total = total[0];
  SLUICE_TRY(const ToldColumns told, find_told_columns(context, *connection_));
  SLUICE_TRY(
      listing.rows,
      run::query_texts(
          context, *connection_,
          fmt::format("SELECT {0}, {3}, _lakelogic_source, array_to_string(_lakelogic_errors, "
                      "'; '), array_to_string(_lakelogic_categories, ', '), split_part({0}, ':', "
                      "1), CAST(to_json(_sluice_told) AS VARCHAR) FROM (SELECT {4} FROM {1} ORDER "
                      "BY split_part({0}, ':', 1), CAST(split_part({0}, ':', 2) AS BIGINT) LIMIT "
                      "{2}) AS _sluice_told",
                      kRowIdColumn, where(selection), limit, told.state, told.select)));
  for (run::TextRow& row : listing.rows) {
    listing.json.push_back(row.back().value_or("{}"));
    row.pop_back();
  }
  return listing;
}

Result<std::string> QuarantineReader::show(const Context& context, const std::string& row_id) {
  SLUICE_TRY(const QuarantineListing found, list(context, {.row_ids = {row_id}}, 1));
  if (found.json.empty()) {
    return make_error(ErrorCode::NotFound, fmt::format("no such refused row: '{}'", row_id))
        .with_hint("sluice quarantine list CONTRACT prints the ids of the rows");
  }
  SLUICE_TRY(
      const std::vector<run::TextRow> lines,
      run::query_texts(
          context, *connection_,
          fmt::format(
              "SELECT CAST(to_json({{'event': event, 'at': happened_at, 'run_id': run_id, 'batch': "
              "batch, 'rule_set': rule_set, 'reasons': reasons, 'counts': event = "
              "'discarded' OR EXISTS (SELECT 1 FROM {0} AS s WHERE s.event = 'settled' AND "
              "s.batch = h.batch AND s.run_id = h.run_id)}}) AS VARCHAR) FROM {0} AS h "
              "WHERE row_id = {1} ORDER BY happened_at, run_id",
              kHistoryView, quote_literal(row_id))));
  std::string history;
  for (const run::TextRow& line : lines) {
    history += (history.empty() ? "" : ",") + line[0].value_or("{}");
  }
  return fmt::format(R"({{"row":{},"history":[{}]}})", found.json.front(), history);
}

Result<QuarantineStats> QuarantineReader::stats(const Context& context,
                                                const RowSelection& selection) {
  QuarantineStats stats;
  stats.all.what = "all";
  SLUICE_TRY(const bool has_rows, store_->open_views(context));
  if (!has_rows) {
    return stats;
  }
  const std::string from = where(selection);
  SLUICE_TRY(std::vector<QuarantineCount> all, count_by(context, *connection_, "'all'", from));
  if (!all.empty()) {
    stats.all = all.front();
  }
  SLUICE_TRY(stats.by_reason,
             count_by(context, *connection_, "unnest(list_distinct(_lakelogic_errors))", from));
  SLUICE_TRY(stats.by_category,
             count_by(context, *connection_, "unnest(list_distinct(_lakelogic_categories))", from));
  SLUICE_TRY(stats.by_run, count_by(context, *connection_,
                                    fmt::format("split_part({}, ':', 1)", kRowIdColumn), from));
  return stats;
}

Result<std::int64_t> QuarantineReader::discard(const Context& context,
                                               const RowSelection& selection,
                                               const std::string& note) {
  SLUICE_TRY(const bool has_rows, store_->open_views(context));
  if (!has_rows) {
    return 0;
  }
  RowSelection waiting = selection;
  waiting.state = "waiting";
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection_->execute(
                 context, fmt::format("CREATE OR REPLACE TEMP TABLE sluice_discarded AS SELECT {} "
                                      "AS row_id FROM {}",
                                      kRowIdColumn, where(waiting))));
  SLUICE_TRY(const std::vector<std::int64_t> rows,
             run::query_counts(context, *connection_, "SELECT count(*) FROM sluice_discarded"));
  if (rows[0] == 0) {
    return 0;
  }
  // A list that is being moved is moved whole or not at all: what its target holds may not be told
  // from here.
  SLUICE_TRY(const std::vector<std::int64_t> unsettled,
             run::query_counts(
                 context, *connection_,
                 fmt::format("SELECT count(*) FROM sluice_discarded AS d JOIN {0} AS h USING "
                             "(row_id) WHERE h.event IN ('replayed', 'refused') AND NOT EXISTS "
                             "(SELECT 1 FROM {0} AS s WHERE s.event = 'settled' AND s.batch = "
                             "h.batch)",
                             kHistoryView)));
  if (unsettled[0] > 0) {
    return make_error(ErrorCode::CommitConflict, "a replay of some of these rows did not finish")
        .with_hint("finish it first: sluice quarantine replay CONTRACT");
  }
  SLUICE_CHECK(store_->discard(context, "sluice_discarded",
                               make_uuid_v7(*context.clock, *context.random), note));
  return rows[0];
}

}  // namespace sluice::contract
