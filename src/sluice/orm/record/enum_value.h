// Enum members of any width, by their descriptor.
// The names are found at compile time and live as long as the program; safe from any thread.
// A value without a name has none here either: callers say what that means.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/orm/record/type.h"

namespace sluice::orm {

std::int64_t load_enum(const Type& type, const void* value);
void store_enum(const Type& type, void* value, std::int64_t number);

/// The enumerator's name; empty when the value has none.
std::string_view enum_name(const Type& type, const void* value);

/// Writes the enumerator called `name`; false when there is none.
bool store_enum_by_name(const Type& type, void* value, std::string_view name);

}  // namespace sluice::orm
