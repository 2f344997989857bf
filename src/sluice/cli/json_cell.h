// A value that an engine told as text, in JSON: numbers and truths where their type says so. A
// number that many readers of JSON would round stays a text, and so do dates and what is nested.
// A pure function, safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "sluice/schema/schema.h"

namespace sluice::cli {

/// As a piece of JSON.
std::string json_cell(const std::optional<std::string>& text, const schema::LogicalType& type);

}  // namespace sluice::cli
