// Rows of a table of files for those who read them: as a view of the connection, and as the columns
// that they have after a change of the schema. Speaks DuckDB's SQL; owns nothing, keeps nothing.
// A view reads the files when it is read: it fails when they are gone by then.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/schema.h"
#include "sluice/table/evolve.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// The columns of `schema` out of `from`, a FROM item, as a temporary view.
Status make_rows_view(const Context& context, engine::Connection& connection,
                      const std::string& name, const schema::Schema& schema,
                      const std::string& from);

/// A SELECT of the new columns out of `from`, which has the old ones.
Result<std::string> render_evolved(const Evolved& evolved, const std::string& from);

/// DataRejected when `rows` (a SELECT) holds a NULL in one of the columns.
Status check_no_null(const Context& context, engine::Connection& connection,
                     const std::vector<std::string>& columns, const std::string& rows);

/// CommitConflict or CommitUnknown, for a change that has no key to look it up by.
Status check_committed(const CommitOutcome& outcome);

/// InvalidArgument for a size that makes many files of few rows.
Status check_compaction(const Compact& request);

}  // namespace sluice::table
