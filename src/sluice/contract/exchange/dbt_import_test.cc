// Contracts from dbt's properties files. Data: test/contracts/exchange.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/exchange.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string kFolder = "test/contracts/exchange/";

std::string load(const std::string& path) { return load_contract_text({}, path).value(); }

TEST(DbtImportTest, ModelsAndSourcesBecomeContracts) {
  for (const char* name : {"schema", "sources", "packages"}) {
    const auto made = import_dbt(load(kFolder + name + ".yml"), name);
    ASSERT_TRUE(made) << to_string(made.error());
    std::string all;
    for (const Imported& each : *made) {
      const CheckedContract checked = check_contract(each.text, "made.yaml");
      EXPECT_TRUE(checked.is_runnable()) << to_error(checked.diagnostics).message << each.text;
      all += (all.empty() ? "" : "---\n") + each.text;
      for (const std::string& note : each.notes) {
        all += "# " + note + "\n";
      }
    }
    const std::string golden = kFolder + name + ".dbt.txt";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      ASSERT_TRUE(replace_text_file(golden, all));
    }
    EXPECT_EQ(all, load(golden)) << "UPDATE_GOLDEN=1 writes it";
  }
}

/// The contract of one column with one test.
Imported one_column(const std::string& test) {
  const auto made = import_dbt(
      "models: [{name: m, columns: [{name: c, data_type: int, tests: [" + test + "]}]}]\n",
      "x.yml");
  EXPECT_TRUE(made) << (made ? "" : to_string(made.error()));
  return made ? made->front() : Imported{};
}

TEST(DbtImportTest, AnOptionalColumnPassesWithoutAValueAsInDbt) {
  EXPECT_THAT(one_column("accepted_values: {values: [1, 2]}").text,
              HasSubstr("sql: \"\\\"c\\\" IS NULL OR \\\"c\\\" IN (1, 2)\""));
  EXPECT_THAT(one_column("not_null, accepted_values: {values: [1, 2]}").text,
              HasSubstr("accepted_values:\n"));
}

TEST(DbtImportTest, ATestWithAnArgumentNobodyKnowsIsSaid) {
  const Imported made =
      one_column("dbt_utils.accepted_range: {min_value: 0, group_by_columns: [d]}");
  EXPECT_THAT(made.notes, Contains("m: no rule for the test 'dbt_utils.accepted_range' of c; write "
                                   "it as SQL"));
  EXPECT_EQ(made.text.find("rules"), std::string::npos) << made.text;
}

TEST(DbtImportTest, ATemplateIsNeverTakenForSql) {
  const Imported made = one_column("dbt_utils.accepted_range: {min_value: \"{{ var('x') }}\"}");
  EXPECT_EQ(made.notes.size(), 1U);
  EXPECT_EQ(made.text.find("var("), std::string::npos) << made.text;
}

TEST(DbtImportTest, AConditionNarrowsTheRule) {
  EXPECT_THAT(one_column("not_null: {config: {where: \"d > 1\"}}").text,
              HasSubstr("(d > 1) IS NOT TRUE OR (\\\"c\\\" IS NOT NULL)"));
}

TEST(DbtImportTest, WhatIsNoPropertiesFileIsRefusedAtItsPlace) {
  struct Refused {
    std::string text;
    std::uint32_t line;
    std::uint32_t column;
    std::string message;
  };
  const std::vector<Refused> cases{
      {"version: 2\n", 1, 1, "neither models nor sources"},
      {"- a\n", 1, 1, "expected a map of keys"},
      {"models: {name: a}\n", 1, 9, "expected a list for 'models'"},
      {"models:\n  - description: x\n", 2, 5, "an item of 'models' needs a name"},
      {"models:\n  - name: a\n    columns:\n      - id\n", 4, 9, "expected a map in 'columns'"},
  };
  for (const Refused& each : cases) {
    const auto made = import_dbt(each.text, "x.yml");
    ASSERT_FALSE(made) << each.text;
    EXPECT_EQ(made.error().code, ErrorCode::InvalidContract) << each.text;
    EXPECT_THAT(made.error().message, HasSubstr(each.message));
    ASSERT_TRUE(made.error().at) << each.text;
    EXPECT_EQ(made.error().at->line, each.line) << each.text;
    EXPECT_EQ(made.error().at->column, each.column) << each.text;
  }
}

}  // namespace
}  // namespace sluice::contract
