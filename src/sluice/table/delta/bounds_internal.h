// Least and greatest value of a column in one file, as a Delta log has them. Readers skip files by
// them, and some take a file without them for one that no row can match: they are given wherever
// JSON can say them, rounded outwards, and are left out for NaN and for infinite numbers.
#pragma once

#include <string>

#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace sluice::table::delta {

/// JSON for the kernel; both empty where one of them cannot be said.
struct Bounds {
  std::string min;
  std::string max;
};

/// Of what the engine says of a column: its text of both values.
Bounds render_bounds(const schema::LogicalType& type, const plan::ColumnStats& column);

/// Longer texts are cut to as many characters.
inline constexpr std::size_t kBoundCharactersMax = 32;

}  // namespace sluice::table::delta
