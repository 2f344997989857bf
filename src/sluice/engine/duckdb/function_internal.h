// Functions of this process in DuckDB's SQL.
#pragma once

#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

/// Known to all connections of the database from here on.
Status register_function(DuckSession& session, Function function);

/// A function of its parameters, NULLs among them: the engine may fold and share its calls. The
/// parameters are to come.
DuckFunction make_function(const std::string& name, duckdb_type returned,
                           duckdb_scalar_function_t call);

/// A function that is asked anew for every row of a statement.
DuckFunction make_volatile_function(const std::string& name, duckdb_type returned,
                                    duckdb_scalar_function_t call);

/// AlreadyExists where the engine has one of that name.
Status register_made(DuckSession& session, const DuckFunction& made, const std::string& name);

}  // namespace sluice::engine
