// Rules made of rules, rules into containers, and rules of the caller's own.
#include <algorithm>
#include <vector>

#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/lower.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

bool check_any_of(const RuleNode& node, const Subject& subject) {
  for (const RuleNode* rule = node.first(); rule != node.end(); rule = rule->next()) {
    if (passes(*rule, subject)) {
      return true;
    }
  }
  return false;
}

bool check_all_of(const RuleNode& node, const Subject& subject) {
  for (const RuleNode* rule = node.first(); rule != node.end(); rule = rule->next()) {
    if (!passes(*rule, subject)) {
      return false;
    }
  }
  return true;
}

bool check_not(const RuleNode& node, const Subject& subject) {
  return !passes(*node.first(), subject);
}

template <plan::BinaryOp Op>
bool lower_all(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  bool first = true;
  for (const RuleNode* rule = node.first(); rule != node.end(); rule = rule->next()) {
    std::optional<plan::Expr> lowered = lower_present(*rule, target);
    if (!lowered.has_value()) {
      return false;
    }
    out = first ? *std::move(lowered) : plan::binary(Op, std::move(out), *std::move(lowered));
    first = false;
  }
  return !first;
}

bool lower_not(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  std::optional<plan::Expr> lowered = lower_present(*node.first(), target);
  if (!lowered.has_value()) {
    return false;
  }
  out = plan::unary(plan::UnaryOp::Not, *std::move(lowered));
  return true;
}

/// Calls `visit(type, value)` for the elements of a list, or the keys or values of a map, until it
/// says false.
template <class F>
bool every(const Subject& subject, bool keys, F visit) {
  const Type& type = *subject.type;
  if (type.map != nullptr) {
    const std::size_t size = subject.length();
    std::vector<const void*> found(size * 2);
    type.map->find_all(subject.value, found.data(), found.data() + size);
    for (std::size_t i = 0; i < size; ++i) {
      if (!visit(keys ? *type.key : *type.element, keys ? found[i] : found[size + i])) {
        return false;
      }
    }
    return true;
  }
  if (type.kind != Kind::List) {
    return true;
  }
  const auto* at = static_cast<const std::byte*>(type.list->data(subject.value));
  const std::size_t size = subject.length();
  for (std::size_t i = 0; i < size; ++i, at += type.element->size) {
    if (!visit(*type.element, at)) {
      return false;
    }
  }
  return true;
}

template <bool Keys>
bool check_each(const RuleNode& node, const Subject& subject) {
  return every(subject, Keys, [&](const Type& type, const void* value) {
    return passes(*node.first(), subject_of(type, value, subject));
  });
}

bool check_unique(const RuleNode&, const Subject& subject) {
  std::vector<Subject> elements;
  std::size_t empty = 0;
  every(subject, false, [&](const Type& type, const void* value) {
    const Subject element = subject_of(type, value, subject);
    if (element.value == nullptr) {
      ++empty;
    } else {
      elements.push_back(element);
    }
    return true;
  });
  std::sort(elements.begin(), elements.end(),
            [](const Subject& a, const Subject& b) { return compare(a, b) == Ordering::Less; });
  const auto twice = std::adjacent_find(
      elements.begin(), elements.end(),
      [](const Subject& a, const Subject& b) { return compare(a, b) == Ordering::Equal; });
  return empty < 2 && twice == elements.end();
}

bool check_satisfies(const RuleNode& node, const Subject& subject) {
  return node.custom(subject.value);
}

}  // namespace

const RuleKind kAnyOf{.name = "any_of",
                      .summary = "One of the rules holds",
                      .check = check_any_of,
                      .lower = lower_all<plan::BinaryOp::Or>};
const RuleKind kAllOf{.name = "all_of",
                      .summary = "All of the rules hold",
                      .check = check_all_of,
                      .lower = lower_all<plan::BinaryOp::And>};
const RuleKind kNot{
    .name = "not", .summary = "The rule does not hold", .check = check_not, .lower = lower_not};
const RuleKind kEach{.name = "each",
                     .summary = "The rule holds for every element or map value",
                     .check = check_each<false>};
const RuleKind kEachKey{
    .name = "each_key", .summary = "The rule holds for every map key", .check = check_each<true>};
const RuleKind kUnique{
    .name = "unique", .summary = "No element comes twice", .check = check_unique};
const RuleKind kSatisfies{
    .name = "satisfies", .summary = "A function of the caller's says so", .check = check_satisfies};

}  // namespace sluice::orm
