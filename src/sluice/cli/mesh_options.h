// What the words --env and --stage mean, the same for every command that reads a contract with the
// files above it. ${NAME} is a variable of this process.
// Pure; the options are the caller's.
#pragma once

#include "sluice/cli/command.h"
#include "sluice/contract/mesh/mesh.h"

namespace sluice::cli {

contract::MeshOptions mesh_options(const Arguments& arguments);

}  // namespace sluice::cli
