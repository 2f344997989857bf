// Row rules and dataset rules.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/schema/schema.h"

namespace sluice::contract::internal {
namespace {

void check_link(const Checking& checking, const Text& reference, std::string_view reader) {
  if (reference.value.empty() || find_link(checking.contract, reference.value) != nullptr) {
    return;
  }
  std::vector<std::string_view> names;
  for (const Link& link : checking.contract.links) {
    names.push_back(link.name.value);
  }
  checking.out.add(Code::UnknownLink, reference.span,
                   std::string(reader) +
                       " names a link that the contract does not have: " + quoted(reference.value),
                   did_you_mean(reference.value, names));
}

bool is_true(std::string_view sql) {
  return sql == "true" || sql == "TRUE" || sql == "True" || sql == "1 = 1" || sql == "1=1";
}

void check_order(const Checking& checking, const MaybeNumber& min, const MaybeNumber& max) {
  if (min && max && min->value.value > max->value.value) {
    checking.out.add(
        Code::MinOverMax, min->span,
        "'min' lies above 'max' (" + max->value.text + "): " + quoted(min->value.text));
  }
}

void check_row_check(const Checking& checking, const RowRule& rule) {
  const auto report_empty = [&](std::string_view what) {
    checking.out.add(Code::RuleMeansNothing, rule.span, std::string(what));
  };
  std::visit(overloaded{
                 [&](const SqlCheck& check) {
                   if (is_true(check.sql.text)) {
                     report_empty("every row fulfils the rule: " + quoted(check.sql.text));
                   }
                 },
                 [](const NotNullCheck&) {},
                 [](const AcceptedValuesCheck&) {},
                 [&](const RegexCheck& check) {
                   const std::string fault = regex_fault(check.pattern.value);
                   if (!fault.empty()) {
                     checking.out.add(Code::BadRegex, check.pattern.span,
                                      "the pattern is not a regular expression of RE2: " + fault);
                   }
                 },
                 [&](const RangeCheck& check) {
                   check_order(checking, check.min, check.max);
                   if (!check.min && !check.max) {
                     report_empty("a range without 'min' and 'max' lets every number pass");
                   }
                 },
                 [](const MaxLengthCheck&) {},
                 [&](const ReferenceCheck& check) {
                   check_link(checking, check.reference, "'referential_integrity'");
                 },
                 [&](const RecentCheck& check) {
                   if (!parse_duration_seconds(check.window.value)) {
                     checking.out.add(Code::BadDuration, check.window.span,
                                      "expected a duration such as 30d for 'window', and came " +
                                          quoted(check.window.value));
                   }
                 },
                 [&](const LifetimeCheck& check) {
                   check_link(checking, check.reference, "'lifecycle_window'");
                 },
             },
             rule.check);
}

/// What the rows are called in SQL: `source`, {dataset} and the names of the data set.
bool is_of_rows(const Contract& contract, const SqlName& name, std::string_view sql) {
  const bool is_place = name.begin > 0 && sql[name.begin - 1] == '{';
  const std::string own = table_name(contract);
  return is_place ? name.name == "dataset"
                  : schema::same_column(name.name, "source") ||
                        (!own.empty() && schema::same_column(name.name, own)) ||
                        (contract.dataset && !contract.dataset->value.empty() &&
                         schema::same_column(name.name, contract.dataset->value));
}

/// A row rule sees one row: its condition is asked of each, and `source` is no table there. A link
/// may be called as the data set is.
void check_reads_no_source(const Checking& checking, const RowRule& rule) {
  const auto* check = std::get_if<SqlCheck>(&rule.check);
  if (check == nullptr) {
    return;
  }
  const std::string& sql = check->sql.text;
  for (const SqlName& name : relations_in(sql)) {
    const bool is_link = std::ranges::any_of(checking.contract.links, [&](const Link& link) {
      return schema::same_column(link.name.value, name.name);
    });
    const bool is_other = is_link || checking.contract.model.find(name.name) != nullptr;
    if (!is_other && is_of_rows(checking.contract, name, sql)) {
      checking.out.add(Code::SqlForbidden, check->sql.span,
                       "the row rule " + quoted(rule.name.value) + " reads " + quoted(name.name) +
                           ", and a row rule sees one row and the links",
                       "compare rows with each other in a data set rule, or by a `derive` with a "
                       "window function before the rule");
      return;
    }
  }
}

void check_rule_bounds(const Checking& checking, const Bounds& bounds) {
  const std::vector<Number>& between = bounds.between;
  if (!between.empty() && between.size() != 2) {
    checking.out.add(Code::BoundsContradict, between.front().span,
                     "expected [low, high] for 'must_be_between', and came " +
                         std::to_string(between.size()) + " values");
  } else if (between.size() == 2 && between[0].value.value > between[1].value.value) {
    checking.out.add(Code::BoundsContradict, between[0].span,
                     "the lower bound lies above the upper one (" + between[1].value.text +
                         "): " + quoted(between[0].value.text));
  }
  const bool excludes_all = bounds.less_than && bounds.greater_than &&
                            bounds.less_than->value.value <= bounds.greater_than->value.value;
  if (excludes_all) {
    checking.out.add(Code::BoundsContradict, bounds.less_than->span,
                     "nothing is below " + bounds.less_than->value.text + " and above " +
                         bounds.greater_than->value.text);
  }
}

void check_phase(const Checking& checking, const RowRule& rule, const Texts& columns) {
  if (!rule.phase || !rule.phase->is_written() || rule.phase->value != Phase::Pre) {
    return;
  }
  std::vector<std::string> names;
  for (const Text& column : columns) {
    names.push_back(column.value);
  }
  if (const auto* sql = std::get_if<SqlCheck>(&rule.check)) {
    for (const SqlName& name : names_in(sql->sql.text)) {
      if (checking.contract.model.find(name.name) != nullptr) {
        names.push_back(name.name);
      }
    }
  }
  for (const std::string& column : names) {
    if (!checking.flow.is_made_by_post_only(column)) {
      continue;
    }
    // A declared column is empty there, so that every row fails: the standard has it run so.
    const bool is_declared = checking.contract.model.find(column) != nullptr;
    checking.out.add(Code::PhaseTooEarly, is_declared ? Severity::Warning : Severity::Error,
                     rule.phase->span,
                     "the rule runs before the step that makes its column: " + quoted(column),
                     "write phase: post, or leave it out");
    return;
  }
}

void hint_null(const Checking& checking, const RowRule& rule, const Texts& columns) {
  const bool is_not_null = std::holds_alternative<NotNullCheck>(rule.check);
  if (is_not_null || !null_fails(rule) || rule.severity.value != RuleSeverity::Error) {
    return;
  }
  for (const Text& column : columns) {
    const Field* field = checking.contract.model.find(column.value);
    const bool is_optional =
        field != nullptr && !field->required.value && (!field->nullable || field->nullable->value);
    if (is_optional) {
      checking.out.add(
          Code::NullFailsRule, rule.span,
          "rows without a value fail this rule, and the field is optional: " + quoted(column.value),
          "add required: true to the field, or let NULL pass in a SQL rule");
    }
  }
}

template <class Rules>
void check_rule_names(const Checking& checking, const Rules& rules) {
  std::map<std::string_view, const Span*> seen;
  for (const auto& rule : rules) {
    if (!rule.name.is_written()) {
      continue;
    }
    if (rule.name.value.empty()) {
      checking.out.add(Code::EmptyValue, rule.name.span,
                       "expected a name for the rule, and it is empty");
      continue;
    }
    const auto [place, is_new] = seen.emplace(rule.name.value, &rule.name.span);
    if (!is_new) {
      checking.out.add(Code::DuplicateRule, rule.name.span,
                       "a rule of this name exists already (line " +
                           std::to_string(place->second->begin.line) +
                           "): " + quoted(rule.name.value));
    }
  }
}

bool is_declared(const RowRule& rule) {
  return rule.origin == RuleOrigin::Declared || rule.origin == RuleOrigin::FieldRule;
}

}  // namespace

void check_row_rules(const Checking& checking) {
  const std::vector<RowRule> rules = all_row_rules(checking.contract);
  check_rule_names(checking, rules);
  for (const RowRule& rule : rules) {
    const Texts columns = columns_of(rule);
    if (is_declared(rule)) {
      for (const Text& column : columns) {
        const bool has_name = rule.name.is_written() || !column.value.empty();
        check_column(checking, Code::UnknownField, column,
                     has_name ? "row rule " + quoted(rule.name.value) : "a row rule");
      }
      check_row_check(checking, rule);
      check_reads_no_source(checking, rule);
      check_rule_bounds(checking, rule.bounds);
    }
    check_phase(checking, rule, columns);
    hint_null(checking, rule, columns);
  }
}

namespace {

/// Of the steps that take columns away.
std::string_view word_of(const Step& step) {
  return std::visit(overloaded{
                        [](const SqlStep&) -> std::string_view { return "sql"; },
                        [](const Rename&) -> std::string_view { return "rename"; },
                        [](const Select&) -> std::string_view { return "select"; },
                        [](const Drop&) -> std::string_view { return "drop"; },
                        [](const Rollup&) -> std::string_view { return "rollup"; },
                        [](const Pivot&) -> std::string_view { return "pivot"; },
                        [](const Unpivot&) -> std::string_view { return "unpivot"; },
                        [](const auto&) -> std::string_view { return "step"; },
                    },
                    step);
}

/// A data set rule reads the accepted rows, behind all steps.
void check_stays(const Checking& checking, const Text& column, const std::string& rule) {
  const Transformation* remover = find_remover(checking.contract, column.value);
  if (remover == nullptr) {
    return;
  }
  checking.out.add(
      Code::UnknownField, column.span,
      fmt::format("{} reads a column that a step takes away ({}, line {}): {}", rule,
                  word_of(remover->step), remover->span.begin.line, quoted(column.value)),
      "keep the column in that step, or ask for one that it leaves");
}

/// The key is checked for duplicates among the accepted rows, unless it is that of a history.
void check_key_stays(const Checking& checking) {
  const auto& target = checking.contract.materialization;
  const bool is_history = target && target->strategy.value == Strategy::Scd2;
  const auto& rules = checking.contract.quality.dataset_rules;
  const bool is_written = std::ranges::any_of(rules, [](const DatasetRule& rule) {
    return std::holds_alternative<UniqueCheck>(rule.check);
  });
  if (is_history || is_written) {
    return;
  }
  for (const Text& column : checking.contract.primary_key) {
    const Transformation* remover = find_remover(checking.contract, column.value);
    const bool is_told = remover != nullptr &&  // as the removal of a key
                         (std::holds_alternative<Drop>(remover->step) ||
                          std::holds_alternative<Select>(remover->step) ||
                          std::holds_alternative<Rename>(remover->step));
    if (!is_told) {
      check_stays(checking, column, "the rule that primary_key implies (unique)");
    }
  }
}

}  // namespace

void check_dataset_rules(const Checking& checking) {
  check_key_stays(checking);
  check_rule_names(checking, checking.contract.quality.dataset_rules);
  for (const DatasetRule& rule : checking.contract.quality.dataset_rules) {
    for (const Text& column : columns_of(rule)) {
      if (check_column(checking, Code::UnknownField, column,
                       "dataset rule " + quoted(rule.name.value))) {
        check_stays(checking, column, "dataset rule " + quoted(rule.name.value));
      }
    }
    check_rule_bounds(checking, rule.bounds);
    if (const auto* sql = std::get_if<DatasetSqlCheck>(&rule.check);
        sql && is_true(sql->sql.text)) {
      checking.out.add(Code::RuleMeansNothing, rule.span,
                       "every data set fulfils the rule: " + quoted(sql->sql.text));
    }
    if (const auto* count = std::get_if<RowCountCheck>(&rule.check)) {
      check_bounds(checking, count->min, "min", 0);
      check_bounds(checking, count->max, "max", 0);
      if (count->min && count->max && count->min->value > count->max->value) {
        checking.out.add(Code::MinOverMax, count->min->span,
                         "'min' lies above 'max': " + quoted(std::to_string(count->min->value)));
      }
    }
  }
}

}  // namespace sluice::contract::internal
