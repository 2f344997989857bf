// Words of a contract that stand for an enumerator. `words_of<E>()` is specialised beside the
// enum's users; the first word of an enumerator is its canonical spelling. Words are compared
// exactly, also in case: a word that is almost right is reported with a suggestion, never guessed.
#pragma once

#include <span>
#include <string_view>

namespace sluice::contract {

template <class E>
struct Word {
  std::string_view word;
  E value;
};

template <class E>
std::span<const Word<E>> words_of();

/// The canonical word of an enumerator.
template <class E>
std::string_view word_of(E value) {
  for (const Word<E>& each : words_of<E>()) {
    if (each.value == value) {
      return each.word;
    }
  }
  return {};
}

}  // namespace sluice::contract
