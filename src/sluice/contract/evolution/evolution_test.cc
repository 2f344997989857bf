#include "sluice/contract/evolution/evolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

schema::Schema columns(int bits) {
  return {.fields = {{.name = "id", .type = {schema::Integer{.bits = bits}}, .nullable = false},
                     {.name = "name", .type = {schema::Text{}}}}};
}

schema::Schema with(schema::Schema schema, schema::Field field) {
  schema.fields.push_back(std::move(field));
  return schema;
}

Contract contract_of(Evolution evolution) {
  Contract contract;
  contract.schema_policy.emplace().evolution.value = evolution;
  return contract;
}

std::vector<std::string> words(const std::vector<schema::Change>& changes) {
  std::vector<std::string> list;
  for (const schema::Change& change : changes) {
    list.push_back(schema::to_string(change));
  }
  return list;
}

const schema::Field kNote{.name = "note", .type = {schema::Text{}}, .nullable = false};

TEST(Evolution, ATableThatFitsHasNoDrift) {
  EXPECT_THAT(find_drift(columns(64), columns(64)).changes, IsEmpty());
  EXPECT_THAT(find_drift(columns(64), columns(32)).changes, IsEmpty()) << "narrower rows fit";
  schema::Schema loose = columns(64);
  loose.fields[0].nullable = true;
  EXPECT_THAT(find_drift(columns(64), loose).changes, IsEmpty()) << "the table judges the rows";
}

TEST(Evolution, WhatTheTableLacksIsAddedAsOptional) {
  const Drift drift = find_drift(columns(32), with(columns(64), kNote));
  EXPECT_THAT(words(drift.changes),
              ElementsAre("widen column id from int32 to int64", "add column note: text"));
  EXPECT_TRUE(std::get<schema::AddColumn>(drift.changes[1]).field.nullable);
}

TEST(Evolution, ColumnsOfTheTableAloneAreKeptAndNoLongerRequired) {
  const Drift drift = find_drift(with(columns(64), kNote), columns(64));
  EXPECT_THAT(drift.kept, ElementsAre("note"));
  EXPECT_THAT(words(drift.changes), ElementsAre("make column note optional"));
}

TEST(Evolution, OnlyWhatAllowsAnythingMakesAColumnOfTheTableAloneOptional) {
  const Drift drift = find_drift(with(columns(64), kNote), columns(64));
  EXPECT_THAT(words(allowed_changes(contract_of(Evolution::Allow), drift).value()),
              ElementsAre("make column note optional"));
  for (const Evolution one : {Evolution::Strict, Evolution::Append, Evolution::Merge,
                              Evolution::Compatible, Evolution::Overwrite}) {
    const auto refused = allowed_changes(contract_of(one), drift);
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("make column note optional"));
    EXPECT_THAT(refused.error().hint, HasSubstr("declare these columns"));
  }
}

/// Whose field `name` is optional and whose others are required.
Contract declaring(Evolution evolution, const std::vector<std::string>& names) {
  Contract contract = contract_of(evolution);
  for (const std::string& name : names) {
    Field field;
    field.name.value = name;
    field.type.value = "string";
    field.required.value = name != "name";
    contract.model.fields.push_back(field);
  }
  return contract;
}

TEST(Evolution, AColumnThatOnlyTheTableRequiresIsMadeOptional) {
  schema::Schema table = columns(64);
  table.fields[1].nullable = false;
  for (const Evolution one : {Evolution::Merge, Evolution::Compatible, Evolution::Allow}) {
    const Contract contract = declaring(one, {"id", "name"});
    const Drift drift = find_drift(contract, {.schema = table}, columns(64)).value();
    EXPECT_THAT(words(drift.changes), ElementsAre("make column name optional"));
    EXPECT_THAT(words(allowed_changes(contract, drift).value()),
                ElementsAre("make column name optional"));
  }
  for (const Evolution one : {Evolution::Strict, Evolution::Append}) {
    const Contract contract = declaring(one, {"id", "name"});
    const Drift drift = find_drift(contract, {.schema = table}, columns(64)).value();
    EXPECT_THAT(words(drift.changes), ElementsAre("make column name optional"));
    EXPECT_THAT(allowed_changes(contract, drift).value(), IsEmpty()) << "the table judges the rows";
  }
}

TEST(Evolution, KeysAndColumnsThatAreNotDeclaredStayRequired) {
  schema::Schema table = columns(64);
  table.fields[1].nullable = false;
  const Contract untold = declaring(Evolution::Allow, {"id"});
  EXPECT_THAT(find_drift(untold, {.schema = table}, columns(64)).value().changes, IsEmpty());
  Contract keyed = declaring(Evolution::Allow, {"id", "name"});
  keyed.primary_key.emplace_back().value = "name";
  EXPECT_THAT(find_drift(keyed, {.schema = table}, columns(64)).value().changes, IsEmpty());
}

TEST(Evolution, ATableIsNotMadeStricter) {
  schema::Schema table = columns(64);
  table.fields[0].nullable = true;
  const Contract contract = declaring(Evolution::Allow, {"id", "name"});
  EXPECT_THAT(find_drift(contract, {.schema = table}, columns(64)).value().changes, IsEmpty());
}

TEST(Evolution, EachPolicyLetsThroughWhatItSays) {
  const Drift added = find_drift(columns(64), with(columns(64), kNote));
  const Drift widened = find_drift(columns(32), columns(64));
  struct Case {
    Evolution evolution;
    bool adds;
    bool widens;
  };
  for (const Case& one :
       {Case{Evolution::Strict, false, false}, Case{Evolution::Append, true, false},
        Case{Evolution::Merge, true, true}, Case{Evolution::Compatible, true, true},
        Case{Evolution::Allow, true, true}, Case{Evolution::Overwrite, true, true}}) {
    const Contract contract = contract_of(one.evolution);
    EXPECT_EQ(allowed_changes(contract, added).has_value(), one.adds);
    EXPECT_EQ(allowed_changes(contract, widened).has_value(), one.widens);
  }
  EXPECT_TRUE(allowed_changes(Contract{}, widened).has_value()) << "allow unless said";
}

schema::Schema one_column(schema::LogicalType type) {
  return {.fields = {{.name = "x", .type = std::move(type)}}};
}

TEST(Evolution, RowsOfAnUndeclaredColumnTakeATypeThatHoldsThem) {
  const schema::LogicalType whole{schema::Integer{}};
  const schema::LogicalType fraction{schema::Float{}};
  const schema::LogicalType text{schema::Text{}};
  const schema::LogicalType narrow{schema::Struct{{{.name = "a", .type = whole}}}};
  const schema::LogicalType wide{
      schema::Struct{{{.name = "b", .type = text}, {.name = "a", .type = fraction}}}};
  const schema::LogicalType list{schema::List{.element = narrow}};
  struct Case {
    schema::LogicalType rows;
    schema::LogicalType table;
    bool fits;
  };
  for (const Case& one :
       {Case{whole, fraction, true}, Case{fraction, whole, false}, Case{whole, text, true},
        Case{text, whole, false}, Case{narrow, wide, true}, Case{wide, narrow, false},
        Case{list, schema::LogicalType{schema::List{.element = wide}}, true},
        Case{list, text, true}, Case{list, wide, false}}) {
    schema::Schema rows = one_column(one.rows);
    EXPECT_EQ(take_stored_types(Contract{}, one_column(one.table), rows), one.fits)
        << to_string(one.rows) << " into " << to_string(one.table);
    EXPECT_EQ(rows.fields[0].type, one.fits ? one.table : one.rows);
    rows = one_column(one.rows);
    EXPECT_FALSE(take_stored_types(contract_of(Evolution::Strict), one_column(one.table), rows));
  }
}

TEST(Evolution, ARefusalNamesEveryChangeAndTheWayOut) {
  const auto refused = allowed_changes(contract_of(Evolution::Strict),
                                       find_drift(columns(32), with(columns(64), kNote)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(refused.error().message, HasSubstr("(strict)"));
  EXPECT_THAT(refused.error().message, HasSubstr("widen column id from int32 to int64; add"));
  EXPECT_THAT(refused.error().hint, HasSubstr("ddl --apply"));
}

}  // namespace
}  // namespace sluice::contract
