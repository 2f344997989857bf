#include "sluice/engine/suite/suite.h"

#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A type, values of it, and how read_rows shows them.
struct Sample {
  schema::LogicalType type;
  std::vector<std::pair<plan::Value, std::string>> values;
};

sys_micros instant(const char* text) { return parse_instant(text).value(); }

std::vector<Sample> samples() {
  using std::int64_t;
  return {
      {{schema::Boolean{}}, {{true, "true"}, {false, "false"}}},
      {{schema::Integer{.bits = 32}}, {{int64_t{-2147483648LL}, "-2147483648"}}},
      {{schema::Integer{.bits = 64}},
       {{int64_t{9223372036854775807LL}, "9223372036854775807"}, {int64_t{-1}, "-1"}}},
      {{schema::Integer{.bits = 64, .is_signed = false}},
       {{std::uint64_t{18446744073709551615ULL}, "18446744073709551615"}}},
      {{schema::Float{.bits = 64}}, {{0.1, "0.1"}, {-1.5e300, "-1.5e+300"}}},
      {{schema::Decimal{.precision = 10, .scale = 2}},
       {{plan::DecimalValue{"12.50"}, "12.50"},
        {plan::DecimalValue{"-99999999.99"}, "-99999999.99"}}},
      {{schema::Decimal{.precision = 38, .scale = 0}},
       {{plan::DecimalValue{"99999999999999999999999999999999999999"},
         "99999999999999999999999999999999999999"}}},
      {{schema::Text{}},
       {{std::string("it's"), "'it''s'"},
        {std::string("a\\nb\n\t\"c\" -- ; $1 ?"), "'a\\nb\n\t\"c\" -- ; $1 ?'"},
        {std::string("Zo\xC3\xAB \xF0\x9F\xA6\x86"), "'Zo\xC3\xAB \xF0\x9F\xA6\x86'"},
        {std::string(), "''"}}},
      {{schema::Bytes{}},
       {{plan::BytesValue{0x00, 0xff, 0x27, 0x5c}, "x'00ff275c'"}, {plan::BytesValue{}, "x''"}}},
      {{schema::Date{}}, {{plan::DateValue{0}, "1970-01-01"}, {plan::DateValue{-1}, "1969-12-31"}}},
      {{schema::Time{}}, {{plan::TimeValue{86'399'999'999}, "23:59:59.999999"}}},
      {{schema::Timestamp{.utc = true}},
       {{instant("2026-03-28T12:00:01.000250Z"), "2026-03-28T12:00:01.000250Z"},
        {instant("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z"}}},
      {{schema::UuidType{}},
       {{parse_uuid("0198c2a4-7d3e-7b1c-8f00-0123456789ab").value(),
         "0198c2a4-7d3e-7b1c-8f00-0123456789ab"},
        {parse_uuid("ff98c2a4-7d3e-7b1c-8f00-0123456789ab").value(),
         "ff98c2a4-7d3e-7b1c-8f00-0123456789ab"}}},
  };
}

schema::Schema one_column(const schema::LogicalType& type) {
  return {.fields = {{.name = "v", .type = type, .comment = {}}}};
}

/// Every type that the case has, a column each; row k holds each type's k-th value, or NULL.
std::pair<schema::Schema, std::vector<Row>> all_samples(const EngineCase& one) {
  schema::Schema schema;
  std::vector<Row> rows(4);
  for (const Sample& sample : samples()) {
    if (one.type_text(sample.type).empty()) {
      continue;
    }
    schema.fields.push_back(
        {.name = fmt::format("c{}", schema.fields.size()), .type = sample.type, .comment = {}});
    for (std::size_t k = 0; k < rows.size(); ++k) {
      rows[k].push_back(k < sample.values.size() ? sample.values[k].first : plan::Null{});
    }
  }
  return {std::move(schema), std::move(rows)};
}

schema::Schema numbers_schema() { return one_column({schema::Integer{}}); }

ColumnStream numbers(std::int64_t count, std::size_t batch_rows) {
  std::vector<Row> rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    rows.push_back({i});
  }
  return make_rows(numbers_schema(), rows, batch_rows).value();
}

/// Gives one batch of numbers and then breaks.
class BreakingSource final : public ColumnSource {
 public:
  Result<ArrowSchemaOwned> schema() override { return schema::to_arrow(numbers_schema()); }
  Result<std::optional<ArrowBatch>> next() override {
    if (std::exchange(broken_, true)) {
      return make_error(ErrorCode::Corrupt, "the source broke");
    }
    return numbers(3, 3).next();
  }

 private:
  bool broken_ = false;
};

}  // namespace

TestServer find_test_server(const std::string& name) {
  const char* address = std::getenv(("SLUICE_TEST_" + name).c_str());
  if (address != nullptr) {
    return {.address = address, .missing = {}};
  }
  const char* reason = std::getenv(("SLUICE_NO_" + name).c_str());
  return {.address = {},
          .missing = reason != nullptr ? reason : "SLUICE_TEST_" + name + " names no server"};
}

void EngineSuite::SetUp() {
  if (!GetParam().missing.empty()) {
    GTEST_SKIP() << GetParam().missing;
  }
  engine_ = GetParam().make().value();
  connection_ = connect();
}

std::unique_ptr<Connection> EngineSuite::connect() const {
  return engine_->connect(context_).value();
}

std::vector<std::string> EngineSuite::rows(const plan::Statement& statement) const {
  return read_rows(connection_->query(context_, statement).value()).value();
}

Error EngineSuite::query_error(const plan::Statement& statement) const {
  auto stream = connection_->query(context_, statement);
  if (!stream) {
    return stream.error();
  }
  auto read = read_rows(*std::move(stream));
  return read ? make_error(ErrorCode::Internal, "the query did not fail") : read.error();
}

void EngineSuite::execute(const plan::Statement& statement) const {
  const auto done = connection_->execute(context_, statement);
  ASSERT_TRUE(done.has_value()) << to_string(done.error());
}

TEST_P(EngineSuite, SaysWhatItIs) {
  EXPECT_FALSE(engine_->name().empty());
  EXPECT_THAT(engine_->version(), testing::ContainsRegex("[0-9]"));
  EXPECT_FALSE(engine_->features().dialect.empty());
}

TEST_P(EngineSuite, ParametersOfEveryTypeComeBackAsTheyWere) {
  if (!engine_->features().bound_parameters) {
    GTEST_SKIP() << "this engine binds no parameters: its features say so";
  }
  for (const Sample& sample : samples()) {
    const std::string type = GetParam().type_text(sample.type);
    for (const auto& [value, text] : sample.values) {
      if (!type.empty()) {
        const plan::Statement cast{fmt::format("SELECT CAST(? AS {}) AS v", type), {value}};
        EXPECT_THAT(rows(cast), ElementsAre(text)) << type;
      }
    }
    if (!type.empty()) {
      const plan::Statement null{fmt::format("SELECT CAST(? AS {}) AS v", type), {plan::Null{}}};
      EXPECT_THAT(rows(null), ElementsAre("null")) << type;
      EXPECT_EQ(connection_->describe(context_, null).value(), one_column(sample.type)) << type;
    }
  }
}

TEST_P(EngineSuite, ParametersAreValuesAndNeverSql) {
  if (!engine_->features().bound_parameters) {
    GTEST_SKIP() << "this engine binds no parameters: its features say so";
  }
  const plan::Statement two{"SELECT CAST(? AS BIGINT) AS a WHERE ? = '''; DROP TABLE x; --'",
                            {std::int64_t{5}, std::string("'; DROP TABLE x; --")}};
  EXPECT_THAT(rows(two), ElementsAre("5"));
  EXPECT_EQ(query_error({"SELECT CAST(? AS BIGINT) AS a", {}}).code, ErrorCode::InvalidArgument);
  EXPECT_EQ(query_error({"SELECT 1 AS a", {std::int64_t{1}}}).code, ErrorCode::InvalidArgument);
}

TEST_P(EngineSuite, LoadedRowsComeBackAsTheyWere) {
  const auto [schema, values] = all_samples(GetParam());
  EXPECT_EQ(connection_->load(context_, "loaded", make_rows(schema, values, 3).value()).value(), 4);
  EXPECT_THAT(
      rows("SELECT * FROM loaded"),
      testing::UnorderedElementsAreArray(read_rows(make_rows(schema, values).value()).value()));
  EXPECT_EQ(connection_->describe(context_, "SELECT * FROM loaded").value(), schema);
}

TEST_P(EngineSuite, LoadReplacesAndTakesBatchesOfAnySize) {
  for (const std::size_t batch : {1U, 2'048U, 5'000U}) {
    EXPECT_EQ(connection_->load(context_, "loaded", numbers(12'289, batch)).value(), 12'289);
    EXPECT_THAT(rows("SELECT count(*) AS n, min(v) AS least, max(v) AS most FROM loaded"),
                ElementsAre("12289 | 0 | 12288"));
  }
  EXPECT_EQ(connection_->load(context_, "loaded", numbers(0, 1)).value(), 0);
  EXPECT_THAT(rows("SELECT count(*) AS n FROM loaded"), ElementsAre("0"));
  execute("CREATE TEMPORARY VIEW seen AS SELECT 1 AS v");
  EXPECT_EQ(connection_->load(context_, "seen", numbers(2, 1)).value(), 2);
}

TEST_P(EngineSuite, ALoadThatFailsLeavesNothing) {
  const auto loaded =
      connection_->load(context_, "broken", ColumnStream(std::make_unique<BreakingSource>()));
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().message, "the source broke");
  EXPECT_EQ(query_error("SELECT * FROM broken").code, ErrorCode::NotFound);
}

TEST_P(EngineSuite, AStatementRunsOverRowsAsTheyCome) {
  const plan::Statement insert = "INSERT INTO doubled SELECT v + v, 'it''s' FROM fed";
  if (!engine_->features().executes_over_rows) {
    EXPECT_EQ(connection_->execute_over(context_, insert, "fed", numbers(1, 1)).error().code,
              ErrorCode::Unsupported);
    return;
  }
  execute("CREATE TEMPORARY TABLE doubled (twice BIGINT NOT NULL, word STRING)");
  for (const std::size_t batch : {1U, 5'000U, 500'000U}) {
    execute("DELETE FROM doubled");
    const std::int64_t count = batch == 1 ? 300 : batch == 5'000 ? 12'289 : 210'000;
    EXPECT_EQ(connection_->execute_over(context_, insert, "fed", numbers(count, batch)).value(),
              count);
    EXPECT_THAT(rows("SELECT count(DISTINCT twice) AS n, max(twice) AS most, min(word) AS word "
                     "FROM doubled"),
                ElementsAre(fmt::format("{} | {} | 'it''s'", count, 2 * (count - 1))));
  }
  EXPECT_EQ(connection_->execute_over(context_, insert, "fed", numbers(0, 1)).value(), 0);
  EXPECT_EQ(
      connection_
          ->execute_over(context_, {"INSERT INTO doubled SELECT ?, '' FROM fed", {std::int64_t{1}}},
                         "fed", numbers(1, 1))
          .error()
          .code,
      ErrorCode::InvalidArgument);
  const plan::Statement null_in = "INSERT INTO doubled SELECT nullif(v, 1), '' FROM fed";
  EXPECT_EQ(connection_->execute_over(context_, null_in, "fed", numbers(3, 3)).error().code,
            ErrorCode::DataRejected);
}

TEST_P(EngineSuite, AStatementOverRowsIsPartOfItsTransaction) {
  if (!engine_->features().executes_over_rows) {
    return;
  }
  execute("CREATE TEMPORARY TABLE kept AS SELECT 7::BIGINT AS v");
  execute("BEGIN TRANSACTION");
  EXPECT_EQ(connection_
                ->execute_over(context_, "INSERT INTO kept SELECT v FROM fed", "fed",
                               numbers(12'289, 2'048))
                .value(),
            12'289);
  EXPECT_THAT(rows("SELECT count(*) AS n FROM kept"), ElementsAre("12290"));
  execute("ROLLBACK");
  EXPECT_THAT(rows("SELECT count(*) AS n FROM kept"), ElementsAre("1"));
  const auto broken =
      connection_->execute_over(context_, "INSERT INTO kept SELECT v FROM fed", "fed",
                                ColumnStream(std::make_unique<BreakingSource>()));
  EXPECT_EQ(broken.error().message, "the source broke");
  EXPECT_THAT(rows("SELECT count(*) AS n FROM kept"), ElementsAre("1"));
}

TEST_P(EngineSuite, DescribeGivesTheSchemaOfTheQuery) {
  for (const std::string& sql :
       {std::string("SELECT 1 AS one, 'x' AS two, CAST(NULL AS DECIMAL(12,3)) AS three"),
        std::string("SELECT count(*) AS n, CAST(sum(i) AS BIGINT) AS s FROM ") +
            GetParam().range_text(10),
        "SELECT 1 AS " + GetParam().quoted_umlaut + ", CAST(2.5 AS DOUBLE) AS b WHERE 1 = 0"}) {
    auto stream = connection_->query(context_, sql).value();
    const auto arrow = stream.schema().value();
    EXPECT_EQ(connection_->describe(context_, sql).value(),
              schema::from_arrow(*arrow.get()).value())
        << sql;
  }
}

TEST_P(EngineSuite, DescribeKnowsTypesThatDependOnParameters) {
  if (!engine_->features().bound_parameters) {
    GTEST_SKIP() << "this engine binds no parameters: its features say so";
  }
  const plan::Statement some{"SELECT CAST(1 AS BIGINT) AS a, ? AS b WHERE ? IS NULL OR 1 = ?; ",
                             {std::string("x"), plan::Null{}, std::int64_t{1}}};
  auto stream = connection_->query(context_, some).value();
  const auto arrow = stream.schema().value();
  EXPECT_THAT(schema::to_string(connection_->describe(context_, some).value()),
              testing::MatchesRegex("a: int64( not null)?, b: text( not null)?"));
  EXPECT_EQ(connection_->describe(context_, some).value(),
            schema::from_arrow(*arrow.get()).value());
}

TEST_P(EngineSuite, DescribeRunsNothing) {
  execute(
      "CREATE TEMPORARY VIEW failing AS SELECT CAST(v AS BIGINT) AS n FROM (SELECT 'x' AS v) t");
  EXPECT_EQ(schema::to_string(connection_->describe(context_, "SELECT n FROM failing").value()),
            "n: int64");
}

TEST_P(EngineSuite, AMillionRowsStreamInBoundedBatches) {
  constexpr std::int64_t kRows = 1'000'000;
  auto stream =
      connection_->query(context_, "SELECT i FROM " + GetParam().range_text(kRows)).value();
  std::int64_t rows = 0;
  std::int64_t sum = 0;
  while (true) {
    const auto batch = stream.next().value();
    if (!batch.has_value()) {
      break;
    }
    const ArrowArray& column = *(*batch)->children[0];
    ASSERT_LE(column.length, GetParam().batch_rows_max);
    const auto* numbers = static_cast<const std::int64_t*>(column.buffers[1]) + column.offset;
    for (std::int64_t row = 0; row < column.length; ++row) {
      sum += numbers[row];
    }
    rows += column.length;
  }
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(sum, kRows * (kRows - 1) / 2);
  EXPECT_FALSE(stream.next().value().has_value()) << "the end stays the end";
}

TEST_P(EngineSuite, AStreamMayBeDroppedHalfWay) {
  {
    auto stream = connection_->query(context_, "SELECT i FROM " + GetParam().range_text(1'000'000));
    EXPECT_TRUE(stream->next().value().has_value());
  }
  EXPECT_THAT(rows("SELECT 1 AS one"), ElementsAre("1"));
}

TEST_P(EngineSuite, ErrorsSayWhatKindTheyAre) {
  EXPECT_EQ(query_error("SELEC 1").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(query_error("SELECT nowhere FROM (SELECT 1 AS a) t").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(query_error("SELECT * FROM no_such_table").code, ErrorCode::NotFound);
  EXPECT_EQ(connection_->describe(context_, "SELECT * FROM no_such_table").error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(query_error("").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(query_error(" -- nothing here").code, ErrorCode::InvalidArgument);
  EXPECT_THAT(rows("SELECT 1 AS one"), ElementsAre("1")) << "the connection lives on";
}

TEST_P(EngineSuite, DataValuesStandInTheNativeTextOnly) {
  ASSERT_EQ(
      connection_
          ->load(context_, "people",
                 make_rows(one_column({schema::Text{}}), {{std::string("s3cret-17")}}).value())
          .value(),
      1);
  const Error error = query_error("SELECT CAST(v AS BIGINT) AS n FROM people");
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_THAT(error.native, HasSubstr("s3cret-17"));
  EXPECT_THAT(error.message, Not(HasSubstr("s3cret-17")));
  EXPECT_THAT(error.hint, Not(HasSubstr("s3cret-17")));
}

TEST_P(EngineSuite, ExecuteSaysHowManyRowsItChanged) {
  if (!GetParam().counts_changed_rows) {
    GTEST_SKIP() << "this engine does not count: its case says so";
  }
  execute("CREATE TEMPORARY TABLE counted (n BIGINT)");
  EXPECT_EQ(connection_->execute(context_, "INSERT INTO counted VALUES (1), (2), (3)").value(), 3);
  EXPECT_EQ(connection_->execute(context_, "DELETE FROM counted WHERE n > 1").value(), 2);
  EXPECT_EQ(connection_->execute(context_, "SELECT * FROM counted").value(), 0);
}

TEST_P(EngineSuite, SeveralStatementsGiveTheResultOfTheLast) {
  if (!GetParam().takes_several_statements) {
    EXPECT_EQ(query_error("SELECT 1 AS a; SELECT 2 AS a").code, ErrorCode::InvalidArgument);
    return;
  }
  EXPECT_THAT(rows("SELECT 1 AS a; SELECT 2 AS a;"), ElementsAre("2"));
  EXPECT_EQ(query_error({"SELECT 1 AS a; SELECT CAST(? AS BIGINT) AS a", {std::int64_t{2}}}).code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(query_error("SELECT * FROM no_such_table; SELECT 2 AS a").code, ErrorCode::NotFound);
  EXPECT_EQ(connection_->describe(context_, "SELECT 1 AS a; SELECT 2 AS a").error().code,
            ErrorCode::InvalidArgument);
}

TEST_P(EngineSuite, AStopEndsALongQuery) {
  std::stop_source stopping;
  Context stoppable = context_;
  stoppable.stop = stopping.get_token();
  // Before, while or after the query starts: the answer is the same, at the latest with its rows.
  const std::jthread stopper([&] { stopping.request_stop(); });
  const auto rows_of = [](ColumnStream stream) { return stream.next(); };
  const auto batch = connection_->query(stoppable, GetParam().long_query).and_then(rows_of);
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(batch.error().message, "stopped because the caller asked for it");
  EXPECT_THAT(rows("SELECT 1 AS one"), ElementsAre("1")) << "the connection lives on";
}

TEST_P(EngineSuite, ADeadlineEndsALongQuery) {
  Context hurried = context_;
  hurried.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  const auto done = connection_->execute(hurried, GetParam().long_query);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(done.error().message, "stopped because the time allowed has passed");
  EXPECT_THAT(rows("SELECT 1 AS one"), ElementsAre("1")) << "the connection lives on";
}

TEST_P(EngineSuite, AStopEndsAStream) {
  std::stop_source stopping;
  Context stoppable = context_;
  stoppable.stop = stopping.get_token();
  auto stream =
      connection_
          ->query(stoppable, "SELECT i FROM " + GetParam().range_text(GetParam().endless_rows))
          .value();
  EXPECT_TRUE(stream.next().value().has_value());
  stopping.request_stop();
  EXPECT_EQ(stream.next().error().code, ErrorCode::Cancelled);
  EXPECT_EQ(connection_->execute(stoppable, "SELECT 1 AS one").error().code, ErrorCode::Cancelled);
}

TEST_P(EngineSuite, AnAbandonedStreamDoesNotRunOn) {
  auto stream = connection_->query(
      context_,
      "SELECT i FROM " + GetParam().range_text(GetParam().endless_rows) + " WHERE i < 3000000");
  EXPECT_TRUE(stream.value().next().value().has_value());
  Context hurried = context_;
  hurried.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  stream = connection_->query(hurried, "SELECT 2 AS two");
  EXPECT_THAT(read_rows(std::move(stream).value()).value(), ElementsAre("2"));
}

TEST_P(EngineSuite, TemporaryRelationsAreASessionsOwn) {
  if (!GetParam().isolates_temporary_relations) {
    GTEST_SKIP() << "sessions share them: the case says so";
  }
  const auto other = connect();
  EXPECT_EQ(connection_->load(context_, "mine", numbers(3, 3)).value(), 3);
  EXPECT_EQ(other->load(context_, "mine", numbers(5, 5)).value(), 5);
  EXPECT_THAT(rows("SELECT count(*) AS n FROM mine"), ElementsAre("3"));
  EXPECT_EQ(connection_->load(context_, "only_mine", numbers(1, 1)).value(), 1);
  EXPECT_EQ(other->query(context_, "SELECT * FROM only_mine").error().code, ErrorCode::NotFound);
}

TEST_P(EngineSuite, ATransactionSeesItsOwnRowsAndRollsBack) {
  if (!engine_->features().transactions) {
    GTEST_SKIP() << "this engine has no transactions: its features say so";
  }
  execute("CREATE TABLE kept (v BIGINT)");
  execute("BEGIN TRANSACTION");
  EXPECT_EQ(connection_->load(context_, "staged", numbers(4, 2)).value(), 4);
  execute("INSERT INTO kept SELECT v FROM staged");
  EXPECT_THAT(rows("SELECT count(*) AS n FROM kept"), ElementsAre("4"));
  const auto other = connect();
  EXPECT_THAT(read_rows(other->query(context_, "SELECT count(*) AS n FROM kept").value()).value(),
              ElementsAre("0"));
  execute("ROLLBACK");
  EXPECT_THAT(rows("SELECT count(*) AS n FROM kept"), ElementsAre("0"));
  EXPECT_EQ(query_error("SELECT * FROM staged").code, ErrorCode::NotFound);
}

}  // namespace sluice::engine
