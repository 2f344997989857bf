#include "sluice/schema/schema.h"

#include <gmock/gmock.h>

#include "sluice/schema/arrow.h"
#include "sluice/schema/evolution.h"

namespace sluice::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Field field(std::string name, LogicalType type, bool nullable = true, std::int32_t id = 0) {
  return Field{.name = std::move(name),
               .type = std::move(type),
               .nullable = nullable,
               .id = id,
               .comment = {}};
}

Schema every_type() {
  return Schema{{
      field("a", {Boolean{}}),
      field("b", {Integer{.bits = 8}}),
      field("c", {Integer{.bits = 64, .is_signed = false}}, false),
      field("d", {Float{.bits = 32}}),
      field("e", {Decimal{.precision = 10, .scale = 2}}),
      field("f", {Text{}}),
      field("g", {Bytes{}}),
      field("h", {Date{}}),
      field("i", {Time{}}),
      field("j", {Timestamp{.utc = true}}),
      field("k", {Timestamp{.utc = false}}),
      field("l", {UuidType{}}),
      field("m", {Json{}}),
      field("n", {List{.element = LogicalType{Text{}}}}),
      field("o", {Map{.key = LogicalType{Text{}}, .value = LogicalType{Float{}}}}),
      field("p", {Struct{{field("x", {Integer{}}, false), field("y", {Text{}})}}}),
  }};
}

std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> result;
  for (const Change& change : changes) {
    result.push_back(to_string(change));
  }
  return result;
}

TEST(Schema, EveryTypeSurvivesArrow) {
  const ArrowSchemaOwned arrow = to_arrow(every_type());
  EXPECT_EQ(from_arrow(*arrow.get()).value(), every_type());
}

TEST(Schema, AnArrowTypeWithoutACounterpartIsNamed) {
  ArrowSchemaOwned arrow = to_arrow(Schema{{field("odd", {Text{}})}});
  arrow->children[0]->format = "tin";
  const auto schema = from_arrow(*arrow.get());
  ASSERT_FALSE(schema.has_value());
  EXPECT_EQ(schema.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(to_string(schema.error()), HasSubstr("'tin'\n  while reading column 'odd'"));
}

TEST(Schema, ColumnsAreFoundWithoutRegardToCase) {
  const Schema schema = every_type();
  EXPECT_EQ(schema.find("P"), &schema.fields[15]);
  EXPECT_EQ(schema.find("q"), nullptr);
}

TEST(Schema, TwoColumnsThatDifferInCaseAreRefused) {
  const Schema schema{{field("Email", {Text{}}), field("email", {Text{}})}};
  EXPECT_THAT(validate(schema).error().message, HasSubstr("'email'"));
}

TEST(Schema, BoundsOfTypesAreChecked) {
  EXPECT_TRUE(validate(every_type()).has_value());
  EXPECT_FALSE(validate(Schema{}).has_value());
  EXPECT_FALSE(validate(Schema{{field("", {Text{}})}}).has_value());
  EXPECT_FALSE(validate(Schema{{field("a\nb", {Text{}})}}).has_value());
  EXPECT_FALSE(validate(Schema{{field("a", {Integer{.bits = 7}})}}).has_value());
  EXPECT_FALSE(validate(Schema{{field("a", {Decimal{.precision = 39}})}}).has_value());
  EXPECT_FALSE(
      validate(
          Schema{{field("a", {List{.element = LogicalType{Decimal{.precision = 2, .scale = 3}}}})}})
          .has_value());
}

TEST(Schema, PrintsAsAPersonWouldWriteIt) {
  EXPECT_THAT(to_string(every_type()), HasSubstr("p: struct<x: int64 not null, y: text>"));
}

TEST(Evolution, EqualSchemasHaveNoChanges) {
  EXPECT_TRUE(diff(every_type(), every_type()).empty());
}

TEST(Evolution, ChangesAreListedInTheOrderOfTheNewSchema) {
  const Schema from{{field("id", {Integer{.bits = 32}}, false, 1), field("fare", {Text{}}, true, 2),
                     field("gone", {Text{}}, true, 3)}};
  const Schema to{{field("note", {Text{}}, true, 4), field("id", {Integer{.bits = 64}}, true, 1),
                   field("price", {Float{}}, true, 2)}};
  EXPECT_THAT(texts(diff(from, to)),
              ElementsAre("add column note: text", "widen column id from int32 to int64",
                          "make column id optional", "rename column fare to price",
                          "retype column price from text to float64", "drop column gone"));
}

TEST(Evolution, ANameThatMovedToAnotherIdIsAnotherColumn) {
  const Schema from{{field("a", {Text{}}, true, 1)}};
  const Schema to{{field("a", {Text{}}, true, 2)}};
  EXPECT_THAT(texts(diff(from, to)), ElementsAre("add column a: text", "drop column a"));
}

TEST(Evolution, WideningKeepsEveryValue) {
  EXPECT_TRUE(widens({Integer{.bits = 32}}, {Float{.bits = 64}}));
  EXPECT_FALSE(widens({Integer{.bits = 64}}, {Float{.bits = 64}}));
  EXPECT_FALSE(
      widens({Integer{.bits = 32, .is_signed = true}}, {Integer{.bits = 64, .is_signed = false}}));
  EXPECT_TRUE(widens({Integer{.bits = 32, .is_signed = false}}, {Integer{.bits = 64}}));
  EXPECT_FALSE(
      widens({Decimal{.precision = 10, .scale = 2}}, {Decimal{.precision = 10, .scale = 3}}));
  EXPECT_TRUE(
      widens({Decimal{.precision = 10, .scale = 2}}, {Decimal{.precision = 11, .scale = 3}}));
  EXPECT_TRUE(widens({Integer{.bits = 64}}, {Decimal{.precision = 19, .scale = 0}}));
}

}  // namespace
}  // namespace sluice::schema
