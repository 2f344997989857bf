// The page of runs for `sluice run --report` and `sluice report`: from records to a file.
// Free functions over records; one caller at a time for one file.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/run/run.h"
#include "sluice/report/run_html.h"

namespace sluice::cli {

/// A run that has just ended, with those before it as far as its contract keeps records.
report::RecordedRun recorded(const Context& context, const run::RunResult& result,
                             const contract::RunOptions& options);

/// The file is there whole, or as it was before.
Status write_page(const Context& context, const std::string& path, std::string_view html);

}  // namespace sluice::cli
