// Rules between two members of a record, and rules for times.
#include <cstring>

#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

using plan::BinaryOp;

template <bool Less, bool Equal, bool Greater>
bool check_against(const RuleNode& node, const Subject& subject) {
  const Subject other = other_member(node, subject);
  if (other.value == nullptr) {
    return true;
  }
  const std::optional<Ordering> ordering = compare(subject, other);
  if (!ordering.has_value()) {
    return false;
  }
  switch (*ordering) {
    case Ordering::Less: return Less;
    case Ordering::Equal: return Equal;
    case Ordering::Greater: return Greater;
  }
  return false;
}

template <BinaryOp Op>
bool lower_against(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  if (target.column_of == nullptr) {
    return false;
  }
  const plan::Expr other = plan::column(target.column_of(target.state, node.low.text));
  out = plan::binary(BinaryOp::Or, plan::unary(plan::UnaryOp::IsNull, other),
                     plan::binary(Op, plan::column(std::string(target.column)), other));
  return true;
}

bool check_contains_member(const RuleNode& node, const Subject& subject) {
  const Subject other = other_member(node, subject);
  return other.value == nullptr ||
         (domain_of(subject.type->kind) == kText && domain_of(other.type->kind) == kText &&
          subject.text().find(other.text()) != std::string_view::npos);
}

/// "2026-01-31" is its midnight.
std::optional<std::int64_t> parse_bound(std::string_view text) {
  const std::string whole = std::string(text) + (text.size() == 10 ? "T00:00:00Z" : "");
  const Result<sys_micros> instant = parse_instant(whole);
  return instant.has_value() ? std::optional((*instant).time_since_epoch().count()) : std::nullopt;
}

template <bool After>
bool check_time(const RuleNode& node, const Subject& subject) {
  const std::optional<std::int64_t> bound = parse_bound(node.low.text);
  const std::optional<std::int64_t> micros = micros_of(subject);
  return bound.has_value() && micros.has_value() && (After ? *micros > *bound : *micros < *bound);
}

bool is_datetime(std::string_view text) { return parse_instant(text).has_value(); }
bool is_date(std::string_view text) { return text.size() == 10 && parse_bound(text).has_value(); }

}  // namespace

std::optional<std::int64_t> micros_of(const Subject& subject) {
  constexpr std::int64_t kMicrosOfDay = 86'400'000'000;
  const auto* value = subject.value;
  switch (subject.type->kind) {
    case Kind::Date:
      return static_cast<const std::chrono::sys_days*>(value)->time_since_epoch().count() *
             kMicrosOfDay;
    case Kind::CalendarDate:
      return std::chrono::sys_days(*static_cast<const std::chrono::year_month_day*>(value))
                 .time_since_epoch()
                 .count() *
             kMicrosOfDay;
    case Kind::Instant: return static_cast<const sys_micros*>(value)->time_since_epoch().count();
    case Kind::LocalTime:
      return static_cast<const local_micros*>(value)->time_since_epoch().count();
    case Kind::Time: return static_cast<const TimeOfDay*>(value)->since_midnight.count();
    case Kind::Bool:
    case Kind::Int8:
    case Kind::Int16:
    case Kind::Int32:
    case Kind::Int64:
    case Kind::UInt8:
    case Kind::UInt16:
    case Kind::UInt32:
    case Kind::UInt64:
    case Kind::Float:
    case Kind::Double:
    case Kind::Decimal:
    case Kind::Text:
    case Kind::Bytes:
    case Kind::Uuid:
    case Kind::Json:
    case Kind::Enum:
    case Kind::Optional:
    case Kind::List:
    case Kind::BoolList:
    case Kind::Map:
    case Kind::Record: break;
  }
  return std::nullopt;
}

std::optional<Ordering> compare(const Subject& a, const Subject& b) {
  const std::uint32_t domain = domain_of(a.type->kind);
  const auto ordered = [](auto x, auto y) {
    return x < y ? Ordering::Less : y < x ? Ordering::Greater : Ordering::Equal;
  };
  if (domain == kText && domain_of(b.type->kind) == kText) {
    return ordered(a.text(), b.text());
  }
  if (domain == kNumber && domain_of(b.type->kind) == kNumber) {
    return compare(number_of(a), number_of(b));
  }
  if (a.type->kind == Kind::Bool && b.type->kind == Kind::Bool) {
    return compare(number_of(a), number_of(b));
  }
  if (a.type->kind == Kind::Uuid && b.type->kind == Kind::Uuid) {
    return ordered(*static_cast<const Uuid*>(a.value), *static_cast<const Uuid*>(b.value));
  }
  const std::optional<std::int64_t> left = micros_of(a);
  const std::optional<std::int64_t> right = micros_of(b);
  return left.has_value() && right.has_value() ? std::optional(ordered(*left, *right))
                                               : std::nullopt;
}

Subject other_member(const RuleNode& node, const Subject& subject) {
  const Member* member = subject.record_type->find(node.low.text);
  const auto* value = static_cast<const std::byte*>(subject.record) + member->offset;
  return subject_of(*member->type, value, subject);
}

const RuleKind kSameAs{.name = "same_as",
                       .summary = "Equal to another member",
                       .check = check_against<false, true, false>,
                       .lower = lower_against<BinaryOp::Equal>};
const RuleKind kDifferentFrom{.name = "different_from",
                              .summary = "Not equal to another member",
                              .check = check_against<true, false, true>,
                              .lower = lower_against<BinaryOp::NotEqual>};
const RuleKind kGreaterThanMember{.name = "greater_than_member",
                                  .summary = "Greater or later than another member",
                                  .check = check_against<false, false, true>,
                                  .lower = lower_against<BinaryOp::Greater>};
const RuleKind kAtLeastMember{.name = "at_least_member",
                              .summary = "Not less or earlier than another member",
                              .check = check_against<false, true, true>,
                              .lower = lower_against<BinaryOp::GreaterEqual>};
const RuleKind kLessThanMember{.name = "less_than_member",
                               .summary = "Less or earlier than another member",
                               .check = check_against<true, false, false>,
                               .lower = lower_against<BinaryOp::Less>};
const RuleKind kAtMostMember{.name = "at_most_member",
                             .summary = "Not greater or later than another member",
                             .check = check_against<true, true, false>,
                             .lower = lower_against<BinaryOp::LessEqual>};
const RuleKind kContainsMember{.name = "contains_member",
                               .summary = "Has the text of another member in it",
                               .check = check_contains_member};
const RuleKind kAfter{
    .name = "after", .summary = "Later than the instant", .check = check_time<true>};
const RuleKind kBefore{
    .name = "before", .summary = "Earlier than the instant", .check = check_time<false>};
const RuleKind kDate{
    .name = "date_text", .summary = "A date as 2026-01-31", .check = check_text<is_date>};
const RuleKind kDateTime{.name = "datetime_text",
                         .summary = "An instant as 2026-01-31T12:00:00Z or with an offset",
                         .check = check_text<is_datetime>};

}  // namespace sluice::orm
