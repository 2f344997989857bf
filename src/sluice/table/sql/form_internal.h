// What is said of a table of a database, and how its files are made: as the statements that say it,
// and read back.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/plan/write.h"
#include "sluice/table/sql/sql_table.h"
#include "sluice/table/table.h"

namespace sluice::table::internal {

/// In the transaction that makes the table (`name`, quoted).
Result<std::vector<std::string>> render_first_form(const SqlTable& table, const std::string& name,
                                                   const plan::CreateTable& create,
                                                   const Properties& properties);

/// In a later one; none where the table does not say its codec, or has no files.
std::vector<std::string> render_codec(const SqlTable& table, const Properties& properties);

/// `state` has taken in what was `told`.
std::vector<std::string> render_description(const SqlTable& table, const std::string& name,
                                            const TableState& state, const Describe& told);

/// Puts into `state` what comments say of the table and its columns.
Status load_description(const Context& context, engine::Connection& connection,
                        const plan::TableId& table, TableState& state);

}  // namespace sluice::table::internal
