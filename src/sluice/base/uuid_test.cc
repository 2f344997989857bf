#include "sluice/base/uuid.h"

#include <set>

#include <gmock/gmock.h>

namespace sluice {
namespace {

using std::chrono::microseconds;

TEST(Uuid, Version7CarriesTheTimeAndSortsByIt) {
  SeededRandom random(1);
  const FixedClock early(sys_micros(microseconds(1'774'699'200'000'250)));
  const FixedClock later(sys_micros(microseconds(1'774'699'200'000'500)));
  const Uuid first = make_uuid_v7(early, random);
  const Uuid second = make_uuid_v7(later, random);
  EXPECT_EQ(first.version(), 7);
  EXPECT_EQ(first.bytes[8] >> 6, 2);
  EXPECT_LT(first, second);
  EXPECT_LT(to_string(first), to_string(second));
  EXPECT_EQ(to_string(first).substr(0, 13), "019d3450-be00");
}

TEST(Uuid, SameSeedAndClockGiveTheSameId) {
  const FixedClock clock(sys_micros(microseconds(1)));
  SeededRandom one(42);
  SeededRandom other(42);
  EXPECT_EQ(make_uuid_v7(clock, one), make_uuid_v7(clock, other));
}

TEST(Uuid, IdsOfOneInstantDiffer) {
  const FixedClock clock(sys_micros(microseconds(1)));
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    seen.insert(make_uuid_v7(clock, system_random()));
  }
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Uuid, TextRoundTrips) {
  const Uuid id = make_uuid_v7(system_clock(), system_random());
  EXPECT_EQ(parse_uuid(to_string(id)).value(), id);
}

TEST(Uuid, AnythingElseIsRefused) {
  for (const char* text :
       {"", "x", "0198c2a4-7d3e-7b1c-8f00-0123456789a", "0198c2a47d3e7b1c8f000123456789ab",
        "0198c2a4-7d3e-7b1c-8f00-0123456789ag", "0198c2a4-7d3e-7b1c-8f00_0123456789ab"}) {
    EXPECT_FALSE(parse_uuid(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice
