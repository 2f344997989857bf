// One snapshot of a lake as what a reader of one of its tables knows it by: the table is read there
// whatever is written meanwhile, and another snapshot is compared with it. Unlike the versions of
// table.h this needs no ledger: it tells of tables that any program wrote.
// The connection is one that the lake is attached to; nothing is kept between calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"

namespace sluice::table {

struct LakeSnapshot {
  std::int64_t id = 0;
  /// Of the table: another one under the same name has another.
  std::string table_uuid;
};

/// The newest one, with the table in it. Empty: it holds no such table (`id`: lake.schema.table).
Result<std::optional<LakeSnapshot>> find_lake_snapshot(const Context& context,
                                                       engine::Connection& connection,
                                                       const plan::TableId& id);

/// Whether the rows of the table are those that it had in the snapshot `before`. Snapshots that
/// lay its files out anew change none. False where the lake no longer tells: snapshots since were
/// expired.
Result<bool> has_rows_of(const Context& context, engine::Connection& connection,
                         const plan::TableId& id, const LakeSnapshot& before,
                         const LakeSnapshot& now);

/// The temporary view `name` of the connection: the table's rows in that snapshot. NotFound where
/// the lake does not have it any more.
Status make_lake_view(const Context& context, engine::Connection& connection,
                      const plan::TableId& id, std::int64_t snapshot, const std::string& name);

}  // namespace sluice::table
