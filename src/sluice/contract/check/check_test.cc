#include "sluice/contract/check/check.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/contract/masking/masking_kind.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kHead = "version: 1.0.0\ninfo: {title: Trips}\n";
constexpr std::string_view kModel =
    "model:\n"
    "  fields:\n"
    "    - {name: trip_id, type: string, required: true}\n"
    "    - {name: fare_amount, type: double, required: true}\n"
    "    - {name: passengers, type: integer, required: true}\n"
    "    - {name: email, type: string, required: true, pii: true, masking: hash}\n"
    "    - {name: picked_up, type: timestamp, required: true}\n"
    "    - {name: note, type: string}\n";

bool has_key(std::string_view yaml, std::string_view key) {
  return yaml.starts_with(std::string(key) + ":") ||
         yaml.find("\n" + std::string(key) + ":") != std::string_view::npos;
}

/// The fragment with what a contract needs around it.
std::string completed(std::string_view fragment) {
  std::string text;
  text += has_key(fragment, "version") ? "" : "version: 1.0.0\n";
  text += has_key(fragment, "info") ? "" : "info: {title: Trips}\n";
  text += has_key(fragment, "model") ? std::string{} : std::string(kModel);
  return text + std::string(fragment);
}

bool has_code(const Diagnostics& diagnostics, Code code) {
  for (const Diagnostic& each : diagnostics) {
    if (each.code == code) {
      return true;
    }
  }
  return false;
}

std::string all_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics) {
    text += render(each, "", false);
  }
  return text;
}

CheckedContract check(std::string_view text) { return check_contract(text, "trips.yaml"); }

TEST(CheckTest, EveryPageShowsAContractWithTheFaultAndOneWithout) {
  for (const CodeInfo& info : all_codes()) {
    if (info.before.empty() || info.needs_engine || info.needs_templates) {
      continue;
    }
    const CheckedContract before = check(completed(info.before));
    EXPECT_TRUE(has_code(before.diagnostics, info.code)) << code_id(info.code) << "\n"
                                                         << all_of(before.diagnostics);
    const CheckedContract after = check(completed(info.after));
    EXPECT_FALSE(has_code(after.diagnostics, info.code)) << code_id(info.code) << "\n"
                                                         << all_of(after.diagnostics);
    EXPECT_FALSE(after.diagnostics.has_errors()) << code_id(info.code) << "\n"
                                                 << all_of(after.diagnostics);
  }
}

TEST(CheckTest, EveryDescriptorsExampleIsAValidContract) {
  const std::string links = "links: [{name: known, path: known.parquet}]\n";
  for (const RowRuleKind& kind : row_rule_kinds()) {
    const auto checked = check(
        completed(links + "quality:\n  row_rules:\n    - " + std::string(kind.example) + "\n"));
    EXPECT_FALSE(checked.diagnostics.has_errors()) << kind.key << all_of(checked.diagnostics);
    EXPECT_EQ(checked.contract->quality.row_rules.size(), 1U) << kind.key;
  }
  for (const DatasetRuleKind& kind : dataset_rule_kinds()) {
    const auto checked =
        check(completed("quality:\n  dataset_rules:\n    - " + std::string(kind.example) + "\n"));
    EXPECT_FALSE(checked.diagnostics.has_errors()) << kind.key << all_of(checked.diagnostics);
    EXPECT_EQ(checked.contract->quality.dataset_rules.size(), 1U) << kind.key;
  }
  for (const StepKind& kind : step_kinds()) {
    const auto checked =
        check(completed(links + "transformations:\n  - " + std::string(kind.example) + "\n"));
    EXPECT_FALSE(checked.diagnostics.has_errors()) << kind.key << all_of(checked.diagnostics);
    ASSERT_EQ(checked.contract->transformations.size(), 1U) << kind.key;
    const std::string_view read_as = step_key(checked.contract->transformations[0].step);
    EXPECT_EQ(read_as, kind.key == "deduplicate_by_latest" ? "deduplicate" : kind.key);
  }
  for (const MaskingKind& kind : masking_kinds()) {
    const auto checked =
        check(completed("model:\n  fields:\n    - " + std::string(kind.example) + "\n"));
    EXPECT_TRUE(checked.diagnostics.is_empty()) << kind.key << all_of(checked.diagnostics);
    EXPECT_EQ(checked.contract->model.fields[0].masking->value, kind.masking);
  }
}

TEST(CheckTest, AFaultOfSyntaxIsTheOnlyThingSaidOfACutOffDocument) {
  const CheckedContract checked = check("version: 1.0.0\nmodel:\n  fields: [\n");
  ASSERT_EQ(checked.diagnostics.size(), 1U) << all_of(checked.diagnostics);
  EXPECT_EQ(checked.diagnostics.list()[0].code, Code::YamlSyntax);
  EXPECT_TRUE(checked.contract.has_value());
  EXPECT_FALSE(checked.is_runnable());
}

TEST(CheckTest, NothingUsableGivesNoContract) {
  EXPECT_FALSE(check("").contract.has_value());
  EXPECT_FALSE(check("").is_runnable());
  EXPECT_FALSE(check("- a\n").contract.has_value());
}

TEST(CheckTest, ALenientCheckLetsPassWhatLakeLogicReads) {
  const std::string text = completed("qualitty: {}\ndataset: a\ndataset: b\n");
  EXPECT_FALSE(check_contract(text, "t.yaml").is_runnable());
  const CheckedContract lenient = check_contract(text, "t.yaml", {.lenient = true});
  EXPECT_TRUE(lenient.is_runnable()) << all_of(lenient.diagnostics);
  EXPECT_EQ(lenient.diagnostics.count(Severity::Warning), 2U);
  EXPECT_EQ(lenient.contract->dataset->value, "b");
}

TEST(CheckTest, ALenientCheckStillRefusesAnUnknownMasking) {
  const std::string text =
      completed("model: {fields: [{name: a, type: string, pii: true, masking: HASH}]}\n");
  EXPECT_FALSE(check_contract(text, "t.yaml", {.lenient = true}).is_runnable());
}

TEST(CheckTest, KeysThatDecideRowsAreListedForTheRun) {
  const CheckedContract checked =
      check(completed("dataset: t\nsource: {type: landing, path: in, query: SELECT 1}\n"
                      "observatory: {enabled: true}\n"));
  EXPECT_TRUE(checked.is_runnable()) << all_of(checked.diagnostics);
  ASSERT_EQ(checked.unsupported.size(), 2U);
  EXPECT_EQ(checked.unsupported[0].path, "source.query");
  EXPECT_TRUE(checked.unsupported[0].decides_rows);
  EXPECT_EQ(checked.unsupported[1].path, "observatory");
  EXPECT_FALSE(checked.unsupported[1].decides_rows);
}

TEST(CheckTest, AnExpressionBecomesADeriveWithItsPlace) {
  const std::string text =
      completed("transformations:\n  - sql: \"LOWER(note) AS note, 'a,b' || trip_id AS t\"\n");
  const CheckedContract checked = check(text);
  ASSERT_EQ(checked.contract->transformations.size(), 2U) << all_of(checked.diagnostics);
  const auto& second = std::get<Derive>(checked.contract->transformations[1].step);
  EXPECT_EQ(second.field.value, "t");
  EXPECT_EQ(second.sql.text, "'a,b' || trip_id");
  EXPECT_EQ(text.substr(second.sql.span.begin.offset, second.sql.text.size()), second.sql.text);
  EXPECT_EQ(text.substr(second.field.span.begin.offset, 1), "t");
}

TEST(CheckTest, RulesRunInTheDocumentedOrderWithTheirImpliedOnes) {
  const CheckedContract checked = check(std::string(kHead) +
                                        "model:\n  fields:\n"
                                        "    - {name: a, type: integer, required: true, min: 0}\n"
                                        "    - {name: b, type: string, max_length: 3}\n"
                                        "transformations:\n"
                                        "  - deduplicate: {on: [a, b], sort_by: [a]}\n"
                                        "quality:\n  row_rules:\n"
                                        "    - {name: own, sql: \"a < 9\"}\n"
                                        "    - not_null: [b]\n");
  std::string names;
  for (const RowRule& rule : all_row_rules(*checked.contract)) {
    names += rule.name.value + " " + category_of(rule) + "\n";
  }
  EXPECT_EQ(names,
            "a_required completeness\na_range validity\nb_max_length validity\n"
            "own correctness\nb_not_null completeness\n");
}

TEST(CheckTest, BlankDedupKeysGetARuleUnlessTheirColumnsHaveOne) {
  const CheckedContract checked = check(
      completed("transformations:\n"
                "  - {deduplicate: {on: [note, trip_id], sort_by: [picked_up]}, phase: pre}\n"));
  const std::vector<RowRule> rules = all_row_rules(*checked.contract);
  EXPECT_EQ(rules.back().name.value, "note__trip_id_required_for_dedup");
  EXPECT_EQ(std::get<SqlCheck>(rules.back().check).sql.text,
            "\"note\" IS NOT NULL AND \"trip_id\" IS NOT NULL");
  EXPECT_EQ(rules.back().phase->value, Phase::Pre);
}

TEST(CheckTest, DerivedNamesAndPlacesAreFound) {
  const CheckedContract checked = check(
      "version: 1.0.0\ninfo: {title: CRM End-to-End, target_layer: Curated}\n"
      "model: {fields: [{name: a, type: string}]}\n"
      "server: {path: lake/x, schema_policy: {unknown_fields: drop}}\n"
      "schema_policy: {unknown_fields: quarantine}\n");
  const Contract& contract = *checked.contract;
  EXPECT_EQ(table_name(contract), "crm_end_to_end");
  EXPECT_EQ(layer(contract), "gold");
  EXPECT_EQ(target_path(contract)->value, "lake/x");
  EXPECT_EQ(effective_schema_policy(contract).unknown_fields.value, UnknownFields::Drop);
}

TEST(CheckTest, EqualContractsAreEqualWhereverTheyAreWritten) {
  const std::string text = completed("quality:\n  row_rules:\n    - {not_null: note}\n");
  EXPECT_EQ(*check(text).contract, *check("# moved\n\n" + text).contract);
  EXPECT_NE(*check(text).contract, *check(completed("dataset: t\n")).contract);
}

}  // namespace
}  // namespace sluice::contract
