// A source that is a table: in a DuckDB file, or a folder of Parquet files that a run wrote. Finds
// which one a text means; the rows are read by the run. Owns nothing; looks at the disk and opens
// no database.
#pragma once

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
/// Neither: files.
using SourceTable = std::variant<std::monostate, DatabaseName, TableFolder>;

/// What `written` means. `is_declared`: the contract says that it is a table, so files are not
/// looked for. Paths count from `base`, names of three parts from the working folder. NotFound: a
/// declared table that is not there.
Result<SourceTable> find_source_table(const std::string& written, bool is_declared,
                                      const std::string& base);

/// The files of the newest version; of a folder without a manifest, all that lie in it.
Result<std::vector<std::string>> find_table_files(const Context& context,
                                                  const std::string& folder);

}  // namespace sluice::contract
