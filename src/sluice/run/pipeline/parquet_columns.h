// What the schemas of Parquet files say before a row is read, and their reader does not: that a
// column comes twice, which it would number, that a decimal is wider than it reads, and that files
// of one source hold a column in types of which it makes floating point numbers that lose digits.
// Reads the footers; of columns that become such numbers the values, once. Keeps nothing.
#pragma once

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"

namespace sluice::run {

/// DataRejected: the files cannot be read as what they hold. Of other formats nothing is asked.
Status check_parquet_columns(const Context& context, engine::Connection& connection,
                             const plan::FileScan& scan);

}  // namespace sluice::run
