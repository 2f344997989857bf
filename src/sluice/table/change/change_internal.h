// The queries of make_change, one function a mode. Each gives the SELECT of the change relation:
// kKind, kRole, kFile, kRow and the table's columns. Then those of merged_rows.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/table/change/change.h"

namespace sluice::table::internal {

Result<std::string> render_merge(const Context& context, engine::Connection& connection,
                                 const ChangeRequest& request, const plan::Merge& merge);
Result<std::string> render_scd2(const Context& context, engine::Connection& connection,
                                const ChangeRequest& request, const plan::Scd2& scd2);
Result<std::string> render_reconcile(const Context& context, engine::Connection& connection,
                                     const ChangeRequest& request,
                                     const plan::Reconcile& reconcile);
Result<std::string> render_overwrite_partitions(const ChangeRequest& request,
                                                const plan::OverwritePartitions& mode);
Result<std::string> render_delete(const ChangeRequest& request, const plan::DeleteWhere& mode);

/// Sequences that a query draws from once for each row of the batch that it inserts, each row of
/// the table that it matches, and each of those that it updates.
struct MergeCounters {
  std::string inserted;
  std::string matched;
  std::string updated;
};

/// All rows of the table after the merge. Checks keys as make_change does.
Result<std::string> render_rows_after(const Context& context, engine::Connection& connection,
                                      const ChangeRequest& request, const plan::Merge& merge,
                                      const MergeCounters& counters);

/// A row when the batch changes one of the target. Checks names, not keys.
Result<std::string> render_any_changed(const Context& context, const ChangeRequest& request,
                                       const plan::Merge& merge);

/// The rows of the batch that change one of the table or more.
Result<std::string> render_changed_positions(const Context& context, const ChangeRequest& request,
                                             const plan::Merge& merge);

/// Columns whose value in the row is said by the caller, as SQL.
using SetColumns = std::vector<std::pair<std::string, std::string>>;

/// Puts the unknown member in unless a row of `target` has `condition`. DataRejected names columns
/// of its values that the table lacks.
Result<std::string> render_unknown_member(const ChangeRequest& request,
                                          const plan::UnknownMember& member, const SetColumns& set,
                                          const std::string& condition);

/// What stands in a column of this type when nothing is known: 'Unknown', -1, FALSE, 1900-01-01.
std::string render_unknown_value(const schema::LogicalType& type);

/// "left(sha256(...), 16)" over key columns and `more`, or a UUID of the write's own.
std::string render_surrogate(const ChangeRequest& request, const std::vector<std::string>& key,
                             std::string_view alias, std::string_view more, bool is_random);

/// A value of a plan in the type of a column; NULL without one.
std::string render_value(const std::optional<plan::Value>& value, const std::string& type);

/// The SQL spelling of the type of one of the table's columns.
Result<std::string> render_type_of(const ChangeRequest& request, std::string_view column);

/// The rows that a delete removes: kinds and places, no values.
std::string render_deleted(const ChangeRequest& request, const std::string& condition);

}  // namespace sluice::table::internal
