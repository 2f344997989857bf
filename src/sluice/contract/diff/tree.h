// Two folders of contracts compared: each contract with what it was, and those that came, went, or
// moved to another file. The contracts belong to the caller and outlive the call; plain values,
// safe from any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/contract/diff/change.h"

namespace sluice::contract {

/// A contract of one side.
struct TreeContract {
  std::string key;                          // its path below the folder
  const Contract* contract = nullptr;       // null: it is there, and it is not valid
  std::string path;                         // for places
  std::span<const std::string> files = {};  // as in ContractVersion
};

/// By contract; of each worst first. A contract whose table stands in another file than before has
/// moved, where exactly one went and one came with it. One that is not valid now is passed over:
/// that is said elsewhere.
std::vector<Change> diff_trees(std::span<const TreeContract> before,
                               std::span<const TreeContract> after);

}  // namespace sluice::contract
