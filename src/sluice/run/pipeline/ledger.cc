#include "sluice/run/pipeline/ledger.h"

#include <fmt/format.h>

namespace sluice::run {

Status check_ledger(const std::vector<LedgerEntry>& ledger) {
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const LedgerEntry& step = ledger[i];
    if (step.in + step.added != step.out + step.quarantined + step.dropped + step.aggregated) {
      return make_error(
          ErrorCode::Internal,
          fmt::format("the ledger does not add up: {} in + {} added, but {} out + {} quarantined + "
                      "{} dropped + {} aggregated, in step '{}'",
                      step.in, step.added, step.out, step.quarantined, step.dropped,
                      step.aggregated, step.step));
    }
    if (i > 0 && ledger[i - 1].out != step.in) {
      return make_error(ErrorCode::Internal,
                        fmt::format("the ledger does not add up: {} rows left step '{}', {} came "
                                    "into step '{}'",
                                    ledger[i - 1].out, ledger[i - 1].step, step.in, step.step));
    }
  }
  return {};
}

RowTotals totals_of(const std::vector<LedgerEntry>& ledger) {
  RowTotals totals;
  for (const LedgerEntry& step : ledger) {
    totals.quarantined += step.quarantined;
    totals.dropped += step.dropped + step.aggregated;
    totals.added += step.added;
  }
  if (!ledger.empty()) {
    totals.source = ledger.front().in;
    totals.good = ledger.back().out;
  }
  return totals;
}

}  // namespace sluice::run
