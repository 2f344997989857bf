#include "sluice/contract/transform/sql_shape.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

/// "expression AS alias|..." of the list.
std::string shape(std::string_view sql) {
  std::string text;
  for (const AliasedExpression& each : split_expressions(sql)) {
    text += std::string(sql.substr(each.begin, each.length)) + "=" + each.alias.value_or("-") + "|";
  }
  return text;
}

std::string names(std::string_view sql) {
  std::string text;
  for (const SqlName& each : names_in(sql)) {
    text += each.name + "|";
    EXPECT_LE(each.begin + each.length, sql.size());
  }
  return text;
}

TEST(SqlShapeTest, StatementsAreToldFromExpressions) {
  for (const char* sql : {"SELECT 1", "  -- why\n select a from b", "WITH x AS (SELECT 1) FROM x",
                          "FROM source", "(SELECT 1 AS a) UNION SELECT 2", "/* c */ VALUES (1)"}) {
    EXPECT_TRUE(is_statement(sql)) << sql;
  }
  for (const char* sql : {"LOWER(a) AS b", "(SELECT max(x) FROM y) AS top", "selected AS x", "",
                          "((", "'SELECT' AS a", "\"select\" AS b"}) {
    EXPECT_FALSE(is_statement(sql)) << sql;
  }
}

TEST(SqlShapeTest, CommasInsideOfAnythingDoNotSplit) {
  EXPECT_EQ(shape("LOWER(TRIM(email)) AS email"), "LOWER(TRIM(email))=email|");
  EXPECT_EQ(shape("f(a, b) AS x, 'c, d' as \"y z\", [1, 2] AS w"),
            "f(a, b)=x|'c, d'=y z|[1, 2]=w|");
  EXPECT_EQ(shape("a /* , */ AS b -- , c\n"), "a=b|");
  EXPECT_EQ(shape("$$a, b$$ AS c"), "$$a, b$$=c|");
}

TEST(SqlShapeTest, AnAliasNeedsItsAs) {
  EXPECT_EQ(shape("LOWER(email)"), "LOWER(email)=-|");
  EXPECT_EQ(shape("CAST(a AS int)"), "CAST(a AS int)=-|");
  EXPECT_EQ(shape("a b"), "a b=-|");
  EXPECT_EQ(shape("AS x"), "AS x=-|");
}

TEST(SqlShapeTest, NamesAreThoseOutsideOfStringsAndCalls) {
  EXPECT_EQ(names("lower(email) || 'note' || \"Fa\"\"re\" -- trip"), "email|Fa\"re|");
}

TEST(SqlShapeTest, TextsAreSplitWhereTheEngineSplitsThem) {
  EXPECT_EQ(names("E'\\'' || mail || ''"), "mail|");
  EXPECT_EQ(names("'\\' || mail || ''"), "mail|");
  EXPECT_EQ(names("$t1$ ' $t1$ || mail || ''"), "mail|");
  EXPECT_EQ(names("1 -- a note\r || mail"), "mail|");
  EXPECT_EQ(names("mail\xC2\xA0tail\xE3\x80\x80hail"), "mail|tail|hail|");
  EXPECT_EQ(names("gr\xC3\xB6\xC3\x9F"
                  "e"),
            "gr\xC3\xB6\xC3\x9F"
            "e|");
  EXPECT_EQ(find_unbalanced("e'it\\'s' || a"), std::nullopt);
  EXPECT_EQ(find_unbalanced("a || E'it\\'"), 5U);
}

TEST(SqlShapeTest, CommentsNestAndTextsGoOnInTheNextLine) {
  EXPECT_EQ(names("/* /* */ ' */ mail /* ' */"), "mail|");
  EXPECT_EQ(names("E'a'\n'\\'' || mail || '' || ''''"), "mail|");
  EXPECT_EQ(names("'a' -- b\n '' || mail"), "mail|");
  EXPECT_EQ(find_unbalanced("'a'\n  '' || mail"), std::nullopt);
  EXPECT_EQ(find_unbalanced("a /* /* */"), 2U);
  EXPECT_EQ(find_unbalanced("a /* b */ /* /* c */ d */"), std::nullopt);
  EXPECT_EQ(find_unbalanced("a -- /* b"), std::nullopt);
}

TEST(SqlShapeTest, ADollarSignGoesOnWithAName) {
  EXPECT_EQ(names("a$b$ || mail || c$b$"), "a$b$|mail|c$b$|");
  EXPECT_EQ(names("mail$"), "mail$|");
}

TEST(SqlShapeTest, PositionsAreFound) {
  const auto found = [](std::string_view sql) {
    const std::optional<SqlName> position = find_position(sql);
    return position ? sql.substr(position->begin, position->length) : "";
  };
  EXPECT_EQ(found("max(#2)"), "#2");
  EXPECT_EQ(found("# /* the */ 12 + 1"), "# /* the */ 12");
  EXPECT_EQ(found("'#2' || \"#2\" -- #2"), "");
  EXPECT_EQ(found("a # b"), "");
}

TEST(SqlShapeTest, UnfinishedTextsEnd) {
  for (const char* sql :
       {"E'", "E'\\", "'", "\"", "/*", "--", "$$", "$a$", "(", "a AS", "'a''", "$"}) {
    EXPECT_GE(split_expressions(sql).size() + names_in(sql).size() + 1, 1U) << sql;
    (void)is_statement(sql);
  }
}

std::string relations(std::string_view sql) {
  std::string text;
  for (const SqlName& each : relations_in(sql)) {
    text += each.name + "|";
  }
  return text;
}

TEST(SqlShapeTest, RelationsAreWhatAFromNamesAndNoArguments) {
  EXPECT_EQ(relations("SELECT a FROM d, source s JOIN \"e f\" ON d.x = s.x, (g) WHERE a IN (b, c)"),
            "d|source|e f|g|");
  EXPECT_EQ(relations("id > (SELECT count(*) FROM {dataset}) AND x IN (FROM y)"), "dataset|y|");
  EXPECT_EQ(relations("FROM source SELECT a, b"), "source|");
  EXPECT_EQ(relations("trim(both ' ' from source) <> '' AND extract(year FROM day) > 1"), "");
  EXPECT_EQ(
      relations("trim(FROM source) || substring(source FROM 2) || overlay(a placing b from c)"),
      "");
  EXPECT_EQ(relations("trim((SELECT max(a) FROM b) FROM c)"), "b|");
  EXPECT_EQ(relations("d IS DISTINCT FROM source OR d IS NOT DISTINCT FROM source"), "");
  EXPECT_EQ(relations("SELECT DISTINCT a FROM b"), "b|");
  EXPECT_EQ(relations("'FROM x' || \"from\" || range(1, 2)"), "");
  EXPECT_EQ(relations("SELECT a FROM range(1, 2), x"), "x|");
}

}  // namespace
}  // namespace sluice::contract
