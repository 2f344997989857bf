// Patterns of dates as Java writes them, for the engine's strptime.
#include <array>
#include <cctype>
#include <utility>

#include "sluice/contract/lower/lower_internal.h"

namespace sluice::contract::internal {
namespace {

struct Letters {
  std::string_view java;
  std::string_view strptime;
  bool is_time = false;
};

constexpr std::array<Letters, 20> kLetters{{
    {"yyyy", "%Y"},      {"uuuu", "%Y"},     {"yy", "%y"},       {"MMMM", "%B"},
    {"MMM", "%b"},       {"MM", "%m"},       {"M", "%-m"},       {"dd", "%d"},
    {"d", "%-d"},        {"HH", "%H", true}, {"H", "%-H", true}, {"hh", "%I", true},
    {"h", "%-I", true},  {"mm", "%M", true}, {"ss", "%S", true}, {"SSSSSS", "%f", true},
    {"SSS", "%g", true}, {"a", "%p", true},  {"X", "%z", true},  {"Z", "%z", true},
}};

const Letters* find_letters(std::string_view run) {
  if (run.starts_with('X')) {
    run = "X";  // an offset, of whatever length
  }
  for (const Letters& one : kLetters) {
    if (one.java == run) {
      return &one;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<plan::DatePattern> find_date_pattern(std::string_view java) {
  plan::DatePattern pattern;
  bool is_quoted = false;
  for (std::size_t at = 0; at < java.size();) {
    const char c = java[at];
    if (c == '\'') {
      is_quoted = !is_quoted;
      ++at;
      continue;
    }
    if (is_quoted || std::isalpha(static_cast<unsigned char>(c)) == 0) {
      pattern.strptime += c == '%' ? "%%" : std::string(1, c);
      ++at;
      continue;
    }
    const std::size_t end = std::min(java.find_first_not_of(c, at), java.size());
    const Letters* letters = find_letters(java.substr(at, end - at));
    if (letters == nullptr) {
      return std::nullopt;
    }
    pattern.strptime += letters->strptime;
    pattern.has_time = pattern.has_time || letters->is_time;
    at = end;
  }
  if (is_quoted || pattern.strptime.empty()) {
    return std::nullopt;
  }
  return pattern;
}

}  // namespace sluice::contract::internal
