// One write, as both doors describe it: where to, in which way, from what. Live streams travel
// beside the plan, so that a plan can be printed, compared, stored and sent. Mode and source are
// closed sets: each table format answers for every alternative, if only with Unsupported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sluice/plan/expr.h"
#include "sluice/plan/table_id.h"
#include "sluice/schema/schema.h"

namespace sluice::plan {

enum class PartitionTransform : std::uint8_t { Identity, Bucket, Truncate, Year, Month, Day, Hour };
struct PartitionField {
  std::string column;
  PartitionTransform transform = PartitionTransform::Identity;
  int parameter = 0;  // buckets or width
  friend bool operator==(const PartitionField&, const PartitionField&) = default;
};

struct Append {
  /// Columns that must be unique in the table after the commit, checked inside it; empty: none.
  std::vector<std::string> unique_key;
  friend bool operator==(const Append&, const Append&) = default;
};
struct Overwrite {
  friend bool operator==(const Overwrite&, const Overwrite&) = default;
};
struct OverwritePartitions {
  std::vector<PartitionField> by;
  friend bool operator==(const OverwritePartitions&, const OverwritePartitions&) = default;
};
enum class OnMatch : std::uint8_t { Update, Ignore };
struct Merge {
  std::vector<std::string> key;
  OnMatch on_match = OnMatch::Update;
  /// Columns taken from the new row where a key matches; empty: all but the key.
  std::vector<std::string> update_columns;
  /// Columns that keep the table's value where a key matches (created-at times and the like).
  std::vector<std::string> insert_only_columns;
  /// A key that is found but unknown to the table is not inserted.
  bool update_only = false;
  friend bool operator==(const Merge&, const Merge&) = default;
};
struct Scd2 {
  std::vector<std::string> key;
  std::vector<std::string> track_columns;  // empty: all but the key and the system columns
  std::string timestamp_column;
  std::string effective_from_column = "effective_from";
  std::string effective_to_column = "effective_to";
  std::string current_column = "is_current";
  std::string version_column;    // empty: none
  std::string surrogate_column;  // empty: none
  std::optional<Value> first_effective_from;
  std::optional<Value> open_effective_to;
  friend bool operator==(const Scd2&, const Scd2&) = default;
};
struct DeleteWhere {
  Expr condition;
  friend bool operator==(const DeleteWhere&, const DeleteWhere&) = default;
};
/// Makes the table equal to the rows: inserts, updates and deletes by key.
struct Reconcile {
  std::vector<std::string> key;
  friend bool operator==(const Reconcile&, const Reconcile&) = default;
};

using WriteMode =
    std::variant<Append, Overwrite, OverwritePartitions, Merge, Scd2, DeleteWhere, Reconcile>;

/// Rows arrive as a column stream beside the plan.
struct Batches {
  friend bool operator==(const Batches&, const Batches&) = default;
};
/// Rows are files that an engine reads by a statement.
struct StagedFiles {
  std::vector<std::string> uris;
  friend bool operator==(const StagedFiles&, const StagedFiles&) = default;
};
/// Rows are a table, view or temporary table of the engine connection that the target works with.
struct Relation {
  std::string name;
  friend bool operator==(const Relation&, const Relation&) = default;
};
/// No rows: the mode says it all (DeleteWhere).
struct NoRows {
  friend bool operator==(const NoRows&, const NoRows&) = default;
};

using Source = std::variant<Batches, StagedFiles, Relation, NoRows>;

struct Write {
  TableId target;
  schema::Schema schema;
  WriteMode mode;
  Source source;
  friend bool operator==(const Write&, const Write&) = default;
};

/// What a table is made with when it does not exist yet.
struct CreateTable {
  TableId target;
  schema::Schema schema;
  std::vector<std::string> primary_key;
  std::vector<PartitionField> partition_by;
  std::vector<std::string> sort_by;
  bool if_absent = true;
  friend bool operator==(const CreateTable&, const CreateTable&) = default;
};

std::string_view mode_name(const WriteMode& mode);  // "append", "merge", ...
std::string to_string(const Write& write);

}  // namespace sluice::plan
