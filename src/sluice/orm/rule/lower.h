// Rules as SQL: what the typed door checks natively, said as an expression with the same verdict.
// Pure: the same rule gives the same expression; nothing is kept.
// A rule without an SQL form says so instead of being lowered to something near it.
#pragma once

#include <optional>

#include "sluice/orm/rule/rule.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {

/// The verdict on a value that is not NULL; empty when the rule has no form in SQL.
std::optional<plan::Expr> lower_present(const RuleNode& rule, const LowerTarget& target);

/// The verdict on any value of the column: a rule on an optional member passes when it is NULL.
std::optional<plan::Expr> lower_rule(const RuleNode& rule, const LowerTarget& target,
                                     bool nullable);

}  // namespace sluice::orm
