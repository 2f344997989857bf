// Row rules and rules of the whole batch, by name.
#include <algorithm>

#include "sluice/contract/diff/differ_internal.h"
#include "sluice/contract/rule/rule_words.h"

namespace sluice::contract::internal {
namespace {

struct RuleKinds {
  std::string_view added;
  std::string_view removed;
  std::string_view changed;
};

template <class Rule>
const Rule* find_rule(const std::vector<Rule>& rules, const Rule& like) {
  const auto found = std::ranges::find_if(
      rules, [&](const Rule& each) { return each.name.value == like.name.value; });
  return found == rules.end() ? nullptr : &*found;
}

template <class Rule>
void diff_rule(Differ& differ, const std::string& path, const Rule& before, const Rule& after,
               const RuleKinds& kinds) {
  if (before.check != after.check || before.bounds != after.bounds) {
    differ.add(kinds.changed, path, {}, {}, before.span, after.span);
  }
  // Error is the first of the severities.
  differ.compare(path + ".severity", before.severity, after.severity,
                 after.severity.value < before.severity.value ? "rule-severity-raised"
                                                              : "rule-severity-lowered");
  differ.compare(path + ".category", before.category, after.category, "rule-label-changed");
  differ.compare(path + ".description", before.description, after.description,
                 "rule-label-changed");
  if constexpr (requires { before.phase; }) {
    differ.compare(path + ".phase", before.phase, after.phase, kinds.changed);
  }
}

template <class Rule>
void diff_list(Differ& differ, const std::string& path, const std::vector<Rule>& before,
               const std::vector<Rule>& after, const RuleKinds& kinds) {
  for (const Rule& rule : before) {
    const std::string here = path + "." + rule.name.value;
    if (const Rule* same = find_rule(after, rule)) {
      diff_rule(differ, here, rule, *same, kinds);
    } else {
      differ.add(kinds.removed, here, {}, {}, rule.span, {});
    }
  }
  for (const Rule& rule : after) {
    if (find_rule(before, rule) == nullptr) {
      const bool only_counts = rule.severity.value != RuleSeverity::Error;
      differ.add(only_counts ? "watching-rule-added" : kinds.added, path + "." + rule.name.value,
                 {}, {}, {}, rule.span);
    }
  }
}

constexpr RuleKinds kRowRules{"row-rule-added", "row-rule-removed", "row-rule-changed"};
constexpr RuleKinds kDatasetRules{"dataset-rule-added", "dataset-rule-removed",
                                  "dataset-rule-changed"};

}  // namespace

void diff_rules(Differ& differ) {
  const Quality& before = differ.before().quality;
  const Quality& after = differ.after().quality;
  for (const Field& field : differ.after().model.fields) {
    if (const Field* same = differ.before().model.find(field.name.value)) {
      diff_list(differ, "model.fields." + field.name.value + ".rules", same->rules, field.rules,
                kRowRules);
    }
  }
  diff_list(differ, "quality.row_rules", before.row_rules, after.row_rules, kRowRules);
  diff_list(differ, "quality.dataset_rules", before.dataset_rules, after.dataset_rules,
            kDatasetRules);
  differ.compare_flag("quality.fail_pipeline_on_dataset_error",
                      before.fail_pipeline_on_dataset_error, after.fail_pipeline_on_dataset_error,
                      "dataset-gate-added", "dataset-gate-removed");
  differ.compare_flag("quality.enforce_required", before.enforce_required, after.enforce_required,
                      "enforcement-added", "enforcement-removed");
}

}  // namespace sluice::contract::internal
