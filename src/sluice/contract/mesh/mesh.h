// A contract with the files above it, as every command reads it: `_system.yaml` and `_domain.yaml`
// are found and read here and joined by contract/hierarchy, so that a run sees the same document
// that `validate` judged. A file is read once for the life of a Mesh, however many contracts stand
// below it. Holds copies of what it read; used by one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::contract {

struct MeshOptions {
  std::string environment;  // --env; empty: none
  std::string stage;        // --stage; empty: none
  /// As in HierarchyInput; empty: ${NAME} is left as it is written.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// The file of this name above a contract's path, for contracts that lie elsewhere than on the
  /// disk; empty: it is looked for there.
  std::function<std::optional<OuterFile>(const std::string& path, const std::string& name)>
      find_above;
};

class Mesh {
 public:
  explicit Mesh(MeshOptions options);

  /// The contract with what is above it; as it stands when there is nothing above and neither
  /// environment nor stage was asked for.
  Result<ResolvedContract> resolve(const std::string& text, const std::string& path,
                                   const CheckOptions& options);

  /// Tells one reading of a contract from another: its text, and of what stands above it, the
  /// environment and the stage whatever there is. "sha256:..."; of a contract alone its text's.
  Result<std::string> fingerprint(const std::string& text, const std::string& path);

 private:
  Result<std::optional<OuterFile>> load_above(const std::string& path, const std::string& name);
  /// What stands above a contract and what was asked for, which is the machine's usual environment
  /// (SLUICE_ENV, else LAKELOGIC_ENV) where there are environments and no other is named.
  Result<HierarchyInput> input_of(const std::string& text, const std::string& path,
                                  const CheckOptions& options);

  MeshOptions options_;
  std::map<std::string, OuterFile> read_;
};

/// `_system.yaml` by itself, and whether the contracts of its roster are there: beside it, or below
/// the folder that its storage names as `contract_root` or `contract_path`.
Diagnostics check_system(const OuterFile& file);

struct LoadedContract {
  std::string text;
  ResolvedContract resolved;
  std::string fingerprint;
};

/// One contract, read as a command reads it that looks at no other.
Result<LoadedContract> load_contract(const Context& context, const std::string& path,
                                     const MeshOptions& mesh, const CheckOptions& options);

/// ${NAME} from the environment of the process.
std::optional<std::string> variable_of_process(const std::string& name);

}  // namespace sluice::contract
