// The names in the first line of a CSV file, as its reader sees them: quotes taken off, blanks
// around a name left out. A name that is empty is made of its position, as "column2". Pure
// functions over text: nothing is read, nothing is kept, and any thread may call them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/pipeline.h"

namespace sluice::run {

/// DataRejected: a quote of the line is never closed.
Result<std::vector<std::string>> split_csv_line(std::string_view line, const plan::CsvFormat& csv);

/// The columns of a file whose first line this is: its names, or without a header the names that
/// were declared, by position. DataRejected: a name that stands in it twice.
Result<std::vector<std::string>> csv_columns(std::string_view line, const plan::CsvFormat& csv,
                                             const std::string& file);

/// What a contract says of the columns of its source; of a link it says nothing.
struct ExpectedColumns {
  std::vector<std::string> declared;  // that files are to have
  std::string steps;                  // as text: what they name may be in the files, too
  bool may_be_made = false;           // a script makes the declared ones of any others
  std::string stand_in;               // the column of records without a key
};

/// DataRejected: a first line that is no header of such columns, as it names none of them, holds
/// zero bytes or is parted by another delimiter. Without a header: that another one would part it.
Status check_csv_header(std::string_view line, const plan::CsvFormat& csv,
                        const ExpectedColumns& expected, const std::string& file);

}  // namespace sluice::run
