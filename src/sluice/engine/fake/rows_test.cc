#include "sluice/engine/fake/rows.h"

#include <gmock/gmock.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

schema::Schema one(schema::LogicalType type) {
  return {.fields = {{.name = "v", .type = std::move(type)}}};
}

std::vector<std::string> through(const schema::Schema& schema, const std::vector<Row>& rows) {
  return read_rows(make_rows(schema, rows, 2).value()).value();
}

TEST(Rows, ReadBackAsText) {
  EXPECT_THAT(through(one({schema::Boolean{}}), {{true}, {plan::Null{}}, {false}}),
              ElementsAre("true", "null", "false"));
  EXPECT_THAT(through(one({schema::Integer{.bits = 8}}), {{std::int64_t{-128}}}),
              ElementsAre("-128"));
  EXPECT_THAT(through(one({schema::Text{}}), {{std::string("it's")}, {std::string()}}),
              ElementsAre("'it''s'", "''"));
  EXPECT_THAT(through(one({schema::Decimal{.precision = 5, .scale = 3}}),
                      {{plan::DecimalValue{"-0.05"}}, {plan::DecimalValue{"12"}}}),
              ElementsAre("-0.050", "12.000"));
}

TEST(Rows, AValueThatItsColumnCannotHoldIsRefused) {
  const auto too_big = make_rows(one({schema::Integer{.bits = 8}}), {{std::int64_t{128}}});
  EXPECT_EQ(too_big.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(too_big.error().message, "the column 'v' of type int8 cannot hold 128");
  EXPECT_THAT(make_rows(one({schema::Text{}}), {{std::int64_t{1}}}).error().message,
              HasSubstr("'v' of type text cannot hold 1"));
  EXPECT_FALSE(
      make_rows(one({schema::Decimal{.precision = 5, .scale = 1}}), {{plan::DecimalValue{"1.25"}}})
          .has_value());
  EXPECT_FALSE(make_rows(one({schema::Text{}}), {{}}).has_value());
  EXPECT_FALSE(make_rows(one({schema::List{.element = schema::LogicalType{schema::Text{}}}}),
                         {{plan::Null{}}})
                   .has_value());
}

}  // namespace
}  // namespace sluice::engine
