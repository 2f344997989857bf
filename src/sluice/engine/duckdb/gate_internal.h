// A gate of engine.h in DuckDB's SQL: a function that keeps what is refused in a table while the
// statement that asks it streams the rest. It writes through a connection of its own, so that the
// rows lie in the engine's memory, are bounded and spilled as all others are.
#pragma once

#include <memory>

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

Result<std::unique_ptr<Gate>> make_gate(std::shared_ptr<DuckDatabase> database,
                                        const GateOptions& options);

}  // namespace sluice::engine
