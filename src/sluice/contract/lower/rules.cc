// Rules -> one boolean expression each, and the texts that users know.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/lower/lower_internal.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/dialect/duckdb/exact_key.h"

namespace sluice::contract::internal {
namespace {

/// Rules are SQL that every dialect here spells the same way.
std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text.append(c == '"' ? 2 : 1, c);
  }
  return text + '"';
}

std::string text_literal(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    text.append(c == '\'' ? 2 : 1, c);
  }
  return text + '\'';
}

std::string literal(const Literal& value, bool as_text) {
  switch (value.type) {
    case ScalarType::Null: return "NULL";
    case ScalarType::Bool: return as_text ? text_literal(value.text) : value.text;
    case ScalarType::Int:
    case ScalarType::Float: return as_text ? text_literal(value.text) : value.text;
    case ScalarType::String: return text_literal(value.text);
  }
  return "NULL";
}

bool is_text_field(const Contract& contract, std::string_view name) {
  const Field* field = contract.model.find(name);
  return field != nullptr && type_family(field->type.value) == TypeFamily::Textual;
}

std::string accepted_sql(const Contract& contract, const AcceptedValuesCheck& check) {
  const bool as_text = is_text_field(contract, check.field.value);
  std::string list;
  for (const Value& value : check.values) {
    list += (list.empty() ? "" : ", ") + literal(value.value, as_text);
  }
  return fmt::format("{} IN ({})", quoted(check.field.value), list);
}

/// The session's zone is UTC; of a text TIMESTAMP itself would cut an offset off.
std::string instant(const std::string& value) {
  return fmt::format("CAST(CAST({} AS TIMESTAMPTZ) AS TIMESTAMP)", value);
}

/// As instants where the field holds such.
std::string asked_accepted_sql(const Contract& contract, const AcceptedValuesCheck& check,
                               std::string sql) {
  const Field* field = contract.model.find(check.field.value);
  const auto type = field == nullptr ? std::nullopt : lower_type(field->type.value);
  if (!type || !std::holds_alternative<schema::Timestamp>(type->kind)) {
    return sql;
  }
  std::string list;
  for (const Value& value : check.values) {
    const std::string one = literal(value.value, true);
    list += (list.empty() ? "" : ", ") + (one == "NULL" ? one : instant(one));
  }
  return fmt::format("{} IN ({})", instant(quoted(check.field.value)), list);
}

/// `field`: the column, or a number made of it.
std::string range_sql(const RangeCheck& check, const std::string& field) {
  const std::string_view equal = check.inclusive.value ? "=" : "";
  std::string text;
  if (check.min) {
    text = fmt::format("{} >{} {}", field, equal, check.min->value.text);
  }
  if (check.max) {
    text += fmt::format("{}{} <{} {}", text.empty() ? "" : " AND ", field, equal,
                        check.max->value.text);
  }
  return text.empty() ? field + " IS NOT NULL" : text;
}

/// `field`: an instant.
std::string recent_sql(const RecentCheck& check, const std::string& field) {
  const std::int64_t seconds = parse_duration_seconds(check.window.value).value_or(0);
  return seconds % 86'400 == 0
             ? fmt::format("{} >= current_date - INTERVAL {} DAY", field, seconds / 86'400)
             : fmt::format("{} >= CAST(now() AS TIMESTAMP) - INTERVAL {} SECOND", field, seconds);
}

std::string lifetime_sql(const LifetimeCheck& check) {
  return fmt::format(
      "EXISTS (SELECT 1 FROM {ref} AS _sluice_r WHERE _sluice_r.{key} = source.{event_key} AND "
      "CAST(_sluice_r.{start} AS TIMESTAMP) <= CAST(source.{ts} AS TIMESTAMP) AND "
      "coalesce(CAST(_sluice_r.{end} AS TIMESTAMP), CAST({default} AS TIMESTAMP)) >= "
      "CAST(source.{ts} AS TIMESTAMP))",
      fmt::arg("ref", quoted(check.reference.value)),
      fmt::arg("key", quoted(check.reference_key.value)),
      fmt::arg("event_key", quoted(check.event_key.value)),
      fmt::arg("start", quoted(check.start_field.value)),
      fmt::arg("ts", quoted(check.event_ts.value)), fmt::arg("end", quoted(check.end_field.value)),
      fmt::arg("default", text_literal(check.end_default.value)));
}

/// The same, where what is no instant, of an event or a member of the reference, matches nothing:
/// no other row fails for it. `key`: of the reference, as what compares with that of the event.
std::string asked_lifetime_sql(const LifetimeCheck& check, const std::string& key) {
  const auto read = [](std::string_view relation, const Text& field) {
    return fmt::format("CAST(TRY_CAST({}.{} AS TIMESTAMPTZ) AS TIMESTAMP)", relation,
                       quoted(field.value));
  };
  return fmt::format(
      "EXISTS (SELECT 1 FROM {ref} AS _sluice_r WHERE {key} = source.{event_key} AND "
      "{start} <= {ts} AND CASE WHEN _sluice_r.{end_field} IS NULL THEN {default} ELSE {end} END "
      ">= {ts})",
      fmt::arg("ref", quoted(check.reference.value)), fmt::arg("key", key),
      fmt::arg("event_key", quoted(check.event_key.value)),
      fmt::arg("start", read("_sluice_r", check.start_field)),
      fmt::arg("end_field", quoted(check.end_field.value)),
      fmt::arg("end", read("_sluice_r", check.end_field)),
      fmt::arg("default", instant(text_literal(check.end_default.value))),
      fmt::arg("ts", read("source", check.event_ts)));
}

std::string life_key(const LifetimeCheck& check) {
  return "_sluice_r." + quoted(check.reference_key.value);
}

/// A key of a reference as a value of the type of the field that is compared with it; empty: the
/// contract does not say of which type that is.
std::string key_of_field(const Contract& contract, const Text& field, const std::string& key) {
  const Field* declared = contract.model.find(field.value);
  if (declared == nullptr) {
    return "";
  }
  const auto type = is_text_field(contract, field.value) ? schema::LogicalType{schema::Text{}}
                                                         : lower_type(declared->type.value);
  return type ? dialect::exact_key(key, *type) : key;
}

/// The number in a text that `cast_to_string` keeps of a field of numbers.
std::string asked_range_sql(const Contract& contract, const RangeCheck& check, std::string sql) {
  const Field* field = contract.model.find(check.field.value);
  const bool is_text = contract.server && contract.server->cast_to_string.value;
  const TypeFamily family =
      field != nullptr && is_text ? type_family(field->type.value) : TypeFamily::Unknown;
  const auto as = [&](std::string_view type) {
    return range_sql(check, fmt::format("CAST({} AS {})", quoted(check.field.value), type));
  };
  return family == TypeFamily::Whole        ? as("DECIMAL(38,9)")
         : family == TypeFamily::Fractional ? as("DOUBLE")
                                            : std::move(sql);
}

/// What is asked where it is not what people read: a reference file's numbers are no texts to the
/// engine, which compares no text with a number.
std::string asked_sql(const Contract& contract, const RowCheck& check, std::string sql) {
  if (const auto* life = std::get_if<LifetimeCheck>(&check)) {
    const std::string key = key_of_field(contract, life->event_key, life_key(*life));
    return asked_lifetime_sql(*life, key.empty() ? life_key(*life) : key);
  }
  if (const auto* recent = std::get_if<RecentCheck>(&check)) {
    return recent_sql(*recent, instant(quoted(recent->field.value)));
  }
  if (const auto* accepted = std::get_if<AcceptedValuesCheck>(&check)) {
    return asked_accepted_sql(contract, *accepted, std::move(sql));
  }
  if (const auto* range = std::get_if<RangeCheck>(&check)) {
    return asked_range_sql(contract, *range, std::move(sql));
  }
  const auto* reference = std::get_if<ReferenceCheck>(&check);
  if (reference == nullptr) {
    return sql;
  }
  const std::string key = key_of_field(contract, reference->field, quoted(reference->key.value));
  return key.empty() ? sql
                     : fmt::format("{} IN (SELECT {} FROM {})", quoted(reference->field.value), key,
                                   quoted(reference->reference.value));
}

std::string check_sql(const Contract& contract, const RowCheck& check) {
  return std::visit(
      overloaded{
          [](const SqlCheck& c) { return c.sql.text; },
          [](const NotNullCheck& c) { return quoted(c.field.value) + " IS NOT NULL"; },
          [&](const AcceptedValuesCheck& c) { return accepted_sql(contract, c); },
          [](const RegexCheck& c) {
            return fmt::format("regexp_matches({}, {})", quoted(c.field.value),
                               text_literal(c.pattern.value));
          },
          [](const RangeCheck& c) { return range_sql(c, quoted(c.field.value)); },
          [](const MaxLengthCheck& c) {
            return fmt::format("{0} IS NULL OR length({0}) <= {1}", quoted(c.field.value),
                               c.max_length.value);
          },
          [](const ReferenceCheck& c) {
            return fmt::format("{} IN (SELECT {} FROM {})", quoted(c.field.value),
                               quoted(c.key.value), quoted(c.reference.value));
          },
          [](const RecentCheck& c) {
            return recent_sql(c, fmt::format("CAST({} AS TIMESTAMP)", quoted(c.field.value)));
          },
          [](const LifetimeCheck& c) { return lifetime_sql(c); },
      },
      check);
}

/// A rule with bounds gives a number, which they judge.
std::string bounded_sql(const std::string& sql, const Bounds& bounds) {
  if (bounds.is_empty()) {
    return sql;
  }
  const std::string value = fmt::format("CAST((\n{}\n) AS DOUBLE)", sql);
  std::string text;
  const auto add = [&](std::string_view sign, const Number& number) {
    text += fmt::format("{}{} {} {}", text.empty() ? "" : " AND ", value, sign, number.value.text);
  };
  if (bounds.greater_than) {
    add(">", *bounds.greater_than);
  }
  if (bounds.less_than) {
    add("<", *bounds.less_than);
  }
  if (bounds.between.size() == 2) {
    add(">=", bounds.between[0]);
    add("<=", bounds.between[1]);
  }
  return text;
}

/// What people know the rule by: its SQL as they wrote it.
std::string message_of(const RowRule& rule, const std::string& rendered) {
  const auto* check = std::get_if<SqlCheck>(&rule.check);
  const std::string& sql = check == nullptr ? rendered : check->sql.as_written();
  if (rule.origin == RuleOrigin::FieldRequired || rule.origin == RuleOrigin::RequiredAfterSteps) {
    return fmt::format("Rule failed: {} is required",
                       std::get<NotNullCheck>(rule.check).field.value);
  }
  const bool is_named_by_sql =
      std::holds_alternative<SqlCheck>(rule.check) && !rule.has_written_name() &&
      (rule.origin == RuleOrigin::Declared || rule.origin == RuleOrigin::FieldRule);
  return is_named_by_sql ? fmt::format("Rule failed: {}", sql)
                         : fmt::format("Rule failed: {} ({})", rule.name.value, sql);
}

/// The step that a key of a deduplication belongs to.
std::optional<std::size_t> step_of(const RowRule& rule, const SourcePosition& at,
                                   const std::vector<plan::PlannedStep>& steps) {
  const auto found = std::ranges::find_if(steps, [&](const plan::PlannedStep& step) {
    return step.at == at && std::holds_alternative<plan::KeepFirst>(step.step);
  });
  return rule.origin != RuleOrigin::DedupKey || found == steps.end()
             ? std::nullopt
             : std::optional(static_cast<std::size_t>(found - steps.begin()));
}

plan::Severity severity_of(RuleSeverity severity) {
  switch (severity) {
    case RuleSeverity::Error: return plan::Severity::Error;
    case RuleSeverity::Warning: return plan::Severity::Warning;
    case RuleSeverity::Info: return plan::Severity::Info;
  }
  return plan::Severity::Error;
}

plan::NumberBounds bounds_of(const Bounds& bounds) {
  plan::NumberBounds lowered;
  const auto add = [&](std::string_view sign, const Number& number) {
    lowered.text +=
        fmt::format("{}{} {}", lowered.text.empty() ? "" : " and ", sign, number.value.text);
  };
  if (bounds.greater_than) {
    lowered.above = bounds.greater_than->value.value;
    add(">", *bounds.greater_than);
  }
  if (bounds.less_than) {
    lowered.below = bounds.less_than->value.value;
    add("<", *bounds.less_than);
  }
  if (bounds.between.size() == 2) {
    lowered.at_least = bounds.between[0].value.value;
    lowered.at_most = bounds.between[1].value.value;
    add(">=", bounds.between[0]);
    add("<=", bounds.between[1]);
  }
  return lowered;
}

void lower_dataset_check(const DatasetRule& rule, const LowerInput& input, plan::DatasetRule& out) {
  std::visit(overloaded{
                 [&](const DatasetSqlCheck& check) {
                   plan::RawSql query = raw_sql(input, check.sql);
                   if (!is_statement(query.text)) {
                     query.text = fmt::format("SELECT (\n{}\n) FROM source", query.text);
                   }
                   out.observation = plan::ScalarQuery{std::move(query)};
                   out.bounds = bounds_of(rule.bounds);
                 },
                 [&](const UniqueCheck& check) {
                   plan::DuplicateKeys keys;
                   for (const Text& column : check.columns) {
                     keys.columns.push_back(column.value);
                   }
                   out.observation = std::move(keys);
                   out.bounds = {.at_least = std::nullopt,
                                 .at_most = 0,
                                 .above = std::nullopt,
                                 .below = std::nullopt,
                                 .text = "= 0"};
                 },
                 [&](const NullRatioCheck& check) {
                   out.observation = plan::NullShare{check.field.value};
                   out.bounds.at_most = check.max.value.value;
                   out.bounds.text = "<= " + fmt::format("{}", check.max.value.value);
                 },
                 [&](const RowCountCheck& check) {
                   out.observation = plan::RowCount{};
                   if (check.min) {
                     out.bounds.at_least = static_cast<double>(check.min->value);
                     out.bounds.text = fmt::format(">= {}", check.min->value);
                   }
                   if (check.max) {
                     out.bounds.at_most = static_cast<double>(check.max->value);
                     out.bounds.text += fmt::format(
                         "{}<= {}", out.bounds.text.empty() ? "" : " and ", check.max->value);
                   }
                 },
             },
             rule.check);
}

/// COUNT(*) beside COUNT(DISTINCT key) of all rows, as people write that a key is unique.
bool counts_key(const DatasetSqlCheck& check, const std::vector<Text>& key) {
  std::string columns;
  for (const Text& column : key) {
    columns += (columns.empty() ? "" : ",") + squeezed_sql(quoted(column.value));
  }
  const std::string distinct =
      (key.size() == 1 ? "count(distinct" + columns : "count(distinct(" + columns + ")") + ")";
  const std::string sql = squeezed_sql(check.sql.text);
  return sql.find("where") == std::string::npos &&
         (sql.starts_with("selectcount(*)=" + distinct + "from") ||
          sql.starts_with("selectcount(*)-" + distinct + "from") ||
          sql.starts_with("select" + distinct + "=count(*)from"));
}

/// Whether the names are the same ones, in any order.
bool same_columns(const Texts& some, const Texts& others) {
  const auto all_in = [](const Texts& these, const Texts& those) {
    return std::ranges::all_of(these, [&](const Text& one) {
      return std::ranges::any_of(
          those, [&](const Text& other) { return schema::same_column(one.value, other.value); });
    });
  };
  return all_in(some, others) && all_in(others, some);
}

/// The primary key implies a check of its own, unless the same one is written.
void add_key_rule(const Contract& contract, std::vector<DatasetRule>& rules) {
  const bool is_history =
      contract.materialization && contract.materialization->strategy.value == Strategy::Scd2;
  const bool is_written = std::ranges::any_of(rules, [&](const DatasetRule& rule) {
    const auto* unique = std::get_if<UniqueCheck>(&rule.check);
    const auto* sql = std::get_if<DatasetSqlCheck>(&rule.check);
    return (unique != nullptr && same_columns(unique->columns, contract.primary_key)) ||
           (sql != nullptr && counts_key(*sql, contract.primary_key));
  });
  if (contract.primary_key.empty() || is_history || is_written) {
    return;
  }
  std::string name;
  for (const Text& column : contract.primary_key) {
    name += column.value + "_";
  }
  rules.push_back({.name = {name + "unique", {}},
                   .check = UniqueCheck{contract.primary_key},
                   .span = contract.primary_key.front().span});
}

/// A row without its key matches no row of a table, so no merge can place it.
void add_key_row_rules(const Contract& contract, std::vector<RowRule>& rules) {
  const auto strategy =
      contract.materialization ? contract.materialization->strategy.value : Strategy::Append;
  if (strategy != Strategy::Merge && strategy != Strategy::Scd2) {
    return;
  }
  for (const Text& column : contract.primary_key) {
    if (is_added_at_write(contract, column.value)) {
      continue;
    }
    const bool is_covered = std::ranges::any_of(
        rules, [&](const RowRule& rule) { return refuses_null(rule, column.value); });
    if (!is_covered) {
      rules.push_back({.name = {column.value + "_required", {}},
                       .check = NotNullCheck{column},
                       .origin = RuleOrigin::FieldRequired,
                       .span = column.span});
    }
    std::optional<RowRule> late = is_remade_behind_rules(contract, column.value)
                                      ? required_after_steps(rules, column, column.span)
                                      : std::nullopt;
    if (late) {
      rules.push_back(*std::move(late));
    }
  }
}

}  // namespace

Status lower_row_rules(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  std::vector<RowRule> rules = all_row_rules(contract);
  add_key_row_rules(contract, rules);
  for (const RowRule& rule : rules) {
    const std::string sql = check_sql(contract, rule.check);
    const SourcePosition at = place(input, rule.span);
    plan::RawSql predicate{.text = bounded_sql(asked_sql(contract, rule.check, sql), rule.bounds),
                           .reads = {},
                           .at = at};
    std::optional<plan::Phase> phase;
    if (rule.phase) {
      phase = rule.phase->value == Phase::Pre ? plan::Phase::Pre : plan::Phase::Post;
    }
    out.row_rules.push_back(
        {.name = rule.name.value,
         .predicate = plan::Expr{std::move(predicate)},
         .message = message_of(rule, sql),
         .category = category_of(rule),
         .description = rule.description ? rule.description->value : std::string(),
         .severity = severity_of(rule.severity.value),
         .phase = phase,
         .judged_at = step_of(rule, at, out.steps),
         .asked_where_left = rule.origin == RuleOrigin::RequiredAfterSteps
                                 ? std::get<NotNullCheck>(rule.check).field.value
                                 : std::string(),
         .at = at});
  }
  return {};
}

Status lower_dataset_rules(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  std::vector<DatasetRule> rules = contract.quality.dataset_rules;
  add_key_rule(contract, rules);
  for (const DatasetRule& rule : rules) {
    plan::DatasetRule lowered{.name = rule.name.value,
                              .observation = plan::RowCount{},
                              .bounds = {},
                              .category = category_of(rule),
                              .description = rule.description ? rule.description->value : "",
                              .severity = severity_of(rule.severity.value),
                              .at = place(input, rule.span)};
    lower_dataset_check(rule, input, lowered);
    lowered.is_deferred = std::ranges::any_of(columns_of(rule), [&](const Text& column) {
      return is_added_at_write(contract, column.value);
    });
    out.dataset_rules.push_back(std::move(lowered));
  }
  out.stop_on_dataset_error = contract.quality.fail_pipeline_on_dataset_error.value;
  return {};
}

}  // namespace sluice::contract::internal
