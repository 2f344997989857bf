// Rules for numbers and for lists of allowed values.
#include <algorithm>
#include <cmath>

#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

using plan::BinaryOp;

template <bool Less, bool Equal, bool Greater>
bool check_bound(const RuleNode& node, const Subject& subject) {
  switch (compare(subject, node.low)) {
    case Ordering::Less: return Less;
    case Ordering::Equal: return Equal;
    case Ordering::Greater: return Greater;
  }
  return false;
}

plan::Expr column_of(const LowerTarget& target) { return plan::column(std::string(target.column)); }

template <BinaryOp Op>
bool lower_bound(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  out = plan::binary(Op, column_of(target), plan::literal(to_value(node.low)));
  return true;
}

/// The usual columns, in their own arithmetic.
bool check_between(const RuleNode& node, const Subject& subject) {
  const Kind kind = subject.type->kind;
  const bool by_integers =
      node.low.holds == Operand::Holds::Integer && node.high.holds == Operand::Holds::Integer;
  if (by_integers && kind == Kind::Int64) {
    const auto value = *static_cast<const std::int64_t*>(subject.value);
    return value >= node.low.integer && value <= node.high.integer;
  }
  if (by_integers && kind == Kind::Int32) {
    const auto value = *static_cast<const std::int32_t*>(subject.value);
    return value >= node.low.integer && value <= node.high.integer;
  }
  return compare(subject, node.low) != Ordering::Less &&
         compare(subject, node.high) != Ordering::Greater;
}

bool lower_between(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  out = plan::all_of(
      {plan::binary(BinaryOp::GreaterEqual, column_of(target), plan::literal(to_value(node.low))),
       plan::binary(BinaryOp::LessEqual, column_of(target), plan::literal(to_value(node.high)))});
  return true;
}

bool is_text(const Subject& subject) { return domain_of(subject.type->kind) == kText; }

bool equals(const Operand& operand, const Subject& subject) {
  return is_text(subject) ? subject.text() == operand.text
                          : compare(subject, operand) == Ordering::Equal;
}

template <bool Wanted>
bool check_equal(const RuleNode& node, const Subject& subject) {
  return equals(node.low, subject) == Wanted;
}

/// Most texts differ in their sizes or in how they begin.
bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || (a.front() == b.front() && a == b));
}

template <bool Wanted>
bool check_listed(const RuleNode& node, const Subject& subject) {
  if (is_text(subject)) {
    const std::string_view text = subject.type->kind == Kind::Text
                                      ? *static_cast<const std::string*>(subject.value)
                                      : subject.text();
    return std::any_of(node.first(), node.end(), [text](const RuleNode& value) {
             return same_text(text, value.low.text);
           }) == Wanted;
  }
  return std::any_of(node.first(), node.end(),
                     [&](const RuleNode& value) { return equals(value.low, subject); }) == Wanted;
}

template <bool Wanted>
bool lower_listed(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  std::vector<plan::Value> values;
  for (const RuleNode* value = node.first(); value != node.end(); ++value) {
    values.push_back(to_value(value->low));
  }
  out = plan::Expr{plan::In{.operand = column_of(target), .values = std::move(values)}};
  if (!Wanted) {
    out = plan::unary(plan::UnaryOp::Not, out);
  }
  return true;
}

bool check_multiple(const RuleNode& node, const Subject& subject) {
  const Number number = number_of(subject);
  if (number.is_whole && number.scale == 0 && node.low.holds == Operand::Holds::Integer) {
    return number.whole % node.low.integer == 0;
  }
  return std::fmod(number.real, node.low.real) == 0;
}

bool check_finite(const RuleNode&, const Subject& subject) {
  return std::isfinite(number_of(subject).real);
}

/// "-41.28": the value of a plain decimal number; NaN when it is none.
double plain_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (!all_are(whole, kDigit) || whole.size() > 3 || fraction.size() > 15 ||
      (point != std::string_view::npos && !all_are(fraction, kDigit))) {
    return std::nan("");
  }
  double value = 0;
  for (const char c : whole) {
    value = value * 10 + (c - '0');
  }
  double step = 1;
  for (const char c : fraction) {
    value += (c - '0') * (step /= 10);
  }
  return negative ? -value : value;
}

template <int Limit>
bool check_degrees(const RuleNode&, const Subject& subject) {
  const double degrees = is_text(subject) ? plain_number(subject.text()) : number_of(subject).real;
  return degrees >= -Limit && degrees <= Limit;
}

template <int Limit>
bool lower_degrees(const RuleNode&, const LowerTarget& target, plan::Expr& out) {
  if (domain_of(target.type->kind) != kNumber) {
    return false;
  }
  const RuleNode between{.low = -Limit, .high = Limit};
  return lower_between(between, target, out);
}

}  // namespace

const RuleKind kAtLeast{.name = "at_least",
                        .summary = "Not below the bound (NaN is above every number)",
                        .check = check_bound<false, true, true>,
                        .lower = lower_bound<BinaryOp::GreaterEqual>};
const RuleKind kAtMost{.name = "at_most",
                       .summary = "Not above the bound",
                       .check = check_bound<true, true, false>,
                       .lower = lower_bound<BinaryOp::LessEqual>};
const RuleKind kGreaterThan{.name = "greater_than",
                            .summary = "Above the bound",
                            .check = check_bound<false, false, true>,
                            .lower = lower_bound<BinaryOp::Greater>};
const RuleKind kLessThan{.name = "less_than",
                         .summary = "Below the bound",
                         .check = check_bound<true, false, false>,
                         .lower = lower_bound<BinaryOp::Less>};
const RuleKind kBetween{.name = "between",
                        .summary = "Between two bounds, both included",
                        .check = check_between,
                        .lower = lower_between};
const RuleKind kEqualTo{.name = "equal_to",
                        .summary = "Equal to the value",
                        .check = check_equal<true>,
                        .lower = lower_bound<BinaryOp::Equal>};
const RuleKind kNotEqualTo{.name = "not_equal_to",
                           .summary = "Not equal to the value",
                           .check = check_equal<false>,
                           .lower = lower_bound<BinaryOp::NotEqual>};
const RuleKind kOneOf{.name = "one_of",
                      .summary = "One of the values",
                      .check = check_listed<true>,
                      .lower = lower_listed<true>};
const RuleKind kNoneOf{.name = "none_of",
                       .summary = "None of the values",
                       .check = check_listed<false>,
                       .lower = lower_listed<false>};
const RuleKind kMultipleOf{
    .name = "multiple_of", .summary = "A whole multiple of the step", .check = check_multiple};
const RuleKind kFinite{
    .name = "finite", .summary = "Neither NaN nor infinite", .check = check_finite};
const RuleKind kLatitude{.name = "latitude",
                         .summary = "-90 to 90, as a number or as text",
                         .check = check_degrees<90>,
                         .lower = lower_degrees<90>};
const RuleKind kLongitude{.name = "longitude",
                          .summary = "-180 to 180, as a number or as text",
                          .check = check_degrees<180>,
                          .lower = lower_degrees<180>};

}  // namespace sluice::orm
