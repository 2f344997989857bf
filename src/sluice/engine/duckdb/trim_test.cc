#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

std::vector<std::string> rows(const EngineOptions& options, const std::string& sql) {
  const Context context;
  const auto engine = make_duckdb_engine(options).value();
  const auto connection = engine->connect(context).value();
  return read_rows(connection->query(context, sql).value()).value();
}

constexpr const char* kTexts =
    "(VALUES (1, ' \t a b\n'), (2, ''), (3, NULL), (4, chr(9) || chr(11) || chr(12) || chr(13)), "
    "(5, '  a text that is not short ' || chr(10)), (6, 'twelve signs'), (7, chr(160) || '\u00e9 "
    "')) "
    "v(i, t)";

TEST(DuckTrimTest, TakesAllWhiteSpaceOfAsciiAndNoOther) {
  EXPECT_THAT(
      rows({}, std::string("SELECT '[' || _sluice_trim(t) || ']' FROM ") + kTexts + " ORDER BY i"),
      ElementsAre("'[a b]'", "'[]'", "null", "'[]'", "'[a text that is not short]'",
                  "'[twelve signs]'", "'[\u00a0\u00e9]'"));
}

TEST(DuckTrimTest, TakesOneSideAlone) {
  EXPECT_THAT(rows({},
                   "SELECT '[' || _sluice_ltrim(t) || '|' || _sluice_rtrim(t) || ']' FROM "
                   "(VALUES ('\t two words that are long\r\n')) v(t)"),
              ElementsAre("'[two words that are long\r\n|\t two words that are long]'"));
}

/// Beside the engine's own, over texts of every length around the one that lies in the value.
TEST(DuckTrimTest, AgreesWithTheEngineOverManyVectors) {
  EXPECT_THAT(
      rows({.threads_max = 2},
           "SELECT count(*), count(*) FILTER (WHERE _sluice_trim(t) IS DISTINCT FROM "
           "trim(t, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))) FROM (SELECT CASE "
           "WHEN i % 11 <> 0 THEN repeat(chr(CAST(9 + i % 5 AS INTEGER)), i % 4) || repeat('x', i "
           "% 29) || repeat(' "
           "', i % 3) END AS t FROM range(100000) r(i))"),
      ElementsAre("100000 | 0"));
}

}  // namespace
}  // namespace sluice::engine
