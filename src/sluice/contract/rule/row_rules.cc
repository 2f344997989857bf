#include "sluice/contract/rule/row_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {
namespace {

bool has_not_null_rule(const Contract& contract, const Field& field) {
  const auto is_not_null = [&](const RowRule& rule) {
    return refuses_null(rule, field.name.value);
  };
  return std::any_of(contract.quality.row_rules.begin(), contract.quality.row_rules.end(),
                     is_not_null);
}

RowRule implied(const Field& field, std::string_view suffix, RowCheck check, RuleOrigin origin,
                const Span& span) {
  return {.name = {field.name.value + std::string(suffix), {}},
          .check = std::move(check),
          .origin = origin,
          .span = span};
}

void add_field_rules(const Contract& contract, const Field& field, std::vector<RowRule>& rules) {
  const bool is_added = is_added_at_write(contract, field.name.value);
  const bool enforces = contract.quality.enforce_required.value && !field.generated.value;
  if (field.required.value && enforces && !is_added && !has_not_null_rule(contract, field)) {
    rules.push_back(implied(field, "_required", NotNullCheck{field.name}, RuleOrigin::FieldRequired,
                            field.required.span));
  }
  if (field.accepted_values && !field.accepted_values->empty()) {
    rules.push_back(implied(field, "_accepted_values",
                            AcceptedValuesCheck{field.name, *field.accepted_values},
                            RuleOrigin::FieldAcceptedValues, field.accepted_values->front().span));
  }
  if (field.min || field.max) {
    rules.push_back(implied(field, "_range", RangeCheck{field.name, field.min, field.max},
                            RuleOrigin::FieldRange, field.min ? field.min->span : field.max->span));
  }
  if (field.max_length) {
    rules.push_back(implied(field, "_max_length", MaxLengthCheck{field.name, *field.max_length},
                            RuleOrigin::FieldMaxLength, field.max_length->span));
  }
  rules.insert(rules.end(), field.rules.begin(), field.rules.end());
}

std::string quoted_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + '"';
}

/// A row that comes into the step without a value in the column may leave it with one, or the rows
/// that leave it are others.
bool may_fill(const Step& step, std::string_view column) {
  const auto is = [&](const Text& one) { return schema::same_column(one.value, column); };
  const auto has = [&](const Texts& some) { return std::ranges::any_of(some, is); };
  return std::visit(
      overloaded{
          [](const SqlStep&) { return true; },
          [&](const Rename& one) {
            return std::ranges::any_of(
                one.mappings, [&](const auto& pair) { return is(pair.key) || is(pair.value); });
          },
          [&](const Derive& one) { return is(one.field); },
          [&](const Lookup& one) { return is(one.field); },
          [&](const Join& one) {
            const std::string prefix = one.prefix ? one.prefix->value : std::string();
            const bool adds_rows =
                one.type.value == JoinType::Right || one.type.value == JoinType::Full;
            return adds_rows || std::ranges::any_of(one.fields, [&](const Text& field) {
                     return schema::same_column(prefix + field.value, column);
                   });
          },
          [](const Filter&) { return false; },
          [](const Deduplicate&) { return false; },
          [&](const Select& one) { return !has(one.columns); },
          [&](const Drop& one) { return has(one.columns); },
          [](const Cast&) { return false; },
          [](const Trim&) { return false; },
          [](const Lower&) { return false; },
          [](const Upper&) { return false; },
          [&](const Coalesce& one) { return is(one.output.value_or(one.field)); },
          [&](const Split& one) { return is(one.output.value_or(one.field)); },
          [&](const Explode& one) { return is(one.output.value_or(one.field)); },
          [&](const MapValues& one) { return is(one.output.value_or(one.field)); },
          [](const Rollup&) { return true; },
          [](const Pivot&) { return true; },
          [](const Unpivot&) { return true; },
          [&](const Bucket& one) { return is(one.field); },
          [&](const JsonExtract& one) { return is(one.field); },
          [&](const DateDiff& one) { return is(one.field); },
          [&](const DateRangeExplode& one) { return is(one.output); },
      },
      step);
}

/// What a step behind the rules makes anew, or takes away, is judged again behind it.
void add_remade_rule(const Contract& contract, const Field& field, std::vector<RowRule>& rules) {
  if (!field.required.value || !contract.quality.enforce_required.value || field.generated.value ||
      is_added_at_write(contract, field.name.value) ||
      !is_remade_behind_rules(contract, field.name.value)) {
    return;
  }
  if (std::optional<RowRule> rule = required_after_steps(rules, field.name, field.required.span)) {
    rules.push_back(*std::move(rule));
  }
}

/// The rule judges the column as the deduplication sees it: no step between the two fills it.
bool judges_key_of(const RowRule& rule, std::string_view column, const Contract& contract,
                   const Transformation& dedup) {
  if (!refuses_null(rule, column)) {
    return false;
  }
  const bool is_pre = dedup.phase.value == Phase::Pre;
  const bool is_judged_late = rule.phase && rule.phase->value == Phase::Post;
  bool is_behind = false;
  for (const Transformation& other : contract.transformations) {
    const bool is_between = other.phase.value == Phase::Pre ? is_pre && is_behind
                            : is_pre                        ? is_judged_late
                                                            : is_behind || !is_judged_late;
    if (&other != &dedup && is_between && may_fill(other.step, column)) {
      return false;
    }
    is_behind = is_behind || &other == &dedup;
  }
  return true;
}

/// A row whose dedup key is blank is no duplicate of anything: it is quarantined by this rule.
void add_dedup_rule(const Contract& contract, const Transformation& step, const Deduplicate& dedup,
                    std::vector<RowRule>& rules) {
  const bool all_covered = std::ranges::all_of(dedup.on, [&](const Text& column) {
    return std::ranges::any_of(rules, [&](const RowRule& rule) {
      return judges_key_of(rule, column.value, contract, step);
    });
  });
  if (all_covered || dedup.blank_keys.value == BlankKeys::Keep) {
    return;
  }
  std::string name;
  std::string sql;
  for (const Text& column : dedup.on) {
    name += (name.empty() ? "" : "__") + column.value;
    sql += (sql.empty() ? "" : " AND ") + quoted_identifier(column.value) + " IS NOT NULL";
  }
  rules.push_back({.name = {name + "_required_for_dedup", {}},
                   .check = SqlCheck{.sql = {.text = sql, .span = step.span}},
                   .category = Text{"completeness", {}},
                   .description = Text{"dedup key must not be blank", {}},
                   .phase = At<Phase>{step.phase.value, {}},
                   .origin = RuleOrigin::DedupKey,
                   .span = step.span});
}

/// Milestones of an accumulating snapshot come in order.
void add_milestone_rules(const Fact& fact, std::vector<RowRule>& rules) {
  if (fact.type.value != "accumulating_snapshot" && fact.type.value != "accumulating") {
    return;
  }
  for (std::size_t i = 1; i < fact.milestone_dates.size(); ++i) {
    const Text& earlier = fact.milestone_dates[i - 1];
    const Text& later = fact.milestone_dates[i];
    const std::string a = quoted_identifier(earlier.value);
    const std::string b = quoted_identifier(later.value);
    rules.push_back(
        {.name = {"fact_milestone_" + earlier.value + "_to_" + later.value, {}},
         .check =
             SqlCheck{.sql = {.text = fmt::format("{0} IS NULL OR {1} IS NULL OR {0} >= {1}", b, a),
                              .span = later.span}},
         .category = Text{"consistency", {}},
         .origin = RuleOrigin::Milestone,
         .span = later.span});
  }
}

}  // namespace

std::string settled_category(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWords{{
      {"complete", "completeness"},
      {"consistant", "consistency"},
      {"consistent", "consistency"},
      {"referential", "consistency"},
      {"referential_integrity", "consistency"},
      {"integrity", "consistency"},
      {"valid", "validity"},
      {"accurate", "accuracy"},
      {"timely", "timeliness"},
      {"unique", "uniqueness"},
  }};
  const auto known = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const auto& each) { return each.first == word; });
  return known == kWords.end() ? word : std::string(known->second);
}

std::string squeezed_sql(std::string_view sql) {
  std::string text;
  bool is_quoted = false;
  for (const char c : sql) {
    is_quoted = is_quoted != (c == '"');
    const bool is_gap = c == ';' || std::isspace(static_cast<unsigned char>(c)) != 0;
    if (c != '"' && (is_quoted || !is_gap)) {
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return text;
}

namespace {

/// The next name or word, unquoted, which is taken off the front; empty: another sign stands there.
std::string take_word(std::string_view& sql, bool may_be_quoted) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  const auto is_letter = [](char c) {
    return c == '_' || c == '$' || std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  sql.remove_prefix(
      static_cast<std::size_t>(std::ranges::find_if_not(sql, is_space) - sql.begin()));
  if (!may_be_quoted || !sql.starts_with('"')) {
    const auto end = std::ranges::find_if_not(sql, is_letter);
    std::string word(sql.begin(), end);
    sql.remove_prefix(word.size());
    return word;
  }
  std::string name;
  for (std::size_t i = 1; i < sql.size(); ++i) {
    const bool is_escaped = sql.substr(i).starts_with("\"\"");
    if (sql[i] == '"' && !is_escaped) {
      sql.remove_prefix(i + 1);
      return name;
    }
    name += sql[i];
    i += is_escaped ? 1 : 0;
  }
  return {};
}

/// The column of `column IS NOT NULL`, where the SQL says that and no more.
std::optional<std::string> column_asked_for(std::string_view sql) {
  std::string column = take_word(sql, true);
  for (const std::string_view word : {"is", "not", "null"}) {
    if (squeezed_sql(take_word(sql, false)) != word) {
      return std::nullopt;
    }
  }
  return column.empty() || !squeezed_sql(sql).empty() ? std::nullopt : std::optional(column);
}

}  // namespace

bool refuses_null(const RowRule& rule, std::string_view column) {
  if (rule.severity.value != RuleSeverity::Error) {
    return false;
  }
  if (const auto* check = std::get_if<SqlCheck>(&rule.check)) {
    const std::optional<std::string> asked = column_asked_for(check->sql.text);
    return rule.bounds.is_empty() && asked && schema::same_column(*asked, column);
  }
  const auto* check = std::get_if<NotNullCheck>(&rule.check);
  return check != nullptr && schema::same_column(check->field.value, column);
}

std::vector<std::string> columns_added_at_write(const Contract& contract) {
  std::vector<std::string> columns;
  if (!contract.materialization) {
    return columns;
  }
  const Materialization& target = *contract.materialization;
  if (target.strategy.value == Strategy::Scd2) {
    const Scd2 scd2 = target.scd2.value_or(Scd2{});
    columns = {scd2.surrogate_key.value,      scd2.effective_from_field.value,
               scd2.effective_to_field.value, scd2.current_flag_field.value,
               scd2.version_column.value,     scd2.change_reason_column.value};
  }
  if (target.scd1 && target.scd1->surrogate_key) {
    columns.push_back(target.scd1->surrogate_key->value);
  }
  for (const MaybeText* column : {&target.soft_delete_column, &target.soft_delete_time_column,
                                  &target.soft_delete_reason_column}) {
    if (*column) {
      columns.push_back((*column)->value);
    }
  }
  return columns;
}

bool is_added_at_write(const Contract& contract, std::string_view column) {
  const std::vector<std::string> added = columns_added_at_write(contract);
  return std::any_of(added.begin(), added.end(),
                     [&](const std::string& one) { return schema::same_column(one, column); });
}

bool is_remade_behind_rules(const Contract& contract, std::string_view column) {
  return std::ranges::any_of(contract.transformations, [&](const Transformation& step) {
    return step.phase.value == Phase::Post && may_fill(step.step, column);
  });
}

std::optional<RowRule> required_after_steps(const std::vector<RowRule>& rules, const Text& column,
                                            const Span& span) {
  const bool is_judged = std::ranges::any_of(rules, [&](const RowRule& rule) {
    return rule.phase && rule.phase->value == Phase::Post && rule.origin != RuleOrigin::DedupKey &&
           refuses_null(rule, column.value);
  });
  if (is_judged) {
    return std::nullopt;
  }
  return RowRule{.name = {column.value + "_required_after_steps", {}},
                 .check = NotNullCheck{column},
                 .phase = At<Phase>{Phase::Post, {}},
                 .origin = RuleOrigin::RequiredAfterSteps,
                 .span = span};
}

std::vector<RowRule> all_row_rules(const Contract& contract) {
  std::vector<RowRule> rules;
  for (const Field& field : contract.model.fields) {
    add_field_rules(contract, field, rules);
  }
  rules.insert(rules.end(), contract.quality.row_rules.begin(), contract.quality.row_rules.end());
  for (const Transformation& step : contract.transformations) {
    if (const auto* dedup = std::get_if<Deduplicate>(&step.step)) {
      add_dedup_rule(contract, step, *dedup, rules);
    }
  }
  for (const Field& field : contract.model.fields) {
    add_remade_rule(contract, field, rules);
  }
  if (contract.materialization && contract.materialization->fact) {
    add_milestone_rules(*contract.materialization->fact, rules);
  }
  return rules;
}

std::string category_of(const RowRule& rule) {
  if (rule.category) {
    return settled_category(rule.category->value);
  }
  return std::visit(overloaded{
                        [](const SqlCheck&) { return "correctness"; },
                        [](const NotNullCheck&) { return "completeness"; },
                        [](const AcceptedValuesCheck&) { return "validity"; },
                        [](const RegexCheck&) { return "validity"; },
                        [](const RangeCheck&) { return "validity"; },
                        [](const MaxLengthCheck&) { return "validity"; },
                        [](const ReferenceCheck&) { return "consistency"; },
                        [](const RecentCheck&) { return "consistency"; },
                        [](const LifetimeCheck&) { return "consistency"; },
                    },
                    rule.check);
}

std::string category_of(const DatasetRule& rule) {
  if (rule.category) {
    return settled_category(rule.category->value);
  }
  return std::visit(overloaded{
                        [](const DatasetSqlCheck&) { return "correctness"; },
                        [](const UniqueCheck&) { return "uniqueness"; },
                        [](const NullRatioCheck&) { return "completeness"; },
                        [](const RowCountCheck&) { return "completeness"; },
                    },
                    rule.check);
}

Texts columns_of(const RowRule& rule) {
  return std::visit(
      overloaded{
          [](const SqlCheck&) { return Texts{}; },
          [](const NotNullCheck& check) { return Texts{check.field}; },
          [](const AcceptedValuesCheck& check) { return Texts{check.field}; },
          [](const RegexCheck& check) { return Texts{check.field}; },
          [](const RangeCheck& check) { return Texts{check.field}; },
          [](const MaxLengthCheck& check) { return Texts{check.field}; },
          [](const ReferenceCheck& check) { return Texts{check.field}; },
          [](const RecentCheck& check) { return Texts{check.field}; },
          [](const LifetimeCheck& check) { return Texts{check.event_ts, check.event_key}; },
      },
      rule.check);
}

Texts columns_of(const DatasetRule& rule) {
  return std::visit(overloaded{
                        [](const DatasetSqlCheck&) { return Texts{}; },
                        [](const UniqueCheck& check) { return check.columns; },
                        [](const NullRatioCheck& check) { return Texts{check.field}; },
                        [](const RowCountCheck&) { return Texts{}; },
                    },
                    rule.check);
}

bool null_fails(const RowRule& rule) { return !std::holds_alternative<MaxLengthCheck>(rule.check); }

}  // namespace sluice::contract
