// What the shell learns from a command. The meanings are fixed, for every command: scripts and cron
// jobs rely on them. An Error becomes one of them in exit_code_of and nowhere else, so that the
// same failure never ends two commands differently.
#pragma once

#include <cstdint>

#include "sluice/base/error.h"

namespace sluice::cli {

enum class ExitCode : std::uint8_t {
  Done = 0,
  Failed = 1,           // the run failed, or a gate that is set to stop it did
  WrongUsage = 2,       // the command line is wrong
  InvalidContract = 3,  // a contract is invalid
  Unavailable = 4,      // an engine, storage or catalog is away or refused us; try again later
  Interrupted = 130,
};

ExitCode exit_code_of(const Error& error);

}  // namespace sluice::cli
