// The lines of a text file as the engine's reader of CSV sees them, to find out whether it takes
// them all.
// Pure: renders SQL and runs none; any thread may call it.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::dialect {

/// Counts the lines of a file, of which any bytes are text, and fails where one is longer.
std::string render_line_count(const std::string& file, std::int64_t line_bytes_max);

}  // namespace sluice::dialect
