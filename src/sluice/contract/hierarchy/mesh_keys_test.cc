// test/contracts/mesh_keys.txt names every key of `_domain.yaml` and `_system.yaml` and what
// becomes of it: a new one is classed there, or this fails.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::contract {
namespace {

/// "slo.row_count.*.min_rows: acted on", line by line; what no run acts on, it acts on in no part.
void walk(const Shape& shape, const std::string& path, Support outer,
          std::vector<const Shape*> open, std::string& out) {
  if (std::ranges::find(open, &shape) != open.end()) {
    return;
  }
  open.push_back(&shape);
  for (const Key& key : shape.keys) {
    std::string here = path + std::string(key.name);
    const Support support = outer == Support::Acted ? key.support : outer;
    out += here + ": " + std::string(to_string(support)) + "\n";
    if (key.child != nullptr) {
      here += key.kind == ValueKind::ObjectList  ? "[]"
              : key.kind == ValueKind::ObjectMap ? ".*"
                                                 : "";
      walk(key.child(), here + ".", support, open, out);
    }
  }
}

std::string listed(const Shape& shape) {
  std::string out;
  walk(shape, "", Support::Acted, {}, out);
  return out;
}

TEST(MeshKeysTest, EveryKeyIsActedOnOrRecordedOrSaidToBeNotYet) {
  std::ifstream file("test/contracts/mesh_keys.txt");
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(
      "# _domain.yaml\n" + listed(domain_shape()) + "# _system.yaml\n" + listed(system_shape()),
      expected.str());
}

constexpr std::string_view kContract =
    "tier: silver\n"
    "model:\n"
    "  fields: [{name: id, type: int}]\n";

ResolvedContract resolve(std::string_view domain, std::string_view contract = kContract) {
  HierarchyInput input;
  input.domain = OuterFile{.path = "_domain.yaml", .text = std::string(domain)};
  return resolve_contract(contract, "trips.yaml", input);
}

std::vector<std::string> unsupported_of(const ResolvedContract& resolved) {
  std::vector<std::string> paths;
  for (const UnsupportedKey& key : resolved.checked.unsupported) {
    paths.push_back(key.path);
  }
  std::ranges::sort(paths);
  return paths;
}

/// Each is a notice of `validate`, and `run` warns of it.
TEST(MeshKeysTest, WhatNoRunExecutesIsANoticeAndReachesTheRun) {
  const ResolvedContract resolved = resolve(
      "notifications: [{type: email, target: a@example.com}]\n"
      "slo:\n"
      "  alerting: {min_severity: high}\n"
      "  quality: {min_good_ratio: 0.9, by_severity: {error: 0.1}}\n"
      "  row_count: {silver: {min_rows: 1, warn_only: true}, gold: {max_rows: 1, warn_only: "
      "true}}\n"
      "cost: {currency: EUR, rates: {dbu_per_hour: 1}, budget: {daily_limit: 5}}\n"
      "quality_coverage: {silver: {field_check_target: 0.5}}\n"
      "active_gates: {a: true}\n");
  EXPECT_EQ(unsupported_of(resolved),
            (std::vector<std::string>{"active_gates", "cost.budget", "cost.rates", "notifications",
                                      "quality_coverage", "slo.alerting", "slo.quality.by_severity",
                                      "slo.row_count.silver.warn_only"}));
  std::size_t notices = 0;
  for (const Diagnostic& each : resolved.checked.diagnostics) {
    notices += each.code == Code::NotSupportedYet && each.at.file == "_domain.yaml" ? 1 : 0;
  }
  EXPECT_EQ(notices, 9U);
}

TEST(MeshKeysTest, ObjectivesOfQualityReachEveryTable) {
  const auto quality_of = [](std::string_view domain, std::string_view contract = kContract) {
    const ResolvedContract resolved = resolve(domain, contract);
    EXPECT_TRUE(resolved.checked.contract.has_value());
    return resolved.checked.contract->service_levels.quality;
  };
  const auto written = quality_of("slo: {quality: {min_good_ratio: 0.9}}\n");
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->min_good_ratio->value.text, "0.9");
  EXPECT_FALSE(written->max_quarantine_ratio.has_value());
  const auto taken =
      quality_of("slo: {quality: {}}\n", "model: {fields: [{name: a, type: int}]}\n");
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->min_good_ratio->value.value, 0.95);
  EXPECT_EQ(taken->max_quarantine_ratio->value.value, 0.05);
  const auto own = quality_of(
      "slo: {quality: {min_good_ratio: 0.9}}\n",
      std::string(kContract) + "service_levels: {quality: {max_quarantine_ratio: 0.2}}\n");
  EXPECT_FALSE(own->min_good_ratio.has_value());
}

TEST(MeshKeysTest, ObjectivesOfAllLayersReachThoseThatHaveNone) {
  constexpr std::string_view kDomain =
      "slo: {freshness: {gold: {max_delay_minutes: 5}, _all: {max_delay_minutes: 60}}}\n";
  const auto threshold_of = [&](std::string_view contract) {
    const auto levels = resolve(kDomain, contract).checked.contract->service_levels;
    return levels.freshness ? levels.freshness->threshold->value : std::string("none");
  };
  EXPECT_EQ(threshold_of(kContract), "60m");
  EXPECT_EQ(threshold_of("tier: gold\nmodel: {fields: [{name: a, type: int}]}\n"), "5m");
  EXPECT_EQ(threshold_of("model: {fields: [{name: a, type: int}]}\n"), "60m");
}

TEST(MeshKeysTest, AContractThatObjectivesMissForWantOfALayerIsToldSo) {
  const auto is_told = [](std::string_view domain, std::string_view contract) {
    const ResolvedContract resolved = resolve(domain, contract);
    return std::ranges::any_of(resolved.checked.diagnostics, [](const Diagnostic& each) {
      return each.code == Code::ObjectiveIncomplete && each.severity == Severity::Notice;
    });
  };
  constexpr std::string_view kLayered = "slo: {freshness: {silver: {max_delay_minutes: 5}}}\n";
  constexpr std::string_view kWithout = "model: {fields: [{name: a, type: int}]}\n";
  EXPECT_TRUE(is_told(kLayered, kWithout));
  EXPECT_FALSE(is_told(kLayered, kContract));
  EXPECT_FALSE(is_told("slo: {freshness: {_all: {max_delay_minutes: 5}}}\n", kWithout));
  EXPECT_FALSE(is_told("slo: {quality: {}}\n", kWithout));
}

}  // namespace
}  // namespace sluice::contract
