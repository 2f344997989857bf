#include "sluice/cli/mesh_options.h"

namespace sluice::cli {

contract::MeshOptions mesh_options(const Arguments& arguments) {
  return {.environment = arguments.find("env").value_or(""),
          .stage = arguments.find("stage").value_or(""),
          .variable = contract::variable_of_process,
          .find_above = {}};
}

}  // namespace sluice::cli
