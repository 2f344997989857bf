// The words of steps: kinds of joins, orders, sides, units.
// Declared here so that a table sees the specialisation before it uses it. Const data, in
// step_words.cc; the first word of an enumerator is the one that is printed.
#pragma once

#include "sluice/contract/model/transformation.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {

template <>
std::span<const Word<JoinType>> words_of<JoinType>();
template <>
std::span<const Word<SortOrder>> words_of<SortOrder>();
template <>
std::span<const Word<BlankKeys>> words_of<BlankKeys>();
template <>
std::span<const Word<TrimSide>> words_of<TrimSide>();
template <>
std::span<const Word<DateUnit>> words_of<DateUnit>();

}  // namespace sluice::contract
