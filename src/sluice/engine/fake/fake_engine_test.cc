#include "sluice/engine/fake/fake_engine.h"

#include <gmock/gmock.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const schema::Schema kOneColumn{.fields = {{.name = "n", .type = {schema::Integer{}}}}};

FakeScript two_steps() {
  return {.steps = {{.statement = {"INSERT INTO t VALUES (?)", {std::int64_t{7}}},
                     .answer = FakeChanged{1}},
                    {.verb = FakeVerb::Query,
                     .statement = "SELECT n FROM t",
                     .answer = FakeRows{kOneColumn, {{std::int64_t{7}}, {plan::Null{}}}}}}};
}

TEST(FakeEngine, AnswersAsTheScriptSays) {
  const Context context;
  const auto engine = make_fake_engine(two_steps());
  const auto connection = engine->connect(context).value();
  EXPECT_EQ(connection->execute(context, {"INSERT INTO t VALUES (?)", {std::int64_t{7}}}).value(),
            1);
  EXPECT_THAT(engine->check_finished().error().message, HasSubstr("query 'SELECT n FROM t'"));
  EXPECT_THAT(read_rows(connection->query(context, "SELECT n FROM t").value()).value(),
              ElementsAre("7", "null"));
  EXPECT_TRUE(engine->check_finished().has_value());
  EXPECT_EQ(engine->calls().size(), 3U);
}

TEST(FakeEngine, AnotherStatementOrParameterIsAnErrorThatNamesBoth) {
  const Context context;
  const auto engine = make_fake_engine(two_steps());
  const auto connection = engine->connect(context).value();
  const auto wrong = connection->execute(context, {"INSERT INTO t VALUES (?)", {std::int64_t{8}}});
  EXPECT_THAT(wrong.error().message, HasSubstr("<7>, got: execute 'INSERT INTO t VALUES (?)' <8>"));
}

TEST(FakeEngine, AnyOneCallCanFail) {
  const Context context;
  FakeScript script = two_steps();
  script.failing_call = 1;
  EXPECT_EQ(make_fake_engine(script)->connect(context).error().code, ErrorCode::Unavailable);
  script.failing_call = 2;
  const auto engine = make_fake_engine(script);
  const auto connection = engine->connect(context).value();
  const plan::Statement insert{"INSERT INTO t VALUES (?)", {std::int64_t{7}}};
  EXPECT_EQ(connection->execute(context, insert).error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(connection->execute(context, insert).has_value()) << "the step was not spent";
}

TEST(FakeEngine, ALoadIsRecordedWithItsRows) {
  const Context context;
  const auto engine =
      make_fake_engine({.steps = {{.verb = FakeVerb::Load, .statement = "staged"}}});
  const auto connection = engine->connect(context).value();
  auto rows = make_rows(kOneColumn, {{std::int64_t{1}}, {std::int64_t{2}}}).value();
  EXPECT_EQ(connection->load(context, "staged", std::move(rows)).value(), 2);
  EXPECT_THAT(engine->calls().back().rows, ElementsAre("1", "2"));
}

}  // namespace
}  // namespace sluice::engine
