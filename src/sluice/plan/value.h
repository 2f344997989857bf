// One value of a column as data: a literal in an expression, a bound parameter, a key in a message.
// A closed set: a new kind of value is a new alternative, and every visitor must answer for it.
// Exact types only; what would lose digits as a double is a DecimalValue.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/uuid.h"

namespace sluice::plan {

struct Null {
  friend bool operator==(const Null&, const Null&) = default;
};
struct DateValue {
  std::int32_t days_since_1970 = 0;
  friend bool operator==(const DateValue&, const DateValue&) = default;
};
struct TimeValue {
  std::int64_t micros_of_day = 0;
  friend bool operator==(const TimeValue&, const TimeValue&) = default;
};
/// Exact: "12.50" with its scale.
struct DecimalValue {
  std::string digits;
  friend bool operator==(const DecimalValue&, const DecimalValue&) = default;
};
using BytesValue = std::vector<std::uint8_t>;

using Value = std::variant<Null, bool, std::int64_t, std::uint64_t, double, DecimalValue,
                           std::string, BytesValue, DateValue, TimeValue, sys_micros, Uuid>;

/// As a person reads it: 'text', 42, null, 2026-03-28T12:00:01.000000Z.
std::string to_string(const Value& value);

}  // namespace sluice::plan
