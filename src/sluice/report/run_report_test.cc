#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sluice/report/run_json.h"
#include "sluice/report/run_summary.h"

namespace sluice::report {
namespace {

using testing::HasSubstr;
using testing::Not;

run::RunResult customers() {
  run::RunResult result;
  result.run_id = "0198c2a4-7d3e-7b1c-8f00-0123456789ab";
  result.engine = "duckdb";
  result.contract = {.path = "customers.yaml",
                     .title = "Customers",
                     .version = "1.0.0",
                     .fingerprint = "sha256:00",
                     .layer = "silver",
                     .table_name = "customers"};
  result.rows = {.source = 4, .good = 2, .quarantined = 2, .dropped = 0, .added = 0, .written = 2};
  result.ledger = {{.step = "row_rules", .in = 4, .out = 2, .quarantined = 2}};
  result.row_rules = {
      {.name = "email_shape", .category = "correctness", .severity = "error", .failed_rows = 1}};
  result.dataset_rules = {{.name = "id_unique",
                           .category = "completeness",
                           .severity = "error",
                           .passed = false,
                           .observed = 3.0,
                           .observed_truth = {},
                           .expected = "= 0"}};
  result.target = run::TargetResult{.uri = "lake/silver",
                                    .format = "parquet",
                                    .strategy = "merge",
                                    .version = 7,
                                    .inserted = 1,
                                    .updated = 1};
  result.quarantine = run::QuarantineResult{.uri = "lake/quarantine", .rows = 2};
  result.durations.total_ms = 58;
  return result;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    for (const Piece& piece : line) {
      text += piece.text;
    }
    text += "\n";
  }
  return text;
}

TEST(RunJson, HasTheFixedShape) {
  const auto json = nlohmann::json::parse(to_json(customers()));
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["status"], "succeeded");
  EXPECT_EQ(json["rows"],
            nlohmann::json::parse(
                R"({"source":4,"good":2,"quarantined":2,"dropped":0,"added":0,"written":2})"));
  EXPECT_EQ(json["ledger"][0],
            nlohmann::json::parse(
                R"({"step":"row_rules","in":4,"out":2,"quarantined":2,"dropped":0,"added":0})"));
  EXPECT_EQ(json["dataset_rules"][0]["observed"], 3);
  EXPECT_EQ(json["target"]["version"], 7);
  EXPECT_EQ(json["quarantine"]["rows"], 2);
  EXPECT_EQ(json["durations_ms"]["total"], 58);
}

TEST(RunJson, ANameThatIsNoUtf8StillGivesJson) {
  run::RunResult result = customers();
  result.contract.path = "caf\xe9.yaml";
  EXPECT_TRUE(nlohmann::json::accept(to_json(result)));
}

TEST(RunJson, SeveralRunsAreOneObject) {
  const std::vector<run::RunResult> runs{customers(), customers()};
  EXPECT_EQ(nlohmann::json::parse(to_json(runs))["runs"].size(), 2U);
}

TEST(RunSummary, SaysWhereTheRowsAre) {
  EXPECT_EQ(text_of(render_summary(customers())),
            "Customers  succeeded  in 0.06 s\n"
            "  source            4\n"
            "  good              2   lake/silver\n"
            "  quarantined       2   lake/quarantine\n"
            "  written           2   parquet merge, version 7: 1 inserted, 1 updated\n"
            "  rules failed      1   email_shape (correctness)\n"
            "  data set          3   id_unique: expected = 0\n");
}

TEST(RunSummary, PathsBelowTheWorkingFolderAreShort) {
  run::RunResult result = customers();
  result.target->uri = "/srv/ana/lake/silver";
  result.quarantine->uri = "/srv/anabel/quarantine";
  const std::string text = text_of(render_summary(result, {.working_folder = "/srv/ana"}));
  EXPECT_THAT(text, HasSubstr("2   lake/silver\n"));
  EXPECT_THAT(text, HasSubstr("2   /srv/anabel/quarantine\n"));
}

TEST(RunSummary, OnANarrowTerminalThePlaceStandsBelowItsCount) {
  const std::string text = text_of(render_summary(customers(), {.columns = 36}));
  EXPECT_THAT(text, HasSubstr("  good              2   lake/silver\n"));
  EXPECT_THAT(text, HasSubstr("  quarantined       2\n    lake/quarantine\n"));
}

TEST(RunSummary, RulesComeInTheOrderOfTheirFailuresAndNotWithoutEnd) {
  run::RunResult result = customers();
  for (int i = 0; i < 20; ++i) {
    result.row_rules.push_back({.name = "rule_" + std::to_string(i),
                                .category = "correctness",
                                .severity = "warning",
                                .failed_rows = 100 + i});
  }
  const std::string text = text_of(render_summary(result));
  EXPECT_THAT(text, HasSubstr("  rules failed    119   rule_19 (correctness, warning)\n"));
  EXPECT_THAT(text, HasSubstr("and 9 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("email_shape")));
}

TEST(RunSummary, ARuleThatFailedIsToldInTheWordsOfItsContract) {
  run::RunResult result = customers();
  result.row_rules[0].description = "An address\nof a\x1b person";
  result.dataset_rules[0].description = "One customer, one row";
  const std::string text = text_of(render_summary(result));
  EXPECT_THAT(text,
              HasSubstr("  email_shape (correctness)\n                        An address of a  "
                        "person\n"));
  EXPECT_THAT(text, HasSubstr("id_unique: expected = 0\n                        One customer, one "
                              "row\n"));
  const auto json = nlohmann::json::parse(to_json(result));
  EXPECT_EQ(json["row_rules"][0]["description"], "An address\nof a\x1b person");
  EXPECT_EQ(json["dataset_rules"][0]["description"], "One customer, one row");
  EXPECT_FALSE(nlohmann::json::parse(to_json(customers()))["row_rules"][0].contains("description"));
}

TEST(RunSummary, ASkippedRunSaysWhyAndNothingElse) {
  run::RunResult result = customers();
  result.status = run::RunStatus::Skipped;
  result.reason = "no new files";
  EXPECT_EQ(text_of(render_summary(result)), "Customers  skipped: no new files  in 0.06 s\n");
}

TEST(RunSummary, SamplesAlignFitAndStayOnOneLine) {
  const run::Sample sample{.columns = {"id", "note"},
                           .rows = {{"C1", "two\nlines"}, {std::nullopt, std::string(60, 'x')}}};
  EXPECT_EQ(text_of(render_sample("bad rows", sample, {.columns = 40})),
            "bad rows\n"
            "  id    note\n"
            "  C1    two lines\n"
            "  null  " +
                std::string(29, 'x') + "...\n");
}

TEST(RunSummary, TheReasonsOfARowStandBelowItInFull) {
  const std::string reason = "Rule failed: " + std::string(90, 'x');
  const run::Sample sample{.columns = {"id", "_lakelogic_errors", "_lakelogic_categories"},
                           .rows = {{"C1", reason, "[correctness]"}}};
  EXPECT_EQ(text_of(render_sample("bad rows", sample)),
            "bad rows\n  id\n  C1\n      " + reason + "\n");
}

TEST(RunSummary, TheClosingLineIsTheOneUsersKnow) {
  EXPECT_EQ(completion_line(customers()),
            "Run complete [layer=silver] | Total: 4 | Good: 2 | Quarantine: 2 | Ratio: 50.0%");
}

TEST(RunSummary, TheTotalIsWhatWasJudgedWhateverStepsDropAndAdd) {
  run::RunResult result = customers();
  result.rows = {.source = 10, .good = 3, .quarantined = 1, .dropped = 6};
  EXPECT_EQ(completion_line(result),
            "Run complete [layer=silver] | Total: 4 | Good: 3 | Quarantine: 1 | Ratio: 25.0%");
  result.rows = {.source = 1, .good = 7, .quarantined = 1, .added = 7};
  EXPECT_EQ(completion_line(result),
            "Run complete [layer=silver] | Total: 8 | Good: 7 | Quarantine: 1 | Ratio: 12.5%");
  result.rows = {.source = 2, .dropped = 2};
  EXPECT_EQ(completion_line(result),
            "Run complete [layer=silver] | Total: 0 | Good: 0 | Quarantine: 0 | Ratio: 0.0%");
}

}  // namespace
}  // namespace sluice::report
