// What a script of a contract sees of the environment: where programs and libraries are, the
// language, and the variables that the caller names with --pass-env. No key, token or address is
// passed on because it happened to be set. Read once per command.
#pragma once

#include <string>
#include <vector>

#include "sluice/run/script/child_process.h"

namespace sluice::cli {

run::EnvironmentList script_environment(const std::vector<std::string>& named);

}  // namespace sluice::cli
