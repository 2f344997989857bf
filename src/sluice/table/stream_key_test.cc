#include "sluice/table/stream_key.h"

#include <gmock/gmock.h>

namespace sluice::table {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(StreamKeyTest, AKeyIsAStreamAndANumberBehindTheLastMark) {
  const auto parts = split_key("a#b#007");
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->stream, "a#b");
  EXPECT_EQ(parts->number, "007");
  for (const char* other : {"", "once", "hash#tag", "open#", "#"}) {
    EXPECT_FALSE(split_key(other).has_value()) << other;
  }
}

TEST(StreamKeyTest, NumbersAreComparedAsNumbersAndStreamsStandApart) {
  EXPECT_THAT(find_newest_of_streams({"trips#9", "trips#10", "trips#0008", "bikes#2", "once",
                                      "trips/b#99999999999999999999", "hash#tag"}),
              ElementsAre("bikes#2", "trips#10", "trips/b#99999999999999999999"));
  EXPECT_THAT(find_newest_of_streams({"once"}), IsEmpty());
}

}  // namespace
}  // namespace sluice::table
