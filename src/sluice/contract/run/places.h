// Where a run writes: the target, the quarantine and the state, from what the contract and the
// flags say. Nothing is opened here.
// Plain values made once at the start of a run; nothing is opened.
#pragma once

#include <optional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/run/run.h"

namespace sluice::contract {

struct Places {
  /// Folders, absolute; empty: not written. The quarantine is a Parquet folder.
  std::string target;
  std::string quarantine;
  /// Of the target: "parquet" or "delta".
  std::string format = "parquet";
  /// The state's root and the folder in it; empty root: none is kept.
  std::string state_root;
  std::string state_folder;
};

/// Unsupported names the formats that this run writes.
Result<Places> find_places(const Contract& contract, const RunOptions& options);

}  // namespace sluice::contract
