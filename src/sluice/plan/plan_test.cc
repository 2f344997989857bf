#include <gmock/gmock.h>

#include "sluice/plan/expr.h"
#include "sluice/plan/read.h"
#include "sluice/plan/table_id.h"
#include "sluice/plan/write.h"

namespace sluice::plan {
namespace {

using testing::HasSubstr;

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
  const Expr copy = dear;
  EXPECT_EQ(copy, dear);
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

}  // namespace
}  // namespace sluice::plan
