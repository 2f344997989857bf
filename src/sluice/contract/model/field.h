// model: the declared columns with their types, bounds and what protects them. Plain values; each
// knows where it was written. Types are text here, as the contract spells them: the schema is made
// when a contract is lowered.
#pragma once

#include <optional>
#include <vector>

#include "sluice/contract/model/quality.h"
#include "sluice/contract/model/value.h"

namespace sluice::contract {

/// How the clear value of a field is hidden. `tokenize` is read as Encrypt.
enum class Masking : std::uint8_t { Nullify, Redact, Hash, Partial, Encrypt };

/// foreign_key: for documentation and data generation; no run checks it, and every run says so.
struct ForeignKey {
  Text contract;
  Text column;
  At<RuleSeverity> severity{RuleSeverity::Error, {}};

  friend bool operator==(const ForeignKey&, const ForeignKey&) = default;
};

/// One declared column.
struct Field {
  Text name;
  Text type{"string", {}};
  Flag required;
  Flag pii;
  Flag phi;
  Flag sensitive;
  MaybeText classification;
  MaybeText description;
  std::vector<RowRule> rules;
  std::optional<Values> accepted_values;
  MaybeNumber min;
  MaybeNumber max;
  std::optional<ForeignKey> foreign_key;
  MaybeFlag nullable;
  Flag milestone;
  Flag generated;
  Texts security_groups;
  std::optional<At<Masking>> masking;
  MaybeText masking_format;
  MaybeText pii_vault;
  MaybeText extraction_task;
  Texts extraction_examples;
  MaybeInteger max_length;
  std::vector<Integer> range;  // [begin, end) of a fixed-width line, 0-based
  MaybeText declassify;        // why a column made from a masked one may be clear
  Place span;

  /// Marked as personal, health or otherwise sensitive data.
  bool is_protected() const { return pii.value || phi.value || sensitive.value; }
  friend bool operator==(const Field&, const Field&) = default;
};

struct Model {
  std::vector<Field> fields;
  MaybeText grain;
  Texts grain_key;
  Place span;

  const Field* find(std::string_view field_name) const;
  friend bool operator==(const Model&, const Model&) = default;
};

}  // namespace sluice::contract
