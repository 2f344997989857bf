// A rule that both doors have gives one verdict: what a contract's rule is lowered to, judged by
// DuckDB, against the native check of the typed door's rule, on 10,000 random values.
//
// A NULL satisfies no rule of a contract and every rule on an optional member: so the typed side of
// a pair says `required` where its member is optional, and then the verdicts are the same for all.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "samples.h"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/rule/registry.h"

namespace sluice::orm {
namespace {

/// One rule as both doors say it.
struct Pair {
  std::string contract;  // an item of quality.row_rules, in braces
  std::function<std::vector<bool>(const std::vector<Sample>&)> natively;
};

template <class Rules>
Pair pair(std::string contract, const Rules& rules) {
  return {std::move(contract), [rules](const std::vector<Sample>& samples) {
            return native_verdicts(rules.rules, rules.nodes, samples);
          }};
}

/// In single quotes, as YAML has them.
std::string yaml_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted.append(c == '\'' ? 2 : 1, c);
  }
  return quoted + '\'';
}

constexpr auto kEither = rules<Sample>();

std::vector<Pair> shorthands() {
  using S = Sample;
  return {
      pair("not_null: {field: whole}", kEither.check<&S::whole>(required())),
      pair("accepted_values: {field: whole, values: [1, 2, 3]}",
           kEither.check<&S::whole>(required(), one_of(1, 2, 3))),
      pair("accepted_values: {field: text, values: [a, 'true']}",
           kEither.check<&S::text>(required(), one_of("a", "true"))),
      pair("accepted_values: {field: real, values: [0, 0.5]}",
           kEither.check<&S::real>(one_of(0.0, 0.5))),
      pair("accepted_values: {field: exact, values: [1, -1.5]}",
           kEither.check<&S::exact>(any_of(equal_to(1), equal_to(-1.5)))),
      pair("range: {field: whole, min: -10, max: 10}",
           kEither.check<&S::whole>(required(), between(-10, 10))),
      pair("range: {field: whole, min: 3}", kEither.check<&S::whole>(required(), at_least(3))),
      pair("range: {field: whole, max: -3}", kEither.check<&S::whole>(required(), at_most(-3))),
      pair("range: {field: whole, min: -3, max: 3, inclusive: false}",
           kEither.check<&S::whole>(required(), greater_than(-3), less_than(3))),
      pair("range: {field: real, min: -1, max: 1}", kEither.check<&S::real>(between(-1, 1))),
      pair("range: {field: real, min: 0.5}", kEither.check<&S::real>(at_least(0.5))),
      pair("range: {field: real, max: 0}", kEither.check<&S::real>(at_most(0))),
      pair("range: {field: real, min: 1000000000, inclusive: false}",
           kEither.check<&S::real>(greater_than(1e9))),
      pair("range: {field: exact, min: -5, max: 5}", kEither.check<&S::exact>(between(-5, 5))),
      pair("range: {field: exact, max: 0.1, inclusive: false}",
           kEither.check<&S::exact>(less_than(0.1))),
      pair("sql: real IS NOT NULL AND text IS NOT NULL AND text <> ''",
           kEither.check<&S::text>(required())),
      pair("sql: other = real", kEither.check<&S::other>(required(), same_as<&S::real>())),
  };
}

/// What is true of a rule's shape alone: each kind with a pattern, as regex_match.
std::vector<Pair> patterns() {
  std::vector<Pair> pairs;
  for (const MemberRule& rule : kTextRules.rules) {
    const RuleNode& node = kTextRules.nodes[rule.node];
    if (node.kind->pattern.empty()) {
      continue;
    }
    pairs.push_back(
        {fmt::format("regex_match: {{field: text, pattern: {}}}", yaml_quoted(node.kind->pattern)),
         [rule](const std::vector<Sample>& samples) {
           std::vector<bool> verdicts =
               native_verdicts(std::span(&rule, 1), kTextRules.nodes, samples);
           for (std::size_t i = 0; i < samples.size(); ++i) {
             verdicts[i] = verdicts[i] && samples[i].text.has_value();
           }
           return verdicts;
         }});
  }
  return pairs;
}

/// Every rule with a form in SQL, as a contract's own SQL.
template <class Rules>
void add_as_sql(const Rules& rules, std::vector<Pair>& pairs) {
  for (const MemberRule& rule : rules.rules) {
    const plan::Expr lowered = lowered_for_sample(rule, rules.nodes[rule.node]).value();
    const std::string sql = dialect::render_inline(dialect::duckdb_dialect(), lowered).value();
    pairs.push_back(
        {"sql: " + yaml_quoted(sql), [&rules, rule](const std::vector<Sample>& samples) {
           return native_verdicts(std::span(&rule, 1), rules.nodes, samples);
         }});
  }
}

std::string contract_of(const std::vector<Pair>& pairs) {
  std::string text =
      "version: 1.0.0\ninfo: {title: Samples}\nmodel:\n  fields:\n"
      "    - {name: number, type: long}\n    - {name: text, type: string}\n"
      "    - {name: real, type: double}\n    - {name: whole, type: long}\n"
      "    - {name: exact, type: 'decimal(12,3)'}\n    - {name: other, type: double}\n"
      "quality:\n  row_rules:\n";
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    text += fmt::format("    - {{name: rule_{}, {}}}\n", i, pairs[i].contract);
  }
  return text;
}

class ContractRules : public testing::Test {
 protected:
  ContractRules() {
    EXPECT_TRUE(db_.migrate<Sample>().has_value());
    EXPECT_TRUE(db_.insert(samples_).has_value());
  }

  void expect_one_verdict(const std::vector<Pair>& pairs) {
    const std::string text = contract_of(pairs);
    const contract::CheckedContract checked = contract::check_contract(text, "samples.yaml");
    std::string said;
    for (const contract::Diagnostic& each : checked.diagnostics) {
      said += contract::render(each, text, false);
    }
    ASSERT_TRUE(checked.is_runnable()) << said;
    const auto pipeline = contract::lower_contract(*checked.contract, {});
    ASSERT_TRUE(pipeline.has_value()) << to_string(pipeline.error());
    std::size_t compared = 0;
    for (const plan::RowRule& rule : pipeline->row_rules) {
      if (!rule.name.starts_with("rule_")) {
        continue;
      }
      ASSERT_EQ(rule.name, fmt::format("rule_{}", compared));
      expect_one_verdict(pairs[compared++], rule.predicate);
    }
    EXPECT_EQ(compared, pairs.size());
  }

 private:
  void expect_one_verdict(const Pair& pair, const plan::Expr& predicate) {
    const std::string sql = dialect::render_inline(dialect::duckdb_dialect(), predicate).value();
    const auto in_sql = verdicts_in_sql(
        db_, plan::Statement("SELECT number FROM samples WHERE " + sql, {}), samples_.size());
    ASSERT_TRUE(in_sql.has_value()) << pair.contract << ": " << to_string(in_sql.error());
    const std::vector<bool> native = pair.natively(samples_);
    int shown = 0;
    for (std::size_t i = 0; i < samples_.size() && shown < 3; ++i) {
      if (native[i] != (*in_sql)[i]) {
        ++shown;
        ADD_FAILURE() << pair.contract << " " << ((*in_sql)[i] ? "passes" : "fails")
                      << " in a contract and not in a struct: " << to_string(samples_[i]);
      }
    }
  }

  Session db_ = open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value())).value();
  std::vector<Sample> samples_ = Samples(11).make(10'000);
};

TEST_F(ContractRules, AShorthandHasTheVerdictOfItsCounterpart) { expect_one_verdict(shorthands()); }

TEST_F(ContractRules, ThePatternOfARuleHasItsVerdict) { expect_one_verdict(patterns()); }

TEST_F(ContractRules, ARuleThatSqlCanSayHasItsVerdictInAContract) {
  std::vector<Pair> pairs;
  add_as_sql(kTextRules, pairs);
  add_as_sql(kNumberRules, pairs);
  expect_one_verdict(pairs);
}

TEST_F(ContractRules, EveryKindOfAContractHasACounterpartOrAReason) {
  const std::map<std::string_view, std::string_view> counterparts{
      {"sql", "satisfies"},
      {"not_null", "required"},
      {"accepted_values", "one_of"},
      {"regex_match", "email"},
      {"range", "between"},
      {"referential_integrity", "(reads another table: a record knows none)"},
      {"lifecycle_window", "(reads another table, or the clock of a run)"},
  };
  for (const contract::RowRuleKind& kind : contract::row_rule_kinds()) {
    ASSERT_TRUE(counterparts.contains(kind.key)) << kind.key;
    const std::string_view here = counterparts.at(kind.key);
    EXPECT_TRUE(
        here.starts_with('(') ||
        std::ranges::any_of(rule_kinds(), [&](const RuleKind* rule) { return rule->name == here; }))
        << here;
  }
}

}  // namespace
}  // namespace sluice::orm
