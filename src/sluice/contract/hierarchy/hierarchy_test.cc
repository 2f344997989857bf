#include "sluice/contract/hierarchy/hierarchy.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

const OuterFile kDomain{.path = "mesh/_domain.yaml", .text = R"(domain: rides
ownership:
  owner: rides-team
  cost_centre: CC-7
slo:
  freshness:
    silver: {max_delay_minutes: 90}
  row_count:
    silver: {min_rows: 10}
lineage: {enabled: true}
compliance: {frameworks: [gdpr]}
products:
  - {id: trips, name: Trips}
)"};

const OuterFile kSystem{.path = "mesh/app/_system.yaml", .text = R"(domain: rides
system: app
environments:
  dev: {root: /tmp/lake}
  prod: {root: "s3://lake"}
storage:
  silver_root: "{root}/silver"
materialization:
  _all: {strategy: append}
  silver: {strategy: merge}
compliance: {frameworks: [hipaa]}
contracts:
  - {layer: silver, entity: trips, path: trips.yaml}
)"};

constexpr std::string_view kContract = R"(version: 1.0.0
info: {title: Trips, target_layer: silver}
primary_key: [trip_id]
model:
  fields:
    - {name: trip_id, type: string, required: true}
materialization: {target_path: "{silver_root}/trips"}
stages:
  backfill: {materialization: {strategy: overwrite}}
)";

HierarchyInput mesh() {
  HierarchyInput input;
  input.domain = kDomain;
  input.system = kSystem;
  input.environment = "dev";
  return input;
}

std::string value_at(const ResolvedContract& resolved, std::string_view key) {
  const Node* node = find_value(resolved.root, key);
  if (node == nullptr) {
    return "-";
  }
  return render_value(*node, key) + " from " + resolved.files.at(node->span.file) + ":" +
         std::to_string(node->span.begin.line);
}

std::string all_of(const ResolvedContract& resolved) {
  std::string text;
  for (const Diagnostic& each : resolved.checked.diagnostics) {
    text += render(each, "", false);
  }
  return text;
}

TEST(HierarchyTest, EveryValueKeepsTheFileAndTheLineItCameFrom) {
  const ResolvedContract resolved = resolve_contract(kContract, "mesh/app/trips.yaml", mesh());
  EXPECT_TRUE(resolved.checked.is_runnable()) << all_of(resolved);
  EXPECT_EQ(value_at(resolved, "service_levels.freshness.threshold"),
            "90m from mesh/_domain.yaml:7");
  EXPECT_EQ(value_at(resolved, "ownership.cost_centre"), "CC-7 from mesh/_domain.yaml:4");
  EXPECT_EQ(value_at(resolved, "info.system"), "app from mesh/app/_system.yaml:2");
  EXPECT_EQ(value_at(resolved, "materialization.strategy"), "merge from mesh/app/_system.yaml:10");
  EXPECT_EQ(value_at(resolved, "materialization.target_path"),
            "/tmp/lake/silver/trips from mesh/app/trips.yaml:7");
  EXPECT_EQ(value_at(resolved, "compliance.frameworks"), "[gdpr, hipaa] from mesh/_domain.yaml:11");
  EXPECT_EQ(value_at(resolved, "model.fields[0].name"), "trip_id from mesh/app/trips.yaml:6");
  EXPECT_EQ(value_at(resolved, "model.fields[7].name"), "-");
}

TEST(HierarchyTest, TheTypedContractHoldsWhatWasInherited) {
  const ResolvedContract resolved = resolve_contract(kContract, "trips.yaml", mesh());
  const Contract& contract = *resolved.checked.contract;
  EXPECT_EQ(contract.service_levels.freshness->threshold->value, "90m");
  EXPECT_EQ(contract.service_levels.row_count->min_rows->value, 10);
  EXPECT_EQ(contract.materialization->strategy.value, Strategy::Merge);
  EXPECT_TRUE(contract.lineage.enabled.value);
}

TEST(HierarchyTest, AnotherEnvironmentGivesAnotherPlace) {
  HierarchyInput input = mesh();
  input.environment = "prod";
  EXPECT_TRUE(value_at(resolve_contract(kContract, "t.yaml", input), "materialization.target_path")
                  .starts_with("s3://lake/silver/trips "));
  input.environment = "prd";
  const ResolvedContract unknown = resolve_contract(kContract, "t.yaml", input);
  EXPECT_NE(all_of(unknown).find("did you mean 'prod'?"), std::string::npos) << all_of(unknown);
}

TEST(HierarchyTest, AStageIsLaidOverTheContract) {
  HierarchyInput input = mesh();
  input.stage = "backfill";
  EXPECT_EQ(value_at(resolve_contract(kContract, "t.yaml", input), "materialization.strategy"),
            "overwrite from t.yaml:9");
  input.stage = "backfil";
  EXPECT_FALSE(resolve_contract(kContract, "t.yaml", input).checked.is_runnable());
}

TEST(HierarchyTest, WhatTheContractWritesWins) {
  const std::string own = std::string(kContract) + "service_levels: {freshness: 1h}\n";
  const ResolvedContract resolved = resolve_contract(own, "t.yaml", mesh());
  EXPECT_EQ(value_at(resolved, "service_levels.freshness"), "1h from t.yaml:10");
  EXPECT_EQ(value_at(resolved, "service_levels.row_count.min_rows"), "10 from mesh/_domain.yaml:9");
}

TEST(HierarchyTest, AnUnresolvedPlaceholderIsAnErrorAtItsPlace) {
  std::string text(kContract);
  text.replace(text.find("{silver_root}"), 13, "{silver_rot}");
  const ResolvedContract resolved = resolve_contract(text, "t.yaml", mesh());
  EXPECT_FALSE(resolved.checked.is_runnable());
  EXPECT_NE(all_of(resolved).find("t.yaml:7:32"), std::string::npos) << all_of(resolved);
  EXPECT_NE(all_of(resolved).find("did you mean 'silver_root'?"), std::string::npos);
}

TEST(HierarchyTest, VariablesComeFromTheCallerAndSqlIsLeftAlone) {
  HierarchyInput input = mesh();
  input.variable = [](const std::string& name) {
    return name == "LANDING" ? std::optional<std::string>("/in") : std::nullopt;
  };
  const std::string text = std::string(kContract) +
                           "source: {type: landing, path: \"${LANDING}/${OTHER}\"}\n"
                           "transformations: [{sql: \"SELECT *, {'a': 1} AS x FROM {dataset}\"}]\n";
  const ResolvedContract resolved = resolve_contract(text, "t.yaml", input);
  EXPECT_TRUE(value_at(resolved, "source.path").starts_with("/in/${OTHER} "));
  EXPECT_NE(all_of(resolved).find("'OTHER'"), std::string::npos) << all_of(resolved);
  EXPECT_TRUE(value_at(resolved, "transformations[0].sql")
                  .starts_with("SELECT *, {'a': 1} AS x FROM {dataset} "));
}

TEST(HierarchyTest, SecretsAreNotShown) {
  const std::string text =
      std::string(kContract) + "metadata: {api_token: abc, db_password: \"env:DB\"}\n";
  const ResolvedContract resolved = resolve_contract(text, "t.yaml", mesh());
  EXPECT_TRUE(value_at(resolved, "metadata.api_token").starts_with("(hidden) "));
  EXPECT_TRUE(value_at(resolved, "metadata").starts_with("{api_token: (hidden), "));
  EXPECT_TRUE(value_at(resolved, "metadata.db_password").starts_with("env:DB "));
}

TEST(HierarchyTest, TheFilesAboveHaveDiagnosticsOfTheirOwn) {
  const Diagnostics domain = check_domain_file(
      {.path = "_domain.yaml",
       .text = "domain: d\nownersip: {owner: a}\nproducts:\n  - {id: Bad-Id, name: x}\n"
               "  - {id: ok_id, name: x, lifecycle: live}\n  - {id: ok_id, name: y}\n"});
  std::string found;
  for (const Diagnostic& each : domain) {
    found += code_id(each.code) + " " + std::to_string(each.at.line) + "\n";
  }
  EXPECT_EQ(found, "SL0101 2\nSL0116 4\nSL0103 5\nSL0110 6\n");
  const Diagnostics system =
      check_system_file({.path = "_system.yaml",
                         .text = "system: s\ncontracts:\n  - {layer: silver, entity: a}\n"
                                 "  - {layer: silver, entity: b, path: b.yaml, depends_on: [c]}\n"
                                 "  - {layer: silver, entity: b, path: b2.yaml}\n"});
  found.clear();
  for (const Diagnostic& each : system) {
    found += code_id(each.code) + " " + std::to_string(each.at.line) + "\n";
  }
  EXPECT_EQ(found, "SL0104 3\nSL0301 4\nSL0110 5\n");
}

TEST(HierarchyTest, ADomainAndASystemThatDisagreeAreNamed) {
  HierarchyInput input = mesh();
  input.system->text.replace(0, 13, "domain: other");
  const ResolvedContract resolved = resolve_contract(kContract, "t.yaml", input);
  EXPECT_TRUE(resolved.checked.is_runnable()) << all_of(resolved);
  EXPECT_NE(all_of(resolved).find("the domain file says another 'domain'"), std::string::npos);
  EXPECT_TRUE(value_at(resolved, "info.domain").starts_with("rides "));
}

TEST(HierarchyTest, AContractAloneIsReadAsItStands) {
  const ResolvedContract alone = resolve_contract(kContract, "t.yaml", {});
  EXPECT_EQ(alone.checked.contract, check_contract(kContract, "t.yaml").contract);
  EXPECT_EQ(alone.files.size(), 1U);
}

}  // namespace
}  // namespace sluice::contract
