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

/// Takes `digits` digits off the front.
bool take_digits(std::string_view& text, std::size_t digits, int& out) {
  out = 0;
  if (text.size() < digits) {
    return false;
  }
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return false;
    }
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take_sign(std::string_view& text, char sign) {
  const bool there = text.starts_with(sign);
  text.remove_prefix(there ? 1 : 0);
  return there;
}

bool take_fraction(std::string_view& text, int& micros) {
  micros = 0;
  if (!take_sign(text, '.')) {
    return true;
  }
  const std::size_t digits = text.size();
  if (digits == 0 || digits > 6 || !take_digits(text, digits, micros)) {
    return false;
  }
  for (std::size_t i = digits; i < 6; ++i) {
    micros *= 10;
  }
  return true;
}

}  // namespace

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string time_text(TimeOfDay time) {
  const std::int64_t micros = time.since_midnight.count();
  const std::int64_t seconds = micros / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     micros % 1'000'000);
}

std::string local_text(local_micros time) {
  std::string text = to_string(sys_micros(time.time_since_epoch()));
  text.pop_back();  // the Z
  return text;
}

bool parse_date(std::string_view text, std::chrono::sys_days& out) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!take_digits(text, 4, year) || !take_sign(text, '-') || !take_digits(text, 2, month) ||
      !take_sign(text, '-') || !take_digits(text, 2, day) || !text.empty()) {
    return false;
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  out = date.ok() ? std::chrono::sys_days(date) : out;
  return date.ok();
}

bool parse_time(std::string_view text, TimeOfDay& out) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  if (!take_digits(text, 2, hour) || !take_sign(text, ':') || !take_digits(text, 2, minute) ||
      !take_sign(text, ':') || !take_digits(text, 2, second) || !take_fraction(text, micros) ||
      !text.empty() || hour > 23 || minute > 59 || second > 59) {
    return false;
  }
  out.since_midnight = std::chrono::hours(hour) + std::chrono::minutes(minute) +
                       std::chrono::seconds(second) + std::chrono::microseconds(micros);
  return true;
}

bool parse_local(std::string_view text, local_micros& out) {
  std::chrono::sys_days day;
  TimeOfDay time;
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') ||
      !parse_date(text.substr(0, 10), day) || !parse_time(text.substr(11), time)) {
    return false;
  }
  out = local_micros(day.time_since_epoch() + time.since_midnight);
  return true;
}

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
