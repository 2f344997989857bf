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

/// "SL0101 3" for each finding.
std::string found_in(const Diagnostics& diagnostics) {
  std::string found;
  for (const Diagnostic& each : diagnostics) {
    found += code_id(each.code) + " " + std::to_string(each.at.line) + "\n";
  }
  return found;
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
  EXPECT_EQ(found_in(domain), "SL0101 2\nSL0116 4\nSL0103 5\nSL0110 6\n");
  const Diagnostics system =
      check_system_file({.path = "_system.yaml",
                         .text = "system: s\ncontracts:\n  - {layer: silver, entity: a}\n"
                                 "  - {layer: silver, entity: b, path: b.yaml, depends_on: [c]}\n"
                                 "  - {layer: silver, entity: b, path: b2.yaml}\n"})
          .diagnostics;
  EXPECT_EQ(found_in(system), "SL0104 3\nSL0901 4\nSL0301 4\nSL0110 5\n");
}

TEST(HierarchyTest, EveryBlockOfTheDomainFileIsTyped) {
  EXPECT_EQ(
      found_in(check_domain_file({.path = "_domain.yaml", .text = R"(domain: d
ownership: {ownr: a, contacts: [a@b.c, {emial: x}], cost_centre: 7, own_key: 1}
slo:
  freshness:
    silver: {max_delay_minutes: soon, chek_columns: [a]}
    gold: {include_tables: [a]}
  row_count: {silver: {min_rows: 9, max_rows: 3, anomaly: {metod: median}}}
  quality: {min_good_ratio: 95}
  alertin: {}
notifications:
  - {type: slack, targt: x, api_key: abc}
compliance: {frameworks: [gdpr], retention: {period: P7Y}, shared_with: [{rol: x}], any: 1}
lineage: {enabled: yes}
quarantine: {fail_on_quarentine: true}
materialization: {silver: {strategy: marge}}
server: {bronze: {mod: ingest}}
cost: {provider: manul, cluster: {min_nodes: 4, max_nodes: 2}}
retention: {silver: forever}
quality_coverage: {silver: {field_check_target: 7}}
observatory: {api_key: abc}
)"})),
      "SL0101 2\nSL0101 2\nSL0102 2\n"
      "SL0705 5\nSL0102 5\nSL0101 5\nSL0705 6\n"
      "SL0203 7\nSL0101 7\nSL0111 8\nSL0101 9\n"
      "SL0901 10\nSL0101 11\nSL0112 11\n"
      "SL0104 12\nSL0101 12\nSL0102 13\nSL0101 14\nSL0103 15\nSL0101 16\n"
      "SL0103 17\nSL0901 17\nSL0203 17\nSL0701 18\nSL0901 19\nSL0111 19\nSL0901 20\nSL0112 20\n");
}

TEST(HierarchyTest, ASystemFileOfEveryKeyIsRead) {
  const CheckedSystem checked = check_system_file({.path = "_system.yaml", .text = R"(
domain: d
system: s
environments: {dev: {catalog: c, nodes: 3}, prod: {}}
storage: {silver_root: "{catalog}.silver"}
contracts: [{layer: silver, entity: a, path: a.yaml, owner_team: x}]
external_sources: [{name: crm, type: api, consumed_by: [a]}]
server: {_all: {format: delta}, bronze: {mode: ingest, cast_to_string: true}}
contacts: [a@b.c]
metadata: {run_log_dir: logs}
)"});
  EXPECT_TRUE(checked.diagnostics.is_empty()) << found_in(checked.diagnostics);
  EXPECT_EQ(checked.file.environments.at(0).value.at(1).value.value.text, "3");
  EXPECT_EQ(checked.file.contracts.at(0).entity.value, "a");
  EXPECT_EQ(checked.file.server.at(1).value.mode.value, ServerMode::Ingest);
  EXPECT_EQ(checked.file.contacts.at(0).email->value, "a@b.c");
}

TEST(HierarchyTest, ObjectivesReachTheTablesThatTheyAreMeantFor) {
  HierarchyInput input = mesh();
  input.domain->text =
      "slo:\n"
      "  freshness:\n"
      "    silver: {max_delay_minutes: 5, check_columns: [nowhere, trip_id], exclude_tables: [x]}\n"
      "  row_count:\n"
      "    silver: {min_rows: 3, include_tables: [other], anomaly: {min_ratio: 0.4}}\n";
  EXPECT_EQ(value_at(resolve_contract(kContract, "trips.yaml", input), "service_levels"),
            "{freshness: {threshold: 5m, field: trip_id}} from mesh/_domain.yaml:2");
  const ResolvedContract other = resolve_contract(kContract, "other.yaml", input);
  EXPECT_EQ(value_at(other, "service_levels.anomaly.min_ratio"), "0.4 from mesh/_domain.yaml:5");
  EXPECT_EQ(other.checked.contract->service_levels.row_count->min_rows->value, 3);
  EXPECT_EQ(value_at(resolve_contract(kContract, "x.yaml", input), "service_levels.freshness"),
            "-");
}

TEST(HierarchyTest, AShorthandOfTheContractWinsToo) {
  const std::string own = std::string(kContract) + "service_levels: {freshness_hours: 24}\n";
  const ResolvedContract resolved = resolve_contract(own, "t.yaml", mesh());
  EXPECT_EQ(resolved.checked.contract->service_levels.freshness->threshold->value, "24h");
  const std::optional<MeantValue> meant = find_meant(resolved.root, "service_levels.freshness");
  ASSERT_TRUE(meant);
  EXPECT_EQ(meant->text, "{threshold: 24h}");
  EXPECT_EQ(meant->written_as, "service_levels.freshness_hours");
  EXPECT_EQ(meant->span.begin.line, 10U);
}

TEST(HierarchyTest, OwnersAndPeriodsReachEveryTable) {
  HierarchyInput input = mesh();
  input.domain->text =
      "owner: ann\ncontacts: [a@b.c]\ncost_centre: CC-9\nretention: {silver: P90D, gold: P7Y}\n";
  const ResolvedContract resolved = resolve_contract(kContract, "t.yaml", input);
  EXPECT_EQ(value_at(resolved, "info.owner"), "ann from mesh/_domain.yaml:1");
  EXPECT_EQ(value_at(resolved, "ownership.contacts"), "[a@b.c] from mesh/_domain.yaml:2");
  EXPECT_EQ(value_at(resolved, "ownership.cost_centre"), "CC-9 from mesh/_domain.yaml:3");
  EXPECT_EQ(value_at(resolved, "compliance.retention"), "{period: P90D} from mesh/_domain.yaml:4");
  EXPECT_EQ(resolved.checked.contract->retention->period.value, "P90D");
}

TEST(HierarchyTest, TheRosterSaysTheLayerOfAContractThatDoesNot) {
  std::string text(kContract);
  text.replace(text.find(", target_layer: silver"), 22, "");
  EXPECT_EQ(
      value_at(resolve_contract(text, "mesh/app/trips.yaml", mesh()), "materialization.strategy"),
      "merge from mesh/app/_system.yaml:10");
}

TEST(HierarchyTest, AFieldIsFoundByItsName) {
  const ResolvedContract resolved = resolve_contract(kContract, "t.yaml", {});
  EXPECT_EQ(value_at(resolved, "model.fields.trip_id.type"), "string from t.yaml:6");
  EXPECT_EQ(value_at(resolved, "model.fields.trip.type"), "-");
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
