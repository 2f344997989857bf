// Rules about being there, also depending on another member.
#include <algorithm>

#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

bool check_required(const RuleNode&, const Subject& subject) { return is_present(subject); }
bool check_absent(const RuleNode&, const Subject& subject) { return !is_present(subject); }

/// The verdict on an empty value is part of the expression: IS NOT NULL stands beside the length.
bool lower_required(const RuleNode&, const LowerTarget& target, plan::Expr& out) {
  const plan::Expr column = plan::column(std::string(target.column));
  std::vector<plan::Expr> conditions{plan::unary(plan::UnaryOp::IsNotNull, column)};
  if (target.type->kind == Kind::Text) {
    conditions.push_back(plan::binary(plan::BinaryOp::NotEqual, column, plan::literal("")));
  } else if (domain_of(target.type->kind) == kContainer) {
    return false;
  }
  out = plan::all_of(std::move(conditions));
  return true;
}

bool lower_absent(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  if (!lower_required(node, target, out)) {
    return false;
  }
  out = plan::unary(plan::UnaryOp::Not, out);
  return true;
}

/// True when the other member is one of the values.
bool other_is_listed(const RuleNode& node, const Subject& subject) {
  const Subject other = other_member(node, subject);
  if (other.value == nullptr) {
    return false;
  }
  return std::any_of(node.first(), node.end(), [&](const RuleNode& value) {
    const std::uint32_t domain = domain_of(other.type->kind);
    if (domain == kText) {
      return other.text() == value.low.text;
    }
    return (domain == kNumber || other.type->kind == Kind::Bool) &&
           compare(number_of(other), number_of(value.low)) == Ordering::Equal;
  });
}

bool check_required_if(const RuleNode& node, const Subject& subject) {
  return is_present(subject) || !other_is_listed(node, subject);
}
bool check_required_unless(const RuleNode& node, const Subject& subject) {
  return is_present(subject) || other_is_listed(node, subject);
}
bool check_required_with(const RuleNode& node, const Subject& subject) {
  return is_present(subject) || !is_present(other_member(node, subject));
}
bool check_required_without(const RuleNode& node, const Subject& subject) {
  return is_present(subject) || is_present(other_member(node, subject));
}
bool check_absent_if(const RuleNode& node, const Subject& subject) {
  return !is_present(subject) || !other_is_listed(node, subject);
}
bool check_absent_with(const RuleNode& node, const Subject& subject) {
  return !is_present(subject) || !is_present(other_member(node, subject));
}

}  // namespace

bool is_present(const Subject& subject) {
  if (subject.value == nullptr) {
    return false;
  }
  if (subject.type->kind == Kind::Text) {
    return !static_cast<const std::string*>(subject.value)->empty();
  }
  return domain_of(subject.type->kind) != kContainer || subject.length() > 0;
}

const RuleKind kRequired{.name = "required",
                         .summary = "There, and not an empty text or container",
                         .check = check_required,
                         .lower = lower_required,
                         .sees_empty = true};
const RuleKind kAbsent{.name = "absent",
                       .summary = "Empty: no value, an empty text or container",
                       .check = check_absent,
                       .lower = lower_absent,
                       .sees_empty = true};
const RuleKind kRequiredIf{.name = "required_if",
                           .summary = "Required when another member has one of the values",
                           .check = check_required_if,
                           .sees_empty = true};
const RuleKind kRequiredUnless{.name = "required_unless",
                               .summary = "Required unless another member has one of the values",
                               .check = check_required_unless,
                               .sees_empty = true};
const RuleKind kRequiredWith{.name = "required_with",
                             .summary = "Required when another member is there",
                             .check = check_required_with,
                             .sees_empty = true};
const RuleKind kRequiredWithout{.name = "required_without",
                                .summary = "Required when another member is empty",
                                .check = check_required_without,
                                .sees_empty = true};
const RuleKind kAbsentIf{.name = "absent_if",
                         .summary = "Empty when another member has one of the values",
                         .check = check_absent_if,
                         .sees_empty = true};
const RuleKind kAbsentWith{.name = "absent_with",
                           .summary = "Empty when another member is there",
                           .check = check_absent_with,
                           .sees_empty = true};

}  // namespace sluice::orm
