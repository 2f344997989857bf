// Runs a bound pipeline on an engine: judges every row, counts every step, and leaves the accepted
// and the refused rows as two relations of the connection. Nothing outside the connection is
// touched: writing is the caller's next step, so that nothing is half-written when a rule fails.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/masking/vault.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/run/pipeline/run_result.h"

namespace sluice::run {

/// Accepted rows in their final shape (bound.good), refused ones as they came, in columns of one
/// type, with each value of JSON of its own kind, and with every value as text: views of the
/// connection until it closes.
inline constexpr std::string_view kGoodRelation = "sluice_good";
inline constexpr std::string_view kBadRelation = "sluice_bad";
inline constexpr std::string_view kBadJsonRelation = "sluice_bad_json";
inline constexpr std::string_view kBadTextRelation = "sluice_bad_text";
/// Of refused rows that were records, where bound.kept_of_refused asks: these columns as they were
/// judged, in the types of accepted rows.
inline constexpr std::string_view kBadKeptRelation = "sluice_bad_kept";

/// Accepted rows that were written while they were judged.
struct StreamedRows {
  std::string from;  // a FROM item that reads them
  std::int64_t rows = 0;
};

/// Writes the rows of a SELECT, which it runs once, where they can be read again. On an error
/// nothing of them stays.
using RowWriter = std::function<Result<StreamedRows>(const std::string& select)>;

struct Executed {
  RowTotals rows;
  std::vector<LedgerEntry> ledger;
  std::vector<RowRuleResult> row_rules;
  std::vector<DatasetRuleResult> dataset_rules;
  /// Names of error-severity data set rules that failed.
  std::vector<std::string> broken_dataset_rules;
  std::int64_t transform_ms = 0;
  std::int64_t quality_ms = 0;
  std::vector<StepTime> steps;
  /// Accepted rows are where the writer put them.
  bool is_streamed = false;
};

/// Where the pipeline masks anything, the relations hold masked rows only, made once, and the
/// tables of clear rows are gone when this returns. `vault` is asked for by masks that need a key.
/// Accepted rows go through `writer`, if there is one and nothing after the judgement decides over
/// them; else the connection keeps them in a table.
Result<Executed> execute_pipeline(const Context& context, engine::Connection& connection,
                                  const plan::BoundPipeline& bound,
                                  std::shared_ptr<const masking::Vault> vault = nullptr,
                                  const RowWriter& writer = {});

/// Whether data set rules read columns that the write makes: execute_pipeline leaves them open.
bool has_deferred_rules(const plan::BoundPipeline& bound);

/// Judges those over `rows`, a FROM item with the table as the write left it.
Status judge_deferred_rules(const Context& context, engine::Connection& connection,
                            const plan::BoundPipeline& bound, const std::string& rows,
                            Executed& executed);

/// The statements that execute_pipeline would run, in order, for a dry run; `writer` is one that it
/// would be given.
Result<std::vector<std::string>> planned_statements(const plan::BoundPipeline& bound,
                                                    const RowWriter& writer = {});

}  // namespace sluice::run
