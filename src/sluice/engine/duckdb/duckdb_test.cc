#include "sluice/engine/duckdb/duckdb.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sluice/engine/fake/rows.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DuckdbEngine : public testing::Test {
 protected:
  DuckdbEngine()
      : engine_(make_duckdb_engine().value()), connection_(engine_->connect(context_).value()) {}

  std::vector<std::string> rows(const plan::Statement& statement) {
    return read_rows(connection_->query(context_, statement).value()).value();
  }
  Error query_error(const plan::Statement& statement) {
    auto stream = connection_->query(context_, statement);
    if (!stream) {
      return stream.error();
    }
    return read_rows(*std::move(stream)).error();
  }
  std::string described(const plan::Statement& statement) {
    return schema::to_string(connection_->describe(context_, statement).value());
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(DuckdbEngine, SumsOfIntegersAreDecimals) {
  const char* sum = "SELECT sum(n) AS total FROM (VALUES (9223372036854775807), (1)) v(n)";
  EXPECT_EQ(described(sum), "total: decimal(38,0)");
  EXPECT_THAT(rows(sum), ElementsAre("9223372036854775808"));
  EXPECT_THAT(rows("SELECT -1::HUGEINT, [NULL, 7::HUGEINT]"), ElementsAre("-1 | [null, 7]"));
}

TEST_F(DuckdbEngine, AFunctionOfThisProcessIsCalledForEveryTextAndNotForNull) {
  ASSERT_TRUE(engine_->features().functions);
  ASSERT_TRUE(connection_->add_function(engine::TextFunction{
      .name = "twice", .apply = [](std::string_view text) -> Result<std::string> {
        return std::string(text) + std::string(text);
      }}));
  EXPECT_THAT(rows("SELECT twice(t) FROM (VALUES ('a'), (NULL), ('a text of more than 12')) v(t)"),
              ElementsAre("'aa'", "null", "'a text of more than 12a text of more than 12'"));
  EXPECT_THAT(rows("SELECT count(DISTINCT twice(CAST(i AS VARCHAR))) FROM range(10000) r(i)"),
              ElementsAre("10000"));
}

TEST_F(DuckdbEngine, AFunctionThatFailsEndsTheStatement) {
  ASSERT_TRUE(connection_->add_function(
      engine::TextFunction{.name = "never", .apply = [](std::string_view) -> Result<std::string> {
                             return make_error(ErrorCode::Internal, "it never works");
                           }}));
  const Error error = query_error("SELECT never('a')");
  EXPECT_THAT(error.native, HasSubstr("it never works"));
}

TEST_F(DuckdbEngine, AnEngineThatMayNotSpillWritesNoFile) {
  auto small = make_duckdb_engine(
      {.memory_bytes_max = std::uint64_t{32} << 20, .threads_max = 1, .may_spill = false});
  ASSERT_TRUE(small);
  const auto connection = small.value()->connect(context_).value();
  const auto full = connection->execute(
      context_, "CREATE TEMP TABLE t AS SELECT md5(CAST(range AS VARCHAR)) FROM range(3000000)");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::ResourceExhausted);
}

TEST_F(DuckdbEngine, AHugeintOf39DigitsIsRefused) {
  const Error error = query_error("SELECT 170141183460469231731687303715884105727::HUGEINT AS big");
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error.message, "a HUGEINT has more than the 38 digits of a decimal, in column 'big'");
}

TEST_F(DuckdbEngine, TimestampsOfOtherUnitsBecomeMicroseconds) {
  const char* sql =
      "SELECT TIMESTAMP_S '2026-03-28 12:00:01' AS s, TIMESTAMP_MS '2026-03-28 12:00:01.250' AS ms,"
      " [TIMESTAMP_NS '2026-03-28 12:00:01.000250', NULL] AS ns";
  EXPECT_EQ(described(sql), "s: local timestamp, ms: local timestamp, ns: list<local timestamp>");
  EXPECT_THAT(rows(sql), ElementsAre("2026-03-28T12:00:01.000000 | 2026-03-28T12:00:01.250000 | "
                                     "[2026-03-28T12:00:01.000250, null]"));
}

TEST_F(DuckdbEngine, NanosecondsAreNeverCutOff) {
  const Error error = query_error("SELECT TIMESTAMP_NS '2026-03-28 12:00:01.000000001' AS at");
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("'at'"));
}

TEST_F(DuckdbEngine, EnumsFixedListsAndBareNullsAreOpened) {
  const char* sql =
      "SELECT CASE WHEN i = 1 THEN NULL ELSE ['red', 'dark green'][i % 2 + 1] END"
      "::ENUM('red', 'dark green') AS colour, [i, NULL]::INTEGER[2] AS pair, NULL AS none"
      " FROM range(3) r(i) ORDER BY i";
  EXPECT_EQ(described(sql), "colour: text, pair: list<int32>, none: int32");
  EXPECT_THAT(rows(sql), ElementsAre("'red' | [0, null] | null", "null | [1, null] | null",
                                     "'red' | [2, null] | null"));
}

TEST_F(DuckdbEngine, TypesWithoutACounterpartAreRefusedByName) {
  for (const auto& [sql, name] :
       {std::pair{"SELECT INTERVAL 1 DAY AS x", "INTERVAL"},
        std::pair{"SELECT 1::UHUGEINT AS x", "UHUGEINT"}, std::pair{"SELECT [1::BIT] AS x", "BIT"},
        std::pair{"SELECT {'a': 1::UHUGEINT} AS x", "UHUGEINT"}}) {
    const auto described = connection_->describe(context_, sql);
    ASSERT_FALSE(described.has_value()) << sql;
    EXPECT_EQ(described.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(described.error().message, HasSubstr(name));
    EXPECT_EQ(query_error(sql).message, described.error().message);
  }
}

TEST_F(DuckdbEngine, NestedColumnsSurviveALoad) {
  const char* sql =
      "SELECT i % 3 = 0 AS b, CASE WHEN i % 2 = 0 THEN NULL ELSE 'text ' || i || repeat('x', i % "
      "20)"
      " END AS t, [i, NULL, i + 1] AS l, CASE WHEN i % 5 = 0 THEN NULL ELSE"
      " {'a': i, 'b': [{'c': 'c' || i, 'd': NULL}, NULL]} END AS s,"
      " MAP {'k' || i: i::DECIMAL(20,3), 'z': NULL} AS m, i::DECIMAL(4,1) / 10 AS d1,"
      " CAST(i AS DECIMAL(18,4)) AS d2, CAST(-i AS DECIMAL(38,10)) AS d3,"
      " uuid() AS u, '{\"x\": ' || i || '}' AS jt, CAST('[' || i || ']' AS JSON) AS j,"
      " TIMESTAMPTZ '2026-01-01 00:00:00+05:30' + to_seconds(i) AS at, i::UTINYINT AS u8,"
      " encode('\\' || i) AS bytes, TIME '10:11:12.5' AS ti, DATE '1969-12-31' + i::INTEGER AS da"
      " FROM range(200) r(i)";
  ASSERT_TRUE(connection_->execute(context_, std::string("CREATE TEMP TABLE source AS ") + sql));
  auto other = engine_->connect(context_).value();
  auto stream = connection_->query(context_, "FROM source").value();
  EXPECT_EQ(other->load(context_, "It's \"loaded\"", std::move(stream)).value(), 200);
  EXPECT_EQ(read_rows(other->query(context_, "FROM \"It's \"\"loaded\"\"\"").value()).value(),
            rows("FROM source"));
  EXPECT_EQ(other->describe(context_, "FROM \"It's \"\"loaded\"\"\"").value(),
            connection_->describe(context_, "FROM source").value());
}

}  // namespace
}  // namespace sluice::engine
