// Patterns of dates as Java writes them, for the engine's strftime and strptime.
#include <algorithm>
#include <array>
#include <utility>

#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kLetters{{
    {"yyyy", "%Y"}, {"y", "%Y"},   {"uuuu", "%Y"}, {"yy", "%y"},     {"MMMM", "%B"},
    {"MMM", "%b"},  {"MM", "%m"},  {"M", "%-m"},   {"dd", "%d"},     {"d", "%-d"},
    {"HH", "%H"},   {"H", "%-H"},  {"hh", "%I"},   {"h", "%-I"},     {"mm", "%M"},
    {"m", "%-M"},   {"ss", "%S"},  {"s", "%-S"},   {"SSSSSS", "%f"}, {"SSS", "%g"},
    {"a", "%p"},    {"EEE", "%a"}, {"EEEE", "%A"}, {"DDD", "%j"},    {"D", "%-j"},
}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string strftime_of(std::string_view java) {
  std::string pattern;
  bool is_quoted = false;
  for (std::size_t at = 0; at < java.size();) {
    const char c = java[at];
    if (c == '\'') {
      const bool is_doubled = at + 1 < java.size() && java[at + 1] == '\'';
      pattern += is_doubled ? "'" : "";
      is_quoted = is_doubled ? is_quoted : !is_quoted;
      at += is_doubled ? 2 : 1;
      continue;
    }
    if (is_quoted || !is_letter(c)) {
      pattern += c == '%' ? "%%" : std::string(1, c);
      ++at;
      continue;
    }
    const std::size_t end = std::min(java.find_first_not_of(c, at), java.size());
    const std::string_view run = java.substr(at, end - at);
    const auto found =
        std::ranges::find(kLetters, run, &std::pair<std::string_view, std::string_view>::first);
    if (found == kLetters.end()) {
      return {};
    }
    pattern += found->second;
    at = end;
  }
  return is_quoted ? std::string() : pattern;
}

}  // namespace sluice::contract::internal
