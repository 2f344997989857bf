// Service levels as they stand when somebody asks: data grows old and schedules are missed while no
// run is there to say so. Judged from the contract and the records of its runs alone.
// Reads the contract; free functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/level/level.h"
#include "sluice/contract/run/run.h"
#include "sluice/run/state/run_log.h"

namespace sluice::contract {

/// Freshness and schedule at the context's time; `runs` newest first. Empty when the contract asks
/// for neither.
Result<std::vector<run::ServiceLevelResult>> judge_now(const Context& context,
                                                       const std::string& path,
                                                       const RunOptions& options,
                                                       const std::vector<run::StoredRun>& runs);

/// The runs among these of the table of this name, without the one of this id and without replays.
/// One that is still at it has not failed.
std::vector<PastRun> past_runs(const std::vector<run::StoredRun>& runs, std::string_view table_name,
                               std::string_view without);

/// What the newest run of this table that judged freshness counted from.
struct NewestSeen {
  bool was_judged = false;
  std::optional<sys_micros> newest;
};
NewestSeen newest_seen(const std::vector<run::StoredRun>& runs, std::string_view table_name);

}  // namespace sluice::contract
