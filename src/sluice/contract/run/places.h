// Where a run writes: the target, the quarantine and the state, from what the contract and the
// flags say; and where it reads, when only `server` says so. Nothing is opened here.
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
  /// Folders, absolute; empty: not written. That of a table in a database holds its state
  /// alone.
  std::string target;
  std::string quarantine;
  /// Of the quarantine: "parquet" or "delta".
  std::string quarantine_format = "parquet";
  /// Of the target: "parquet", "delta", "ducklake" or "duckdb".
  std::string format = "parquet";
  /// Of a database: lake.schema.table, and where that lake is; or schema.table, and in which file.
  plan::TableId table;
  table::LakeOptions lake;
  std::string database_file;
  /// The state's root and the folder in it; empty root: none is kept.
  std::string state_root;
  std::string state_folder;

  /// The target as people are told of it.
  std::string target_name() const {
    return table.parts.empty()     ? target
           : database_file.empty() ? plan::to_string(table)
                                   : database_file + "/" + plan::to_string(table);
  }
};

/// The folder that names of tables count from, SLUICE_TABLE_ROOT, else LAKELOGIC_TABLE_ROOT, else
/// the working folder.
std::string table_root(const RunOptions& options);

/// What the name of a table in a catalog says: catalog.silver.customers. The layer is empty where
/// its part is no word for one.
struct NamedTarget {
  std::string layer;
  std::string table;
};
std::optional<NamedTarget> find_named_target(const Contract& contract);

/// Unsupported names the formats that this run writes.
Result<Places> find_places(const Contract& contract, const RunOptions& options);

/// A table of a lake, as `written` names it, and where that lake is: as the options say, else the
/// file beside the working folder that is called so.
Status find_lake(const std::string& written, const RunOptions& options, Places& places);

/// What `server` speaks of is the source of a contract that names none, unless it is the target.
void take_server_as_source(Contract& contract);

}  // namespace sluice::contract
