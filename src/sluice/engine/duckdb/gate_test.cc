#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DuckGateTest : public testing::Test {
 protected:
  void open(int threads) {
    connection_.reset();
    engine_ = make_duckdb_engine({.threads_max = threads}).value();
    connection_ = engine_->connect(context_).value();
  }
  void run(const std::string& sql) {
    const auto done = connection_->execute(context_, sql);
    ASSERT_TRUE(done) << to_string(done.error());
  }
  std::vector<std::string> rows(const std::string& sql) {
    return read_rows(connection_->query(context_, sql).value()).value();
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(DuckGateTest, KeepsWhatIsNotNullAndCountsTheFlagsOfAll) {
  open(1);
  run("CREATE TABLE kept (one STRUCT(id BIGINT, words VARCHAR[]))");
  const auto gate = connection_->add_gate({.name = "gate_1", .table = "kept", .flags = 2}).value();
  EXPECT_THAT(
      rows("SELECT i FROM (VALUES (1, 5, 0), (2, 1, 0), (3, 0, 2), (4, 0, 0)) v(i, m, n) WHERE "
           "gate_1(CASE WHEN m > 0 THEN {'id': i, 'words': ['a text that is not short', NULL]} END,"
           " CAST(m AS BIGINT), CAST(n AS BIGINT))"),
      ElementsAre("3", "4"));
  const GateCounts counts = gate->close().value();
  EXPECT_EQ(counts.passed, 2);
  EXPECT_EQ(counts.kept, 2);
  EXPECT_EQ(counts.flags.at(0), 2);
  EXPECT_EQ(counts.flags.at(1), 0);
  EXPECT_EQ(counts.flags.at(2), 1);
  EXPECT_EQ(counts.flags.at(64 + 1), 1);
  EXPECT_THAT(rows("SELECT one.id, one.words FROM kept ORDER BY 1"),
              ElementsAre("1 | ['a text that is not short', null]",
                          "2 | ['a text that is not short', null]"));
}

TEST_F(DuckGateTest, SeesEveryRowOfManyThreadsOnce) {
  open(4);
  run("CREATE TABLE numbers AS SELECT range AS i FROM range(1000000)");
  run("CREATE TABLE kept (i BIGINT)");
  const auto gate = connection_->add_gate({.name = "gate_1", .table = "kept", .flags = 1}).value();
  const auto counter = std::make_shared<std::atomic<std::int64_t>>(0);
  ASSERT_TRUE(connection_->add_function(RowCounter{.name = "counted", .rows = counter}));
  run("CREATE TABLE passed AS SELECT i FROM (SELECT i FROM numbers WHERE counted()) WHERE "
      "gate_1(CASE WHEN i % 3 = 0 THEN i END, i % 3)");
  const GateCounts counts = gate->close().value();
  EXPECT_EQ(counter->load(), 1'000'000);
  EXPECT_EQ(counts.kept, 333'334);
  EXPECT_EQ(counts.passed, 666'666);
  EXPECT_EQ(counts.flags.at(0), 333'333);
  EXPECT_EQ(counts.flags.at(1), 333'333);
  EXPECT_THAT(rows("SELECT count(*), count(DISTINCT i), sum(i) FROM (FROM kept UNION ALL FROM "
                   "passed)"),
              ElementsAre("1000000 | 1000000 | 499999500000"));
}

TEST_F(DuckGateTest, IsClosedOnce) {
  open(1);
  run("CREATE TABLE kept (i BIGINT)");
  const auto gate = connection_->add_gate({.name = "gate_1", .table = "kept"}).value();
  ASSERT_TRUE(gate->close());
  EXPECT_EQ(gate->close().error().code, ErrorCode::Internal);
  const auto late = connection_->execute(context_, "SELECT 1 WHERE gate_1(CAST(1 AS BIGINT))");
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().native, HasSubstr("closed"));
}

TEST_F(DuckGateTest, IsGoneWithItsOwnerAndTheTableStays) {
  open(2);
  run("CREATE TABLE kept (i BIGINT)");
  {
    const auto gate = connection_->add_gate({.name = "gate_1", .table = "kept"}).value();
    const auto failed = connection_->execute(
        context_,
        "SELECT CAST(t AS BIGINT) FROM (VALUES ('1'), ('x')) v(t) WHERE gate_1(CAST(1 AS BIGINT))");
    EXPECT_TRUE(failed);
  }
  run("DROP TABLE kept");
  EXPECT_FALSE(connection_->add_gate({.name = "gate_2", .table = "kept"}));
}

}  // namespace
}  // namespace sluice::engine
