// Tables of materialization.
#include <array>

#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/read/nullable.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {
namespace {

/// The only strategy of `deletion`; a word that is checked and not kept.
void read_deletion_strategy(Reader& reader, const Node& node, SnapshotReconcile&) {
  constexpr std::array<std::string_view, 1> kWords{"snapshot_reconcile"};
  (void)internal::find_word(reader, node, kWords);
}

/// A text or a number; keys are compared as text.
void read_key_value(Reader& reader, const Node& node, UnknownMember& member) {
  Value value;
  read_value(reader, node, value);
  member.surrogate_key_value = {value.value.text, value.span};
}

constexpr std::array kUnknownMemberKeys{
    key<&UnknownMember::enabled>("enabled", "Whether the row is written (true)"),
    custom<&read_key_value, UnknownMember>("surrogate_key_value", "Its surrogate key (-1)",
                                           ValueKind::AnyScalar),
    key<&UnknownMember::default_values>("default_values", "Column to its value in that row"),
};

constexpr Key or_null(Key key) {
  key.is_null_a_value = true;
  return key;
}

constexpr std::array kScd2Keys{
    key<&Scd2::surrogate_key>("surrogate_key", "Column of the surrogate key (_sk)"),
    key<&Scd2::surrogate_key_strategy>("surrogate_key_strategy", "hash or uuid (hash)"),
    key<&Scd2::effective_from_field>("effective_from_field", "Column: valid from (effective_from)"),
    key<&Scd2::effective_to_field>("effective_to_field", "Column: valid to (effective_to)"),
    key<&Scd2::current_flag_field>("current_flag_field", "Column: is current (is_current)"),
    key<&Scd2::version_column>("version_column", "Column: version of the key (_version)"),
    key<&Scd2::change_reason_column>("change_reason_column", "Column: why (_change_reason)"),
    key<&Scd2::track_columns>("track_columns", "Columns whose change makes a version"),
    key<&Scd2::timestamp_field>("timestamp_field", "Source column that holds the change date"),
    key<&Scd2::timestamp_field>("change_date_field", "Same as timestamp_field"),
    or_null(key<&Scd2::end_date_default>("end_date_default",
                                         "End of the current version (9999-12-31)")),
    key<&Scd2::end_date_default>("effective_to_default", "Same as end_date_default"),
    or_null(
        key<&Scd2::start_date_default>("start_date_default", "Begin of the first (1900-01-01)")),
    key<&Scd2::start_date_default>("effective_from_default", "Same as start_date_default"),
    key<&Scd2::default_effective_from>("default_effective_from", "Taken instead of now"),
    nullable<&Scd2::merge_dedup_guard>("merge_dedup_guard",
                                       "Keep the last of equal keys in a batch"),
    key<&Scd2::unknown_member>("unknown_member", "Row for keys that are not known"),
};

constexpr std::array kScd1Keys{
    key<&Scd1::surrogate_key>("surrogate_key", "Column of the surrogate key"),
    key<&Scd1::surrogate_key_strategy>("surrogate_key_strategy", "hash or uuid (hash)"),
    key<&Scd1::unknown_member>("unknown_member", "Row for keys that are not known"),
};

constexpr std::array kFactKeys{
    required<&Fact::type>("type", "transaction, periodic, accumulating or factless"),
    key<&Fact::milestone_dates>("milestone_dates", "Date columns that must come in this order"),
};

constexpr std::array kDeletionKeys{
    custom<&read_deletion_strategy, SnapshotReconcile>("strategy", "snapshot_reconcile",
                                                       ValueKind::Word),
    key<&SnapshotReconcile::max_delete_ratio>("max_delete_ratio", "Greatest share deleted (0.2)"),
    key<&SnapshotReconcile::scope>("scope", "Columns within whose values the load is complete"),
};

constexpr std::array kSecondaryKeys{
    key<&SecondaryTarget::format>("format", "Format of the target"),
    key<&SecondaryTarget::table_name>("table_name", "Name of the table"),
    key<&SecondaryTarget::fail_on_error>("fail_on_error", "Whether its failure fails the run"),
    key<&SecondaryTarget::dlt_destination>("dlt_destination", "Destination of dlt"),
    key<&SecondaryTarget::dlt_credentials>("dlt_credentials", "Credentials of dlt"),
    key<&SecondaryTarget::dlt_dataset_name>("dlt_dataset_name", "Data set of dlt"),
    key<&SecondaryTarget::path>("path", "Where it lies"),
    key<&SecondaryTarget::mode>("mode", "append or overwrite"),
};

constexpr std::array kCompactionKeys{
    key<&Compaction::automatic>("auto", "Whether files are joined after a write (true)"),
    key<&Compaction::vacuum>("vacuum", "Whether old files are removed (true)"),
    key<&Compaction::vacuum_retention_hours>("vacuum_retention_hours", "Their age (168)"),
};

using M = Materialization;
constexpr std::array kMaterializationKeys{
    key<&M::strategy>("strategy", "append, overwrite, merge or scd2 (append)"),
    key<&M::partition_by>("partition_by", "Columns of the physical partitions"),
    key<&M::cluster_by>("cluster_by", "Columns by which the rows of a file are sorted"),
    key<&M::reprocess_policy>("reprocess_policy", "How a repeated window replaces data",
                              Support::Later),
    key<&M::reprocess_date_column>("reprocess_date_column", "Column of the window", Support::Later),
    key<&M::reprocess_date_column>("reprocess_column", "Same as reprocess_date_column",
                                   Support::Later),
    key<&M::target_path>("target_path", "Folder, URI or table that is written"),
    key<&M::target_path>("path", "Same as target_path"),
    key<&M::format>("format", "parquet, duckdb, ducklake, delta, iceberg, csv ..."),
    key<&M::location>("location", "Storage of a table that is named by target_path"),
    key<&M::scd2>("scd2", "History of a dimension"),
    key<&M::scd1>("scd1", "Surrogate key of a dimension without history"),
    key<&M::fact>("fact", "Kind of fact table"),
    key<&M::soft_delete_column>("soft_delete_column", "Column that marks deleted rows"),
    key<&M::soft_delete_value>("soft_delete_value", "What it holds then (true)"),
    key<&M::soft_delete_time_column>("soft_delete_time_column", "Column: when"),
    key<&M::soft_delete_reason_column>("soft_delete_reason_column", "Column: why"),
    key<&M::deletion>("deletion", "Deletes that a full snapshot implies"),
    nullable<&M::table_properties>("table_properties",
                                   "Passed to the table format by the run that makes the table"),
    key<&M::compaction>("compaction", "Upkeep after a write", Support::Later),
    key<&M::unknown_member>("unknown_member", "Row for keys that are not known"),
    nullable<&M::merge_dedup_guard>("merge_dedup_guard", "Keep the last of equal keys in a batch"),
    nullable<&M::secondary_targets>("secondary_targets", "Further targets", Support::Later),
    key<&M::dlt_destination>("dlt_destination", "Destination of dlt", Support::Later),
    key<&M::dlt_credentials>("dlt_credentials", "Credentials of dlt", Support::Later),
    key<&M::dlt_dataset_name>("dlt_dataset_name", "Data set of dlt", Support::Later),
    key<&M::primary_key>("primary_key", "Read as the contract's primary_key"),
};

constexpr Shape kUnknownMember{"unknown_member", kUnknownMemberKeys};
constexpr Shape kScd2{"materialization.scd2", kScd2Keys};
constexpr Shape kScd1{"materialization.scd1", kScd1Keys};
constexpr Shape kFact{"materialization.fact", kFactKeys};
constexpr Shape kDeletion{"materialization.deletion", kDeletionKeys};
constexpr Shape kSecondary{"materialization.secondary_targets[]", kSecondaryKeys};
constexpr Shape kCompaction{"materialization.compaction", kCompactionKeys};
constexpr Shape kMaterialization{"materialization", kMaterializationKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<UnknownMember>() { return kUnknownMember; }
template <> const Shape& shape_of<Scd2>() { return kScd2; }
template <> const Shape& shape_of<Scd1>() { return kScd1; }
template <> const Shape& shape_of<Fact>() { return kFact; }
template <> const Shape& shape_of<SnapshotReconcile>() { return kDeletion; }
template <> const Shape& shape_of<SecondaryTarget>() { return kSecondary; }
template <> const Shape& shape_of<Compaction>() { return kCompaction; }
template <> const Shape& shape_of<Materialization>() { return kMaterialization; }
// clang-format on

}  // namespace sluice::contract
