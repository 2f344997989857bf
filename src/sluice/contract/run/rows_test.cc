// Runs over rows of the calling program, and what such a program gets back.
#include <fstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/run/run.h"
#include "sluice/engine/duckdb/duckdb.h"

namespace sluice::contract {
namespace {

using run::RunStatus;
using testing::HasSubstr;

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

}  // namespace
}  // namespace sluice::contract
