#include "sluice/orm/record/values.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sluice::orm {
namespace {

Error not_a_decimal(std::string_view text, int precision, int scale) {
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected a number of up to {} digits, {} of them after the point, "
                                "got '{}'",
                                precision, scale, text));
}

}  // namespace

Int128 power_of_ten(int digits) {
  Int128 power = 1;
  for (int i = 0; i < digits; ++i) {
    power *= 10;
  }
  return power;
}

std::string decimal_text(Int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  std::string reversed;
  __extension__ using UInt128 = unsigned __int128;
  UInt128 rest =
      negative ? UInt128{0} - static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
    if (digits == scale && scale > 0) {
      reversed.push_back('.');
    }
    reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (negative) {
    reversed.push_back('-');
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

Result<Int128> parse_decimal(std::string_view text, int precision, int scale) {
  const Error error = not_a_decimal(text, precision, scale);
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) {
    rest.remove_prefix(1);
  }
  const std::size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : rest.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty())) {
    return error;
  }
  while (std::cmp_greater(fraction.size(), scale) && fraction.ends_with('0')) {
    fraction.remove_suffix(1);
  }
  if (std::cmp_greater(fraction.size(), scale)) {
    return error;
  }
  const Int128 bound = power_of_ten(precision);
  Int128 unscaled = 0;
  const auto take = [&](char c) {
    const int digit = c - '0';
    if (digit < 0 || digit > 9 || unscaled > (bound - 1 - digit) / 10) {
      return false;
    }
    unscaled = unscaled * 10 + digit;
    return true;
  };
  for (const char c : whole) {
    if (!take(c)) {
      return error;
    }
  }
  for (int i = 0; i < scale; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (!take(at < fraction.size() ? fraction[at] : '0')) {
      return error;
    }
  }
  return negative ? -unscaled : unscaled;
}

}  // namespace sluice::orm
