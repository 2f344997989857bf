#include "sluice/contract/check/formats.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <re2/re2.h>

namespace sluice::contract {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::size_t kPatternBytesMax = 10'000;

struct Unit {
  std::string_view word;
  std::int64_t seconds;
};

constexpr std::array kUnits{
    Unit{"s", 1},
    Unit{"sec", 1},
    Unit{"second", 1},
    Unit{"seconds", 1},
    Unit{"m", kMinute},
    Unit{"min", kMinute},
    Unit{"minute", kMinute},
    Unit{"minutes", kMinute},
    Unit{"h", kHour},
    Unit{"hour", kHour},
    Unit{"hours", kHour},
    Unit{"d", kDay},
    Unit{"day", kDay},
    Unit{"days", kDay},
    Unit{"w", 7 * kDay},
    Unit{"week", 7 * kDay},
    Unit{"weeks", 7 * kDay},
    Unit{"month", 30 * kDay},
    Unit{"months", 30 * kDay},
    Unit{"y", 365 * kDay},
    Unit{"year", 365 * kDay},
    Unit{"years", 365 * kDay},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Takes a number off the front.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end == text.data()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::int64_t> to_seconds(double number, std::int64_t unit) {
  const double seconds = number * static_cast<double>(unit);
  if (seconds < 0 || seconds > 1e11) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(seconds);
}

/// ISO 8601: P1Y2M3W4DT5H6M7S.
std::optional<std::int64_t> parse_iso_duration(std::string_view text) {
  text.remove_prefix(1);
  bool is_time = false;
  std::int64_t total = 0;
  int parts = 0;
  while (!text.empty()) {
    if (text.front() == 'T' && !is_time) {
      is_time = true;
      text.remove_prefix(1);
      continue;
    }
    const std::optional<double> number = is_digit(text.front()) ? take_number(text) : std::nullopt;
    if (!number || text.empty()) {
      return std::nullopt;
    }
    const char unit = text.front();
    text.remove_prefix(1);
    const std::int64_t seconds = is_time ? (unit == 'H'   ? kHour
                                            : unit == 'M' ? kMinute
                                            : unit == 'S' ? 1
                                                          : 0)
                                         : (unit == 'Y'   ? 365 * kDay
                                            : unit == 'M' ? 30 * kDay
                                            : unit == 'W' ? 7 * kDay
                                            : unit == 'D' ? kDay
                                                          : 0);
    const std::optional<std::int64_t> part = to_seconds(*number, seconds);
    if (seconds == 0 || !part) {
      return std::nullopt;
    }
    total += *part;
    ++parts;
  }
  return parts > 0 ? std::optional(total) : std::nullopt;
}

int number_at(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (std::size_t i = at; i < at + length; ++i) {
    if (i >= text.size() || !is_digit(text[i])) {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool is_day(std::string_view text) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || year < 1 || month < 1 ||
      month > 12 || day < 1) {
    return false;
  }
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int last = kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0);
  return day <= last;
}

}  // namespace

std::optional<std::int64_t> parse_duration_seconds(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('P')) {
    return parse_iso_duration(text);
  }
  if (text.empty() || !is_digit(text.front())) {
    return std::nullopt;
  }
  const std::optional<double> number = take_number(text);
  const std::string word = lower(trimmed(text));
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [&](const Unit& each) { return each.word == word; });
  if (!number || unit == kUnits.end()) {
    return std::nullopt;
  }
  return to_seconds(*number, unit->seconds);
}

std::optional<std::int64_t> parse_calendar_months(std::string_view text) {
  static const RE2 words(R"((?i)(\d{1,5})\s*(?:(mo|months?)|(q|quarters?)|(?:y|years?)))");
  static const RE2 iso(R"(P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?)");
  text = trimmed(text);
  const re2::StringPiece piece(text.data(), text.size());
  const auto number = [](const std::string& digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  std::string count;
  std::string months;
  std::string quarters;
  if (RE2::FullMatch(piece, words, &count, &months, &quarters)) {
    return number(count) * (!months.empty() ? 1 : !quarters.empty() ? 3 : 12);
  }
  std::string years;
  if (text.size() > 1 && RE2::FullMatch(piece, iso, &years, &months)) {
    return number(years) * 12 + number(months);
  }
  return std::nullopt;
}

std::string interval_fault(std::string_view text) {
  static const RE2 has_months(
      R"((?i)\s*(P[^T]*[YM].*|[\d.]+\s*(mo|months?|q|quarters?|y|years?))\s*)");
  const std::optional<std::int64_t> months = parse_calendar_months(text);
  const std::optional<std::int64_t> seconds = months ? months : parse_duration_seconds(text);
  if (!seconds) {
    return "expected a duration such as 1d";
  }
  if (*seconds <= 0) {
    return "expected a duration longer than nothing";
  }
  if (!months && RE2::FullMatch(re2::StringPiece(text.data(), text.size()), has_months)) {
    return "expected whole months of the calendar, or a time without months";
  }
  return {};
}

bool is_date_or_time(std::string_view text) {
  if (!is_day(text.substr(0, 10))) {
    return false;
  }
  if (text.size() == 10) {
    return true;
  }
  static const RE2 time(
      R"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)");
  return RE2::FullMatch(re2::StringPiece(text.data() + 10, text.size() - 10), time);
}

bool is_retention_period(std::string_view text) {
  static const RE2 period(
      R"(P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?|\d+[dDwWmMyY])");
  return text.size() > 1 && text.back() != 'T' &&
         RE2::FullMatch(re2::StringPiece(text.data(), text.size()), period);
}

bool is_semantic_version(std::string_view text) {
  static const RE2 version(
      R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*))"
      R"((-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?)"
      R"((\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), version);
}

bool is_partial_format(std::string_view text) {
  static const RE2 format(
      R"(email|phone|credit_card|[^{}]*(?:\{(?:first[1-9]|last[1-9]|domain)\}[^{}]*)+)");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), format);
}

std::string regex_fault(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax) {
    return "the pattern is longer than " + std::to_string(kPatternBytesMax) + " bytes";
  }
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), options);
  return compiled.ok() ? std::string{} : compiled.error();
}

std::string partition_format_fault(std::string_view format) {
  constexpr std::string_view kKnown = "YymdHMjUWGVuw%";
  bool has_date = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      continue;
    }
    if (i + 1 == format.size() || kKnown.find(format[i + 1]) == std::string_view::npos) {
      return "a directive that dates do not have: '" + std::string(format.substr(i, 2)) + "'";
    }
    has_date = has_date || format[i + 1] != '%';
    ++i;
  }
  return has_date ? "" : "there is no directive such as %Y in it";
}

bool is_numeric(TypeFamily family) {
  return family == TypeFamily::Whole || family == TypeFamily::Fractional;
}

std::string_view find_file_ending(std::string_view path) {
  constexpr std::string_view kEndings[] = {
      ".parquet", ".csv",  ".tsv", ".json", ".jsonl",  ".ndjson", ".txt",   ".xml",
      ".xlsx",    ".avro", ".orc", ".gz",   ".duckdb", ".sqlite", ".arrow", ".feather"};
  for (const std::string_view ending : kEndings) {
    if (path.size() <= ending.size()) {
      continue;
    }
    const std::string_view end = path.substr(path.size() - ending.size());
    const bool is_same = std::ranges::equal(end, ending, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    if (is_same) {
      return end;
    }
  }
  return {};
}

}  // namespace sluice::contract
