// A few rows of a query as text: counts, keys for a message, a version. Not for data; statements
// cast what they ask for to VARCHAR. Numbers are written in decimal; a NULL and a value of a nested
// type are empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::table {

using TextRow = std::vector<std::optional<std::string>>;

/// All rows of the query.
Result<std::vector<TextRow>> find_text_rows(const Context& context, engine::Connection& connection,
                                            const plan::Statement& statement);

/// A cell of an Arrow array of this format as such a text; `place` is counted from its offset.
std::optional<std::string> find_cell(std::string_view format, const ArrowArray& array,
                                     std::int64_t place);

/// The one number that the query gives; a NULL is 0.
Result<std::int64_t> load_count(const Context& context, engine::Connection& connection,
                                const plan::Statement& statement);

/// A whole number as it stands in a text of ours; anything else is Corrupt.
Result<std::int64_t> parse_count(std::string_view text);

}  // namespace sluice::table
