#include "sluice/contract/transform/step_words.h"

#include <array>

namespace sluice::contract {
namespace {

constexpr std::array kJoinTypes{
    Word<JoinType>{"left", JoinType::Left}, Word<JoinType>{"inner", JoinType::Inner},
    Word<JoinType>{"right", JoinType::Right}, Word<JoinType>{"full", JoinType::Full}};
constexpr std::array kSortOrders{Word<SortOrder>{"desc", SortOrder::Descending},
                                 Word<SortOrder>{"asc", SortOrder::Ascending}};
constexpr std::array kBlankKeys{Word<BlankKeys>{"quarantine", BlankKeys::Quarantine},
                                Word<BlankKeys>{"keep", BlankKeys::Keep}};
constexpr std::array kTrimSides{Word<TrimSide>{"both", TrimSide::Both},
                                Word<TrimSide>{"left", TrimSide::Left},
                                Word<TrimSide>{"right", TrimSide::Right}};
constexpr std::array kDateUnits{
    Word<DateUnit>{"days", DateUnit::Days},       Word<DateUnit>{"hours", DateUnit::Hours},
    Word<DateUnit>{"minutes", DateUnit::Minutes}, Word<DateUnit>{"seconds", DateUnit::Seconds},
    Word<DateUnit>{"weeks", DateUnit::Weeks},     Word<DateUnit>{"months", DateUnit::Months},
    Word<DateUnit>{"years", DateUnit::Years}};

}  // namespace

template <>
std::span<const Word<JoinType>> words_of<JoinType>() {
  return kJoinTypes;
}
template <>
std::span<const Word<SortOrder>> words_of<SortOrder>() {
  return kSortOrders;
}
template <>
std::span<const Word<BlankKeys>> words_of<BlankKeys>() {
  return kBlankKeys;
}
template <>
std::span<const Word<TrimSide>> words_of<TrimSide>() {
  return kTrimSides;
}
template <>
std::span<const Word<DateUnit>> words_of<DateUnit>() {
  return kDateUnits;
}

}  // namespace sluice::contract
