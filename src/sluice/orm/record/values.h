// Value types for members that the standard library has no word for. Plain aggregates: they
// compare, print and parse; none allocates but JsonText. Each has one column type, and no other
// type of a member shares it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"

namespace sluice {

/// A local time without a zone, in microseconds.
using local_micros = std::chrono::local_time<std::chrono::microseconds>;

/// A time of day, in microseconds since midnight.
struct TimeOfDay {
  std::chrono::microseconds since_midnight{0};

  friend auto operator<=>(const TimeOfDay&, const TimeOfDay&) = default;
};

/// Text that holds one JSON value; what is stored is the text as it stands.
struct JsonText {
  std::string text = "null";

  friend auto operator<=>(const JsonText&, const JsonText&) = default;
};

__extension__ using Int128 = __int128;

/// An exact number of up to `Precision` digits, `Scale` of them after the point: unscaled /
/// 10^Scale.
template <int Precision, int Scale>
struct Decimal {
  static_assert(Precision >= 1 && Precision <= 38, "a decimal has 1 to 38 digits");
  static_assert(Scale >= 0 && Scale <= Precision, "the scale of a decimal is 0 to its precision");

  Int128 unscaled = 0;

  friend constexpr bool operator==(const Decimal& a, const Decimal& b) {
    return a.unscaled == b.unscaled;
  }
  friend constexpr std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    return a.unscaled < b.unscaled   ? std::strong_ordering::less
           : a.unscaled > b.unscaled ? std::strong_ordering::greater
                                     : std::strong_ordering::equal;
  }
};

namespace orm {

/// "-12.50" of -1250 and scale 2.
std::string decimal_text(Int128 unscaled, int scale);

/// Reads "-12.5" exactly; more digits than there is room for are InvalidArgument.
Result<Int128> parse_decimal(std::string_view text, int precision, int scale);

/// "2026-01-31", "23:59:59.000001" and "2026-01-31T23:59:59.000001", both ways; reading takes up to
/// six digits of a fraction, or none, and nothing that the calendar does not have.
std::string date_text(std::chrono::sys_days day);
std::string time_text(TimeOfDay time);
std::string local_text(local_micros time);
bool parse_date(std::string_view text, std::chrono::sys_days& out);
bool parse_time(std::string_view text, TimeOfDay& out);
bool parse_local(std::string_view text, local_micros& out);

/// 10 to the power of `digits`, 0 to 38.
Int128 power_of_ten(int digits);

}  // namespace orm

template <int Precision, int Scale>
std::string to_string(const Decimal<Precision, Scale>& decimal) {
  return orm::decimal_text(decimal.unscaled, Scale);
}

/// "12.50" as it is written; Decimal<10, 2> has no "12.505".
template <int Precision, int Scale>
Result<Decimal<Precision, Scale>> make_decimal(std::string_view text) {
  SLUICE_TRY(Int128 unscaled, orm::parse_decimal(text, Precision, Scale));
  return Decimal<Precision, Scale>{unscaled};
}

}  // namespace sluice
