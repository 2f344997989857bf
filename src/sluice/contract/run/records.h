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

struct QueryAnswer {
  std::vector<std::string> columns;
  std::vector<run::TextRow> rows;
};

/// One SELECT over the tables `runs` (a line for each), `steps` (the ledger), `row_rules`,
/// `dataset_rules`, `service_levels` and `files`, on an engine that reaches nothing else.
Result<QueryAnswer> query_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                               const std::string& select, const RunOptions& options);

}  // namespace sluice::contract
