// How and where the table is written.
#include "sluice/contract/diff/differ_internal.h"
#include "sluice/contract/document/document_words.h"

namespace sluice::contract::internal {
namespace {

bool names_history_alike(const Scd2& left, const Scd2& right) {
  return left.effective_from_field == right.effective_from_field &&
         left.effective_to_field == right.effective_to_field &&
         left.current_flag_field == right.current_flag_field &&
         left.version_column == right.version_column &&
         left.change_reason_column == right.change_reason_column &&
         left.end_date_default == right.end_date_default &&
         left.start_date_default == right.start_date_default;
}

void diff_history(Differ& differ, const Materialization& before, const Materialization& after) {
  if (before.scd2 && after.scd2) {
    if (!names_history_alike(*before.scd2, *after.scd2)) {
      differ.add("history-columns-changed", "materialization.scd2", {}, {}, before.scd2->span,
                 after.scd2->span);
    }
    differ.compare("materialization.scd2.track_columns", before.scd2->track_columns,
                   after.scd2->track_columns, "tracked-columns-changed");
    differ.compare("materialization.scd2.surrogate_key", before.scd2->surrogate_key,
                   after.scd2->surrogate_key, "surrogate-key-changed");
    differ.compare("materialization.scd2.surrogate_key_strategy",
                   before.scd2->surrogate_key_strategy, after.scd2->surrogate_key_strategy,
                   "surrogate-key-changed");
  } else {
    differ.compare_block("materialization.scd2", before.scd2, after.scd2,
                         "history-columns-changed");
  }
  differ.compare_block("materialization.scd1", before.scd1, after.scd1, "surrogate-key-changed");
}

void diff_deletes(Differ& differ, const Materialization& before, const Materialization& after) {
  differ.compare("materialization.soft_delete_column", before.soft_delete_column,
                 after.soft_delete_column, "soft-delete-changed");
  differ.compare("materialization.soft_delete_value", before.soft_delete_value,
                 after.soft_delete_value, "soft-delete-changed");
  differ.compare("materialization.soft_delete_time_column", before.soft_delete_time_column,
                 after.soft_delete_time_column, "soft-delete-changed");
  differ.compare("materialization.soft_delete_reason_column", before.soft_delete_reason_column,
                 after.soft_delete_reason_column, "soft-delete-changed");
  differ.compare_block("materialization.deletion", before.deletion, after.deletion,
                       "deletion-changed");
}

void diff_storage(Differ& differ, const Materialization& before, const Materialization& after) {
  differ.compare("materialization.format", before.format, after.format, "target-format-changed");
  differ.compare("materialization.partition_by", before.partition_by, after.partition_by,
                 "partitioning-changed");
  differ.compare("materialization.cluster_by", before.cluster_by, after.cluster_by,
                 "table-settings-changed");
  if (before.table_properties != after.table_properties || before.compaction != after.compaction) {
    differ.add("table-settings-changed", "materialization", {}, {}, before.span, after.span);
  }
}

}  // namespace

void diff_target(Differ& differ) {
  const Materialization none;
  const auto& before = differ.before().materialization;
  const auto& after = differ.after().materialization;
  const Materialization& old_target = before ? *before : none;
  const Materialization& new_target = after ? *after : none;
  differ.compare("materialization.target_path", target_path(differ.before()),
                 target_path(differ.after()), "target-moved");
  differ.compare("materialization.strategy", old_target.strategy, new_target.strategy,
                 "strategy-changed");
  diff_storage(differ, old_target, new_target);
  diff_history(differ, old_target, new_target);
  diff_deletes(differ, old_target, new_target);
  if (!differ.has_changes_under("materialization")) {
    differ.compare_block("materialization", old_target, new_target, "target-setting-changed");
  }
}

}  // namespace sluice::contract::internal
