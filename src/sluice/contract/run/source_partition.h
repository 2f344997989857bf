// Files in folders that are named after dates: those of the window of days that the contract asks
// for. The window is from `start_date` to `end_date`, both included; without a start it begins
// `lookback_days` (30) before its end, and without an end it ends on the run's day, UTC.
// A folder that stands for more than a day (a month, a year) belongs to the window when a day of it
// does, and one that stands for less when its day does. Folders outside the window are not entered.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/model/source.h"

namespace sluice::contract {

/// Absolute paths, sorted, below `source.path`, which counts from `base`: those whose name matches
/// `file_pattern`, else `pattern`, else has an ending of the written format. Cancelled when a stop
/// or the deadline came while folders were looked through.
Result<std::vector<std::string>> list_partition_files(const Context& context, const Source& source,
                                                      const std::string& base, sys_micros clock);

}  // namespace sluice::contract
