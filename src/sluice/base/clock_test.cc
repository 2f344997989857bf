#include "sluice/base/clock.h"

#include <gmock/gmock.h>

namespace sluice {
namespace {

TEST(Clock, InstantsRoundTripAsText) {
  for (const char* text : {"2026-03-28T12:00:01.000250Z", "1969-12-31T23:59:59.999999Z"}) {
    EXPECT_EQ(to_string(parse_instant(text).value()), text);
  }
}

TEST(Clock, AnOffsetIsConvertedNotCutOff) {
  EXPECT_EQ(to_string(parse_instant("2026-03-28 01:30:00+02:00").value()),
            "2026-03-27T23:30:00.000000Z");
  EXPECT_EQ(to_string(parse_instant("2026-03-28T01:30:00.5-0230").value()),
            "2026-03-28T04:00:00.500000Z");
}

TEST(Clock, ADateIsItsMidnight) {
  EXPECT_EQ(to_string(parse_instant("2026-03-28").value()), "2026-03-28T00:00:00.000000Z");
}

TEST(Clock, WhatIsNoInstantIsRefused) {
  for (const char* text : {"", "today", "2026-02-30", "2026-03-28T24:00", "2026-03-28T12:00:01.Z",
                           "2026-03-28T12:00:01.1234567Z", "2026-03-28T12:00:01Z!"}) {
    EXPECT_FALSE(parse_instant(text).has_value()) << text;
  }
}

TEST(Clock, ASeededSourceRepeatsItself) {
  std::array<std::uint8_t, 32> one{};
  std::array<std::uint8_t, 32> other{};
  SeededRandom(9).fill(one);
  SeededRandom(9).fill(other);
  EXPECT_EQ(one, other);
}

}  // namespace
}  // namespace sluice
