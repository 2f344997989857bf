// What a COPY with RETURN_STATS says of the files that it wrote, read from its own answer: rows,
// bytes, and of each column the NULLs and the bounds that the footer has. One statement where
// asking the footers afterwards would take two.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/table/files/copy.h"

namespace sluice::table::internal {

/// Runs `copy`; its files sorted by path, which is made relative to `root`. Internal when the
/// engine wrote anywhere else.
Result<std::vector<NewFile>> find_written(const Context& context, engine::Connection& connection,
                                          const std::string& copy, const std::string& root);

}  // namespace sluice::table::internal
