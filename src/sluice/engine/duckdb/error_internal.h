// What DuckDB says, as our errors. Instances are opened with errors_as_json, so kind, subtype,
// position and errno are read, not guessed; plain texts ("Catalog Error: ...") are read as well.
// The engine's text goes to `native` only; names of tables and columns may stand in the message.
#pragma once

#include <string_view>

#include "sluice/base/error.h"

namespace sluice::engine {

/// `text` as the C API gives it; `sql` is the statement it speaks of, for the position.
Error duckdb_error(std::string_view text, std::string_view sql = {});

}  // namespace sluice::engine
