// A run as the JSON object that `sluice run --json` prints: its shape is fixed and carries a
// version number.
// Pure functions over a finished result; safe from any thread.
#pragma once

#include <span>
#include <string>

#include "sluice/run/pipeline/run_result.h"

namespace sluice::report {

/// One object on one line, without a line end. Of a run that ended in an error: status, error and
/// the contract's path.
std::string to_json(const run::RunResult& result);

/// The record that a run leaves: the same object with its format number, times, batch, files and
/// quality score (accepted of judged rows), and the error that ended it.
std::string to_record_json(const run::RunResult& result);

/// {"schema_version": 1, "runs": [...]} for several contracts.
std::string to_json(std::span<const run::RunResult> results);

/// A list of service levels, as it stands in a run's object.
std::string to_json(const std::vector<run::ServiceLevelResult>& levels);

}  // namespace sluice::report
