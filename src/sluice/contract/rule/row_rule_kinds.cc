// The shorthands of row rules. Order is the order of the docs.
#include <array>

#include "sluice/contract/rule/rule_reading_internal.h"

namespace sluice::contract {
namespace {

using internal::columns_of;
using internal::has_text;

constexpr Key kPhaseKey =
    key<&RuleBody::phase>("phase", "pre or post; absent: where its columns are");
constexpr Key kFieldKey = key<&RuleBody::field>("field", "The column");
constexpr Key kColumnKey = key<&RuleBody::field>("column", "The column; same as field");

/// A rule with what was written beside the shorthand and inside its body; beside wins.
RowRule make_rule(const RuleBody& body, const RowRule& base, const std::string& made_name) {
  RowRule rule = base;
  if (!rule.name.is_written()) {
    rule.name = body.name ? *body.name : Text{made_name, {}};
  }
  if (!rule.category) {
    rule.category = body.category;
  }
  if (!rule.description) {
    rule.description = body.description;
  }
  if (!rule.severity.is_written() && body.severity) {
    rule.severity = *body.severity;
  }
  if (!rule.phase) {
    rule.phase = body.phase;
  }
  return rule;
}

void make_not_null(Reader& reader, const RuleBody& body, const RowRule& base,
                   std::vector<RowRule>& out) {
  const Texts columns = columns_of(body);
  if (columns.empty()) {
    reader.out().add(Code::MissingKey, body.span,
                     "expected the key 'field' or 'fields' in 'not_null'");
  }
  for (const Text& column : columns) {
    RowRule rule = make_rule(body, base, column.value + "_not_null");
    if (columns.size() > 1 && rule.name.is_written()) {
      rule.name.value += "_" + column.value;  // one written name for several rules
    }
    rule.check = NotNullCheck{.field = column};
    out.push_back(std::move(rule));
  }
}

void make_accepted_values(Reader& reader, const RuleBody& body, const RowRule& base,
                          std::vector<RowRule>& out) {
  if (!has_text(reader, body, body.field, "field")) {
    return;
  }
  if (!body.values || body.values->empty()) {
    reader.out().add(body.values ? Code::EmptyValue : Code::MissingKey, body.span,
                     "expected at least one value under 'values' in 'accepted_values'");
    return;
  }
  RowRule rule = make_rule(body, base, body.field->value + "_accepted_values");
  rule.check = AcceptedValuesCheck{.field = *body.field, .values = *body.values};
  out.push_back(std::move(rule));
}

void make_regex(Reader& reader, const RuleBody& body, const RowRule& base,
                std::vector<RowRule>& out) {
  const bool has_field = has_text(reader, body, body.field, "field");
  if (!has_text(reader, body, body.pattern, "pattern") || !has_field) {
    return;
  }
  RowRule rule = make_rule(body, base, body.field->value + "_regex_match");
  rule.check = RegexCheck{.field = *body.field, .pattern = *body.pattern};
  out.push_back(std::move(rule));
}

void make_range(Reader& reader, const RuleBody& body, const RowRule& base,
                std::vector<RowRule>& out) {
  if (!has_text(reader, body, body.field, "field")) {
    return;
  }
  RowRule rule = make_rule(body, base, body.field->value + "_range");
  rule.check = RangeCheck{
      .field = *body.field, .min = body.min, .max = body.max, .inclusive = body.inclusive};
  out.push_back(std::move(rule));
}

void make_reference(Reader& reader, const RuleBody& body, const RowRule& base,
                    std::vector<RowRule>& out) {
  const bool has_field = has_text(reader, body, body.field, "field");
  const bool has_reference = has_text(reader, body, body.reference, "reference");
  if (!has_text(reader, body, body.key, "key") || !has_field || !has_reference) {
    return;
  }
  RowRule rule = make_rule(body, base, body.field->value + "_referential_integrity");
  rule.check = ReferenceCheck{.field = *body.field, .reference = *body.reference, .key = *body.key};
  out.push_back(std::move(rule));
}

void make_recent(Reader& reader, const RuleBody& body, const RowRule& base,
                 std::vector<RowRule>& out) {
  const MaybeText& field = body.field ? body.field : body.event_ts;
  if (!has_text(reader, body, field, "field")) {
    return;
  }
  RowRule rule = make_rule(body, base, field->value + "_lifecycle_window");
  rule.check = RecentCheck{.field = *field, .window = *body.window};
  out.push_back(std::move(rule));
}

void make_lifecycle(Reader& reader, const RuleBody& body, const RowRule& base,
                    std::vector<RowRule>& out) {
  if (body.window) {
    make_recent(reader, body, base, out);
    return;
  }
  const MaybeText& event_key = body.event_key ? body.event_key : body.field;
  const bool has_time = has_text(reader, body, body.event_ts, "event_ts");
  const bool has_key = has_text(reader, body, event_key, "event_key");
  const bool has_reference = has_text(reader, body, body.reference, "reference");
  if (!has_text(reader, body, body.reference_key, "reference_key") || !has_time || !has_key ||
      !has_reference) {
    return;
  }
  LifetimeCheck check{.event_ts = *body.event_ts,
                      .event_key = *event_key,
                      .reference = *body.reference,
                      .reference_key = *body.reference_key};
  check.start_field = body.start_field.value_or(check.start_field);
  check.end_field = body.end_field.value_or(check.end_field);
  check.end_default = body.end_default.value_or(check.end_default);
  RowRule rule = make_rule(body, base, event_key->value + "_lifecycle_window");
  rule.check = std::move(check);
  out.push_back(std::move(rule));
}

constexpr std::array kNotNullKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::fields>("fields", "Several columns, a rule for each"),
    key<&RuleBody::fields>("columns", "Several columns; same as fields"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kAcceptedValuesKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::values>("values", "The allowed values"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kRegexKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::pattern>("pattern", "RE2 pattern, found anywhere in the text"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kRangeKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::min>("min", "Lower bound"),
    key<&RuleBody::max>("max", "Upper bound"),
    key<&RuleBody::inclusive>("inclusive", "Whether the bounds themselves are allowed (true)"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kReferenceKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::reference>("reference", "Name of the link"),
    key<&RuleBody::key>("key", "Column of the link that must hold the value"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kLifecycleKeys{
    kFieldKey,
    kColumnKey,
    key<&RuleBody::window>("window", "Greatest age, e.g. 30d"),
    key<&RuleBody::event_ts>("event_ts", "Time of the event"),
    key<&RuleBody::event_ts>("timestamp_field", "Time of the event; same as event_ts"),
    key<&RuleBody::event_key>("event_key", "Column that names the member"),
    key<&RuleBody::reference>("reference", "Name of the link that holds the members"),
    key<&RuleBody::reference>("dim_table", "Name of the link; same as reference"),
    key<&RuleBody::reference_key>("reference_key", "Key column of the link"),
    key<&RuleBody::reference_key>("dim_key", "Key column of the link; same as reference_key"),
    key<&RuleBody::start_field>("start_field", "Begin of a member's life (start_date)"),
    key<&RuleBody::end_field>("end_field", "End of a member's life (end_date)"),
    key<&RuleBody::end_default>("end_default", "End of a life that is open (9999-12-31)"),
    SLUICE_RULE_KEYS(RuleBody),
    kPhaseKey,
};

constexpr std::array kRowRuleKinds{
    RowRuleKind{.key = "sql",
                .summary = "A boolean SQL expression that each row must fulfil; NULL does not.",
                .example = "{name: fare_positive, sql: \"fare_amount >= 0\"}",
                .body = {.name = "sql", .keys = {}},
                .make = nullptr,
                .takes_field_names = false},
    RowRuleKind{.key = "not_null",
                .summary = "The column has a value; an empty text is one.",
                .example = "{not_null: {field: trip_id, severity: error}}",
                .body = {.name = "not_null", .keys = kNotNullKeys},
                .make = &make_not_null,
                .takes_field_names = true},
    RowRuleKind{.key = "accepted_values",
                .summary = "The value is one of a list.",
                .example = "{accepted_values: {field: passengers, values: [1, 2, 3]}}",
                .body = {.name = "accepted_values", .keys = kAcceptedValuesKeys},
                .make = &make_accepted_values,
                .takes_field_names = false},
    RowRuleKind{.key = "regex_match",
                .summary = "The text holds a match of an RE2 pattern.",
                .example = "{regex_match: {field: trip_id, pattern: \"^[A-Z][0-9]+$\"}}",
                .body = {.name = "regex_match", .keys = kRegexKeys},
                .make = &make_regex,
                .takes_field_names = false},
    RowRuleKind{.key = "range",
                .summary = "The value lies between min and max, both included.",
                .example = "{range: {field: fare_amount, min: 0, max: 500}}",
                .body = {.name = "range", .keys = kRangeKeys},
                .make = &make_range,
                .takes_field_names = false},
    RowRuleKind{.key = "referential_integrity",
                .summary = "The value exists in a column of a link.",
                .example = "{referential_integrity: {field: trip_id, reference: known, key: id}}",
                .body = {.name = "referential_integrity", .keys = kReferenceKeys},
                .make = &make_reference,
                .takes_field_names = false},
    RowRuleKind{.key = "lifecycle_window",
                .summary = "The time is not older than a window, or lies in the life of a member.",
                .example = "{lifecycle_window: {field: picked_up, window: 30d}}",
                .body = {.name = "lifecycle_window", .keys = kLifecycleKeys},
                .make = &make_lifecycle,
                .takes_field_names = false},
};

}  // namespace

std::span<const RowRuleKind> row_rule_kinds() { return kRowRuleKinds; }

}  // namespace sluice::contract
