// The commands that exist, each defined in the file of its name.
#pragma once

#include "sluice/cli/command.h"

namespace sluice::cli {

extern const Command kCompletion;
extern const Command kVersion;

}  // namespace sluice::cli
