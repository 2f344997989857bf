// quality: what a row and a batch must fulfil, shorthands normalised.
// `not_null: [a, b]` has become two rules here; a rule without a name has the one its check gives.
// The rules that fields imply (required, accepted_values, min and max, max_length) are not in these
// lists: rule/row_rules.h gives all rules of a contract in the order in which they are judged.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "sluice/contract/model/value.h"

namespace sluice::contract {

/// Error quarantines the row or fails the rule; Warning and Info count and keep.
enum class RuleSeverity : std::uint8_t { Error, Warning, Info };

/// Before or after the split into good and quarantined rows.
enum class Phase : std::uint8_t { Pre, Post };

/// A boolean expression, or a number that `bounds` of the rule judge.
struct SqlCheck {
  SqlText sql;
  friend bool operator==(const SqlCheck&, const SqlCheck&) = default;
};

struct NotNullCheck {
  Text field;
  friend bool operator==(const NotNullCheck&, const NotNullCheck&) = default;
};

struct AcceptedValuesCheck {
  Text field;
  Values values;
  friend bool operator==(const AcceptedValuesCheck&, const AcceptedValuesCheck&) = default;
};

/// RE2, found anywhere in the text.
struct RegexCheck {
  Text field;
  Text pattern;
  friend bool operator==(const RegexCheck&, const RegexCheck&) = default;
};

struct RangeCheck {
  Text field;
  MaybeNumber min;
  MaybeNumber max;
  Flag inclusive{true, {}};
  friend bool operator==(const RangeCheck&, const RangeCheck&) = default;
};

/// Longest text in characters; NULL passes.
struct MaxLengthCheck {
  Text field;
  Integer max_length;
  friend bool operator==(const MaxLengthCheck&, const MaxLengthCheck&) = default;
};

/// The value exists in column `key` of the link `reference`.
struct ReferenceCheck {
  Text field;
  Text reference;
  Text key;
  friend bool operator==(const ReferenceCheck&, const ReferenceCheck&) = default;
};

/// `field` is not older than `window` ("30d").
struct RecentCheck {
  Text field;
  Text window;
  friend bool operator==(const RecentCheck&, const RecentCheck&) = default;
};

/// `event_ts` lies inside the life [start_field, end_field] of the member that `event_key` names.
struct LifetimeCheck {
  Text event_ts;
  Text event_key;
  Text reference;
  Text reference_key;
  Text start_field{"start_date", {}};
  Text end_field{"end_date", {}};
  Text end_default{"9999-12-31", {}};
  friend bool operator==(const LifetimeCheck&, const LifetimeCheck&) = default;
};

/// Closed set: visit without a catch-all.
using RowCheck = std::variant<SqlCheck, NotNullCheck, AcceptedValuesCheck, RegexCheck, RangeCheck,
                              MaxLengthCheck, ReferenceCheck, RecentCheck, LifetimeCheck>;

/// Numeric bounds on what the SQL of a rule gives. The first two are strict, `between` is not.
struct Bounds {
  MaybeNumber less_than;
  MaybeNumber greater_than;
  std::vector<Number> between;  // empty or [low, high]

  bool is_empty() const { return !less_than && !greater_than && between.empty(); }
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// Where a row rule comes from; decides its texts and the order in which rules are judged.
enum class RuleOrigin : std::uint8_t {
  Declared,             // quality.row_rules
  FieldRule,            // model.fields[].rules
  FieldRequired,        // required: true
  RequiredAfterSteps,   // the same, of what a step behind the rules makes anew
  FieldAcceptedValues,  // accepted_values
  FieldRange,           // min, max
  FieldMaxLength,       // max_length
  DedupKey,             // deduplicate with blank_keys: quarantine
  Milestone,            // consecutive milestone dates of an accumulating snapshot
};

struct RowRule {
  Text name;  // its span is empty when the name was made from the check
  RowCheck check;
  Bounds bounds;
  MaybeText category;  // absent: see rule/row_rules.h for the default
  MaybeText description;
  At<RuleSeverity> severity{RuleSeverity::Error, {}};
  std::optional<At<Phase>> phase;  // absent: where the columns exist
  RuleOrigin origin = RuleOrigin::Declared;
  Place span;

  bool has_written_name() const { return name.is_written(); }
  friend bool operator==(const RowRule&, const RowRule&) = default;
};

/// A SELECT that gives one number or one boolean.
struct DatasetSqlCheck {
  SqlText sql;
  friend bool operator==(const DatasetSqlCheck&, const DatasetSqlCheck&) = default;
};

struct UniqueCheck {
  Texts columns;
  friend bool operator==(const UniqueCheck&, const UniqueCheck&) = default;
};

/// The share of NULLs is at most `max`, a fraction; a written percentage is divided by 100.
struct NullRatioCheck {
  Text field;
  Number max;
  friend bool operator==(const NullRatioCheck&, const NullRatioCheck&) = default;
};

struct RowCountCheck {
  MaybeInteger min;
  MaybeInteger max;
  friend bool operator==(const RowCountCheck&, const RowCountCheck&) = default;
};

/// Closed set: visit without a catch-all.
using DatasetCheck = std::variant<DatasetSqlCheck, UniqueCheck, NullRatioCheck, RowCountCheck>;

struct DatasetRule {
  Text name;
  DatasetCheck check;
  Bounds bounds;
  MaybeText category;
  MaybeText description;
  At<RuleSeverity> severity{RuleSeverity::Error, {}};
  Place span;

  friend bool operator==(const DatasetRule&, const DatasetRule&) = default;
};

struct Quality {
  Flag enforce_required{true, {}};
  Flag fail_pipeline_on_dataset_error;
  std::vector<RowRule> row_rules;
  std::vector<DatasetRule> dataset_rules;
  Place span;

  friend bool operator==(const Quality&, const Quality&) = default;
};

}  // namespace sluice::contract
