// The embedded engine as programs open it: through libsluice.so, from its own shared library.
#include <gmock/gmock.h>

#include "sluice/engine/module.h"
#include "sluice/schema/schema.h"

namespace sluice::engine {
namespace {

TEST(OpenEngine, FindsTheEmbeddedEngineInItsModule) {
  const Context context;
  const auto engine = open_engine("duckdb", {.threads_max = 1}).value();
  EXPECT_EQ(engine->name(), "duckdb");
  const auto connection = engine->connect(context).value();
  EXPECT_EQ(schema::to_string(connection->describe(context, "SELECT 'x' AS a").value()), "a: text");
  auto stream = connection->query(context, "SELECT 'x' AS a").value();
  EXPECT_EQ((*stream.next().value())->length, 1);
}

TEST(OpenEngine, ErrorsOfAModuleAreOurs) {
  const auto engine = open_engine("duckdb", {.address = "/no/such/folder/lake.duckdb"});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::NotFound);
  EXPECT_THROW(open_engine("duckdb", {.threads_max = -1}).value(), Failure);
}

}  // namespace
}  // namespace sluice::engine
