#include "sluice/contract/diagnostic/near.h"

#include <algorithm>
#include <vector>

namespace sluice::contract {
namespace {

constexpr std::size_t kWordBytesMax = 128;  // longer words are nobody's typing mistake

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Substitution keeps to ASCII letters; bytes of other scripts are compared as they are.
bool is_same(char left, char right) { return lower_ascii(left) == lower_ascii(right); }

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t bound) {
  const std::size_t longer = std::max(left.size(), right.size());
  const std::size_t shorter = std::min(left.size(), right.size());
  if (longer - shorter > bound || longer > kWordBytesMax) {
    return bound + 1;
  }
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> current(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replace = last[j - 1] + (is_same(left[i - 1], right[j - 1]) ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && is_same(left[i - 1], right[j - 2]) &&
          is_same(left[i - 2], right[j - 1])) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return std::min(last[right.size()], bound + 1);
}

std::optional<std::string_view> find_near(std::string_view word,
                                          std::span<const std::string_view> candidates) {
  const std::size_t bound = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string_view> nearest;
  std::size_t nearest_distance = bound + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, bound);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  if (nearest && nearest_distance >= nearest->size()) {
    return std::nullopt;  // nothing of the word is left
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::optional<std::string_view> nearest = find_near(word, candidates);
  return nearest ? "did you mean '" + std::string(*nearest) + "'?" : std::string{};
}

std::string quoted_list(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) {
      text += i + 1 == words.size() ? " or " : ", ";
    }
    text.append("'").append(words[i]).append("'");
  }
  return text;
}

}  // namespace sluice::contract
