// Small answers of an engine as texts: counts, observations, samples. Whole numbers, fractions,
// truths and texts are read; queries cast everything else to a text.
// Reads a stream once, on the calling thread; the texts are copies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::run {

using TextRow = std::vector<std::optional<std::string>>;

/// All rows of a query whose answer is small.
Result<std::vector<TextRow>> query_texts(const Context& context, engine::Connection& connection,
                                         const std::string& query);

/// One row of whole numbers; NULL is 0.
Result<std::vector<std::int64_t>> query_counts(const Context& context,
                                               engine::Connection& connection,
                                               const std::string& query);

}  // namespace sluice::run
