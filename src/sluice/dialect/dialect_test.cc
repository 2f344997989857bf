#include "sluice/dialect/dialect.h"

#include <gmock/gmock.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/dialect/spark/spark.h"

namespace sluice::dialect {
namespace {

using plan::BinaryOp;
using testing::ElementsAre;
using testing::HasSubstr;

plan::Expr condition() {
  return plan::all_of({
      plan::binary(BinaryOp::GreaterEqual, plan::column("fa\"re"), plan::literal(std::int64_t{5})),
      plan::binary(BinaryOp::Like, plan::column("email"), plan::literal(std::string("%'%"))),
      plan::binary(BinaryOp::RegexMatches, plan::column("id"), plan::literal(std::string("^C\\d"))),
  });
}

TEST(Quote, AQuoteInsideCannotEndTheQuote) {
  EXPECT_EQ(quote_identifier("a\"; DROP"), "\"a\"\"; DROP\"");
  EXPECT_EQ(quote_identifier("a`b", '`'), "`a``b`");
  EXPECT_EQ(quote_literal("it's \\ ok"), "'it''s \\ ok'");
  EXPECT_EQ(quote_literal_with_backslashes("it's \\ ok"), "'it\\'s \\\\ ok'");
  EXPECT_EQ(quote_table(plan::TableId{{"lake", "a.b"}}), "\"lake\".\"a.b\"");
}

TEST(Quote, ANulDoesNotEndTheStatement) {
  EXPECT_EQ(quote_literal(std::string_view("a\0b", 3)), "('a' || chr(0) || 'b')");
}

TEST(Dialect, ValuesOfAReadAreBoundInOrder) {
  const plan::Read read{
      .from = plan::TableId{{"trips"}}, .columns = {}, .where = condition(), .order_by = {}};
  const plan::Statement statement = render_read(duckdb_dialect(), read).value();
  EXPECT_EQ(statement.text,
            "SELECT * FROM \"trips\" WHERE (((\"fa\"\"re\" >= ?) AND (\"email\" LIKE ?)) AND "
            "regexp_matches(\"id\", ?))");
  EXPECT_THAT(statement.parameters,
              ElementsAre(plan::Value{std::int64_t{5}}, plan::Value{std::string("%'%")},
                          plan::Value{std::string("^C\\d")}));
}

TEST(Dialect, ValuesCanBeWrittenOutInEachFlavour) {
  EXPECT_EQ(
      render_inline(duckdb_dialect(), condition()).value(),
      "(((\"fa\"\"re\" >= 5) AND (\"email\" LIKE '%''%')) AND regexp_matches(\"id\", '^C\\d'))");
  EXPECT_EQ(render_inline(spark_iceberg_dialect(), condition()).value(),
            "(((`fa\"re` >= 5) AND (`email` LIKE '%\\'%')) AND (`id` RLIKE '^C\\\\d'))");
}

TEST(Dialect, SqlOfAnotherFlavourIsRefusedWithItsPlace) {
  const plan::Expr raw{plan::RawSql{.text = "date_format(a, 'y')",
                                    .dialect = "spark",
                                    .reads = {},
                                    .at = {.file = "c.yaml", .line = 3, .column = 9}}};
  const auto rendered = render_inline(duckdb_dialect(), raw);
  ASSERT_FALSE(rendered.has_value());
  EXPECT_THAT(to_string(rendered.error()), testing::StartsWith("c.yaml:3:9: unsupported: "));
}

TEST(Dialect, ACommentAtTheEndOfSqlDoesNotSwallowWhatFollows) {
  const plan::Expr raw{plan::RawSql{.text = "a > 1 -- sure", .reads = {}, .at = {}}};
  EXPECT_EQ(render_inline(duckdb_dialect(), raw).value(), "(a > 1 -- sure\n)");
}

TEST(Dialect, NoValuesIsInNothing) {
  const plan::Expr in{plan::In{.operand = plan::column("a"), .values = {}}};
  EXPECT_EQ(render_inline(duckdb_dialect(), in).value(), "FALSE");
}

plan::CreateTable create_trips() {
  using schema::Field;
  return plan::CreateTable{
      .target = plan::TableId{{"lake", "trips"}},
      .schema = {{Field{
                      .name = "id", .type = {schema::Integer{}}, .nullable = false, .comment = {}},
                  Field{.name = "tags",
                        .type = {schema::List{.element = schema::LogicalType{schema::Text{}}}},
                        .comment = {}},
                  Field{.name = "at", .type = {schema::Timestamp{}}, .comment = {}},
                  Field{.name = "where",
                        .type = {schema::Struct{
                            {Field{.name = "lat", .type = {schema::Float{}}, .comment = {}}}}},
                        .comment = {}}}},
      .primary_key = {"id"},
      .partition_by = {plan::PartitionField{.column = "at",
                                            .transform = plan::PartitionTransform::Day},
                       plan::PartitionField{.column = "id",
                                            .transform = plan::PartitionTransform::Bucket,
                                            .parameter = 16}},
      .sort_by = {}};
}

TEST(Dialect, TablesAreCreatedInEachFlavour) {
  EXPECT_EQ(
      render_create_table(duckdb_dialect(), create_trips()).value().text,
      "CREATE TABLE IF NOT EXISTS \"lake\".\"trips\" (\"id\" BIGINT NOT NULL, \"tags\" VARCHAR[], "
      "\"at\" TIMESTAMP WITH TIME ZONE, \"where\" STRUCT(\"lat\" DOUBLE), PRIMARY KEY (\"id\"))");
  EXPECT_EQ(
      render_create_table(spark_iceberg_dialect(), create_trips()).value().text,
      "CREATE TABLE IF NOT EXISTS `lake`.`trips` (`id` BIGINT NOT NULL, `tags` ARRAY<STRING>, "
      "`at` TIMESTAMP, `where` STRUCT<`lat`: DOUBLE>) USING iceberg PARTITIONED BY (days(`at`), "
      "bucket(16, `id`))");
}

TEST(Dialect, ATypeThatTheEngineLacksNamesTheColumn) {
  plan::CreateTable create = create_trips();
  create.schema.fields[2].type = {schema::Time{}};
  EXPECT_THAT(to_string(render_create_table(spark_iceberg_dialect(), create).error()),
              HasSubstr("'at'"));
}

}  // namespace
}  // namespace sluice::dialect
