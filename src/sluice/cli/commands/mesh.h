// The files above a contract and what the command line says of environment and stage, together as
// contract/hierarchy wants them. A file is read once for a whole command, however many contracts
// stand below it. Holds copies of what it read; used by one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/cli/arguments.h"
#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::cli {

class Mesh {
 public:
  /// `variable` as in HierarchyInput; empty: ${NAME} is left as it is written.
  Mesh(const Arguments& arguments,
       std::function<std::optional<std::string>(const std::string&)> variable);

  /// The contract with what is above it; as it stands when there is nothing above and neither
  /// --env nor --stage was given.
  Result<contract::ResolvedContract> resolve(const std::string& text, const std::string& path,
                                             const contract::CheckOptions& options);

 private:
  Result<std::optional<contract::OuterFile>> load_above(const std::string& path,
                                                        const std::string& name);

  std::string environment_;
  std::string stage_;
  std::function<std::optional<std::string>(const std::string&)> variable_;
  std::map<std::string, contract::OuterFile> read_;
};

/// ${NAME} from the environment of the process.
std::optional<std::string> variable_of_process(const std::string& name);

}  // namespace sluice::cli
