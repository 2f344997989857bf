// Lines that are longer than the reader of CSV and of fixed width takes. Read alone such a line is
// an error; beside lines that are refused the engine may pass it over, and lines behind it, and say
// nothing: so it is looked for before. Of a plain file a few bytes of each megabyte tell; a packed
// one is read once more. Keeps nothing.
#pragma once

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"

namespace sluice::run::internal {

/// DataRejected names the first line of more than 2 MB, its file and its number.
Status check_line_lengths(const Context& context, engine::Connection& connection,
                          const plan::FileScan& scan);

}  // namespace sluice::run::internal
