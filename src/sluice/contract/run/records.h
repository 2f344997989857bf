// The runs of a contract as their records tell them: a list, one run, SQL over all of them. A run
// without a record is told from its start: running, or interrupted.
// Reads the state of the moment; free functions, safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/run/run.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/run_log.h"

namespace sluice::contract {

/// The newest runs of a contract, newest first. NotFound when it keeps no state.
Result<std::vector<run::StoredRun>> load_runs(const Context& context, const std::string& path,
                                              const RunOptions& options, std::size_t count_max);

/// The same by the folder in which the state lies: a target's, or what --state named.
Result<std::vector<run::StoredRun>> load_runs_of(const Context& context, const RunOptions& options,
                                                 std::size_t count_max);

/// The record as JSON; of a run that left none, its start with the status it has now.
std::string record_text(const run::StoredRun& run);

struct QueryAnswer {
  std::vector<std::string> columns;
  std::vector<run::TextRow> rows;
};

/// One SELECT over the tables `runs` (a line for each), `steps` (the ledger), `row_rules`,
/// `dataset_rules`, `service_levels` and `files`, on an engine that reaches nothing else.
Result<QueryAnswer> query_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                               const std::string& select, const RunOptions& options);

}  // namespace sluice::contract
