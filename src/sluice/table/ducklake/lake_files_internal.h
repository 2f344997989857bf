// The data and delete files of one lake's table on a local disk, around its transactions.
//
// The extension removes the files of a commit that ended in an error, also when the catalog's
// server applied it and only its reply was lost: the table then names files that are gone. So every
// file gets a second name, `_sluice_kept/<name>.<owner>.kept` below the lake's data, before COMMIT
// is sent, and loses it when the outcome is known. Whoever looks a key up next puts back what the
// catalog names and no longer finds: nothing depends on the process that wrote. The extension sees
// no file that does not end in ".parquet". Below `_sluice_catalogs/` each catalog that writes here
// is named: files that one of two does not name are no orphans.
//
// It also flushes no file that it writes: that is done here. New files are told by the time in
// their names, so those of others of the same moment are kept along, which costs nothing.
#pragma once

#include <memory>

#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table::internal {

/// `id` is lake.schema.table; `connection` outlives the result.
std::unique_ptr<CommitFiles> make_lake_files(engine::Connection& connection,
                                             const plan::TableId& id);

}  // namespace sluice::table::internal
