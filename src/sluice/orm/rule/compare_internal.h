// Ordering of member values against each other and against parameters, exact where both are whole
// or decimal.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/orm/record/values.h"
#include "sluice/orm/rule/rule.h"
#include "sluice/plan/value.h"

namespace sluice::orm {

enum class Ordering : std::uint8_t { Less, Equal, Greater };

/// whole / 10^scale exactly, or a binary fraction.
struct Number {
  Int128 whole = 0;
  double real = 0;
  bool is_whole = false;
  int scale = 0;
};

Number number_of(const Subject& subject);
Number number_of(const Operand& operand);
Ordering compare(const Number& a, const Number& b);

/// Microseconds since 1970 of a date or a timestamp; empty for other kinds.
std::optional<std::int64_t> micros_of(const Subject& subject);

/// Two values of a record, where their types have an order; empty otherwise.
std::optional<Ordering> compare(const Subject& a, const Subject& b);

/// A value of a container or an optional's content, in the same record.
inline Subject subject_of(const Type& type, const void* value, const Subject& within) {
  const bool is_optional = type.kind == Kind::Optional;
  return {.type = is_optional ? type.element : &type,
          .value = is_optional ? type.optional->find(value) : value,
          .record_type = within.record_type,
          .record = within.record};
}

/// A value against a parameter.
Ordering compare(const Subject& subject, const Operand& operand);

/// The member that a rule names, in the record the subject lies in.
Subject other_member(const RuleNode& node, const Subject& subject);

/// A parameter as a literal.
plan::Value to_value(const Operand& operand);

/// True when every value of the text, container or optional is there (required).
bool is_present(const Subject& subject);

/// The verdict of one rule, wherever it stands.
inline bool passes(const RuleNode& node, const Subject& subject) {
  return (subject.value == nullptr && !node.kind->sees_empty) || node.kind->check(node, subject);
}

}  // namespace sluice::orm
