// The rows of one sheet of an Excel workbook (.xlsx) as JSON lines, for an engine that reads those:
// one object a row, its keys the names of the header row. Numbers stay numbers, dates are told by
// the format of their cell and become ISO texts, formulas give the value that was saved with them.
// Parts of the workbook are held in memory. Pure but for the files that it reads and writes.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/result.h"

namespace sluice::contract {

struct SheetOptions {
  std::string sheet;            // empty: the first
  std::int64_t header_row = 1;  // 1-based; what stands above it is left out
  std::int64_t skip_footer = 0;
};

/// Corrupt: no workbook, or a broken one. NotFound: it has no such sheet. DataRejected: a header
/// that names a column twice, or a value in a column that it does not name.
Status convert_xlsx_file(const std::string& path, const SheetOptions& options,
                         const std::string& to);

}  // namespace sluice::contract
