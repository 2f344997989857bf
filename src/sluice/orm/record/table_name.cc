#include "sluice/orm/record/table_name.h"

#include <array>
#include <utility>

namespace sluice::orm {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Spellings whose capitals do not mark words.
constexpr std::array kOneWord{std::string_view{"OAuth"}, std::string_view{"GraphQL"},
                              std::string_view{"IPv"}, std::string_view{"MySQL"},
                              std::string_view{"GitHub"}};

using Form = std::pair<std::string_view, std::string_view>;

constexpr std::array kIrregular{Form{"person", "people"},
                                Form{"child", "children"},
                                Form{"man", "men"},
                                Form{"woman", "women"},
                                Form{"foot", "feet"},
                                Form{"tooth", "teeth"},
                                Form{"goose", "geese"},
                                Form{"mouse", "mice"},
                                Form{"ox", "oxen"},
                                Form{"datum", "data"},
                                Form{"medium", "media"},
                                Form{"criterion", "criteria"},
                                Form{"phenomenon", "phenomena"},
                                Form{"index", "indexes"},
                                Form{"vertex", "vertices"},
                                Form{"matrix", "matrices"},
                                Form{"appendix", "appendices"},
                                Form{"quiz", "quizzes"},
                                Form{"leaf", "leaves"},
                                Form{"shelf", "shelves"},
                                Form{"half", "halves"},
                                Form{"wolf", "wolves"},
                                Form{"calf", "calves"},
                                Form{"loaf", "loaves"},
                                Form{"thief", "thieves"},
                                Form{"knife", "knives"},
                                Form{"life", "lives"},
                                Form{"wife", "wives"},
                                Form{"potato", "potatoes"},
                                Form{"tomato", "tomatoes"},
                                Form{"hero", "heroes"},
                                Form{"echo", "echoes"},
                                Form{"veto", "vetoes"},
                                Form{"alias", "aliases"},
                                Form{"status", "statuses"},
                                Form{"virus", "viruses"},
                                Form{"gas", "gases"},
                                Form{"lens", "lenses"},
                                Form{"bias", "biases"},
                                Form{"canvas", "canvases"},
                                Form{"atlas", "atlases"},
                                Form{"corpus", "corpora"},
                                Form{"curriculum", "curricula"},
                                Form{"stimulus", "stimuli"}};

constexpr std::array kUnchanged{
    std::string_view{"data"},      std::string_view{"metadata"},    std::string_view{"equipment"},
    std::string_view{"feedback"},  std::string_view{"news"},        std::string_view{"series"},
    std::string_view{"species"},   std::string_view{"information"}, std::string_view{"money"},
    std::string_view{"traffic"},   std::string_view{"weather"},     std::string_view{"sheep"},
    std::string_view{"fish"},      std::string_view{"people"},      std::string_view{"media"},
    std::string_view{"telemetry"}, std::string_view{"software"},    std::string_view{"hardware"}};

bool is_vowel(char c) { return std::string_view{"aeiou"}.find(c) != std::string_view::npos; }

std::string plural_word(std::string_view word) {
  for (const auto& [one, many] : kIrregular) {
    if (word == one) {
      return std::string(many);
    }
  }
  for (const std::string_view same : kUnchanged) {
    if (word == same) {
      return std::string(word);
    }
  }
  const std::string text(word);
  if (word.size() > 3 && word.ends_with("sis")) {  // analysis, basis, thesis
    return text.substr(0, text.size() - 2) + "es";
  }
  if (word.ends_with("z") && !word.ends_with("zz")) {
    return text + "zes";
  }
  for (const std::string_view hissing : {"s", "x", "zz", "ch", "sh"}) {
    if (word.ends_with(hissing)) {
      return text + "es";
    }
  }
  if (word.size() > 1 && word.ends_with('y') && !is_vowel(word[word.size() - 2])) {
    return text.substr(0, text.size() - 1) + "ies";
  }
  return text + "s";
}

/// True when a word begins at `i`, not at the start of the name.
bool begins_word(std::string_view name, std::size_t i) {
  if (!is_upper(name[i]) || i == 0) {
    return false;
  }
  const bool after_word = is_lower(name[i - 1]) || is_digit(name[i - 1]);
  const bool before_word = i + 1 < name.size() && is_lower(name[i + 1]);
  return after_word || (is_upper(name[i - 1]) && before_word);
}

}  // namespace

std::string snake_case(std::string_view name) {
  std::string snake;
  for (std::size_t i = 0; i < name.size();) {
    if (begins_word(name, i) && !snake.ends_with('_')) {
      snake.push_back('_');
    }
    std::size_t whole = 1;
    for (const std::string_view word : kOneWord) {
      if (name.substr(i).starts_with(word)) {
        whole = word.size();
      }
    }
    for (; whole > 0; --whole, ++i) {
      snake.push_back(to_lower(name[i]));
    }
  }
  return snake;
}

std::string plural(std::string_view snake) {
  const std::size_t last = snake.rfind('_') + 1;  // npos + 1 is 0
  return std::string(snake.substr(0, last)) + plural_word(snake.substr(last));
}

std::string derive_table_name(std::string_view type_name) { return plural(snake_case(type_name)); }

}  // namespace sluice::orm
