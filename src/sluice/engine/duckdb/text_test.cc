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

TEST(DuckTextTest, TakesAllWhiteSpaceOfAsciiAndNoOther) {
  EXPECT_THAT(
      rows({}, std::string("SELECT '[' || _sluice_trim(t) || ']' FROM ") + kTexts + " ORDER BY i"),
      ElementsAre("'[a b]'", "'[]'", "null", "'[]'", "'[a text that is not short]'",
                  "'[twelve signs]'", "'[\u00a0\u00e9]'"));
}

TEST(DuckTextTest, TakesOneSideAlone) {
  EXPECT_THAT(rows({},
                   "SELECT '[' || _sluice_ltrim(t) || '|' || _sluice_rtrim(t) || ']' FROM "
                   "(VALUES ('\t two words that are long\r\n')) v(t)"),
              ElementsAre("'[two words that are long\r\n|\t two words that are long]'"));
}

/// Beside the engine's own, over texts of every length around the one that lies in the value.
TEST(DuckTextTest, AgreesWithTheEngineOverManyVectors) {
  EXPECT_THAT(
      rows({.threads_max = 2},
           "SELECT count(*), count(*) FILTER (WHERE _sluice_trim(t) IS DISTINCT FROM "
           "trim(t, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))) FROM (SELECT CASE "
           "WHEN i % 11 <> 0 THEN repeat(chr(CAST(9 + i % 5 AS INTEGER)), i % 4) || repeat('x', i "
           "% 29) || repeat(' "
           "', i % 3) END AS t FROM range(100000) r(i))"),
      ElementsAre("100000 | 0"));
}

/// Long ones fill several blocks of one vector; short ones and missing ones stand between.
TEST(DuckTextTest, TextsOfAllLengthsStandInTheirRows) {
  EXPECT_THAT(
      rows({.threads_max = 2},
           "SELECT count(*), count(*) FILTER (WHERE _sluice_trim(' ' || t) IS DISTINCT FROM t OR "
           "_sluice_upper(t) IS DISTINCT FROM upper(t)) FROM (SELECT CASE WHEN i % 7 <> 0 THEN "
           "repeat('ab', CAST(hash(i) % (10 ** (i % 5))::UBIGINT AS BIGINT)) || 'i' END AS t FROM "
           "range(10000) r(i))"),
      ElementsAre("10000 | 0"));
}

TEST(DuckTextTest, TurnsTheCaseOfAsciiAndKnowsNoOtherText) {
  EXPECT_THAT(
      rows({},
           "SELECT _sluice_lower(t), _sluice_upper(t) FROM (VALUES (1, 'AZaz@[`{09'), (2, ''), "
           "(3, NULL), (4, 'A text that is NOT short'), (5, '\u00c4B'), (6, 'twelve\u00e9')) "
           "v(i, t) ORDER BY i"),
      ElementsAre("'azaz@[`{09' | 'AZAZ@[`{09'", "'' | ''", "null | null",
                  "'a text that is not short' | 'A TEXT THAT IS NOT SHORT'", "null | null",
                  "null | null"));
}

TEST(DuckTextTest, CasesAgreeWithTheEngineOverEverySignAtEveryPlace) {
  EXPECT_THAT(
      rows({.threads_max = 2},
           "SELECT count(*), count(*) FILTER (WHERE _sluice_lower(t) IS DISTINCT FROM lower(t)), "
           "count(*) FILTER (WHERE _sluice_upper(t) IS DISTINCT FROM upper(t)) FROM (SELECT "
           "repeat('x', CAST(i // 127 AS BIGINT) % 31) || chr(CAST(1 + i % 127 AS INTEGER)) || "
           "repeat('Y', i % 7) AS t FROM range(100000) r(i))"),
      ElementsAre("100000 | 0 | 0"));
}

TEST(DuckTextTest, WholeNumbersAreThoseOfDigits) {
  EXPECT_THAT(rows({},
                   "SELECT _sluice_whole(t) FROM (VALUES (1, '0'), (2, '-7'), (3, '007'), (4, "
                   "'999999999999999999'), (5, '9999999999999999999'), (6, '1.0'), (7, ' 1'), "
                   "(8, ''), (9, '-'), (10, '1e3'), (11, NULL), (12, '+1'), (13, '--1')) v(i, "
                   "t) ORDER BY i"),
              ElementsAre("0", "-7", "7", "999999999999999999", "null", "null", "null", "null",
                          "null", "null", "null", "null", "null"));
}

TEST(DuckTextTest, DaysAreThoseOfTheCalendar) {
  EXPECT_THAT(rows({},
                   "SELECT CAST(_sluice_day(t) AS VARCHAR) FROM (VALUES (1, '2024-02-29'), (2, "
                   "'2023-02-29'), (3, '1900-02-29'), (4, '0001-01-01'), (5, '9999-12-31'), (6, "
                   "'2024-1-1'), (7, '2024-13-01'), (8, '2024-00-10'), (9, '2024-01-00'), (10, "
                   "'2024/01/01'), (11, '2024-01-011'), (12, NULL), (13, '-024-01-01'), (14, "
                   "'0000-01-01')) v(i, t) ORDER BY i"),
              ElementsAre("'2024-02-29'", "null", "null", "'0001-01-01'", "'9999-12-31'", "null",
                          "null", "null", "null", "null", "null", "null", "null", "null"));
}

/// What they know is what the engine says, and they know all that is written plainly: but of the
/// year 0, which the engine takes for one before our era.
TEST(DuckTextTest, NumbersAndDaysAgreeWithTheEngine) {
  EXPECT_THAT(rows({.threads_max = 2},
                   "SELECT count(*), count(*) FILTER (WHERE _sluice_whole(t) IS DISTINCT FROM "
                   "TRY_CAST(t AS BIGINT)) FROM (SELECT CAST(i * i * i * 7919 - i * 1000003 AS "
                   "VARCHAR) AS t FROM range(-40000, 40000) r(i))"),
              ElementsAre("80000 | 0"));
  EXPECT_THAT(rows({.threads_max = 2},
                   "SELECT count(*), count(*) FILTER (WHERE _sluice_day(t) IS DISTINCT FROM "
                   "TRY_CAST(t AS DATE)) FROM (SELECT printf('%04d-%02d-%02d', i // 434, i // 34 % "
                   "14, i % 34) AS t FROM range(434, 4339999) r(i) WHERE i % 29 = 0 OR i < 20000)"),
              ElementsAre(testing::EndsWith(" | 0")));
}

TEST(DuckTextTest, PlainNumbersAreDigitsAndOnePoint) {
  EXPECT_THAT(
      rows({},
           "SELECT _sluice_number(t) FROM (VALUES (1, '0.1'), (2, '-7'), (3, '007.50'), (4, "
           "'99999999999999.9'), (5, '0.000000000000001'), (6, '1.'), (7, '.5'), (8, "
           "'-.5'), (9, '1.2.3'), (10, '1e3'), (11, NULL), (12, ' 1'), (13, '1_0'), (14, "
           "'-'), (15, ''), (16, '.'), (17, 'inf')) v(i, t) ORDER BY i"),
      ElementsAre("0.1", "-7", "7.5", "99999999999999.9", "null", "1", "null", "null", "null",
                  "null", "null", "null", "null", "null", "null", "null", "null"));
}

/// As texts, in which the zeros of either sign differ.
TEST(DuckTextTest, PlainNumbersAgreeWithTheEngineAtEveryPlaceOfThePoint) {
  EXPECT_THAT(
      rows({.threads_max = 2},
           "SELECT count(*), count(_sluice_number(t)), count(*) FILTER (WHERE "
           "CAST(coalesce(_sluice_number(t), TRY_CAST(t AS DOUBLE)) AS VARCHAR) IS DISTINCT FROM "
           "CAST(TRY_CAST(t AS DOUBLE) AS VARCHAR)) FROM (SELECT CASE WHEN i % 3 = 0 THEN '-' ELSE "
           "'' END || left(d, CAST(1 + i % 15 AS INTEGER)) || '.' || substr(d, CAST(2 + i % 15 AS "
           "INTEGER), CAST(i % 7 + 8 AS INTEGER)) AS t FROM (SELECT i, lpad(CAST(hash(i) % "
           "(10 ** (i % 16))::HUGEINT AS VARCHAR), 15, '0') AS d FROM range(300000) r(i)))"),
      ElementsAre(testing::EndsWith(" | 0")));
}

TEST(DuckTextTest, StampsAreOfNumbersAndTheirSignsAlone) {
  EXPECT_THAT(rows({},
                   "SELECT _sluice_is_stamp(t) FROM (VALUES (1, '2024-01-31 10:00:00'), (2, "
                   "'2024-01-31T10:00:00.5+02:00'), (3, '2024-01-31T10:00:00Z'), (4, NULL), (5, "
                   "'2024-01-31 10:00:00 UTC'), (6, '2024-01-31 (BC)'), (7, '0001-01-01'), (8, "
                   "'epoch'), (9, ''), (10, '202'), (11, ' 2024-01-31'), (12, 'Z')) v(i, t) "
                   "ORDER BY i"),
              ElementsAre("true", "true", "true", "null", "false", "false", "false", "false",
                          "false", "false", "false", "false"));
}

}  // namespace
}  // namespace sluice::engine
