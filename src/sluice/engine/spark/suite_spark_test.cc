#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/engine/spark/spark.h"
#include "sluice/engine/suite/suite.h"

namespace sluice::engine {
namespace {

/// Spark has no unsigned integers, no time of day and no UUID that come back as they were.
std::string spark_type(const schema::LogicalType& type) {
  return std::visit(overloaded{
                        [](const schema::Boolean&) -> std::string { return "BOOLEAN"; },
                        [](const schema::Integer& integer) -> std::string {
                          if (!integer.is_signed) {
                            return {};
                          }
                          return integer.bits == 64 ? "BIGINT" : "INT";
                        },
                        [](const schema::Float&) -> std::string { return "DOUBLE"; },
                        [](const schema::Decimal& decimal) {
                          return fmt::format("DECIMAL({}, {})", decimal.precision, decimal.scale);
                        },
                        [](const schema::Text&) -> std::string { return "STRING"; },
                        [](const schema::Bytes&) -> std::string { return "BINARY"; },
                        [](const schema::Date&) -> std::string { return "DATE"; },
                        [](const schema::Time&) -> std::string { return {}; },
                        [](const schema::Timestamp&) -> std::string { return "TIMESTAMP"; },
                        [](const schema::UuidType&) -> std::string { return {}; },
                        [](const schema::Json&) -> std::string { return {}; },
                        [](const schema::List&) -> std::string { return {}; },
                        [](const schema::Map&) -> std::string { return {}; },
                        [](const schema::Struct&) -> std::string { return {}; },
                    },
                    type.kind);
}

EngineCase spark_case() {
  const TestServer server = find_test_server("SPARK");
  return {
      .name = "spark",
      .make =
          [server] {
            return make_spark_engine(
                {.address = server.address, .spill_folder = {}, .allowed_paths = {}});
          },
      .type_text = spark_type,
      .range_text =
          [](std::int64_t rows) { return fmt::format("(SELECT id AS i FROM range({})) r", rows); },
      .long_query = "SELECT count(*) AS n FROM range(10000000000000) r WHERE id * id % 3 = 1",
      .quoted_umlaut = "`\xC3\xA4`",
      .endless_rows = 5'000'000,  // a task of Spark Connect holds its part of the answer
      .missing = server.missing,
      .batch_rows_max = 10'000,
      .counts_changed_rows = false,
      .takes_several_statements = false};
}

INSTANTIATE_TEST_SUITE_P(Spark, EngineSuite, testing::Values(spark_case()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::engine
