#include "sluice/engine/suite/suite.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/engine/duckdb/duckdb.h"

namespace sluice::engine {
namespace {

std::string duckdb_type(const schema::LogicalType& type) {
  return std::visit(overloaded{
                        [](const schema::Boolean&) -> std::string { return "BOOLEAN"; },
                        [](const schema::Integer& integer) -> std::string {
                          const char* name = integer.bits == 64 ? "BIGINT" : "INTEGER";
                          return fmt::format("{}{}", integer.is_signed ? "" : "U", name);
                        },
                        [](const schema::Float&) -> std::string { return "DOUBLE"; },
                        [](const schema::Decimal& decimal) {
                          return fmt::format("DECIMAL({}, {})", decimal.precision, decimal.scale);
                        },
                        [](const schema::Text&) -> std::string { return "VARCHAR"; },
                        [](const schema::Bytes&) -> std::string { return "BLOB"; },
                        [](const schema::Date&) -> std::string { return "DATE"; },
                        [](const schema::Time&) -> std::string { return "TIME"; },
                        [](const schema::Timestamp&) -> std::string { return "TIMESTAMPTZ"; },
                        [](const schema::UuidType&) -> std::string { return "UUID"; },
                        [](const schema::Json&) -> std::string { return "JSON"; },
                        [](const schema::List&) -> std::string { return {}; },
                        [](const schema::Map&) -> std::string { return {}; },
                        [](const schema::Struct&) -> std::string { return {}; },
                    },
                    type.kind);
}

std::vector<EngineCase> engine_cases() {
  return {
      {.name = "duckdb",
       .make = [] { return make_duckdb_engine({.threads_max = 2}); },
       .type_text = duckdb_type,
       .range_text =
           [](std::int64_t rows) {
             return fmt::format("(SELECT range AS i FROM range({})) r", rows);
           },
       .long_query = "SELECT count(*) AS n FROM range(100000000000) a(i) WHERE i % 3 = 1"},
      {.name = "duckdb_locked",
       .make = [] { return make_duckdb_engine({.threads_max = 1, .locked = true}); },
       .type_text = duckdb_type,
       .range_text =
           [](std::int64_t rows) {
             return fmt::format("(SELECT range AS i FROM range({})) r", rows);
           },
       .long_query = "SELECT count(*) AS n FROM range(100000000000) a(i) WHERE i % 3 = 1"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, EngineSuite, testing::ValuesIn(engine_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::engine
