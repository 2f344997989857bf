#include "sluice/contract/starter/starter.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

std::string findings_of(const std::string& text) {
  std::string out;
  for (const Diagnostic& each : check_contract(text, "starter.yaml").diagnostics) {
    out += render(each, text, false);
  }
  return out;
}

TEST(StarterTest, EveryStarterValidatesWithoutAFinding) {
  for (const std::string_view layer : starter_layers()) {
    const auto text = render_starter(layer);
    ASSERT_TRUE(text);
    EXPECT_EQ(findings_of(*text), "") << *text;
  }
}

TEST(StarterTest, EveryFullTemplateValidatesWithoutAFinding) {
  for (const std::string_view layer : starter_layers()) {
    const auto text = render_full_template(layer);
    ASSERT_TRUE(text);
    EXPECT_EQ(findings_of(*text), "") << *text;
  }
}

TEST(StarterTest, AFullTemplateMeansWhatTheStarterMeans) {
  for (const std::string_view layer : starter_layers()) {
    const auto full = check_contract(*render_full_template(layer), "same.yaml");
    const auto starter = check_contract(*render_starter(layer), "same.yaml");
    ASSERT_TRUE(full.contract && starter.contract);
    EXPECT_EQ(*full.contract, *starter.contract) << layer;
  }
}

TEST(StarterTest, AFullTemplateShowsEveryStepAndRule) {
  const std::string text = *render_full_template("silver");
  for (const StepKind& kind : step_kinds()) {
    EXPECT_NE(text.find(kind.example), std::string::npos) << kind.key;
  }
  for (const RowRuleKind& kind : row_rule_kinds()) {
    EXPECT_NE(text.find(kind.example), std::string::npos) << kind.key;
  }
  for (const char* key : {"max_delete_ratio", "capture_created_by", "upstream_sources"}) {
    EXPECT_NE(text.find(key), std::string::npos) << key;
  }
}

TEST(StarterTest, AnUnknownLayerIsRefusedWithTheLayers) {
  const auto text = render_starter("platinum");
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().hint.find("bronze"), std::string::npos);
}

}  // namespace
}  // namespace sluice::contract
