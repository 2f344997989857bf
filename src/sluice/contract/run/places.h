// Where a run writes: the target, the quarantine and the state, from what the contract and the
// flags say. Nothing is opened here.
// Plain values made once at the start of a run; nothing is opened.
#pragma once

#include <optional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/run/run.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/ducklake/ducklake.h"

namespace sluice::contract {

struct Places {
  /// Folders, absolute; empty: not written. The quarantine is a Parquet folder. That of a lake's
  /// table holds its state alone.
  std::string target;
  std::string quarantine;
  /// Of the target: "parquet", "delta" or "ducklake".
  std::string format = "parquet";
  /// lake.schema.table, and where that lake is; empty unless the format is "ducklake".
  plan::TableId lake_table;
  table::LakeOptions lake;
  /// The state's root and the folder in it; empty root: none is kept.
  std::string state_root;
  std::string state_folder;

  /// The target as people are told of it.
  std::string target_name() const {
    return lake_table.parts.empty() ? target : plan::to_string(lake_table);
  }
};

/// Unsupported names the formats that this run writes.
Result<Places> find_places(const Contract& contract, const RunOptions& options);

}  // namespace sluice::contract
