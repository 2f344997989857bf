// One write, as both doors describe it: where to, in which way, from what. Live streams travel
// beside the plan, so that a plan can be printed, compared, stored and sent. Mode and source are
// closed sets: each table format answers for every alternative, if only with Unsupported.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
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
/// A text column that the write fills: 16 hexadecimal digits of the key's digest, or a UUID that a
/// row gets once and keeps.
struct SurrogateKey {
  std::string column;
  bool is_random = false;
  friend bool operator==(const SurrogateKey&, const SurrogateKey&) = default;
};
/// The row that facts point at when their member is not known: put in once and left alone.
struct UnknownMember {
  std::string surrogate_key = "-1";
  /// Of columns that shall hold something else than what stands for their type.
  std::vector<std::pair<std::string, Value>> values;
  friend bool operator==(const UnknownMember&, const UnknownMember&) = default;
};
/// Deleted rows stay and are marked; a key that comes back is unmarked.
struct SoftDelete {
  std::string column;
  Value deleted = true;
  std::string time_column;    // empty: none
  std::string reason_column;  // empty: none
  friend bool operator==(const SoftDelete&, const SoftDelete&) = default;
};
/// The rows are all there is: keys of the table that they lack are deleted.
struct SnapshotDeletes {
  /// DataRejected when a greater share of the compared rows would go.
  double max_ratio = 1;
  /// Compared are rows whose values in these columns come in the rows; empty: all.
  std::vector<std::string> scope;
  /// A relation with the key's columns whose keys are there although the rows lack them.
  std::string refused;
  friend bool operator==(const SnapshotDeletes&, const SnapshotDeletes&) = default;
};
/// The rows are events, and some of them say that their key is deleted. The last of a key counts.
struct ChangeEvents {
  std::string operation_column;  // empty: every event is a new state
  std::vector<std::string> delete_values;
  /// Orders the events; one that is older than the table's row changes nothing. Empty: as they
  /// come.
  std::string timestamp_column;
  friend bool operator==(const ChangeEvents&, const ChangeEvents&) = default;
};
struct Merge {
  std::vector<std::string> key;
  OnMatch on_match = OnMatch::Update;
  /// Columns taken from the new row where a key matches; empty: all but the key.
  std::vector<std::string> update_columns;
  /// Columns that keep the table's value where a key matches (created-at times and the like).
  std::vector<std::string> insert_only_columns;
  /// A key that is found but unknown to the table is not inserted.
  bool update_only = false;
  /// Of rows with one key the last counts; without it they are refused.
  bool keep_last = false;
  std::optional<SurrogateKey> surrogate_key;
  std::optional<UnknownMember> unknown_member;
  std::optional<SoftDelete> soft_delete;
  std::optional<SnapshotDeletes> snapshot;
  std::optional<ChangeEvents> events;
  friend bool operator==(const Merge&, const Merge&) = default;
};
struct Scd2 {
  std::vector<std::string> key;
  std::vector<std::string> track_columns;  // empty: all but the key and the system columns
  std::string timestamp_column;
  std::string effective_from_column = "effective_from";
  std::string effective_to_column = "effective_to";
  std::string current_column = "is_current";
  std::string version_column;         // empty: none
  std::string surrogate_column;       // empty: none
  bool has_random_surrogate = false;  // a UUID instead of a digest
  std::string reason_column;          // empty: none
  std::optional<Value> first_effective_from;
  std::optional<Value> open_effective_to;
  /// Taken for the instant of rows that bring none; absent: the clock.
  std::optional<Value> default_instant;
  /// Of rows with one key the latest counts.
  bool keep_last = false;
  std::optional<UnknownMember> unknown_member;
  /// Marks the version that a delete ends; without it the version ends unmarked.
  std::optional<SoftDelete> soft_delete;
  /// Rows that delete end the version that is open at their instant. Their time is the instant
  /// where rows bring no other.
  std::optional<ChangeEvents> events;
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
/// What the writer of a Parquet file says of a column: not said is not known. Bounds are the
/// engine's text of a value; those of long texts are cut.
struct ColumnStats {
  std::optional<std::int64_t> nulls;
  std::optional<std::string> min;
  std::optional<std::string> max;
  friend bool operator==(const ColumnStats&, const ColumnStats&) = default;
};
struct FileStats {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  /// By quoted name; parts of nested columns have one of several parts.
  std::map<std::string, ColumnStats> columns;
  friend bool operator==(const FileStats&, const FileStats&) = default;
};
/// Rows are files that an engine reads by a statement.
struct StagedFiles {
  std::vector<std::string> uris;
  /// Of each of them; empty: their writer said nothing.
  std::vector<FileStats> stats;
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

/// Puts rows beside those that are there, or instead of all of them, and looks at no key.
bool adds_rows(const WriteMode& mode);
std::string_view mode_name(const WriteMode& mode);  // "append", "merge", ...
std::string to_string(const Write& write);

}  // namespace sluice::plan
