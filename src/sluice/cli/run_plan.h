// What `run --dry-run` prints: for people, or as one JSON object. Nothing is looked at here.
// Both functions are pure but for the printing: they keep nothing, and any thread may call them.
// The texts are the caller's.
#pragma once

#include <span>
#include <string>

#include "sluice/contract/run/run.h"

namespace sluice::cli {

void print_plan(const contract::PlannedRun& plan);

/// One object, or {"runs": [...]} for several contracts; `contracts` are their paths.
std::string plans_to_json(std::span<const std::string> contracts,
                          std::span<const contract::PlannedRun> plans);

}  // namespace sluice::cli
