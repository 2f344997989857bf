// The step between source and pre steps that a script of the contract's author takes: the source
// rows and the links go to it as Parquet files, and what it gives back takes the source's place, so
// that it is judged like any source. Counted as one opaque step: what came in, what came out.
// The exchange folder is the run's own; the run removes it.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"
#include "sluice/run/pipeline/run_result.h"
#include "sluice/run/script/child_process.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {

struct LogicInput {
  std::string contract_path;
  std::string exchange;  // a folder that engine and script may both write
  std::string run_id;
  run::EnvironmentList environment;
  /// The contract masks: what the script prints is not shown, and a column that it adds must be
  /// declared, so that its author says what becomes of it.
  bool masks = false;
};

/// Runs it now; from then on `pipeline` reads its result.
Result<run::LedgerEntry> run_external_logic(const Context& context, engine::Connection& connection,
                                            const Contract& contract, const LogicInput& input,
                                            plan::Pipeline& pipeline);

/// Where a notebook lies with the outputs of its cells, also when one of them failed.
std::string executed_copy(const std::string& exchange);

/// What a run would do around the script, and the columns that it would give to it.
struct PlannedLogic {
  std::string relation;  // that its rows will be
  std::vector<std::string> statements;
  schema::Schema given;
};

/// Runs nothing: for a dry run. The exchange folder is called EXCHANGE there.
Result<PlannedLogic> plan_external_logic(const Context& context, engine::Connection& connection,
                                         const Contract& contract, const std::string& contract_path,
                                         const plan::Pipeline& pipeline);

}  // namespace sluice::contract
