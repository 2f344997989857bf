#include <gmock/gmock.h>

#include "sluice/plan/expr.h"
#include "sluice/plan/pipeline_step.h"
#include "sluice/plan/read.h"
#include "sluice/plan/table_id.h"
#include "sluice/plan/write.h"

namespace sluice::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TableId, HasOneToThreePartsAndReadsBackWhatItPrints) {
  for (const char* text :
       {"users", "main.users", "lake.silver.customers", "lake.\"odd.name\".\"a\"\"b\""}) {
    EXPECT_EQ(to_string(parse_table_id(text).value()), text);
  }
  EXPECT_EQ(parse_table_id("\"a.b\".c").value().parts, (std::vector<std::string>{"a.b", "c"}));
}

TEST(TableId, WhatIsNoNameIsRefused) {
  for (const char* text :
       {"", ".", "a.", ".a", "a..b", "a.b.c.d", "\"open", "a b", "x;drop", "\"\""}) {
    EXPECT_FALSE(parse_table_id(text).has_value()) << text;
  }
}

TEST(Expr, IsAPlainValueThatPrintsAndCompares) {
  const Expr dear = all_of({binary(BinaryOp::Greater, column("fare"), literal(10.5)),
                            unary(UnaryOp::IsNotNull, column("note"))});
  Expr copy = dear;
  EXPECT_EQ(copy, dear);
  copy = column("fare");
  EXPECT_NE(copy, dear);
  EXPECT_EQ(to_string(dear), "((fare > 10.5) and note is not null)");
  EXPECT_NE(dear, all_of({}));
}

TEST(Expr, ValuesPrintAsAPersonReadsThem) {
  EXPECT_EQ(to_string(Value{std::string("it's")}), "'it''s'");
  EXPECT_EQ(to_string(Value{DateValue{.days_since_1970 = 20'540}}), "2026-03-28");
  EXPECT_EQ(to_string(Value{TimeValue{.micros_of_day = 3'600'000'001}}), "01:00:00.000001");
  EXPECT_EQ(to_string(Value{BytesValue{0x0a, 0xff}}), "x'0aff'");
  EXPECT_EQ(to_string(Value{Null{}}), "null");
}

TEST(Read, PrintsWhatItAsksFor) {
  const Read read{.from = TableId{{"trips"}},
                  .columns = {"id"},
                  .where = binary(BinaryOp::Equal, column("id"), literal(std::int64_t{7})),
                  .order_by = {OrderBy{.by = column("id"), .descending = true}},
                  .limit = 3,
                  .offset = 2};
  EXPECT_EQ(to_string(read),
            "read id from trips where (id = 7) order by id descending limit 3 offset 2");
}

TEST(Write, PrintsItsModeTargetAndSource) {
  const Write write{
      .target = TableId{{"trips"}},
      .schema = {{schema::Field{
          .name = "id", .type = {schema::Integer{}}, .nullable = false, .comment = {}}}},
      .mode = Merge{.key = {"id"}, .update_columns = {}, .insert_only_columns = {}},
      .source = Batches{}};
  EXPECT_EQ(to_string(write), "merge trips from batches (id: int64 not null)");
}

std::vector<std::string> settled(std::vector<std::string> items,
                                 const std::vector<std::string>& given) {
  schema::Schema columns;
  for (const std::string& name : given) {
    columns.fields.push_back({.name = name, .type = {schema::Text{}}});
  }
  SqlSelect select{.query = {}, .items = std::move(items), .columns = {}};
  settle_columns(select, columns);
  return select.columns;
}

TEST(SqlSelect, AColumnThatTheListNamesTakesThePlaceOfAStars) {
  EXPECT_THAT(settled({"", "a"}, {"a", "b", "a"}), ElementsAre("", "b", "a"));
  EXPECT_THAT(settled({"a", ""}, {"a", "a", "b"}), ElementsAre("a", "", "b"));
  EXPECT_THAT(settled({"A", "", "b"}, {"A", "a", "b", "b"}), ElementsAre("A", "", "", "b"));
  EXPECT_THAT(settled({"", "a", ""}, {"a", "b", "a", "c"}), ElementsAre("", "b", "a", "c"));
  EXPECT_THAT(settled({"a", "a"}, {"a", "a"}), ElementsAre("", "a"));
}

TEST(SqlSelect, OtherColumnsAreLeftToTheEngine) {
  EXPECT_THAT(settled({"", ""}, {"id", "a", "id"}), IsEmpty());
  EXPECT_THAT(settled({}, {"id", "id"}), IsEmpty());
  // The item of a star's REPLACE is no column of its own.
  EXPECT_THAT(settled({"", "a"}, {"a", "b"}), IsEmpty());
  EXPECT_THAT(settled({"", "a", "b"}, {"a", "b", "b"}), ElementsAre("a", "", "b"));
  EXPECT_THAT(settled({"", "x", "y", "z"}, {"y"}), IsEmpty());
}

}  // namespace
}  // namespace sluice::plan
