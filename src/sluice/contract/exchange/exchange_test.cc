// Round trips of contracts through ODCS, changes of native fields between them, and dbt's files.
// Data: test/contracts/exchange and all contracts of test/contracts/valid.
#include "sluice/contract/exchange/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string kFolder = "test/contracts/exchange/";

std::string load(const std::string& path) { return load_contract_text({}, path).value(); }

/// The text with one place changed, which must be there once.
std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << "\n" << text;
  EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Contract read(const std::string& text) {
  CheckedContract checked = check_contract(text, "made.yaml");
  EXPECT_FALSE(checked.diagnostics.has_errors()) << to_error(checked.diagnostics).message << "\n"
                                                 << text;
  return checked.contract.value_or(Contract{});
}

class OdcsTest : public testing::Test {
 protected:
  /// The contract after a change of the exported document.
  Contract after(const std::string& from, const std::string& to) {
    const auto made = import_odcs(changed(exported_, from, to), "trips.odcs.yaml");
    EXPECT_TRUE(made) << (made ? "" : to_string(made.error()));
    return made ? read(made->text) : Contract{};
  }

  std::string text_ = load(kFolder + "trips.yaml");
  std::string exported_ = export_odcs(text_, "trips.yaml").value();
};

TEST_F(OdcsTest, AnExportSaysWhatTheFileSays) {
  EXPECT_EQ(exported_, load(kFolder + "trips.odcs.yaml"))
      << "run: sluice export-odcs trips.yaml > trips.odcs.yaml";
}

TEST_F(OdcsTest, EveryContractComesBackByteForByte) {
  int count = 0;
  for (const char* folder : {"test/contracts/valid", "examples", "test/contracts/ddl"}) {
    for (const std::string& path : list_contracts(folder).value()) {
      const std::string text = load(path);
      if (!check_contract(text, path).is_runnable()) {
        continue;  // examples hold files of other kinds
      }
      const auto made = export_odcs(text, path);
      ASSERT_TRUE(made) << path << ": " << to_string(made.error());
      const auto back = import_odcs(*made, path);
      ASSERT_TRUE(back) << path << ": " << to_string(back.error());
      EXPECT_EQ(back->text, text) << path;
      ++count;
    }
  }
  EXPECT_GT(count, 10);
}

TEST_F(OdcsTest, ANewNameIsTakenOver) {
  const Contract made = after("            name: city\n", "            name: town\n");
  EXPECT_EQ(made.model.find("city"), nullptr);
  ASSERT_NE(made.model.find("town"), nullptr);
  EXPECT_EQ(made.model.find("town")->type.value, "string");
}

TEST_F(OdcsTest, ANewTypeIsTakenOver) {
  EXPECT_EQ(after("physicalType: \"decimal(10,2)\"", "physicalType: double")
                .model.find("fare_amount")
                ->type.value,
            "double");
  EXPECT_EQ(after("logicalType: boolean", "logicalType: integer").model.find("is_paid")->type.value,
            "bigint");
}

TEST_F(OdcsTest, RequiredIsTakenOver) {
  EXPECT_TRUE(after("physicalType: date\n          required: false",
                    "physicalType: date\n          required: true")
                  .model.find("day")
                  ->required.value);
  EXPECT_FALSE(after("physicalType: bigint\n          required: true",
                     "physicalType: bigint\n          required: false")
                   .model.find("trip_id")
                   ->required.value);
}

TEST_F(OdcsTest, QualityIsTakenOver) {
  const Contract widened = after("mustBeGreaterOrEqualTo: 1\n", "mustBeGreaterOrEqualTo: 5\n");
  ASSERT_EQ(widened.quality.dataset_rules.size(), 2U);
  const auto* count = std::get_if<RowCountCheck>(&widened.quality.dataset_rules.back().check);
  ASSERT_NE(count, nullptr);
  EXPECT_EQ(count->min->value, 5);

  const Contract valued = after("- cash\n", "- coin\n");
  EXPECT_EQ(valued.model.find("payment")->accepted_values->at(0).value.text, "coin");

  const Contract custom = after("\\\"fare_amount >= 0\\\"", "\\\"fare_amount > 1\\\"");
  EXPECT_EQ(std::get<SqlCheck>(custom.quality.row_rules.back().check).sql.text, "fare_amount > 1");
}

TEST_F(OdcsTest, AServiceLevelIsTakenOver) {
  const Contract made = after("value: 6\n", "value: 12\n");
  EXPECT_EQ(made.service_levels.freshness->threshold->value, "12h");
  EXPECT_EQ(made.service_levels.freshness->field->value, "picked_up");
}

TEST_F(OdcsTest, OnlyWhatWasChangedIsAnother) {
  Contract before = read(text_);
  Contract made = after("value: 6\n", "value: 12\n");
  made.service_levels = before.service_levels;
  EXPECT_EQ(made.model.fields.size(), before.model.fields.size());
  EXPECT_EQ(made.quality.row_rules, before.quality.row_rules);
  EXPECT_EQ(made.quality.dataset_rules, before.quality.dataset_rules);
  EXPECT_EQ(made.transformations, before.transformations);
  EXPECT_EQ(made.materialization, before.materialization);
  EXPECT_EQ(made.lineage, before.lineage);
}

TEST_F(OdcsTest, AForeignDocumentBecomesAContract) {
  const std::string foreign = load(kFolder + "foreign.odcs.yaml");
  const auto made = import_odcs(foreign, "foreign.odcs.yaml");
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(made->text, load(kFolder + "foreign.yaml"))
      << "run: sluice import-odcs foreign.odcs.yaml > foreign.yaml";
  (void)read(made->text);
  // What a contract has no word for survives the way back.
  const std::string again = export_odcs(made->text, "foreign.yaml").value();
  for (const char* kept : {"price:", "priceAmount: 9.95", "physicalName: cust_id", "retention",
                           "id: seller-contract", "businessName: Customers"}) {
    EXPECT_THAT(again, HasSubstr(kept));
  }
  EXPECT_EQ(import_odcs(again, "x").value().text, made->text);
}

TEST_F(OdcsTest, WhatIsNoOdcsIsRefused) {
  EXPECT_EQ(import_odcs("a: [", "x").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(import_odcs("version: 1.0.0\n", "x").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(import_odcs("kind: DataContract\napiVersion: v2.2.2\n", "x").error().code,
            ErrorCode::Unsupported);
  EXPECT_FALSE(export_odcs("version: 1.0.0\n", "x"));
}

TEST(DbtTest, ModelsAndSourcesBecomeContracts) {
  for (const char* name : {"schema", "sources"}) {
    const auto made = import_dbt(load(kFolder + name + ".yml"), name);
    ASSERT_TRUE(made) << to_string(made.error());
    std::string all;
    for (const Imported& each : *made) {
      (void)read(each.text);
      all += (all.empty() ? "" : "---\n") + each.text;
      for (const std::string& note : each.notes) {
        all += "# " + note + "\n";
      }
    }
    EXPECT_EQ(all, load(kFolder + name + ".dbt.txt"));
  }
}

TEST(DbtTest, AFileWithNeitherIsRefused) {
  EXPECT_EQ(import_dbt("version: 2\n", "x").error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace sluice::contract
