// The data files of a table as rows that know where they stand: the file under kFile, the row's
// number in it under kRow. Files are told apart without the engine's option `filename` where a
// column of the table has that name: the engine takes a filter over such a column for one over the
// names of the files, and leaves files out.
#pragma once

#include <string>
#include <vector>

#include "sluice/schema/schema.h"

namespace sluice::table {

/// A query of kFile, kRow and every column of the files at `places` (not empty). Those that
/// `may_lack_columns` are united by the columns' names.
std::string render_scan(const schema::Schema& schema, const std::vector<std::string>& places,
                        bool may_lack_columns);

}  // namespace sluice::table
