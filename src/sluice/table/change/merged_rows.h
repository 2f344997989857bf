// A merge as one query: all rows of the table after it, counted while they are read, once and to
// the end. For tables whose every file is written anew: make_change works out first which rows
// change and where they stand, which is a second reading and, for each row, a second lookup.
//
// Speaks DuckDB's SQL. The counters are temporary sequences that live until drop_merged_rows.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/table/change/change.h"

namespace sluice::table {

struct MergedRows {
  /// The table's columns. Read twice it counts twice.
  std::string select;
  std::string inserted, matched, updated;  // names of the counters
};

/// Merges that update or keep rows and insert the others. Those that delete or mark rows, make rows
/// themselves or leave unknown keys out are make_change's.
bool merges_in_one_pass(const plan::WriteMode& mode);

/// True when the batch changes a row of `request.target`, one file of the table. The first that is
/// found ends the search.
Result<bool> changes_a_row(const Context& context, engine::Connection& connection,
                           const ChangeRequest& request);

/// Checks keys first, as make_change does.
Result<MergedRows> make_merged_rows(const Context& context, engine::Connection& connection,
                                    const ChangeRequest& request);

/// After the rows were read: what make_change would have counted.
Result<Change> count_merged_rows(const Context& context, engine::Connection& connection,
                                 const ChangeRequest& request, const MergedRows& merged);

/// Best effort: what stays is temporary.
void drop_merged_rows(const Context& context, engine::Connection& connection,
                      const MergedRows& merged);

}  // namespace sluice::table
