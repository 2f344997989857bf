// Older versions of a table whose database keeps snapshots. A version is read in its own snapshot,
// or in any later one before the next version: a vacuum keeps the newest snapshot before its
// instant, which may be one that another table of the database made.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/table/sql/ledger_internal.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table::internal {

/// The rows of an older version, as a FROM item. NotFound, with the versions that are there, when
/// its snapshots are gone.
Result<std::string> render_past(const Context& context, engine::Connection& connection,
                                const SqlTable& table, Ledger& ledger, std::int64_t version);

/// `error`, of a version that is not there, with those that are.
Error tell_versions(const Context& context, engine::Connection& connection, const SqlTable& table,
                    Ledger& ledger, Error error);

}  // namespace sluice::table::internal
