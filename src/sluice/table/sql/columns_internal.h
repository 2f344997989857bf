// What the columns of a table of a database are to a write: their names, the ones that find a row,
// and what an update assigns. Pure, but for what is asked of the database: which columns it fills
// itself, whether a column holds a NULL, and texts that are too long for the name of a folder.
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

/// InvalidArgument for the name of a table that lies beside all others.
Status check_name(const plan::TableId& id);

/// InvalidArgument for a name that is ours or the database's. A lake has names of its own, which
/// columns that are there `before` may have all the same.
Status check_columns(const schema::Schema& schema, bool is_lake, const schema::Schema& before = {});

/// Key columns are never NULL; that they are unique is checked by writes, where it is asked for.
plan::CreateTable without_primary_key(plan::CreateTable create);

/// What finds the table in duckdb_tables() and duckdb_columns(), as a condition.
std::string render_is_table(const plan::TableId& id);

/// Unsupported where a view has the name of the table: it reads as one, and takes no rows.
Status check_no_view(const Context& context, engine::Connection& connection,
                     const plan::TableId& id);

/// The columns that a write fills. Not those that the database fills itself: the ones that it
/// computes, and of those with a default the ones that the write neither brings nor makes.
/// InvalidArgument when the write brings one that is computed.
Result<schema::Schema> without_self_filled(const Context& context, engine::Connection& connection,
                                           const plan::TableId& id, const plan::Write& write,
                                           const schema::Schema& table);

/// An index that was not used since the database was opened does not see rows that are deleted, and
/// takes their keys for ones that are there. Puts no row in.
Status use_indexes(const Context& context, engine::Connection& connection, const std::string& table,
                   const schema::Schema& filled);

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
