// A source that is a table: in a DuckDB file, a folder of Parquet files that a run wrote, or a
// Delta table. Finds which one a text means; the rows are read by the run. Owns nothing; looks at
// the disk and opens no table.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/run/database_name.h"

namespace sluice::contract {

struct TableFolder {
  std::string path;
};
/// With the log of a Delta table: its files are not its rows.
struct DeltaFolder {
  std::string path;
};
/// None of them: files.
using SourceTable = std::variant<std::monostate, DatabaseName, TableFolder, DeltaFolder>;

/// What the contract says that a source or link is; of a table files are not looked for.
enum class DeclaredAs : std::uint8_t { Files, Table, Delta };

/// What `written` means. Paths count from `base`, names of three parts from `table_root`, which is
/// the working folder where it is empty. NotFound: a declared table that is not there.
Result<SourceTable> find_source_table(const std::string& written, DeclaredAs declared,
                                      const std::string& base, const std::string& table_root = {});

/// The files of the newest version; of a folder without a manifest, all that lie in it.
Result<std::vector<std::string>> find_table_files(const Context& context,
                                                  const std::string& folder);

}  // namespace sluice::contract
