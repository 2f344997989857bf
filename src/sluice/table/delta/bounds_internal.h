// The least and the greatest value of a column of one file, from the engine's words to those of a
// Delta log. A bound may lie outside of the values, never inside: long texts are cut, instants are
// rounded to milliseconds, the least one down and the greatest one up.
#pragma once

#include <string>

#include "sluice/schema/schema.h"

namespace sluice::table::delta {

enum class Bound { Least, Greatest };

/// In JSON; empty where the log has no word for it. A decimal is a text there, as no JSON number
/// holds each of them.
std::string render_bound(const schema::LogicalType& type, const std::string& value, Bound bound);

/// True for types whose bounds readers of a log look for.
bool may_have_bounds(const schema::LogicalType& type);

}  // namespace sluice::table::delta
