// materialization: how the target converges, and with which keys, history and deletes. Plain
// values. `materialization.primary_key` is moved to the root key of the contract when it is read,
// so that keys are looked for in one place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/contract/model/value.h"

namespace sluice::contract {

enum class Strategy : std::uint8_t { Append, Overwrite, Merge, Scd2 };

enum class SurrogateKeyStrategy : std::uint8_t { Hash, Uuid };

enum class ReprocessPolicy : std::uint8_t {
  OverwritePartition,
  OverwritePartitionSafe,
  Append,
  Window,
};

/// The row that facts point at when their member is not known.
struct UnknownMember {
  Flag enabled{true, {}};
  Text surrogate_key_value{"-1", {}};
  ValueMap default_values;
  Place span;
  friend bool operator==(const UnknownMember&, const UnknownMember&) = default;
};

/// History with half-open validity intervals; aliases are folded into one member each.
struct Scd2 {
  Text surrogate_key{"_sk", {}};
  At<SurrogateKeyStrategy> surrogate_key_strategy{SurrogateKeyStrategy::Hash, {}};
  Text effective_from_field{"effective_from", {}};
  Text effective_to_field{"effective_to", {}};
  Text current_flag_field{"is_current", {}};
  Text version_column{"_version", {}};
  Text change_reason_column{"_change_reason", {}};
  Texts track_columns;                                   // empty: every shared data column
  MaybeText timestamp_field;                             // source column that holds the change date
  MaybeText end_date_default{Text{"9999-12-31", {}}};    // empty: a written null
  MaybeText start_date_default{Text{"1900-01-01", {}}};  // empty: a written null
  MaybeText default_effective_from;
  MaybeFlag merge_dedup_guard;
  std::optional<UnknownMember> unknown_member;
  Place span;
  friend bool operator==(const Scd2&, const Scd2&) = default;
};

/// A surrogate key for a dimension that keeps no history.
struct Scd1 {
  MaybeText surrogate_key;
  At<SurrogateKeyStrategy> surrogate_key_strategy{SurrogateKeyStrategy::Hash, {}};
  std::optional<UnknownMember> unknown_member;
  Place span;
  friend bool operator==(const Scd1&, const Scd1&) = default;
};

struct Fact {
  Text type;
  Texts milestone_dates;
  Place span;
  friend bool operator==(const Fact&, const Fact&) = default;
};

/// Keys that a full snapshot lacks are deleted, unless too many would be.
struct SnapshotReconcile {
  Number max_delete_ratio{{0.2, "0.2"}, {}};
  Texts scope;
  Place span;
  friend bool operator==(const SnapshotReconcile&, const SnapshotReconcile&) = default;
};

struct SecondaryTarget {
  MaybeText format;
  MaybeText table_name;
  MaybeFlag fail_on_error;
  MaybeText dlt_destination;
  MaybeBag dlt_credentials;
  MaybeText dlt_dataset_name;
  MaybeText path;
  MaybeText mode;
  Place span;
  friend bool operator==(const SecondaryTarget&, const SecondaryTarget&) = default;
};

struct Compaction {
  Flag automatic{true, {}};
  Flag vacuum{true, {}};
  Integer vacuum_retention_hours{168, {}};
  Place span;
  friend bool operator==(const Compaction&, const Compaction&) = default;
};

struct Materialization {
  At<Strategy> strategy{Strategy::Append, {}};
  Texts partition_by;
  Texts cluster_by;
  At<ReprocessPolicy> reprocess_policy{ReprocessPolicy::OverwritePartition, {}};
  MaybeText reprocess_date_column;
  MaybeText target_path;
  MaybeText format;
  MaybeText location;
  std::optional<Scd2> scd2;
  std::optional<Scd1> scd1;
  std::optional<Fact> fact;
  MaybeText soft_delete_column;
  Value soft_delete_value{{ScalarType::Bool, "true"}, {}};
  MaybeText soft_delete_time_column;
  MaybeText soft_delete_reason_column;
  std::optional<SnapshotReconcile> deletion;
  TextMap table_properties;
  std::optional<Compaction> compaction;
  std::optional<UnknownMember> unknown_member;
  Flag merge_dedup_guard;
  std::vector<SecondaryTarget> secondary_targets;
  MaybeText dlt_destination;
  MaybeBag dlt_credentials;
  MaybeText dlt_dataset_name;
  Texts primary_key;  // LakeLogic's spelling; empty once read, it has moved to the contract
  Place span;

  friend bool operator==(const Materialization&, const Materialization&) = default;
};

}  // namespace sluice::contract
