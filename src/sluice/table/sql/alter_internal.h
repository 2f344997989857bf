// The layout and the columns of a table of a database as the words of ALTER TABLE, and what is said
// of it as comments. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/table/table.h"

namespace sluice::table::internal {

/// "SET PARTITIONED BY (year(at), name)"; what only other formats cut by is Unsupported.
Result<std::string> render_layout(const std::vector<plan::PartitionField>& fields);

/// "SET SORTED BY (at ASC, name ASC)"; without columns, that rows lie as they come.
std::string render_order(const std::vector<std::string>& columns);

/// COMMENT ON COLUMN for each column of `table` (quoted) that has one; what is said of the table is
/// its own comment, a line for each property; further lines of a value are indented.
std::vector<std::string> render_comments(const std::string& table, const schema::Schema& schema,
                                         const Properties& properties = {});

/// The properties of such a comment; lines that are none are the property "comment".
Properties parse_properties(std::string_view comment);

/// Changes that take the last column before they bring others hold a column of ours in between: no
/// database has a table without one.
void keep_a_column(const std::string& table, const schema::Schema& before,
                   const std::vector<schema::Change>& changes,
                   std::vector<std::string>& statements);

/// A statement for each change of `table` (quoted).
Result<std::vector<std::string>> render_changes(const std::string& table,
                                                const std::vector<schema::Change>& changes,
                                                bool widens_numbers_alone);

}  // namespace sluice::table::internal
