// Tables of DuckDB files, as people name them: `sales.main.orders` is the table main.orders in the
// file `sales.duckdb` of the working folder; `lake/sales.duckdb/main.orders` names file and table;
// `lake/sales.duckdb` alone is the file, whose table is the contract's. Pure text; nothing is
// opened.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/plan/table_id.h"

namespace sluice::contract {

struct DatabaseName {
  std::string file;     // absolute
  plan::TableId table;  // schema and table
  /// Beside the file: where the state of the table's runs lies.
  std::string folder;
};

/// Empty: the text names no file that ends with .duckdb. `base` is what a relative path counts
/// from, `name` the table of a file that is named alone.
Result<std::optional<DatabaseName>> find_database_path(std::string_view written,
                                                       const std::string& base,
                                                       const std::string& name);

/// The table as statements of an engine name it that has opened the file: a schema that is called
/// as the file needs the database before it.
plan::TableId table_in_file(const std::string& file, plan::TableId table);

/// database.schema.table, with `table:` before it or not; empty: it is no name of three parts.
/// `root` is the folder that it counts from; empty: the working folder.
std::optional<DatabaseName> find_database_name(std::string_view written,
                                               const std::string& root = {});

}  // namespace sluice::contract
