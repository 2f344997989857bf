// The ledger of a run: every step's rows as they were counted, and the check that they add up. A
// count that does not is a fault of ours and ends the run before anything is written.
// Pure functions over counts; nothing is kept.
#pragma once

#include <vector>

#include "sluice/base/result.h"
#include "sluice/run/pipeline/run_result.h"

namespace sluice::run {

/// Each step balances, and each begins with what the one before left.
Status check_ledger(const std::vector<LedgerEntry>& ledger);

/// Sums over the steps. `source` is what the first one was given.
RowTotals totals_of(const std::vector<LedgerEntry>& ledger);

}  // namespace sluice::run
