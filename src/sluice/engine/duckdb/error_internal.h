// What DuckDB says, as our errors. Instances are opened with errors_as_json, so kind, subtype,
// position and errno are read, not guessed; plain texts ("Catalog Error: ...") are read as well.
// The engine's text goes to `native` only; names of tables and columns may stand in the message.
//
// What is missing is NotFound, what is there twice AlreadyExists (a duplicate key too), a row that
// breaks NOT NULL or CHECK is DataRejected, a lost race of two transactions is CommitConflict, a
// full disk or memory ResourceExhausted, a locked room Unauthorized. A value that cannot be
// computed is InvalidArgument, as SQL that cannot be parsed or bound is.
#pragma once

#include <string_view>

#include "sluice/base/error.h"

namespace sluice::engine {

/// `text` as the C API gives it; `sql` is the statement it speaks of, for the position.
Error duckdb_error(std::string_view text, std::string_view sql = {});

}  // namespace sluice::engine
