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

/// The rows that `at` means, as a FROM item: the table's name where they are those of now. What
/// others wrote into a lake counts at an instant, and never in a version of ours. NotFound, with
/// the versions that are there, when its snapshots are gone.
Result<std::string> render_at(const Context& context, engine::Connection& connection,
                              const SqlTable& table, Ledger& ledger, Table& port, const At& at);

}  // namespace sluice::table::internal
