#include "sluice/contract/level/level.h"

#include <gmock/gmock.h>

namespace sluice::contract {
namespace {

using run::ServiceLevelResult;
using testing::HasSubstr;
using testing::IsEmpty;

sys_micros at(std::string_view text) { return parse_instant(text).value(); }

/// Noon of a Saturday.
const sys_micros kNow = at("2026-03-28T12:00:00Z");

Observations observed(std::int64_t good) {
  return {.now = kNow, .rows = run::RowTotals{.source = good + 2, .good = good, .quarantined = 2}};
}

/// Runs of the days before, the newest first.
std::vector<PastRun> days_before(const std::vector<std::int64_t>& counts) {
  std::vector<PastRun> runs;
  for (const std::int64_t good : counts) {
    const auto back = std::chrono::days(runs.size() + 1);
    runs.push_back({.started_at = kNow - back, .has_read = true, .good = good});
  }
  return runs;
}

ServiceLevelResult only(const ServiceLevels& levels, const Observations& seen) {
  const std::vector<ServiceLevelResult> results = judge(levels, seen);
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? ServiceLevelResult{} : results.front();
}

TEST(Level, FreshnessIsTheAgeOfTheNewestRowAndTheBoundBelongsToWhatIsMet) {
  const auto met = judge_freshness("6h", "newest 't'", at("2026-03-28T06:00:00Z"), kNow);
  EXPECT_TRUE(met.met);
  EXPECT_EQ(met.observed, "6h");
  EXPECT_EQ(met.threshold, "6h");
  EXPECT_THAT(met.formula, HasSubstr("= 21600 s <= 21600 s"));
  EXPECT_FALSE(judge_freshness("6h", "t", at("2026-03-28T05:59:59.999999Z"), kNow).met);
  EXPECT_TRUE(judge_freshness("0.5", "t", at("2026-03-28T11:30:00Z"), kNow).met);
  EXPECT_FALSE(judge_freshness("0.5", "t", at("2026-03-28T11:29:59Z"), kNow).met);
  EXPECT_TRUE(judge_freshness("1h", "t", at("2026-03-28T13:00:00Z"), kNow).met);
}

TEST(Level, NoRowIsNotFresh) {
  const auto none = judge_freshness("6h", "newest 't' of the table", std::nullopt, kNow);
  EXPECT_FALSE(none.met);
  EXPECT_EQ(none.observed, "none");
  EXPECT_EQ(none.formula, "there is no newest 't' of the table");
}

TEST(Level, AvailabilityIsTheShareOfRunsThatDidNotFail) {
  ServiceLevels levels;
  levels.availability = Objective{.threshold = Text{"0.9", {}}};
  Observations seen = observed(1);
  seen.earlier = days_before({1, 1, 1, 1, 1, 1, 1, 1, 1});
  seen.earlier[4].has_failed = true;
  const auto exact = only(levels, seen);
  EXPECT_TRUE(exact.met);
  EXPECT_THAT(exact.formula, HasSubstr("9 / 10 = 0.9 >= 0.9"));
  seen.has_failed = true;
  EXPECT_FALSE(only(levels, seen).met);
  EXPECT_EQ(only(levels, seen).observed, "0.8");
  levels.availability->threshold->value = "80";  // per cent
  EXPECT_TRUE(only(levels, seen).met);
}

TEST(Level, AvailabilityLooksAtTheNewestHundredRunsThatHaveEnded) {
  ServiceLevels levels;
  levels.availability = Objective{.threshold = Text{"0.99", {}}};
  Observations seen = observed(1);
  seen.earlier = days_before(std::vector<std::int64_t>(150, 1));
  seen.earlier[0].has_ended = false;   // still at it
  seen.earlier[50].has_failed = true;  // within the hundred
  seen.earlier[120].has_failed = true;
  EXPECT_TRUE(only(levels, seen).met);
  EXPECT_THAT(only(levels, seen).formula, HasSubstr("99 / 100 = 0.99 >= 0.99"));
  seen.is_replay = true;  // is no run of its own
  seen.earlier.resize(3);
  EXPECT_THAT(only(levels, seen).formula, HasSubstr("2 / 2 = 1 >= 0.99"));
}

TEST(Level, WhatWasNotLookedAtHasNoVerdict) {
  ServiceLevels levels;
  levels.freshness = Objective{.threshold = Text{"6h", {}}};
  EXPECT_THAT(judge(levels, observed(1)), IsEmpty());
}

TEST(Level, ARunThatIsStillAtItIsNotMissed) {
  ServiceLevels levels;
  levels.schedule = Text{"0 6 * * *", {}};
  Observations seen = observed(1);
  seen.earlier = {{.started_at = at("2026-03-28T06:00:01Z"), .has_ended = false},
                  {.started_at = at("2026-03-27T06:00:01Z"), .has_read = true}};
  EXPECT_TRUE(only(levels, seen).met);
  seen.earlier[0] = {.started_at = at("2026-03-28T06:00:01Z"), .has_failed = true};
  EXPECT_FALSE(only(levels, seen).met);
}

TEST(Level, AShareOfNothingProvesNothing) {
  ServiceLevels levels;
  levels.completeness = Objective{.threshold = Text{"0", {}}};
  Observations seen = observed(0);
  seen.completeness = Share{.part = 0, .whole = 0, .what = "days"};
  EXPECT_FALSE(only(levels, seen).met);
  seen.completeness = Share{.part = 29, .whole = 30, .what = "days"};
  levels.completeness->threshold->value = "0.97";
  const auto short_of = only(levels, seen);
  EXPECT_FALSE(short_of.met);
  EXPECT_EQ(short_of.formula, "days: 29 / 30 = 0.966667 >= 0.97");
}

TEST(Level, RowCountBoundsBelongToWhatIsMet) {
  ServiceLevels levels;
  levels.row_count = RowCountObjective{.min_rows = Integer{10, {}}, .max_rows = Integer{20, {}}};
  EXPECT_FALSE(only(levels, observed(9)).met);
  EXPECT_TRUE(only(levels, observed(10)).met);
  EXPECT_TRUE(only(levels, observed(20)).met);
  EXPECT_FALSE(only(levels, observed(21)).met);
  EXPECT_EQ(only(levels, observed(21)).formula, "good rows of this run = 21");
  levels.row_count->check_field.value = "counts_source";
  EXPECT_FALSE(only(levels, observed(20)).met);
  Observations skipped = observed(0);
  skipped.has_rows = false;
  EXPECT_THAT(judge(levels, skipped), IsEmpty());
}

TEST(Level, RowsOfDaysAreJudgedByTheFewestAndTheMost) {
  ServiceLevels levels;
  levels.row_count = RowCountObjective{.min_rows = Integer{10, {}}};
  levels.row_count->check_field.value = "day";
  Observations seen = observed(0);
  seen.days = {{{"2026-03-01", 10}, {"2026-03-02", 99}}};
  EXPECT_TRUE(only(levels, seen).met);
  seen.days->push_back({"2026-03-03", 9});
  EXPECT_FALSE(only(levels, seen).met);
  EXPECT_THAT(only(levels, seen).formula, HasSubstr("fewest 9 (2026-03-03), most 99 (2026-03-02)"));
  EXPECT_EQ(only(levels, seen).observed, "9 to 99");
  seen.days->clear();
  EXPECT_FALSE(only(levels, seen).met);
}

TEST(Level, AScheduleIsMissedTenMinutesAfterItsDueTime) {
  const sys_micros last = at("2026-03-27T06:00:05Z");
  EXPECT_TRUE(judge_schedule("0 6 * * *", last, at("2026-03-28T06:09:59Z")).met);
  const auto missed = judge_schedule("0 6 * * *", last, at("2026-03-28T06:10:00Z"));
  EXPECT_FALSE(missed.met);
  EXPECT_EQ(missed.observed, "missed");
  EXPECT_THAT(missed.formula, HasSubstr("newest due time 2026-03-28T06:00:00"));
  EXPECT_TRUE(judge_schedule("0 6 * * *", at("2026-03-28T06:00:00Z"), kNow).met);
  EXPECT_TRUE(judge_schedule("0 6 * * *", std::nullopt, kNow).met);
}

TEST(Level, AnAnomalyIsARatioToTheMedianOfTheRunsBefore) {
  ServiceLevels levels;
  levels.anomaly = AnomalyObjective{};
  Observations seen = observed(50);
  seen.earlier = days_before({100, 90, 110, 80});
  const auto few = only(levels, seen);
  EXPECT_TRUE(few.met);
  EXPECT_EQ(few.observed, "no verdict yet");
  seen.earlier = days_before({100, 90, 110, 80, 120});
  const auto half = only(levels, seen);
  EXPECT_TRUE(half.met);
  EXPECT_EQ(half.formula, "50 good rows / median of 5 runs = 50 / 100 = 0.5");
  seen.rows->good = 49;
  EXPECT_FALSE(only(levels, seen).met);
  seen.rows->good = 200;
  EXPECT_TRUE(only(levels, seen).met);
  seen.rows->good = 201;
  EXPECT_FALSE(only(levels, seen).met);
  seen.rows->good = 0;
  EXPECT_EQ(only(levels, seen).observed, "0 (critical)");
  seen.earlier = days_before({100, 90, 110, 80, 120, 70});  // even: the mean of both middle ones
  seen.rows->good = 95;
  EXPECT_EQ(only(levels, seen).observed, "1");
}

TEST(Level, FailedAndSkippedRunsAreNoPartOfTheUsualCount) {
  ServiceLevels levels;
  levels.anomaly = AnomalyObjective{};
  levels.anomaly->method.value = AnomalyBaseline::RollingAverage;
  levels.anomaly->lookback_runs.value = 5;
  Observations seen = observed(10);
  seen.earlier = days_before({10, 0, 20, 30, 40, 50, 9'999});
  seen.earlier[1].has_read = false;
  EXPECT_EQ(only(levels, seen).formula, "10 good rows / mean of 5 runs = 10 / 30 = 0.333333");
}

TEST(Level, ASeasonIsTheSameWeekday) {
  ServiceLevels levels;
  levels.anomaly = AnomalyObjective{};
  levels.anomaly->method.value = AnomalyBaseline::SeasonalMedian;
  levels.anomaly->min_runs_before_enforcement.value = 2;
  Observations seen = observed(10);
  std::vector<std::int64_t> counts(40, 100);
  counts[6] = 10;   // a week before
  counts[13] = 12;  // two
  counts[20] = 0;   // does not count
  counts[27] = 8;
  counts[34] = 11;
  seen.earlier = days_before(counts);
  EXPECT_EQ(only(levels, seen).formula,
            "10 good rows / median of 4 runs of this weekday = 10 / 10.5 = 0.952381");
  levels.anomaly->min_runs_before_enforcement.value = 5;
  EXPECT_FALSE(only(levels, seen).met);  // against all runs of the window
}

TEST(Level, AgesAreShown) {
  EXPECT_EQ(render_age(0), "0s");
  EXPECT_EQ(render_age(59), "59s");
  EXPECT_EQ(render_age(720), "12m");
  EXPECT_EQ(render_age(3'600 + 61), "1h 1m");
  EXPECT_EQ(render_age(2 * 86'400 + 59), "2d");
  EXPECT_EQ(render_age(-61), "-1m 1s");
}

TEST(Level, QualityIsTheShareOfGoodAndOfRefusedRows) {
  ServiceLevels levels;
  levels.quality = QualityLevel{.min_good_ratio = Number{{0.8, "0.8"}, {}},
                                .max_quarantine_ratio = Number{{0.1, "0.1"}, {}}};
  const std::vector<ServiceLevelResult> results = judge(levels, observed(8));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].name, "good_ratio");
  EXPECT_TRUE(results[0].met);
  EXPECT_EQ(results[0].formula, "good rows / judged rows of this run = 8 / 10 = 0.8 >= 0.8");
  EXPECT_EQ(results[1].name, "quarantine_ratio");
  EXPECT_FALSE(results[1].met);
  EXPECT_EQ(results[1].observed, "0.2");
}

TEST(Level, QualityOfNoRowHasNoVerdict) {
  ServiceLevels levels;
  levels.quality = QualityLevel{.min_good_ratio = Number{{0.8, "0.8"}, {}}};
  Observations seen = observed(0);
  seen.rows->quarantined = 0;
  EXPECT_THAT(judge(levels, seen), IsEmpty());
  seen = observed(0);
  seen.has_rows = false;
  EXPECT_THAT(judge(levels, seen), IsEmpty());
}

}  // namespace
}  // namespace sluice::contract
