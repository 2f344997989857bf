#include "sluice/contract/run/levels.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/run/records.h"
#include "sluice/contract/run/replay.h"
#include "sluice/engine/duckdb/duckdb.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;
using run::ServiceLevelResult;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

sys_micros at(std::string_view text) { return parse_instant(text).value(); }

/// What these tests need of a record; the shape is that of report/run_json.
std::string record_of(const RunResult& result) {
  nlohmann::json json{{"run_id", result.run_id},
                      {"status", run::to_string(result.status)},
                      {"contract", {{"table_name", result.contract.table_name}}},
                      {"started_at", sluice::to_string(result.started_at)},
                      {"rows", {{"good", result.rows.good}}},
                      {"service_levels", nlohmann::json::array()}};
  for (const ServiceLevelResult& level : result.service_levels) {
    json["service_levels"].push_back({{"name", level.name}, {"met", level.met}});
    if (level.newest) {
      json["service_levels"].back()["newest"] = sluice::to_string(*level.newest);
    }
  }
  if (result.replay) {
    json["replay"] = {{"refused", result.replay->refused}};
  }
  return json.dump();
}

class LevelsTest : public testing::Test {
 protected:
  void SetUp() override { set_clock("2026-03-28T12:00:00Z"); }

  void set_clock(std::string_view text) {
    clock_ = std::make_unique<FixedClock>(at(text));
    context_.clock = clock_.get();
  }

  void write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }

  /// Rows with an id and an instant; `levels` is the body of service_levels.
  std::string contract(const std::string& levels, const std::string& more = "") {
    write("events.yaml", fmt::format(R"(
info: {{title: events, table_name: events}}
source: {{path: landing/*.csv, load_mode: incremental, watermark_strategy: pipeline_log}}
model:
  fields:
    - {{name: id, type: integer, required: true}}
    - {{name: seen_at, type: timestamp}}
    - {{name: note, type: string}}
materialization: {{strategy: append, format: parquet, target_path: {}/lake/events}}
service_levels: {{{}}}
{})",
                                     folder_.path(), levels, more));
    return folder_.path() + "/events.yaml";
  }

  void land(const std::string& name, const std::string& lines) {
    write("landing/" + name + ".csv", "id,seen_at,note\n" + lines);
  }

  RunOptions options() {
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = record_of;
    return options;
  }

  RunResult run_once(const std::string& path) { return run(context_, path, options()).value(); }

  /// The one level that the run judged.
  ServiceLevelResult level_of(const RunResult& result) {
    EXPECT_THAT(result.service_levels, SizeIs(1));
    EXPECT_THAT(result.warnings, IsEmpty());
    return result.service_levels.empty() ? ServiceLevelResult{} : result.service_levels.front();
  }

  std::vector<ServiceLevelResult> now(const std::string& path) {
    const auto runs = load_runs(context_, path, options(), 100).value();
    return judge_now(context_, path, options(), runs).value();
  }

  Context context_;
  std::unique_ptr<FixedClock> clock_;
  TempFolder folder_ = TempFolder::make("levels").value();
};

TEST_F(LevelsTest, FreshnessCountsFromTheNewestRowOfTheTable) {
  const std::string path = contract("freshness: {threshold: 6h, field: seen_at}");
  land("a", "1,2026-03-28 07:00:00,x\n2,2026-03-28 05:00:00,x\n");
  const ServiceLevelResult met = level_of(run_once(path));
  EXPECT_TRUE(met.met);
  EXPECT_EQ(met.observed, "5h");
  EXPECT_THAT(met.formula, HasSubstr("newest 'seen_at' of the table = 2026-03-28T12:00:00"));
  EXPECT_THAT(met.formula, HasSubstr("= 18000 s <= 21600 s"));
  // Older rows come: the newest of the table is still the newest.
  land("b", "3,2026-03-01 00:00:00,x\n");
  set_clock("2026-03-28T13:00:01Z");
  const ServiceLevelResult late = level_of(run_once(path));
  EXPECT_FALSE(late.met);
  EXPECT_EQ(late.observed, "6h");
  EXPECT_THAT(late.formula, HasSubstr("= 21601 s <= 21600 s"));
}

TEST_F(LevelsTest, ARunWithoutNewFilesJudgesWhatTheTableHolds) {
  const std::string path = contract("freshness: {threshold: 6h, field: seen_at}");
  land("a", "1,2026-03-28 07:00:00,x\n");
  (void)run_once(path);
  set_clock("2026-03-29T12:00:00Z");
  const RunResult skipped = run_once(path);
  EXPECT_EQ(skipped.status, RunStatus::Skipped);
  EXPECT_FALSE(level_of(skipped).met);
}

TEST_F(LevelsTest, FreshnessFindsTheTimeOfARowOrTheFile) {
  land("a", "1,2026-03-28 07:00:00,x\n");
  const auto written = std::chrono::file_clock::from_sys(at("2026-03-28T11:00:00Z"));
  std::filesystem::last_write_time(folder_.path() + "/landing/a.csv", written);
  const ServiceLevelResult by_file = level_of(run_once(contract("freshness: 6h")));
  EXPECT_TRUE(by_file.met);
  EXPECT_EQ(by_file.observed, "1h");
  EXPECT_THAT(by_file.formula, HasSubstr("newest file of the source"));
  // Another table, with a column that is called as times of rows are.
  write("timed.yaml", fmt::format(R"(
info: {{title: timed, table_name: timed}}
source: {{path: timed/*.csv}}
model: {{fields: [{{name: id, type: integer}}, {{name: updated_at, type: timestamp}}]}}
materialization: {{strategy: append, format: parquet, target_path: {}/lake/timed}}
service_levels: {{freshness: 2}}
)",
                                  folder_.path()));
  write("timed/a.csv", "id,updated_at\n1,2026-03-28 09:59:59\n");
  const ServiceLevelResult by_row = level_of(run_once(folder_.path() + "/timed.yaml"));
  EXPECT_FALSE(by_row.met);
  EXPECT_THAT(by_row.formula, HasSubstr("newest 'updated_at' of the table"));
  EXPECT_THAT(by_row.formula, HasSubstr("= 7201 s <= 7200 s"));
}

TEST_F(LevelsTest, CompletenessIsTheShareOfDaysThatHaveRows) {
  land("a",
       "1,2026-03-01 10:00:00,x\n2,2026-03-02 10:00:00,x\n3,2026-03-04 10:00:00,x\n"
       "4,2026-03-04 11:00:00,x\n");
  const ServiceLevelResult hole =
      level_of(run_once(contract("completeness: {threshold: 0.8, field: seen_at}")));
  EXPECT_FALSE(hole.met);
  EXPECT_EQ(hole.observed, "0.75");
  EXPECT_THAT(hole.formula, HasSubstr("days with rows"));
  EXPECT_THAT(hole.formula, HasSubstr(": 3 / 4 = 0.75 >= 0.8"));
  land("b", "5,2026-03-03 23:59:59,x\n");
  EXPECT_TRUE(level_of(run_once(contract("completeness: {threshold: 1, field: seen_at}"))).met);
}

TEST_F(LevelsTest, DaysOfTheWeekOnWhichNothingComesAreNotExpected) {
  // Eight weeks from Monday 2026-01-26 with rows on working days; one Wednesday is missing.
  std::string lines;
  const auto monday = std::chrono::sys_days(std::chrono::January / 26 / 2026);
  for (int day = 0; day < 56; ++day) {
    if (day % 7 < 5 && day != 30) {
      lines +=
          fmt::format("{},{} 08:00:00,x\n", day,
                      sluice::to_string(sys_micros(monday + std::chrono::days(day))).substr(0, 10));
    }
  }
  land("a", lines);
  const ServiceLevelResult level =
      level_of(run_once(contract("completeness: {threshold: 0.9, field: seen_at}")));
  EXPECT_TRUE(level.met);
  EXPECT_THAT(level.formula, HasSubstr(": 39 / 40 = 0.975 >= 0.9"));
}

TEST_F(LevelsTest, HoursAreCountedWhereTheSourceIsPartedByThem) {
  write("hourly.yaml", R"(
info: {title: hourly, table_name: hourly}
source: {path: hourly, partition: {format: "day=%Y-%m-%d/hour=%H"}}
model: {fields: [{name: id, type: integer}, {name: seen_at, type: timestamp}]}
service_levels: {completeness: {threshold: 1, field: seen_at}}
)");
  write("hourly/a.csv",
        "id,seen_at\n1,2026-03-28 01:10:00\n2,2026-03-28 02:50:00\n3,2026-03-28 04:00:00\n");
  RunOptions with = options();
  with.sources = {folder_.path() + "/hourly/a.csv"};
  const RunResult result = run(context_, folder_.path() + "/hourly.yaml", with).value();
  ASSERT_THAT(result.service_levels, SizeIs(1));
  EXPECT_THAT(result.service_levels[0].formula, HasSubstr("hours with rows"));
  EXPECT_THAT(result.service_levels[0].formula, HasSubstr(": 3 / 4 = 0.75 >= 1"));
}

TEST_F(LevelsTest, CompletenessOfAnotherColumnIsTheShareOfItsValues) {
  land("a", "1,2026-03-01 10:00:00,x\n2,,y\n3,,\n4,,z\n");
  EXPECT_THAT(level_of(run_once(contract("completeness: {threshold: 75, field: note}"))).formula,
              HasSubstr("rows with a value in 'note' of the table: 3 / 4 = 0.75 >= 0.75"));
  // 4 ids, 1 time, 3 notes.
  land("b", "5,,\n");
  EXPECT_THAT(level_of(run_once(contract("completeness: 0.5"))).formula,
              HasSubstr("cells of the model's columns with a value of the table: 9 / 15 = 0.6"));
}

TEST_F(LevelsTest, AvailabilityCountsRunsThatFailed) {
  const std::string levels = "availability: 0.6";
  land("a", "1,2026-03-01 10:00:00,x\n");
  EXPECT_THAT(level_of(run_once(contract(levels))).formula, HasSubstr("1 / 1 = 1 >= 0.6"));
  land("b", ",2026-03-01 10:00:00,x\n");
  const std::string gate = "quarantine: {fail_on_quarantine: true}\n";
  const RunResult stopped = run_once(contract(levels, gate));
  EXPECT_EQ(stopped.status, RunStatus::Failed);
  EXPECT_FALSE(level_of(stopped).met);
  EXPECT_THAT(level_of(stopped).formula, HasSubstr("1 / 2 = 0.5 >= 0.6"));
  // An error is a run that failed, and its record says so.
  land("c", "\"no end\n");
  EXPECT_FALSE(
      run(context_, contract(levels, "transformations: [{sql: \"no_such AS x\"}]\n"), options()));
  std::filesystem::remove(folder_.path() + "/landing/c.csv");
  EXPECT_THAT(level_of(run_once(contract(levels))).formula, HasSubstr("2 / 4 = 0.5 >= 0.6"));
}

TEST_F(LevelsTest, RowsOfDaysAreCountedInTheTable) {
  land("a",
       "1,2026-03-01 10:00:00,x\n2,2026-03-01 11:00:00,x\n3,2026-03-02 10:00:00,x\n"
       "4,2026-03-27 10:00:00,x\n5,2026-03-28 10:00:00,x\n");
  // The newest two days, today and yesterday, are still being filled.
  const ServiceLevelResult level = level_of(
      run_once(contract("row_count: {min_rows: 2, check_field: seen_at, skip_reprocess_days: 2}")));
  EXPECT_FALSE(level.met);
  EXPECT_THAT(level.formula,
              HasSubstr("rows of each of 2 days of 'seen_at' that have any, the newest 2 days left "
                        "out: fewest 1 (2026-03-02), most 2 (2026-03-01)"));
}

TEST_F(LevelsTest, AnAnomalyIsSeenAgainstTheRunsBefore) {
  const std::string path = contract("anomaly: {min_runs_before_enforcement: 2}");
  land("a", "1,,x\n2,,x\n3,,x\n4,,x\n");
  EXPECT_EQ(level_of(run_once(path)).observed, "no verdict yet");
  land("b", "1,,x\n2,,x\n");
  EXPECT_EQ(level_of(run_once(path)).observed, "no verdict yet");
  land("c", "1,,x\n");
  const ServiceLevelResult drop = level_of(run_once(path));
  EXPECT_FALSE(drop.met);
  EXPECT_EQ(drop.formula, "1 good rows / median of 2 runs = 1 / 3 = 0.333333");
  EXPECT_THAT(run_once(path).service_levels, IsEmpty());  // skipped: no rows to judge
}

TEST_F(LevelsTest, AReplayIsNoRunOfTheHistory) {
  const std::string levels = "row_count: {min_rows: 2}, availability: 0.9";
  land("a", "1,2026-03-01 10:00:00,x\n2,2026-03-01 10:00:00,\n");
  const std::string rule = "quality: {row_rules: [{name: noted, sql: \"note IS NOT NULL\"}]}\n";
  const RunResult first = run_once(contract(levels, rule));
  ASSERT_THAT(first.service_levels, SizeIs(2));
  EXPECT_EQ(first.rows.quarantined, 1);
  const ReplayReport moved = replay(context_, contract(levels), {}, options()).value();
  EXPECT_EQ(moved.moved, 1);
  ASSERT_THAT(moved.batches, SizeIs(1));
  ASSERT_THAT(moved.batches[0].service_levels, SizeIs(1));  // one row is no batch of the source
  EXPECT_THAT(moved.batches[0].service_levels[0].formula, HasSubstr("1 / 1 = 1 >= 0.9"));
}

TEST_F(LevelsTest, HowThingsStandNowIsToldWithoutARun) {
  const std::string path =
      contract("freshness: {threshold: 6h, field: seen_at}, schedule: \"0 * * * *\"");
  land("a", "1,2026-03-28 11:00:00,x\n");
  EXPECT_THAT(now(path), IsEmpty());  // nobody ran it yet
  const RunResult first = run_once(path);
  ASSERT_THAT(first.service_levels, SizeIs(2));
  EXPECT_EQ(first.service_levels[1].observed, "first run");
  set_clock("2026-03-28T13:09:59Z");
  ASSERT_THAT(now(path), SizeIs(2));
  EXPECT_TRUE(now(path)[0].met);
  EXPECT_TRUE(now(path)[1].met);  // due at 13:00, and ten minutes are left
  set_clock("2026-03-28T17:10:00Z");
  EXPECT_FALSE(now(path)[0].met);
  EXPECT_THAT(now(path)[0].formula, HasSubstr("= 22200 s <= 21600 s"));
  EXPECT_FALSE(now(path)[1].met);
  EXPECT_EQ(now(path)[1].observed, "missed");
}

TEST_F(LevelsTest, AContractWithoutLevelsHasNone) {
  write("plain.yaml", "info: {title: plain}\nsource: {path: landing/*.csv}\n");
  land("a", "1,,x\n");
  EXPECT_THAT(run_once(folder_.path() + "/plain.yaml").service_levels, IsEmpty());
}

}  // namespace
}  // namespace sluice::contract
