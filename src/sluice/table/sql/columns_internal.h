// What the columns of a table of a database are to a write: their names, the ones that find a row,
// and what an update assigns. Pure, but for what is asked of rows: whether a column holds a NULL,
// and texts that are too long for the name of a folder.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"
#include "sluice/table/evolve.h"

namespace sluice::table::internal {

std::vector<std::string> names_of(const schema::Schema& schema);

/// Columns by which rows of the table are found and which therefore do not change.
std::vector<std::string> key_columns_of(const plan::WriteMode& mode);

/// InvalidArgument for a name that is ours or the database's. A lake has names of its own, which
/// columns that are there `before` may have all the same.
Status check_columns(const schema::Schema& schema, bool is_lake, const schema::Schema& before = {});

/// Key columns are never NULL; that they are unique is checked by writes, where it is asked for.
plan::CreateTable without_primary_key(plan::CreateTable create);

/// "a" = c."a" for all columns but the key, which an update leaves as it is.
std::string render_assignments(const schema::Schema& schema, const std::vector<std::string>& key);

/// Columns as they are whose texts name the folders of the table's partitions, if it has folders.
std::vector<std::string> text_partitions(const TableState& state, bool has_folders);

/// DataRejected when a row of `from` has a text that is too long for that. Rows that the database
/// keeps to itself at first become files later.
Status check_partition_texts(const Context& context, engine::Connection& connection,
                             const std::vector<std::string>& columns, const std::string& from);

/// DataRejected when the table (quoted) holds a NULL in a column that shall be required.
Status check_filled(const Context& context, engine::Connection& connection,
                    const std::string& table, const Evolved& evolved);

}  // namespace sluice::table::internal
