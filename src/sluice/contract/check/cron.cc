// Cron lines: five fields, lists, ranges, steps and the names of months and days.
#include <array>
#include <charconv>
#include <string>

#include "sluice/contract/check/formats.h"

namespace sluice::contract {
namespace {

struct CronField {
  std::string_view name;
  int low;
  int high;
  std::string_view words;  // three letters each, from `low` on
};

constexpr std::array kFields{
    CronField{"minute", 0, 59, ""},
    CronField{"hour", 0, 23, ""},
    CronField{"day of month", 1, 31, ""},
    CronField{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    CronField{"day of week", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
};

int value_of(std::string_view text, const CronField& field) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return value >= field.low && value <= field.high ? value : -1;
  }
  if (text.size() != 3) {
    return -1;
  }
  std::string word(text);
  for (char& c : word) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  const std::size_t at = field.words.find(word);
  return at == std::string_view::npos || at % 3 != 0 ? -1 : field.low + static_cast<int>(at / 3);
}

/// One element of a list: *, 5, 1-5, each with an optional /step.
bool is_element(std::string_view text, const CronField& field) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    int step = 0;
    const std::string_view steps = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(steps.data(), steps.data() + steps.size(), step);
    if (error != std::errc{} || end != steps.data() + steps.size() || step < 1 ||
        step > field.high) {
      return false;
    }
    text = text.substr(0, slash);
  }
  if (text == "*") {
    return true;
  }
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return value_of(text, field) >= 0;
  }
  const int from = value_of(text.substr(0, dash), field);
  const int to = value_of(text.substr(dash + 1), field);
  return from >= 0 && to >= from;
}

bool is_field(std::string_view text, const CronField& field) {
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!is_element(text.substr(0, comma), field)) {
      return false;
    }
    if (comma == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string cron_fault(std::string_view text) {
  constexpr std::array<std::string_view, 7> kNamed{"@hourly",  "@daily",  "@midnight", "@weekly",
                                                   "@monthly", "@yearly", "@annually"};
  for (const std::string_view name : kNamed) {
    if (text == name) {
      return {};
    }
  }
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      break;
    }
    text.remove_prefix(begin);
    const std::string_view part = text.substr(0, text.find_first_of(" \t"));
    if (count < kFields.size() && !is_field(part, kFields[count])) {
      return "the " + std::string(kFields[count].name) + " cannot be '" + std::string(part) + "'";
    }
    ++count;
    text.remove_prefix(part.size());
  }
  return count == kFields.size() ? std::string{}
                                 : "expected 5 fields, and came " + std::to_string(count);
}

}  // namespace sluice::contract
