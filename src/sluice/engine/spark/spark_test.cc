#include "sluice/engine/spark/spark.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "sluice/engine/spark/address_internal.h"
#include "sluice/engine/spark/convert_internal.h"
#include "sluice/engine/spark/parameters_internal.h"
#include "sluice/engine/suite/suite.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

using internal::parse_spark_address;
using testing::HasSubstr;

/// Two people: one with a quote and a backslash in the name, one without a score.
ColumnStream two_people() {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  arrow::DoubleBuilder scores;
  const std::shared_ptr<arrow::Schema> schema =
      arrow::schema({arrow::field("id", arrow::int64(), false), arrow::field("name", arrow::utf8()),
                     arrow::field("score", arrow::float64())});
  EXPECT_TRUE(ids.AppendValues({1, 2}).ok());
  EXPECT_TRUE(names.AppendValues({"O'Neil \\ \"co\"", "zoe"}).ok());
  EXPECT_TRUE(scores.Append(2.5).ok() && scores.AppendNull().ok());
  const auto batch = arrow::RecordBatch::Make(
      schema, 2,
      {ids.Finish().ValueOrDie(), names.Finish().ValueOrDie(), scores.Finish().ValueOrDie()});
  ArrowArrayStream raw{};
  EXPECT_TRUE(
      arrow::ExportRecordBatchReader(arrow::RecordBatchReader::Make({batch}).ValueOrDie(), &raw)
          .ok());
  return ColumnStream(std::move(raw));
}

/// The first batch as Arrow sees it.
std::shared_ptr<arrow::RecordBatch> read_one(ColumnStream stream) {
  ArrowArrayStream raw = std::move(stream).release_to_caller();
  std::shared_ptr<arrow::RecordBatch> batch;
  const auto reader = arrow::ImportRecordBatchReader(&raw).ValueOrDie();
  EXPECT_TRUE(reader->ReadNext(&batch).ok());
  return batch;
}

TEST(SparkAddress, NamesHostPortAndOptions) {
  const auto plain = parse_spark_address("sc://spark.lan").value();
  EXPECT_EQ(plain.target(), "spark.lan:15002");
  const auto full = parse_spark_address("sc://h:443/;use_ssl=true;token=abc;user_id=me").value();
  EXPECT_EQ(full.target(), "h:443");
  EXPECT_TRUE(full.use_ssl);
  EXPECT_EQ(full.token, "abc");
  EXPECT_EQ(full.user_id, "me");
}

TEST(SparkAddress, WhatIsNoneIsRefusedWithoutPrintingATokens) {
  for (const char* text :
       {"", "spark://h", "sc://", "sc://h:0", "sc://h:x", "sc://h/;ssl=yes", "sc://h/;token="}) {
    EXPECT_FALSE(parse_spark_address(text).has_value()) << text;
  }
  const auto open_token = parse_spark_address("sc://far.away/;token=s3cret");
  ASSERT_FALSE(open_token.has_value());
  EXPECT_THAT(to_string(open_token.error()), Not(HasSubstr("s3cret")));
}

TEST(SparkParameters, AreWrittenWhereTheQuestionMarksAre) {
  const plan::Statement statement("SELECT ?, '?\\'?', \"?\", `a?`, ? -- ?\n, /* ? /* ? */ ? */ ?",
                                  {std::string("it's \\"), plan::Null{}, std::int64_t{7}});
  EXPECT_EQ(internal::render_with_parameters(statement).value(),
            "SELECT 'it\\'s \\\\', '?\\'?', \"?\", `a?`, NULL -- ?\n, /* ? /* ? */ ? */ 7");
}

TEST(SparkParameters, TooFewAndTooManyAreRefused) {
  EXPECT_FALSE(internal::render_with_parameters({"SELECT ?, ?", {std::int64_t{1}}}).has_value());
  EXPECT_FALSE(internal::render_with_parameters({"SELECT 1 /* ?", {std::int64_t{1}}}).has_value());
}

TEST(SparkConvert, RowsSurviveTheIpcFormat) {
  const auto encoded = internal::encode_ipc(two_people(), 1 << 20).value();
  EXPECT_EQ(encoded.rows, 2);
  const auto decoded = read_one(internal::decode_ipc(encoded.ipc_stream).value());
  EXPECT_TRUE(decoded->Equals(*read_one(two_people())));
}

TEST(SparkConvert, TooManyRowsForOneMessageAreRefused) {
  const auto encoded = internal::encode_ipc(two_people(), 10);
  ASSERT_FALSE(encoded.has_value());
  EXPECT_EQ(encoded.error().code, ErrorCode::ResourceExhausted);
}

TEST(SparkConvert, BrokenBytesAreCorrupt) {
  const auto decoded = internal::decode_ipc("not arrow");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::Corrupt);
}

TEST(SparkEngine, AServerThatIsAwayIsUnavailableWithAHint) {
  const auto engine =
      make_spark_engine({.address = "sc://127.0.0.1:1", .spill_folder = {}, .allowed_paths = {}})
          .value();
  const auto connection = engine->connect({});
  ASSERT_FALSE(connection.has_value());
  EXPECT_EQ(connection.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(connection.error().hint, HasSubstr("Spark Connect server"));
}

/// Needs the server that `./dev services up spark` starts; the test run sets its address.
class SparkLive : public testing::Test {
 protected:
  void SetUp() override {
    const TestServer server = find_test_server("SPARK");
    if (!server.missing.empty()) {
      GTEST_SKIP() << server.missing;
    }
    engine_ =
        make_spark_engine({.address = server.address, .spill_folder = {}, .allowed_paths = {}})
            .value();
    connection_ = engine_->connect(context_).value();
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(SparkLive, TwoRecordsGoIntoAnIcebergTableAndComeBack) {
  connection_->execute(context_, "CREATE NAMESPACE IF NOT EXISTS lake.slice").value();
  connection_->execute(context_, "DROP TABLE IF EXISTS lake.slice.people").value();
  connection_
      ->execute(context_,
                "CREATE TABLE lake.slice.people (id BIGINT NOT NULL, name STRING, score DOUBLE) "
                "USING iceberg")
      .value();
  EXPECT_EQ(connection_->load(context_, "incoming", two_people()).value(), 2);
  connection_
      ->execute(context_, "INSERT INTO lake.slice.people SELECT id, name, score FROM incoming")
      .value();
  const auto back = read_one(
      connection_->query(context_, "SELECT id, name, score FROM lake.slice.people ORDER BY id")
          .value());
  EXPECT_TRUE(back->Equals(*read_one(two_people()))) << back->ToString();
  connection_->execute(context_, "DROP TABLE lake.slice.people").value();
}

TEST_F(SparkLive, NoParameterEndsItsQuotes) {
  const plan::Statement statement(
      "SELECT ? AS a, CAST(? AS STRING) AS b, ? AS c",
      {std::string("it's \\ \"; DROP TABLE x"), plan::Null{}, std::int64_t{7}});
  const auto batch = read_one(connection_->query(context_, statement).value());
  EXPECT_EQ(batch->column(0)->GetScalar(0).ValueOrDie()->ToString(), "it's \\ \"; DROP TABLE x");
  EXPECT_TRUE(batch->column(1)->IsNull(0));
}

TEST_F(SparkLive, AMillionRowsStream) {
  ColumnStream stream = connection_->query(context_, "SELECT id FROM range(1000000)").value();
  std::int64_t rows = 0;
  for (auto batch = stream.next().value(); batch.has_value(); batch = stream.next().value()) {
    rows += (*batch)->length;
  }
  EXPECT_EQ(rows, 1'000'000);
}

TEST_F(SparkLive, ErrorsAreTold) {
  EXPECT_EQ(connection_->query(context_, "SELECT * FROM no_such_table").error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(connection_->query(context_, "SELEC 1").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(connection_->describe(context_, "SELECT CAST(1 AS DECIMAL(10,2)) AS price, 'x' AS name")
                .value(),
            (schema::Schema{
                {{.name = "price",
                  .type = {schema::Decimal{.precision = 10, .scale = 2}},
                  .nullable = true,
                  .comment = {}},
                 {.name = "name", .type = {schema::Text{}}, .nullable = false, .comment = {}}}}));
}

TEST_F(SparkLive, AStopEndsALongQuery) {
  std::stop_source stop;
  Context context = context_;
  context.stop = stop.get_token();
  ColumnStream stream =
      connection_
          ->query(context, "SELECT count(*) FROM range(10000000000000) r WHERE id * id % 3 = 1")
          .value();
  stop.request_stop();
  const auto batch = stream.next();
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice::engine
