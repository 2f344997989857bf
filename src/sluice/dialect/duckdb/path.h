// Paths of files in SQL: an engine takes `*`, `?` and `[` in them for a pattern, also in the name
// of a folder above, and reads whatever matches.
// Pure functions; any thread may call them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::dialect {

/// The pattern that means this path alone.
std::string literal_path(std::string_view path);

/// A path as a literal that an engine opens as it stands.
std::string quote_path(std::string_view path);

/// quote_path of each, with commas.
std::string quote_paths(const std::vector<std::string>& places);

}  // namespace sluice::dialect
