// Round trips of contracts through ODCS, and changes of native fields between them.
// Data: test/contracts/exchange, and every contract of this repository.
#include "sluice/contract/exchange/exchange.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/exchange/odcs_internal.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::string kFolder = "test/contracts/exchange/";

std::string load(const std::string& path) { return load_contract_text({}, path).value(); }

/// UPDATE_GOLDEN=1 writes it.
std::string golden(const std::string& path, const std::string& now) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    EXPECT_TRUE(replace_text_file(path, now));
  }
  return load(path);
}

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

class ExchangeTest : public testing::Test {
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

TEST_F(ExchangeTest, AnExportSaysWhatTheFileSays) {
  EXPECT_EQ(exported_, golden(kFolder + "trips.odcs.yaml", exported_));
}

/// Contracts of this repository without errors, and the cases beside the checkout when they are
/// there. Refused ones are counted in `invalid`.
std::vector<std::string> all_contracts(int* invalid = nullptr) {
  std::vector<std::string> paths;
  for (const char* folder :
       {"test/contracts", "test/conformance/cases", "examples", "../shared/conformance/cases"}) {
    if (!std::filesystem::exists(folder)) {
      continue;
    }
    for (const std::string& path : list_contracts(folder).value()) {
      if (check_contract(load(path), path).is_runnable()) {
        paths.push_back(path);
      } else if (invalid != nullptr) {
        ++*invalid;
        EXPECT_FALSE(export_odcs(load(path), path)) << path;
      }
    }
  }
  return paths;
}

TEST_F(ExchangeTest, EveryContractComesBackByteForByte) {
  int invalid = 0;
  const std::vector<std::string> paths = all_contracts(&invalid);
  EXPECT_GT(paths.size(), 200U);
  EXPECT_GT(invalid, 10);
  for (const std::string& path : paths) {
    const std::string text = load(path);
    const auto made = export_odcs(text, path);
    ASSERT_TRUE(made) << path << ": " << to_string(made.error());
    const auto back = import_odcs(*made, path);
    ASSERT_TRUE(back) << path << ": " << to_string(back.error());
    EXPECT_EQ(back->text, text) << path;
    EXPECT_THAT(back->notes, testing::IsEmpty()) << path;
    EXPECT_EQ(check_contract(back->text, path).contract, check_contract(text, path).contract);
  }
}

TEST_F(ExchangeTest, EveryExportIsAsOdcsSays) {
  for (const std::string& path : all_contracts()) {
    const std::string made = export_odcs(load(path), path).value();
    Diagnostics found(path);
    internal::check_odcs(internal::parse_root(made, path).value(), found);
    for (const Diagnostic& each : found) {
      ADD_FAILURE() << render(each, made, false) << "\n" << made;
    }
  }
}

/// The text is written anew: nothing of the contract may change on the way but what was changed.
TEST_F(ExchangeTest, OneChangeLeavesTheRestOfEveryContractAlone) {
  for (const std::string& path : all_contracts()) {
    const std::string text = load(path);
    Contract before = check_contract(text, path).contract.value();
    const std::string status = before.info.status ? before.info.status->value : "active";
    const auto back = import_odcs(
        changed(export_odcs(text, path).value(), "\nstatus: " + status + "\n", "\nstatus: vast\n"),
        path);
    ASSERT_TRUE(back) << path << ": " << to_string(back.error());
    const CheckedContract checked = check_contract(back->text, path);
    ASSERT_TRUE(checked.is_runnable()) << back->text;
    EXPECT_EQ(checked.contract->info.status->value, "vast") << path;
    before.info.status = checked.contract->info.status;
    EXPECT_TRUE(*checked.contract == before) << path << "\n" << back->text;
  }
}

/// A document from elsewhere, with everything that a contract has no word for.
constexpr std::string_view kElsewhere = R"(apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
tenant: acme
description:
  purpose: what people order
  usage: reports
  limitations: none
servers:
  - {server: prod, type: postgres, host: db, port: 5432, database: d, schema: public}
  - {server: lake, type: s3, location: "s3://b/x/*.csv", format: csv}
roles:
  - {role: analyst, access: read, firstLevelApprovers: ann}
support:
  - {channel: "#orders", tool: slack, url: "https://x.example"}
team:
  name: orders
  members:
    - {username: ann, role: owner, dateIn: "2024-01-01"}
price: {priceAmount: 1.5, priceCurrency: USD, priceUnit: megabyte}
slaProperties:
  - {property: latency, value: 4, unit: d, element: orders.placed}
tags: [sales]
schema:
  - name: orders
    logicalType: object
    physicalType: table
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - name: address
        logicalType: object
        properties:
          - {name: street, logicalType: string, description: with its number, required: true}
          - {name: city, logicalType: string}
      - name: tags
        logicalType: array
        items: {logicalType: string, description: one word}
)";

TEST_F(ExchangeTest, WhatAContractHasNoWordForComesBackWithTheNextExport) {
  const auto made = import_odcs(kElsewhere, "orders.odcs.yaml");
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_THAT(made->notes, Not(Contains(HasSubstr("not taken over"))));
  const Contract contract = read(made->text);
  EXPECT_EQ(contract.model.find("address")->type.value, "struct<street:string,city:string>");
  const Node again =
      internal::parse_root(export_odcs(made->text, "orders.yaml").value(), "a").value();
  const Node first = internal::parse_root(kElsewhere, "a").value();
  for (const char* key : {"tenant", "description", "servers", "roles", "support", "team", "price",
                          "slaProperties", "tags"}) {
    ASSERT_NE(again.find(key), nullptr) << key;
    EXPECT_TRUE(*again.find(key) == *first.find(key)) << key;
  }
  const auto property = [](const Node& root, std::size_t i) {
    return root.find("schema")->items[0].find("properties")->items[i];
  };
  EXPECT_TRUE(*property(again, 1).find("properties") == *property(first, 1).find("properties"));
  EXPECT_TRUE(*property(again, 2).find("items") == *property(first, 2).find("items"));
}

TEST_F(ExchangeTest, PartsOfATypeThatChangedSinceAreNotSaidAgain) {
  const auto made = import_odcs(kElsewhere, "orders.odcs.yaml");
  ASSERT_TRUE(made);
  const std::string other =
      changed(made->text, "struct<street:string,city:string>", "struct<street:string,zip:string>");
  const std::string out = export_odcs(other, "orders.yaml").value();
  EXPECT_THAT(out, HasSubstr("name: zip"));
  EXPECT_THAT(out.substr(0, out.find("customProperties:")), Not(HasSubstr("with its number")));
}

TEST_F(ExchangeTest, ANewNameIsTakenOver) {
  const Contract made = after("        name: city\n", "        name: town\n");
  EXPECT_EQ(made.model.find("city"), nullptr);
  ASSERT_NE(made.model.find("town"), nullptr);
  EXPECT_EQ(made.model.find("town")->type.value, "string");
}

TEST_F(ExchangeTest, ANewTypeIsTakenOver) {
  EXPECT_EQ(after("physicalType: \"decimal(10,2)\"", "physicalType: double")
                .model.find("fare_amount")
                ->type.value,
            "double");
  EXPECT_EQ(after("logicalType: boolean", "logicalType: integer").model.find("is_paid")->type.value,
            "bigint");
}

TEST_F(ExchangeTest, RequiredIsTakenOver) {
  EXPECT_TRUE(after("physicalType: date\n        required: false",
                    "physicalType: date\n        required: true")
                  .model.find("day")
                  ->required.value);
  EXPECT_FALSE(after("physicalType: bigint\n        required: true",
                     "physicalType: bigint\n        required: false")
                   .model.find("trip_id")
                   ->required.value);
}

TEST_F(ExchangeTest, QualityIsTakenOver) {
  const Contract widened = after("- 1000000\n", "- 5000000\n");
  ASSERT_EQ(widened.quality.dataset_rules.size(), 2U);
  const auto* count = std::get_if<RowCountCheck>(&widened.quality.dataset_rules.back().check);
  ASSERT_NE(count, nullptr);
  EXPECT_EQ(count->max->value, 5'000'000);

  const Contract other = after("pattern: \"^c[a-z]+$\"\n", "pattern: \"^b\"\n");
  EXPECT_EQ(std::get<RegexCheck>(other.quality.row_rules.at(1).check).pattern.value, "^b");
  EXPECT_EQ(std::get<RegexCheck>(other.quality.row_rules.at(1).check).field.value, "payment");

  const Contract valued = after("- cash\n", "- coin\n");
  EXPECT_EQ(valued.model.find("payment")->accepted_values->at(0).value.text, "coin");

  const Contract custom = after("\\\"fare_amount >= 0\\\"", "\\\"fare_amount > 1\\\"");
  EXPECT_EQ(std::get<SqlCheck>(custom.quality.row_rules.back().check).sql.text, "fare_amount > 1");
}

TEST_F(ExchangeTest, ARemovedCheckIsARemovedRule) {
  const Contract made = after(
      "          - id: row_rules-0\n            severity: warning\n"
      "            type: library\n            metric: nullValues\n"
      "            mustBe: 0\n",
      "          []\n");
  EXPECT_EQ(made.quality.row_rules.size(), 2U);
}

TEST_F(ExchangeTest, ANewCheckIsANewRule) {
  const Contract made = after("        name: city\n",
                              "        name: city\n        quality:\n"
                              "          - {metric: nullValues, mustBe: 0}\n");
  ASSERT_EQ(made.quality.row_rules.size(), 4U);
  EXPECT_EQ(std::get<NotNullCheck>(made.quality.row_rules.back().check).field.value, "city");
}

TEST_F(ExchangeTest, ARenamedColumnKeepsItsRulesAndKeys) {
  const Contract made = after("        name: trip_id\n", "        name: ride_id\n");
  EXPECT_EQ(made.primary_key.at(0).value, "ride_id");
  EXPECT_EQ(std::get<UniqueCheck>(made.quality.dataset_rules.at(0).check).columns.at(0).value,
            "ride_id");
}

TEST_F(ExchangeTest, AKeyIsTakenOver) {
  const Contract made =
      after("        name: picked_up\n",
            "        name: picked_up\n        primaryKey: true\n        primaryKeyPosition: 2\n");
  ASSERT_EQ(made.primary_key.size(), 2U);
  EXPECT_EQ(made.primary_key.at(1).value, "picked_up");
}

TEST_F(ExchangeTest, AReferenceIsTakenOver) {
  const Contract made = after("        name: city\n",
                              "        name: city\n        relationships:\n"
                              "          - {to: cities.name}\n");
  EXPECT_EQ(made.model.find("city")->foreign_key->contract.value, "cities");
  EXPECT_EQ(made.model.find("city")->foreign_key->column.value, "name");
}

TEST_F(ExchangeTest, PartsOfATypeAreTakenOver) {
  const std::string text =
      "version: 1.0.0\ninfo: {title: T, version: 1.0.0}\nmodel:\n  fields:\n"
      "    - {name: a, type: \"struct<x:int,y:array<string>>\"}\n";
  const std::string made = export_odcs(text, "t.yaml").value();
  const auto back = import_odcs(changed(made, "name: x\n            logicalType: integer",
                                        "name: x\n            logicalType: date"),
                                "t.yaml");
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(read(back->text).model.find("a")->type.value, "struct<x:date,y:array<string>>");
}

TEST_F(ExchangeTest, AServiceLevelIsTakenOver) {
  const Contract made = after("value: 6\n", "value: 12\n");
  EXPECT_EQ(made.service_levels.freshness->threshold->value, "12h");
  EXPECT_EQ(made.service_levels.freshness->field->value, "picked_up");
}

TEST_F(ExchangeTest, OnlyWhatWasChangedIsAnother) {
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

TEST_F(ExchangeTest, AForeignDocumentBecomesAContract) {
  const std::string foreign = load(kFolder + "foreign.odcs.yaml");
  const auto made = import_odcs(foreign, "foreign.odcs.yaml");
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(made->text, golden(kFolder + "foreign.yaml", made->text));
  (void)read(made->text);
  // What a contract has no word for survives the way back.
  const std::string again = export_odcs(made->text, "foreign.yaml").value();
  for (const char* kept : {"price:", "priceAmount: 9.95", "physicalName: cust_id", "retention",
                           "id: seller-contract", "businessName: Customers"}) {
    EXPECT_THAT(again, HasSubstr(kept));
  }
  EXPECT_EQ(import_odcs(again, "x").value().text, made->text);
  EXPECT_THAT(made->notes, Contains(HasSubstr("a row without a value fails the rule on rank")));
  EXPECT_THAT(made->notes, Contains("kept, but no rule: a check of type 'text' of rank"));
}

struct Refused {
  std::string text;
  std::uint32_t line;
  std::uint32_t column;
  std::string message;
};

TEST_F(ExchangeTest, WhatIsNoOdcsIsRefusedAtItsPlace) {
  const std::string head =
      "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\n";
  const std::vector<Refused> cases{
      {"a: [", 1, 0, ""},
      {"- a\n", 1, 1, "expected a map of keys"},
      {"version: 1.0.0\n", 1, 1, "this is no data contract of ODCS"},
      {"kind: DataContract\napiVersion: v2.2.2\n", 2, 13, "ODCS 3 is read"},
      {"kind: DataProduct\napiVersion: v3.1.0\nid: a\nversion: 1.0.0\nstatus: x\n", 1, 7,
       "expected DataContract for 'kind', got 'DataProduct'"},
      {"kind: DataContract\napiVersion: v3.1.0\nid: a\nstatus: x\n", 1, 1, "'version'"},
      {head + "schema: {name: a}\n", 6, 9, "expected a list of maps for 'schema'"},
      {head + "schema:\n  - physicalName: a\n", 7, 5, "needs the key 'name'"},
      {head + "schema:\n  - name: a\n    properties:\n      - {name: b, required: maybe}\n", 9, 29,
       "expected true or false for 'required'"},
      {head + "schema:\n  - name: a\n    properties:\n      - {name: b, logicalType: int}\n", 9, 32,
       "for 'logicalType', got 'int'"},
      {head + "slaProperties:\n  - {property: freshness}\n", 7, 5, "needs the key 'value'"},
      {head + "schema:\n  - name: a\n    quality:\n      - {type: library, mustBe: 0}\n", 9, 9,
       "needs the key 'metric'"},
      {head + "schema:\n  - name: a\n    quality:\n      - {metric: nulls, mustBe: 0}\n", 9, 18,
       "for 'metric', got 'nulls'"},
  };
  for (const Refused& each : cases) {
    const auto made = import_odcs(each.text, "x.yaml");
    ASSERT_FALSE(made) << each.text;
    const Error& error = made.error();
    EXPECT_THAT(error.message, HasSubstr(each.message)) << each.text;
    ASSERT_TRUE(error.at) << each.text;
    EXPECT_EQ(error.at->line, each.line) << each.text << to_string(error);
    if (each.column != 0) {
      EXPECT_EQ(error.at->column, each.column) << each.text << to_string(error);
    }
    const bool is_old = each.text.find("v2") != std::string::npos;
    EXPECT_EQ(error.code, is_old ? ErrorCode::Unsupported : ErrorCode::InvalidContract);
  }
}

TEST_F(ExchangeTest, AnUnknownKeyIsSaidAndKept) {
  const auto made = import_odcs(
      "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\n"
      "tennant: x\nschema:\n  - {name: a, properties: [{name: b, logicalType: string}]}\n",
      "x.yaml");
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_THAT(made->notes, Contains(HasSubstr("x.yaml:6:1: no key of a data contract of ODCS: "
                                              "'tennant'; did you mean 'tenant'?")));
  EXPECT_THAT(made->text, HasSubstr("odcs_tennant: x"));
}

TEST_F(ExchangeTest, AContractWithErrorsIsNotExported) {
  EXPECT_EQ(export_odcs("version: 1.0.0\n", "x").error().code, ErrorCode::InvalidContract);
}

}  // namespace
}  // namespace sluice::contract
