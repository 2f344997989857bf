// The data files of a table of a database that keeps them beside itself, looked at for damage; of a
// database that answers for its rows there are none. files/damage.h says what is told; what to do
// is another matter here, as such a database reads the rows that it takes out.
#pragma once

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table::internal {

/// Corrupt for the first file of the newest version that is gone, empty or cut short.
Status check_files(const Context& context, engine::Connection& connection, const SqlTable& table);

/// `error`, of a statement on the table; or which of its files is to blame for it.
Error tell_damage(const Context& context, engine::Connection& connection, const SqlTable& table,
                  Error error);

}  // namespace sluice::table::internal
