#include "sluice/contract/diagnostic/near.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

constexpr std::array<std::string_view, 4> kWords{"quality", "quarantine", "source", "fare_amount"};

TEST(NearTest, OneWrongLetterFindsTheWord) {
  EXPECT_EQ(did_you_mean("fare_amout", kWords), "did you mean 'fare_amount'?");
  EXPECT_EQ(find_near("qualitty", kWords), "quality");
}

TEST(NearTest, SwappedNeighboursAreOneEdit) {
  EXPECT_EQ(edit_distance("tpye", "type", 3), 1U);
  EXPECT_EQ(edit_distance("type", "typo", 3), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3U);
}

TEST(NearTest, CaseAloneIsNoDistance) { EXPECT_EQ(find_near("QUALITY", kWords), "quality"); }

TEST(NearTest, FarWordsAreNotSuggested) {
  EXPECT_FALSE(find_near("xyz", kWords).has_value());
  EXPECT_EQ(did_you_mean("on", kWords), "");
}

TEST(NearTest, MoreThanTheBoundIsBoundPlusOne) {
  EXPECT_EQ(edit_distance("aaaa", "bbbb", 2), 3U);
  EXPECT_EQ(edit_distance(std::string(10'000, 'a'), "b", 3), 4U);
}

TEST(NearTest, ListsReadLikeASentence) {
  constexpr std::array<std::string_view, 3> kThree{"pre", "post", "both"};
  EXPECT_EQ(quoted_list(kThree), "'pre', 'post' or 'both'");
}

}  // namespace
}  // namespace sluice::contract
