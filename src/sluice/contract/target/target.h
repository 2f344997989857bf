// The table of a contract, or one that is named as targets are, opened without a run: to look at
// it, to maintain it, and to bring its columns in line with the contract. On an engine of its own,
// which runs no SQL of a contract. One thread uses what is opened.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/evolution/evolution.h"
#include "sluice/contract/run/commit.h"
#include "sluice/contract/run/run.h"
#include "sluice/engine/engine.h"
#include "sluice/table/table.h"

namespace sluice::contract {

struct TargetDrift;

class OpenTarget {
 public:
  /// `named` is a contract's file, a folder with a table, a table of a DuckDB file, or
  /// lake.schema.table. NotFound where there is none; nothing is made.
  static Result<OpenTarget> open(const Context& context, const std::string& named,
                                 const RunOptions& options);

  table::Table& table() { return database_ ? database_->table() : folder_->table(); }
  engine::Connection& connection() { return database_ ? database_->connection() : *connection_; }

 private:
  friend Result<TargetDrift> find_target_drift(const Context& context, const std::string& path,
                                               const RunOptions& options);
  friend Result<TargetDrift> apply_target(const Context& context, const std::string& path,
                                          const RunOptions& options);
  static Result<OpenTarget> open_places(const Context& context, const Places& places,
                                        const RunOptions& options);

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::optional<Folder> folder_;
  std::optional<DatabaseTable> database_;
};

/// What a contract's table lacks of the contract.
struct TargetDrift {
  std::string table;
  bool is_absent = false;
  Drift drift;
  Differences differences;

  bool is_there() const { return is_absent || !drift.changes.empty() || !differences.is_empty(); }
};

/// Looks at the target of the contract at `path` and changes nothing.
Result<TargetDrift> find_target_drift(const Context& context, const std::string& path,
                                      const RunOptions& options);

/// Makes the target or changes its columns, properties and comments, whatever the schema policy
/// lets a run do; what was amiss before. A table that has all is left as it is. Unsupported where
/// its layout differs.
Result<TargetDrift> apply_target(const Context& context, const std::string& path,
                                 const RunOptions& options);

}  // namespace sluice::contract
