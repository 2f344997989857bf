// Rows of the quarantine go through today's contract: as numbered batches of the contract's stream,
// in the place of files. The list of rows is recorded first; then what was found about each is
// appended to its history, the target commits under the batch's number, and a last line makes that
// history count. A replay that died is finished before anything else is read, by `replay` or `run`.
// Same threading as run.h. The free functions below the first are steps of a run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/quarantine/replay.h"
#include "sluice/contract/run/run.h"
#include "sluice/run/state/batch_log.h"
#include "sluice/table/table.h"

namespace sluice::contract {

struct ReplayReport {
  /// One for each batch: rows of one batch have one shape.
  std::vector<run::RunResult> batches;
  std::int64_t tried = 0;
  std::int64_t moved = 0;
  std::int64_t refused = 0;
  /// Waiting rows of the selection that cannot be replayed, and why.
  std::int64_t left = 0;
  std::string left_because;
};

/// Tries the selected waiting rows until each was tried once. A gate that stopped a batch is in
/// its result, and ends the replay.
Result<ReplayReport> replay(const Context& context, const std::string& path,
                            const RowSelection& selection, RunOptions options);

/// Which batch a replay runs next.
struct ReplayPlan {
  bool is_recorded = false;
  std::optional<run::BatchRecord> record;  // empty: no row to try
  std::int64_t left = 0;
  std::string left_because;
};

struct ReplayPlanInput {
  const run::BatchLog& log;
  table::Table& target;
  QuarantineStore& store;
  ReplayRequest request;
  /// The write replaces the target: rows of older batches are no part of it.
  bool replaces_target = false;
  sys_micros clock;
  Uuid run_id;
  std::string fingerprint;
};

/// Finishes what needs only a line, and else plans: an unfinished list before a new one.
Result<ReplayPlan> plan_replay(const Context& context, engine::Connection& connection,
                               ReplayPlanInput input);

/// The commit of a recorded batch. Corrupt when the target holds other input under its number: then
/// another state folder counts batches of this target, too.
Result<std::optional<table::StoredCommit>> find_own_commit(const Context& context,
                                                           const run::BatchLog& log,
                                                           table::Table& target,
                                                           const run::BatchRecord& record);

/// Why the target and the records do not belong together: `what` of batch `number` was seen there.
Error other_batch(const run::BatchLog& log, std::uint64_t number, std::string_view what);

/// True when the batch's commit is there, and of a replay also the line that makes it count.
Result<bool> is_batch_done(const Context& context, const run::BatchLog& log, table::Table& target,
                           QuarantineStore& store, std::uint64_t number);

}  // namespace sluice::contract
