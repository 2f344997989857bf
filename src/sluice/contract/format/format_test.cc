#include "sluice/contract/format/format.h"

#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

std::string formatted(std::string_view text) {
  auto out = format_contract(text, "contract.yaml");
  return out ? *out : "error: " + out.error().message;
}

TEST(FormatTest, KeysComeInTheOrderOfTheTables) {
  EXPECT_EQ(formatted("model:\n  fields:\n    - type: int\n      name: a\nversion: 1.0.0\n"),
            "version: 1.0.0\nmodel:\n  fields:\n    - name: a\n      type: int\n");
}

TEST(FormatTest, CommentsMoveWithTheirKeys) {
  EXPECT_EQ(formatted("# head\n\nmodel:  # the columns\n  # all of them\n  fields: [ ]\n\n"
                      "# what it is\nversion: 1.0.0   # semantic\n"),
            "# head\n\n# what it is\nversion: 1.0.0   # semantic\n\nmodel:  # the columns\n"
            "  # all of them\n  fields: [ ]\n");
}

TEST(FormatTest, LinesThatWereSwitchedOffKeepTheirIndentation) {
  const std::string text =
      "version: 1.0.0\nmodel:\n#   lenient: true\n  fields:\n    - name: a\n"
      "#       pii: true\n      type: int\n";
  EXPECT_EQ(formatted(text), text);
}

TEST(FormatTest, LevelsAreTwoBlanksAndListsStandBelowTheirKey) {
  EXPECT_EQ(formatted("version: 1.0.0\nquality:\n    row_rules:\n    -   sql: a > 0\n"
                      "        name:   positive\n"),
            "version: 1.0.0\nquality:\n  row_rules:\n    - name: positive\n      sql: a > 0\n");
}

TEST(FormatTest, BlocksOfSqlKeepTheirInnerLayout) {
  EXPECT_EQ(formatted("version: 1.0.0\ntransformations:\n- phase: pre\n  sql: |\n      SELECT a,\n"
                      "        # no comment\n\n\n        b  \n      FROM source\n"),
            "version: 1.0.0\ntransformations:\n  - sql: |\n        SELECT a,\n"
            "          # no comment\n\n\n          b  \n        FROM source\n    phase: pre\n");
}

TEST(FormatTest, AnchorsKeepTheOrder) {
  const std::string text = "model: &m\n  fields: []\nversion: 1.0.0\nextensions:\n  a.b: *m\n";
  EXPECT_EQ(formatted(text), text);
}

TEST(FormatTest, WindowsLineEndsAndBlanksAtLineEndsGo) {
  EXPECT_EQ(formatted("version: 1.0.0  \r\n\r\n\r\n\r\ninfo:\r\n  title: A\r\n\r\n"),
            "version: 1.0.0\n\ninfo:\n  title: A\n");
}

TEST(FormatTest, WhatCannotBeReadIsRefused) {
  const auto out = format_contract("version: [1\n", "broken.yaml");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::InvalidContract);
}

TEST(FormatTest, EveryContractOfTheTreeMeansTheSameAndIsFormattedOnce) {
  std::size_t seen = 0;
  for (const char* folder : {"test", "examples"}) {
    const auto paths = list_contracts(folder);
    for (const std::string& path : paths ? *paths : std::vector<std::string>{}) {
      const auto text = load_contract_text({}, path);
      ASSERT_TRUE(text) << path;
      const auto once = format_contract(*text, path);
      if (!once) {
        EXPECT_EQ(once.error().code, ErrorCode::InvalidContract) << path << once.error().message;
        continue;
      }
      ++seen;
      EXPECT_EQ(*format_contract(*once, path), *once) << path;
      const CheckedContract before = check_contract(*text, path);
      const CheckedContract after = check_contract(*once, path);
      EXPECT_EQ(before.contract, after.contract) << path << "\n" << *once;
      EXPECT_EQ(before.diagnostics.size(), after.diagnostics.size()) << path << "\n" << *once;
    }
  }
  EXPECT_GT(seen, 120U);
}

}  // namespace
}  // namespace sluice::contract
