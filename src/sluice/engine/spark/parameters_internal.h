// Values in the place of each '?' of a statement. Spark Connect has bound parameters, but a server
// with the Iceberg or Delta session extension loses them on the way through its chain of parsers
// (4.1: every '?' is then unbound), so the text is completed here, by a reader that knows quotes
// and comments.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/plan/statement.h"

namespace sluice::engine::internal {

/// InvalidArgument when there are more or fewer '?' than values.
Result<std::string> render_with_parameters(const plan::Statement& statement);

}  // namespace sluice::engine::internal
