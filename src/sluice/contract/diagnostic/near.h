// "did you mean ...?": the nearest of a list of known words, when one is near enough to be meant.
// Pure functions over views; the candidates outlive the call and a returned view points into them.
// Words too long for a typing mistake are not compared, so a hostile document costs no time here.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::contract {

/// Edits (insert, delete, replace, swap of neighbours) between two words, ASCII case ignored, or
/// `bound + 1` when there are more than `bound`.
std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t bound);

/// The nearest candidate within a third of the word's length; the first of equals.
std::optional<std::string_view> find_near(std::string_view word,
                                          std::span<const std::string_view> candidates);

/// "did you mean 'x'?", or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// "a, b or c", each in quotes, for lists of allowed words.
std::string quoted_list(std::span<const std::string_view> words);

}  // namespace sluice::contract
