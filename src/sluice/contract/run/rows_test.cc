// Runs over rows of the calling program, and what such a program gets back. Accepted rows that
// become files of the target while they are judged: what was staged is the table's after the commit
// and nobody's after anything else.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/run/run.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RunOverRows : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = engine::make_duckdb_engine({}).value();
    connection_ = engine_->connect(context_).value();
    std::ofstream(path_) << "version: 1.0.0\n"
                            "info: {title: People, table_name: people}\n"
                            "model:\n"
                            "  fields:\n"
                            "    - {name: id, type: int, required: true}\n"
                            "    - {name: name, type: string}\n";
  }

  RunOptions over(const std::string& select, const std::string& tag = "") {
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& asked) {
      return engine::make_duckdb_engine(asked);
    };
    options.target = folder_.path() + "/lake/people";
    options.rows = RowInput{.name = "people of today", .tag = tag, .open = [this, select] {
                              return connection_->query(context_, plan::Statement(select));
                            }};
    return options;
  }

  Result<std::int64_t> count(ColumnStream rows) {
    std::int64_t number = 0;
    while (true) {
      SLUICE_TRY(const std::optional<ArrowBatch> batch, rows.next());
      if (!batch) {
        return number;
      }
      number += batch->get()->length;
    }
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("rows").value();
  std::string path_ = folder_.path() + "/people.yaml";
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

TEST_F(RunOverRows, RowsAreJudgedAndWrittenAsThoseOfAFile) {
  const auto result = run(context_, path_,
                          over("SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) "
                               "AS t(id, name)"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows.source, 2);
  EXPECT_EQ(result->rows.written, 1);
  EXPECT_EQ(result->rows.quarantined, 1);
}

TEST_F(RunOverRows, RowsOfOneTagAreCommittedOnce) {
  const RunOptions options = over("SELECT 1 AS id, 'a' AS name", "2024-05-01");
  ASSERT_TRUE(run(context_, path_, options));
  const auto again = run(context_, path_, options);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->status, RunStatus::Skipped);
  const auto other = run(context_, path_, over("SELECT 2 AS id, 'b' AS name", "2024-05-02"));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->status, RunStatus::Succeeded);
}

TEST_F(RunOverRows, AcceptedAndRefusedRowsComeBackAsStreams) {
  RunOptions options = over(
      "SELECT i AS id, 'x' AS name FROM range(5) AS t(i) UNION ALL SELECT "
      "NULL, 'y'");
  std::int64_t good = -1;
  std::int64_t bad = -1;
  options.take_good = [&](ColumnStream rows) -> Status {
    SLUICE_TRY(good, count(std::move(rows)));
    return {};
  };
  options.take_bad = [&](ColumnStream rows) -> Status {
    SLUICE_TRY(bad, count(std::move(rows)));
    return {};
  };
  const auto result = run(context_, path_, options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(good, 5);
  EXPECT_EQ(bad, 1);
}

/// The file of kept rows that this process has open; empty: none.
std::string kept_file() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code failed;
    const std::string path = std::filesystem::read_symlink(entry.path(), failed).string();
    if (path.find("/sluice-rows") != std::string::npos && path.ends_with("rows.duckdb")) {
      return path;
    }
  }
  return {};
}

TEST_F(RunOverRows, AResultThatKeepsItsRowsHasThemAsOftenAsTheyAreAsked) {
  RunOptions options =
      over("SELECT i AS id, 'x' AS name FROM range(300000) AS t(i) UNION ALL SELECT NULL, 'y'");
  options.keep_rows = true;
  ColumnStream outliving;
  {
    auto result = run(context_, path_, options);
    ASSERT_TRUE(result) << result.error().message;
    auto first = result->good().value();
    EXPECT_EQ(count(result->good().value()).value(), 300000);  // while another one is open
    EXPECT_EQ(count(std::move(first)).value(), 300000);
    EXPECT_EQ(count(result->bad().value()).value(), 1);
    outliving = result->bad().value();
  }
  const std::string kept = kept_file();
  EXPECT_TRUE(std::filesystem::exists(kept)) << kept;
  const std::int64_t loaded = connection_->load(context_, "refused", std::move(outliving)).value();
  EXPECT_EQ(loaded, 1);
  auto told = run::query_texts(context_, *connection_,
                               "SELECT name, array_to_string(_lakelogic_errors, ';') FROM refused");
  EXPECT_EQ(told.value()[0][0], "y");
  EXPECT_THAT(told.value()[0][1].value_or(""), HasSubstr("id"));
  outliving = {};
  EXPECT_EQ(kept_file(), "");
  EXPECT_FALSE(std::filesystem::exists(kept)) << kept;
}

TEST_F(RunOverRows, RowsAreKeptInTheTypesThatTheRunGivesThem) {
  std::ofstream(path_)
      << "version: 1.0.0\ninfo: {title: T, table_name: t}\nmodel: {fields: [{name: "
         "id, type: int}, {name: d, type: 'decimal(38,2)'}]}\n";
  RunOptions options = over(
      "SELECT 1 AS id, 123456789012345678901234567890123456.25::DECIMAL(38,2) AS d, "
      "sum(9223372036854775807) OVER () AS h, [DATE '2020-01-02'] AS l FROM range(2)");
  options.keep_rows = true;
  std::string given;
  options.take_good = [&](ColumnStream rows) -> Status {
    SLUICE_CHECK(connection_->load(context_, "given", std::move(rows)));
    return {};
  };
  const auto result = run(context_, path_, options);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_TRUE(connection_->load(context_, "kept", result->good().value()));
  EXPECT_EQ(schema::to_string(connection_->describe(context_, "FROM kept").value()),
            schema::to_string(connection_->describe(context_, "FROM given").value()));
  auto apart = run::query_texts(
      context_, *connection_,
      "SELECT CAST((SELECT count(*) FROM (FROM kept EXCEPT ALL FROM given)) AS VARCHAR), "
      "CAST(count(*) AS VARCHAR) FROM kept");
  EXPECT_EQ(apart.value()[0][0], "0");
  EXPECT_EQ(apart.value()[0][1], "2");
}

TEST_F(RunOverRows, KeptRowsOfAContractThatMasksAreMasked) {
  std::ofstream(path_)
      << "version: 1.0.0\ninfo: {title: T, table_name: t}\nmodel: {fields: [{name: "
         "id, type: int, required: true}, {name: name, type: string, pii: true, "
         "masking: redact}]}\n";
  RunOptions options =
      over("SELECT * FROM (VALUES (1, 'canary'), (NULL, 'canary')) AS t(id, name)");
  options.keep_rows = true;
  const auto result = run(context_, path_, options);
  ASSERT_TRUE(result) << result.error().message;
  for (const bool is_good : {true, false}) {
    Result<ColumnStream> rows = is_good ? result->good() : result->bad();
    ASSERT_TRUE(connection_->load(context_, "kept", *std::move(rows)));
    auto told = run::query_texts(context_, *connection_, "SELECT name FROM kept");
    ASSERT_THAT(told.value(), SizeIs(1));
    EXPECT_NE(told.value()[0][0], "canary");
    ASSERT_TRUE(connection_->execute(context_, "DROP TABLE kept"));
  }
}

TEST_F(RunOverRows, AStoppedRunKeepsItsRefusedRowsAndOthersNone) {
  RunOptions options = over("SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) AS t(id, name)", "once");
  const auto without = run(context_, path_, options);
  ASSERT_TRUE(without);
  EXPECT_THAT(without->good().error().hint, HasSubstr("keep_rows"));
  options.keep_rows = true;
  const auto skipped = run(context_, path_, options);
  ASSERT_TRUE(skipped);
  EXPECT_EQ(skipped->status, RunStatus::Skipped);
  EXPECT_EQ(skipped->bad().error().code, ErrorCode::NotFound);
  options = over("SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) AS t(id, name)");
  options.keep_rows = true;
  options.on_row_error = OnRowError::Fail;
  const auto stopped = run(context_, path_, options);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->status, RunStatus::Failed);
  EXPECT_THAT(stopped->good().error().message, HasSubstr("a gate stopped the run"));
  EXPECT_EQ(count(stopped->bad().value()).value(), 1);
}

TEST_F(RunOverRows, AnErrorOfTheRowsIsTheRuns) {
  RunOptions options = over("");
  options.rows->open = []() -> Result<ColumnStream> {
    return make_error(ErrorCode::Unavailable, "the service of the rows is away");
  };
  const auto result = run(context_, path_, options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(result.error().message, HasSubstr("is away"));
}

class StagedRows : public testing::Test {
 protected:
  void land(const std::string& text) {
    std::ofstream(folder_.path() + fmt::format("/in{}.csv", ++landed_)) << text;
  }

  Result<RunResult> run(const std::string& more, const std::string& strategy = "append",
                        const std::string& fields = "") {
    std::ofstream(path_)
        << "version: 1.0.0\ninfo: {title: T, table_name: t}\n"
        << "source: {type: landing, path: '*.csv', format: csv, load_mode: incremental}\n"
        << "model:\n  fields:\n    - {name: id, type: int, required: true}\n"
        << "    - {name: note, type: string}\n"
        << fields << more << "\nmaterialization: {strategy: " << strategy
        << ", target_path: lake/t}\n";
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& asked) {
      return engine::make_duckdb_engine(asked);
    };
    options.target = target_;
    return contract::run(context_, path_, options);
  }

  std::vector<std::string> names(const std::string& part) {
    std::vector<std::string> found;
    if (std::filesystem::exists(target_)) {
      for (const auto& entry : std::filesystem::directory_iterator(target_)) {
        if (entry.path().filename().string().find(part) != std::string::npos) {
          found.push_back(entry.path().filename().string());
        }
      }
    }
    return found;
  }

  std::vector<std::string> rows(const std::string& columns) {
    auto engine = engine::make_duckdb_engine({}).value();
    auto connection = engine->connect(context_).value();
    std::vector<std::string> lines;
    const std::string query = fmt::format(
        "SELECT concat_ws('|', {}) FROM read_parquet('{}/*.parquet', union_by_name = "
        "true) ORDER BY 1",
        columns, target_);
    for (const run::TextRow& row : run::query_texts(context_, *connection, query).value()) {
      lines.push_back(row[0].value_or("-"));
    }
    return lines;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("staged").value();
  std::string path_ = folder_.path() + "/t.yaml";
  std::string target_ = folder_.path() + "/lake/t";
  std::string order_;  // fields that stand first
  int landed_ = 0;
};

TEST_F(StagedRows, AreTheTablesFilesAfterTheCommit) {
  land("id,note\n1,a\n,b\n");
  const RunResult first = run("").value();
  EXPECT_EQ(first.rows, (run::RowTotals{.source = 2, .good = 1, .quarantined = 1, .written = 1}));
  land("id,note\n2,c\n");
  ASSERT_EQ(run("").value().status, RunStatus::Succeeded);
  EXPECT_THAT(rows("id, note"), ElementsAre("1|a", "2|c"));
  EXPECT_THAT(names(".parquet"), SizeIs(2));
  EXPECT_THAT(names("staged"), IsEmpty());
}

TEST_F(StagedRows, AreGoneWhenAGateStopsTheRun) {
  land("id,note\n1,a\n,b\n");
  EXPECT_EQ(run("quarantine: {fail_on_quarantine: true}").value().status, RunStatus::Failed);
  EXPECT_THAT(names("parquet"), IsEmpty());
  EXPECT_EQ(run("quality: {fail_pipeline_on_dataset_error: true, dataset_rules: [{name: few, "
                "row_count_between: {min: 5, max: 9}}]}")
                .value()
                .status,
            RunStatus::Failed);
  EXPECT_THAT(names("parquet"), IsEmpty());
}

TEST_F(StagedRows, ADataSetRuleReadsThemBeforeTheCommit) {
  land("id,note\n1,a\n1,b\n2,c\n");
  const RunResult result =
      run("quality: {dataset_rules: [{name: keys, unique: id}, {name: all, sql: 'SELECT count(*) "
          "FROM source', must_be_between: [3, 3]}]}")
          .value();
  ASSERT_THAT(result.dataset_rules, SizeIs(2));
  EXPECT_EQ(result.dataset_rules[0].observed, 1);
  EXPECT_EQ(result.dataset_rules[1].observed, 3);
  EXPECT_EQ(result.rows.written, 3);
}

TEST_F(StagedRows, NoneAreStagedWhereAllAreRefused) {
  land("id,note\n,a\n,b\n");
  const RunResult result = run("").value();
  EXPECT_EQ(result.rows, (run::RowTotals{.source = 2, .good = 0, .quarantined = 2, .written = 0}));
  EXPECT_THAT(names("parquet"), IsEmpty());
}

TEST_F(StagedRows, AreWrittenAnewWhereTheTableHasOtherColumns) {
  land("id,note\n1,a\n");
  ASSERT_TRUE(run(""));
  land("id,note,more\n2,b,x\n");
  const std::string more = "    - {name: more, type: string}\n";
  const auto result = run("schema_policy: {evolution: append}", "append", more);
  ASSERT_TRUE(result) << to_string(result.error());
  land("id,note\n3,c\n");
  ASSERT_TRUE(run("schema_policy: {evolution: append}", "append", more));
  EXPECT_THAT(rows("id, note, more"), ElementsAre("1|a", "2|b|x", "3|c"));
  EXPECT_THAT(names("staged"), IsEmpty());
}

TEST_F(StagedRows, AreWrittenAnewWhereTheTableHasAnotherOrderOfColumns) {
  land("id,note,more\n1,a,x\n");
  const std::string more = "    - {name: more, type: string}\n";
  ASSERT_TRUE(run("", "append", more));
  land("more,note,id\ny,b,2\n");
  order_ = "    - {name: more, type: string}\n";
  const auto result = run("");
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_THAT(rows("id, note, more"), ElementsAre("1|a|x", "2|b|y"));
  EXPECT_THAT(names("staged"), IsEmpty());
}

TEST_F(StagedRows, ReplaceTheTableWhereItIsOverwritten) {
  land("id,note\n1,a\n");
  ASSERT_TRUE(run("", "overwrite"));
  land("id,note\n2,b\n");
  ASSERT_TRUE(run("", "overwrite"));
  EXPECT_THAT(rows("id, note"), ElementsAre("2|b"));
}

TEST_F(StagedRows, AreNotWrittenIntoAFolderOfAnother) {
  std::filesystem::create_directories(target_);
  std::ofstream(target_ + "/theirs.parquet") << "not ours";
  land("id,note\n1,a\n");
  const auto result = run("");
  ASSERT_FALSE(result);
  EXPECT_THAT(names("parquet"), ElementsAre("theirs.parquet"));
}

TEST_F(StagedRows, AValueThatEndsTheFirstWayIsJudgedInTheNext) {
  land("id,note\n1,10\n2,x\n3,30\n");
  const RunResult result =
      run("quality: {row_rules: [{name: big, sql: 'CAST(note AS INTEGER) > 5'}]}").value();
  EXPECT_EQ(result.rows, (run::RowTotals{.source = 3, .good = 2, .quarantined = 1, .written = 2}));
  EXPECT_THAT(rows("id, note"), ElementsAre("1|10", "3|30"));
  EXPECT_THAT(names("staged"), IsEmpty());
}

TEST_F(StagedRows, ABatchThatNoRecordTellsOfIsNoOtherProcess) {
  land("id,note\n1,a\n");
  ASSERT_EQ(run("").value().status, RunStatus::Succeeded);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(target_ + "/_sluice")) {
    if (entry.path().filename() == "batch-1.json") {
      std::filesystem::remove(entry.path());
    }
  }
  land("id,note\n2,b\n");
  const auto again = run("");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(again.error().message, HasSubstr("it is of other input"));
  EXPECT_THAT(rows("id"), ElementsAre("1"));
}

}  // namespace
}  // namespace sluice::contract
