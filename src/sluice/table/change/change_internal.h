// The queries of make_change, one function a mode. Each gives the SELECT of the change relation:
// kKind, kFile, kRow and the table's columns.
#pragma once

#include <string>

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

/// The rows that a delete removes: kinds and places, no values.
std::string render_deleted(const ChangeRequest& request, const std::string& condition);

}  // namespace sluice::table::internal
