#include "sluice/contract/level/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

#include "sluice/contract/check/formats.h"

namespace sluice::contract {
namespace {

using std::chrono::days;
using std::chrono::minutes;

struct Range {
  int low;
  int high;
  std::string_view words;
};

constexpr std::array kRanges{Range{0, 59, ""}, Range{0, 23, ""}, Range{1, 31, ""},
                             Range{1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
                             Range{0, 7, "SUNMONTUEWEDTHUFRISAT"}};

/// The values of each field as bits.
struct Schedule {
  std::array<std::uint64_t, 5> allowed{};
  bool is_any_day = false;
  bool is_any_weekday = false;
};

int number_of(std::string_view text, const Range& range) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return value;
  }
  std::string word(text);
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return range.low + static_cast<int>(range.words.find(word) / 3);
}

std::uint64_t bits_of_element(std::string_view text, const Range& range) {
  int step = 1;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    step = std::max(number_of(text.substr(slash + 1), range), 1);
    text = text.substr(0, slash);
  }
  int from = range.low;
  int to = range.high;
  if (text != "*") {
    const std::size_t dash = text.find('-');
    from = number_of(text.substr(0, dash), range);
    to = dash != std::string_view::npos    ? number_of(text.substr(dash + 1), range)
         : slash != std::string_view::npos ? range.high
                                           : from;
  }
  std::uint64_t bits = 0;
  for (int value = from; value <= std::min(to, 63); value += step) {
    bits |= std::uint64_t{1} << value;
  }
  return bits;
}

std::uint64_t bits_of(std::string_view list, const Range& range) {
  std::uint64_t bits = 0;
  while (true) {
    const std::size_t comma = list.find(',');
    bits |= bits_of_element(list.substr(0, comma), range);
    if (comma == std::string_view::npos) {
      return bits;
    }
    list.remove_prefix(comma + 1);
  }
}

std::string_view line_of(std::string_view cron) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNamed{
      {{"@hourly", "0 * * * *"},
       {"@daily", "0 0 * * *"},
       {"@midnight", "0 0 * * *"},
       {"@weekly", "0 0 * * 0"},
       {"@monthly", "0 0 1 * *"},
       {"@yearly", "0 0 1 1 *"},
       {"@annually", "0 0 1 1 *"}}};
  for (const auto& [name, line] : kNamed) {
    if (cron == name) {
      return line;
    }
  }
  return cron;
}

Schedule parse_schedule(std::string_view cron) {
  std::string_view line = line_of(cron);
  Schedule schedule;
  for (std::size_t field = 0; field < kRanges.size(); ++field) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view part = line.substr(0, line.find_first_of(" \t"));
    schedule.allowed[field] = bits_of(part, kRanges[field]);
    if (field == 2) {
      schedule.is_any_day = part.starts_with('*');
    } else if (field == 4) {
      schedule.is_any_weekday = part.starts_with('*');
    }
    line.remove_prefix(part.size());
  }
  constexpr std::uint64_t kSundayAsSeven = std::uint64_t{1} << 7;
  if ((schedule.allowed[4] & kSundayAsSeven) != 0) {
    schedule.allowed[4] |= 1;
  }
  return schedule;
}

bool has(std::uint64_t bits, unsigned value) { return ((bits >> value) & 1) != 0; }

bool is_due_on(const Schedule& schedule, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  if (!has(schedule.allowed[3], static_cast<unsigned>(date.month()))) {
    return false;
  }
  const bool by_day = has(schedule.allowed[2], static_cast<unsigned>(date.day()));
  const bool by_weekday = has(schedule.allowed[4], std::chrono::weekday(day).c_encoding());
  return schedule.is_any_day || schedule.is_any_weekday ? by_day && by_weekday
                                                        : by_day || by_weekday;
}

}  // namespace

std::optional<sys_micros> find_last_due(std::string_view cron, sys_micros at) {
  if (!cron_fault(cron).empty()) {
    return std::nullopt;
  }
  constexpr int kDaysMax = 8 * 366;
  constexpr int kMinutesOfDay = 24 * 60;
  const Schedule schedule = parse_schedule(cron);
  const std::chrono::sys_days today = std::chrono::floor<days>(at);
  for (int back = 0; back < kDaysMax; ++back) {
    const std::chrono::sys_days day = today - days(back);
    if (!is_due_on(schedule, day)) {
      continue;
    }
    const auto passed = back == 0 ? std::chrono::floor<minutes>(at - today).count()
                                  : minutes::rep{kMinutesOfDay - 1};
    for (auto minute = passed; minute >= 0; --minute) {
      if (has(schedule.allowed[1], static_cast<unsigned>(minute / 60)) &&
          has(schedule.allowed[0], static_cast<unsigned>(minute % 60))) {
        return sys_micros(day) + minutes(minute);
      }
    }
  }
  return std::nullopt;
}

}  // namespace sluice::contract
