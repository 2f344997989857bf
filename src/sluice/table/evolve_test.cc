#include "sluice/table/evolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::table {
namespace {

using schema::Change;
using testing::ElementsAre;
using testing::HasSubstr;

schema::Schema trips() {
  return {.fields = {{.name = "id", .type = {schema::Integer{.bits = 32}}, .nullable = false},
                     {.name = "name", .type = {schema::Text{}}},
                     {.name = "day", .type = {schema::Date{}}}}};
}

Result<Evolved> evolve(const std::vector<Change>& changes) {
  return evolve_schema(trips(), changes, {"day"});
}

Change add(std::string name) {
  return schema::AddColumn{.field = {.name = std::move(name), .type = {schema::Text{}}}};
}
Change widen(std::string name, schema::LogicalType to) {
  return schema::WidenColumn{.name = std::move(name), .from = {}, .to = std::move(to)};
}

TEST(Evolve, EachColumnKnowsWhereItsValuesComeFrom) {
  const Evolved evolved = evolve({add("note"), schema::RenameColumn{.from = "NAME", .to = "label"},
                                  widen("id", {schema::Integer{.bits = 64}})})
                              .value();
  EXPECT_EQ(schema::to_string(evolved.schema),
            schema::to_string(
                schema::Schema{{{.name = "id", .type = {schema::Integer{}}, .nullable = false},
                                {.name = "label", .type = {schema::Text{}}},
                                {.name = "day", .type = {schema::Date{}}},
                                {.name = "note", .type = {schema::Text{}}}}}));
  EXPECT_THAT(evolved.from, ElementsAre("id", "name", "day", ""));
  EXPECT_TRUE(evolved.changes_files);
  EXPECT_TRUE(evolved.adds_columns);
}

TEST(Evolve, ANewColumnAloneLeavesTheFilesAsTheyAre) {
  EXPECT_FALSE(evolve({add("note")}).value().changes_files);
  const Evolved optional =
      evolve({schema::ChangeNullability{.name = "id", .nullable = true}}).value();
  EXPECT_FALSE(optional.changes_files);
  EXPECT_TRUE(optional.newly_required.empty());
}

TEST(Evolve, AColumnThatBecomesRequiredIsToldApart) {
  EXPECT_THAT(
      evolve({schema::ChangeNullability{.name = "name", .nullable = false}}).value().newly_required,
      ElementsAre("name"));
}

TEST(Evolve, WhatIsThereAlreadyOrNotThereIsRefused) {
  for (const Change& change :
       {add("Name"), add("_sluice_row"), Change{schema::DropColumn{.field = {.name = "x"}}},
        Change{schema::RenameColumn{.from = "id", .to = "name"}},
        widen("id", {schema::Integer{.bits = 16}}),
        Change{schema::ChangeNullability{.name = "name", .nullable = true}}}) {
    const auto refused = evolve({change});
    ASSERT_FALSE(refused.has_value()) << schema::to_string(change);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument) << schema::to_string(change);
  }
  EXPECT_EQ(evolve({}).error().code, ErrorCode::InvalidArgument);
}

TEST(Evolve, ARequiredColumnIsNotAddedToRowsThatLackIt) {
  const auto refused = evolve(
      {schema::AddColumn{.field = {.name = "must", .type = {schema::Text{}}, .nullable = false}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("'must'"));
  EXPECT_THAT(refused.error().hint, HasSubstr("Add it as optional"));
}

TEST(Evolve, ColumnsOfTheLayoutStayAndValuesAreNotLost) {
  for (const Change& change :
       {Change{schema::DropColumn{.field = {.name = "day"}}},
        Change{schema::RenameColumn{.from = "day", .to = "date"}},
        widen("day", {schema::Timestamp{.utc = false}}),
        Change{schema::RetypeColumn{
            .name = "name", .from = {schema::Text{}}, .to = {schema::Integer{}}}}}) {
    const auto refused = evolve({change});
    ASSERT_FALSE(refused.has_value()) << schema::to_string(change);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported) << schema::to_string(change);
    EXPECT_FALSE(refused.error().hint.empty());
  }
}

TEST(Evolve, ColumnsThatAllGoAndComeAnewLeaveSome) {
  const Change gone{schema::DropColumn{.field = {.name = "id"}}};
  const schema::Schema before{.fields = {{.name = "id", .type = {schema::Integer{}}}}};
  const auto replaced = evolve_schema(
      before, {gone, schema::AddColumn{.field = {.name = "id", .type = {schema::Text{}}}}}, {});
  ASSERT_TRUE(replaced.has_value());
  EXPECT_EQ(replaced->schema.fields[0].type, schema::LogicalType{schema::Text{}});
  EXPECT_EQ(replaced->from[0], "");
  EXPECT_THAT(evolve_schema(before, {gone}, {}).error().message, HasSubstr("one column at least"));
}

TEST(Evolve, ARefusalNamesWhoDoesIt) {
  const schema::LogicalType narrow{schema::Decimal{.precision = 5, .scale = 2}};
  const schema::LogicalType wide{schema::Decimal{.precision = 9, .scale = 2}};
  const Error widening =
      cannot_evolve("DuckLake table", schema::WidenColumn{.name = "x", .from = narrow, .to = wide});
  EXPECT_THAT(widening.hint, HasSubstr("a Parquet folder or a DuckDB table changes in place."));
  const Error retyping =
      cannot_evolve("DuckDB table", schema::RetypeColumn{.name = "x", .from = wide, .to = narrow});
  EXPECT_THAT(retyping.hint, testing::Not(HasSubstr("in place")));
}

TEST(Evolve, AnyValueOfOneSpellingBecomesAText) {
  const auto retype = [](const schema::LogicalType& from) {
    const schema::Schema before{.fields = {{.name = "x", .type = from}}};
    return evolve_schema(
        before, {schema::RetypeColumn{.name = "x", .from = from, .to = {schema::Text{}}}}, {});
  };
  EXPECT_TRUE(retype({schema::Float{}}).value().changes_files);
  EXPECT_EQ(retype({schema::Date{}}).value().schema.fields[0].type,
            schema::LogicalType{schema::Text{}});
  EXPECT_EQ(retype({schema::Bytes{}}).error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace sluice::table
