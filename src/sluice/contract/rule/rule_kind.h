// The kinds of rules that have a shorthand: key, summary, example, the keys of their body, and how
// the body becomes rules of the model. An open set as const tables, one line each in
// row_rule_kinds.cc and dataset_rule_kinds.cc; a kind that needs a check of its own adds an
// alternative to model/quality.h.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sluice/contract/model/quality.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {

/// Everything that the body of a shorthand can say; a kind's shape says which of it it may.
struct RuleBody {
  MaybeText field;
  Texts fields;
  std::optional<Values> values;
  MaybeText pattern;
  MaybeNumber min;
  MaybeNumber max;
  Flag inclusive{true, {}};
  MaybeText reference;
  MaybeText key;
  MaybeText window;
  MaybeText event_ts;
  MaybeText event_key;
  MaybeText reference_key;
  MaybeText start_field;
  MaybeText end_field;
  MaybeText end_default;
  MaybeInteger min_rows;
  MaybeInteger max_rows;
  MaybeText name;
  MaybeText category;
  MaybeText description;
  std::optional<At<RuleSeverity>> severity;
  std::optional<At<Phase>> phase;
  Span span;
};

struct RowRuleKind {
  std::string_view key;
  std::string_view summary;
  std::string_view example;  // one item of quality.row_rules; a test reads and checks it
  Shape body;
  /// Adds the rules that the body stands for; `base` holds what was written beside the shorthand.
  void (*make)(Reader& reader, const RuleBody& body, const RowRule& base,
               std::vector<RowRule>& out);
  bool takes_field_names;  // the body may be a column or a list of columns
};

struct DatasetRuleKind {
  std::string_view key;
  std::string_view summary;
  std::string_view example;  // one item of quality.dataset_rules
  Shape body;
  void (*make)(Reader& reader, const RuleBody& body, DatasetRule base,
               std::vector<DatasetRule>& out);
  bool takes_field_names;
};

/// In the order of the docs; `sql` is first and has no body.
std::span<const RowRuleKind> row_rule_kinds();
std::span<const DatasetRuleKind> dataset_rule_kinds();

/// The keys of one item of quality.row_rules and of quality.dataset_rules.
const Shape& row_rule_shape();
const Shape& dataset_rule_shape();

void read_row_rules(Reader& reader, const Node& list, std::vector<RowRule>& out,
                    RuleOrigin origin = RuleOrigin::Declared);
void read_dataset_rules(Reader& reader, const Node& list, std::vector<DatasetRule>& out);

}  // namespace sluice::contract
