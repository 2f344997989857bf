#include "sluice/contract/level/schedule.h"

#include <gmock/gmock.h>

namespace sluice::contract {
namespace {

std::string due(std::string_view cron, std::string_view at) {
  const auto found = find_last_due(cron, parse_instant(at).value());
  return found ? to_string(*found).substr(0, 16) : "never";
}

TEST(Schedule, TheNewestDueTimeIsFoundAtItsMinute) {
  EXPECT_EQ(due("0 6 * * *", "2026-03-28T06:00:00Z"), "2026-03-28T06:00");
  EXPECT_EQ(due("0 6 * * *", "2026-03-28T05:59:59.999999Z"), "2026-03-27T06:00");
  EXPECT_EQ(due("*/15 * * * *", "2026-03-28T06:14:00Z"), "2026-03-28T06:00");
  EXPECT_EQ(due("5-10,50 8-9 * * *", "2026-03-28T12:00:00Z"), "2026-03-28T09:50");
  EXPECT_EQ(due("10/20 * * * *", "2026-03-28T06:49:00Z"), "2026-03-28T06:30");
}

TEST(Schedule, DaysOfMonthAndWeekAreJoinedAsCronJoinsThem) {
  // 2026-03-28 is a Saturday.
  EXPECT_EQ(due("0 6 * * MON-FRI", "2026-03-28T12:00:00Z"), "2026-03-27T06:00");
  EXPECT_EQ(due("0 6 * * 7", "2026-03-28T12:00:00Z"), "2026-03-22T06:00");
  EXPECT_EQ(due("0 6 1 * *", "2026-03-28T12:00:00Z"), "2026-03-01T06:00");
  EXPECT_EQ(due("0 6 1 * fri", "2026-03-28T12:00:00Z"), "2026-03-27T06:00");
  EXPECT_EQ(due("0 0 29 2 *", "2026-03-28T12:00:00Z"), "2024-02-29T00:00");
  EXPECT_EQ(due("0 6 * JAN *", "2026-03-28T12:00:00Z"), "2026-01-31T06:00");
}

TEST(Schedule, NamesAreLines) {
  EXPECT_EQ(due("@daily", "2026-03-28T12:00:00Z"), "2026-03-28T00:00");
  EXPECT_EQ(due("@weekly", "2026-03-28T12:00:00Z"), "2026-03-22T00:00");
  EXPECT_EQ(due("@yearly", "2026-03-28T12:00:00Z"), "2026-01-01T00:00");
}

TEST(Schedule, WhatIsNoDateAndNoCronIsNeverDue) {
  EXPECT_EQ(due("0 0 31 2 *", "2026-03-28T12:00:00Z"), "never");
  EXPECT_EQ(due("every day", "2026-03-28T12:00:00Z"), "never");
}

}  // namespace
}  // namespace sluice::contract
