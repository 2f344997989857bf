// Comment lines of CSV files, which begin with a prefix of any length where a record would begin.
// The engine knows comments of one sign, also in the middle of a line, where it cuts a value off:
// so the lines are left out before it reads the file.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::contract {

struct CsvComments {
  std::string prefix;
  std::string delimiter = ",";
  std::string quote = "\"";    // empty: values have none
  std::int64_t skip_rows = 0;  // lines above the header, kept whatever they hold
};

Result<bool> has_comments(const Context& context, const std::string& path,
                          const CsvComments& comments);

/// Copies `path` to `to` without its comment lines. They stay behind as empty ones, so that the
/// others keep their numbers; but below the header of one column, where an empty line is a record.
Status copy_without_comments(const Context& context, const std::string& path,
                             const CsvComments& comments, const std::string& to);

}  // namespace sluice::contract
