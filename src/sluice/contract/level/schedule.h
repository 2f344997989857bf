// When a cron line is due: five fields or a name such as @daily, in UTC. Days of the month and of
// the week are joined as cron joins them: where both are restricted, either is enough.
// Pure functions; a line that cron_fault complains about is never due.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/base/clock.h"

namespace sluice::contract {

/// The newest due time at or before `at`; empty when there was none in the eight years before.
std::optional<sys_micros> find_last_due(std::string_view cron, sys_micros at);

}  // namespace sluice::contract
