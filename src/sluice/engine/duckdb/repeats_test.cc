#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

std::vector<std::string> rows(int threads, const std::string& sql) {
  const Context context;
  const auto engine = make_duckdb_engine({.threads_max = threads}).value();
  const auto connection = engine->connect(context).value();
  return read_rows(connection->query(context, sql).value()).value();
}

TEST(DuckRepeatsTest, CountsWhatCameBefore) {
  EXPECT_THAT(rows(1,
                   "SELECT _sluice_repeats(i) FROM (VALUES (1), (2), (1), (NULL), (NULL), (-1), "
                   "(1), (-1)) v(i)"),
              ElementsAre("3"));
  EXPECT_THAT(rows(1, "SELECT _sluice_repeats(i) FROM range(0) v(i)"), ElementsAre("0"));
  EXPECT_THAT(rows(1,
                   "SELECT _sluice_repeats(i) FROM (VALUES (9223372036854775807), "
                   "(-9223372036854775808), (9223372036854775807)) v(i)"),
              ElementsAre("1"));
}

TEST(DuckRepeatsTest, CountsOfEachGroup) {
  EXPECT_THAT(rows(2,
                   "SELECT i % 3 AS g, _sluice_repeats(i % 30) FROM range(3000) v(i) GROUP BY "
                   "g ORDER BY g"),
              ElementsAre("0 | 990", "1 | 990", "2 | 990"));
}

/// Two threads see the same pages, in another order.
TEST(DuckRepeatsTest, AgreesWithAGroupByOverManyThreads) {
  EXPECT_THAT(
      rows(4,
           "WITH n AS MATERIALIZED (SELECT hash(i) % 2000000 AS k FROM range(3000000) v(i)) "
           "SELECT _sluice_repeats(CAST(k AS BIGINT)) = count(*) - count(DISTINCT k), "
           "_sluice_repeats(CAST(k AS BIGINT)) > 1000000 FROM n"),
      ElementsAre("true | true"));
}

TEST(DuckRepeatsTest, SaysNothingOfNumbersThatLieFarApart) {
  EXPECT_THAT(rows(2, "SELECT _sluice_repeats(i * 65536) FROM range(4096) v(i)"), ElementsAre("0"));
  EXPECT_THAT(rows(2, "SELECT _sluice_repeats(i * 65536) FROM range(4097) v(i)"),
              ElementsAre("null"));
  EXPECT_THAT(rows(4,
                   "SELECT _sluice_repeats(CAST(hash(i) >> 1 AS BIGINT)) FROM range(1000000) "
                   "v(i)"),
              ElementsAre("null"));
}

}  // namespace
}  // namespace sluice::engine
