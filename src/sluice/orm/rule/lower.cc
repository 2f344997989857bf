#include "sluice/orm/rule/lower.h"

#include <string>
#include <utility>

#include "sluice/orm/rule/compare_internal.h"

namespace sluice::orm {

plan::Value to_value(const Operand& operand) {
  switch (operand.holds) {
    case Operand::Holds::Nothing: return plan::Null{};
    case Operand::Holds::Integer: return operand.integer;
    case Operand::Holds::Real: return operand.real;
    case Operand::Holds::Text:
    case Operand::Holds::Member: return std::string(operand.text);
  }
  return plan::Null{};
}

std::optional<plan::Expr> lower_present(const RuleNode& rule, const LowerTarget& target) {
  plan::Expr lowered = plan::literal(true);
  if (rule.kind->lower != nullptr) {
    return rule.kind->lower(rule, target, lowered) ? std::optional(std::move(lowered))
                                                   : std::nullopt;
  }
  if (rule.kind->pattern.empty()) {
    return std::nullopt;
  }
  return plan::binary(plan::BinaryOp::RegexMatches, plan::column(std::string(target.column)),
                      plan::literal(std::string(rule.kind->pattern)));
}

std::optional<plan::Expr> lower_rule(const RuleNode& rule, const LowerTarget& target,
                                     bool nullable) {
  std::optional<plan::Expr> lowered = lower_present(rule, target);
  if (!lowered.has_value() || !nullable || rule.kind->sees_empty) {
    return lowered;
  }
  return plan::binary(plan::BinaryOp::Or,
                      plan::unary(plan::UnaryOp::IsNull, plan::column(std::string(target.column))),
                      *std::move(lowered));
}

}  // namespace sluice::orm
