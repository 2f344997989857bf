// Values as JSON text: members with JSON storage, values in messages. The reader of json/read.h
// gets back what is written here. Dates and times as ISO 8601, decimals as numbers with all their
// digits, bytes as base 64, enums by name.
#pragma once

#include <string>

#include "sluice/orm/record/type.h"

namespace sluice::orm {

/// Appends `value`; false when it has no JSON form (NaN, an infinity, an enum without a name), and
/// then null stands in its place.
bool append_json(std::string& out, const Type& type, const void* value);

/// For a message: JSON of at most `bytes_max` bytes, cut at a character with "..." behind it.
std::string shown(const Type& type, const void* value, std::size_t bytes_max = 80);

}  // namespace sluice::orm
