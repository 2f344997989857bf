// Every rule that has a form in SQL: its native verdict is DuckDB's verdict of the lowered
// expression, on 10,000 random values, NULL among them.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "samples.h"
#include <gtest/gtest.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/rule/registry.h"
#include "sluice/plan/read.h"

namespace sluice::orm {
namespace {

template <class Rules>
void expect_same_verdicts(const Rules& rules, Session& db, const std::vector<Sample>& samples) {
  for (const MemberRule& rule : rules.rules) {
    const RuleNode& node = rules.nodes[rule.node];
    const std::optional<plan::Expr> lowered = lowered_for_sample(rule, node);
    ASSERT_TRUE(lowered.has_value()) << node.kind->name;
    plan::Read passing = from<Sample>().where(Condition<Sample>{*lowered}).plan();
    passing.columns = {"number"};
    const plan::Statement select = db.render(passing).value();
    const Result<std::vector<bool>> in_sql = verdicts_in_sql(db, select, samples.size());
    ASSERT_TRUE(in_sql.has_value()) << node.kind->name << ": " << to_string(in_sql.error());
    const std::vector<bool> native = native_verdicts(std::span(&rule, 1), rules.nodes, samples);
    int shown = 0;
    for (std::size_t i = 0; i < samples.size() && shown < 3; ++i) {
      if (native[i] != (*in_sql)[i]) {
        ++shown;
        ADD_FAILURE() << node.kind->name << "(" << parameter_text(node) << ") natively "
                      << (native[i] ? "passes" : "fails") << ", in SQL "
                      << ((*in_sql)[i] ? "passes" : "fails") << ": " << to_string(samples[i]);
      }
    }
  }
}

TEST(LoweredRules, HaveTheVerdictOfTheNativeCheck) {
  Session db = open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value())).value();
  ASSERT_TRUE(db.migrate<Sample>().has_value());
  const std::vector<Sample> samples = Samples(7).make(10'000);
  const Result<Receipt> receipt = db.insert(samples);
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  expect_same_verdicts(kTextRules, db, samples);
  expect_same_verdicts(kNumberRules, db, samples);
}

TEST(LoweredRules, EveryKindWithAFormIsAmongThem) {
  std::set<const RuleKind*> tested;
  for (const RuleNode& node : kTextRules.nodes) {
    tested.insert(node.kind);
  }
  for (const RuleNode& node : kNumberRules.nodes) {
    tested.insert(node.kind);
  }
  for (const RuleKind* kind : rule_kinds()) {
    const bool has_form = kind->lower != nullptr || !kind->pattern.empty();
    EXPECT_TRUE(!has_form || tested.contains(kind)) << kind->name;
  }
}

}  // namespace
}  // namespace sluice::orm
