// One rule on a member as a constexpr value: which kind, with which parameters, over which inner
// rules. A composed rule is a flat list of nodes in prefix order, so rules nest without allocation,
// virtual calls or deep templates. Kinds are an open set of const descriptors
// (orm/rule/registry.h): each has a native check and, where SQL can say the same, a lowered
// expression with the same verdict.
//
// A rule on an optional member passes when it is empty, except `required` and its conditional kin.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "sluice/orm/record/type.h"

namespace sluice::plan {
struct Expr;
}

namespace sluice::orm {

struct RuleNode;

/// The value a rule looks at, and the record it lies in.
struct Subject {
  const Type* type = nullptr;   // never Optional
  const void* value = nullptr;  // nullptr: the optional is empty
  const Record* record_type = nullptr;
  const void* record = nullptr;

  std::string_view text() const;
  /// Elements, entries, bytes; characters of a text.
  std::size_t length() const;
};

/// What a rule is lowered against.
struct LowerTarget {
  std::string_view column;
  const Type* type = nullptr;  // never Optional
  /// The column of another member of the record.
  std::string (*column_of)(const void* state, std::string_view member) = nullptr;
  const void* state = nullptr;
};

/// One kind of rule.
struct RuleKind {
  std::string_view name;     // as it stands in a failure: "email"
  std::string_view summary;  // one line for the docs page
  bool (*check)(const RuleNode& node, const Subject& subject) = nullptr;
  /// Writes the expression with the same verdict on a value that is not NULL; nullptr or false when
  /// SQL has none.
  bool (*lower)(const RuleNode& node, const LowerTarget& target, plan::Expr& out) = nullptr;
  /// Its check is called for an empty optional too.
  bool sees_empty = false;
  /// What `lower` of most text rules needs: the RE2 pattern with the same verdict.
  std::string_view pattern = {};
};

struct Operand {
  enum class Holds : std::uint8_t { Nothing, Integer, Real, Text, Member };
  Holds holds = Holds::Nothing;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;

  constexpr Operand() = default;
  template <class V>
    requires std::is_arithmetic_v<V>
  constexpr Operand(V value)  // NOLINT(google-explicit-constructor): parameters of rules
      : holds(std::is_integral_v<V> ? Holds::Integer : Holds::Real),
        integer(std::is_integral_v<V> ? static_cast<std::int64_t>(value) : 0),
        real(static_cast<double>(value)) {}
  constexpr Operand(std::string_view value)  // NOLINT(google-explicit-constructor)
      : holds(Holds::Text), text(value) {}
  constexpr Operand(const char* value)  // NOLINT(google-explicit-constructor)
      : holds(Holds::Text), text(value) {}
};

constexpr Operand member_operand(std::string_view member) {
  Operand operand(member);
  operand.holds = Operand::Holds::Member;
  return operand;
}

struct RuleNode {
  const RuleKind* kind = nullptr;  // nullptr: a bare parameter of the node above
  Operand low;
  Operand high;
  /// Nodes of this rule with all below it.
  std::uint16_t span = 1;
  /// Of `satisfies`.
  bool (*custom)(const void* value) = nullptr;

  /// The first node below, and the one after it.
  const RuleNode* first() const { return this + 1; }
  const RuleNode* end() const { return this + span; }
  const RuleNode* next() const { return this + span; }
};

/// What a rule can look at, as bits; `exact` is the one type a function of the caller's takes.
struct RuleDomain {
  std::uint32_t self = 0;
  std::uint32_t element = ~std::uint32_t{0};
  const Type* exact = nullptr;
};

/// What both of two rules can look at.
constexpr RuleDomain both(RuleDomain a, RuleDomain b) {
  const bool clash = a.exact != nullptr && b.exact != nullptr && a.exact != b.exact;
  return {.self = clash ? 0 : a.self & b.self,
          .element = a.element & b.element,
          .exact = a.exact != nullptr ? a.exact : b.exact};
}

inline constexpr std::uint32_t kText = 1;
inline constexpr std::uint32_t kNumber = 2;
inline constexpr std::uint32_t kTime = 4;
inline constexpr std::uint32_t kContainer = 8;
inline constexpr std::uint32_t kOther = 16;
inline constexpr std::uint32_t kAnything = ~std::uint32_t{0};

constexpr std::uint32_t domain_of(Kind kind) {
  switch (kind) {
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
    case Kind::Decimal: return kNumber;
    case Kind::Text:
    case Kind::Json:
    case Kind::Enum: return kText;
    case Kind::Date:
    case Kind::CalendarDate:
    case Kind::Instant:
    case Kind::LocalTime: return kTime;
    case Kind::Bytes:
    case Kind::List:
    case Kind::BoolList:
    case Kind::Map: return kContainer;
    case Kind::Bool:
    case Kind::Time:
    case Kind::Uuid:
    case Kind::Optional:
    case Kind::Record: return kOther;
  }
  return kOther;
}

/// A rule and the rules in it; `Domain` is what it may stand on.
template <RuleDomain Domain, std::size_t N>
struct Rule {
  static constexpr RuleDomain kDomain = Domain;
  std::array<RuleNode, N> nodes;
};

/// True when a rule of this domain may stand on a member of this type.
constexpr bool rule_fits(RuleDomain domain, const Type& member) {
  const Type& type = member.kind == Kind::Optional ? *member.element : member;
  if ((domain.self & domain_of(type.kind)) == 0) {
    return false;
  }
  if (domain.exact != nullptr && domain.exact != &type) {
    return false;
  }
  if (domain.self != kContainer || type.element == nullptr) {
    return true;
  }
  const Type& element =
      type.element->kind == Kind::Optional ? *type.element->element : *type.element;
  return (domain.element & domain_of(element.kind)) != 0;
}

template <std::uint32_t Self>
constexpr auto plain_rule(const RuleKind& kind, Operand low = {}, Operand high = {}) {
  return Rule<RuleDomain{.self = Self}, 1>{{RuleNode{.kind = &kind, .low = low, .high = high}}};
}

/// `kind` over `inner` rules and bare parameters.
template <RuleDomain Domain, std::size_t N>
constexpr Rule<Domain, N> nested_rule(RuleNode head, auto... inner) {
  Rule<Domain, N> rule{};
  head.span = N;
  rule.nodes[0] = head;
  std::size_t at = 1;
  const auto add = [&](const auto& nodes) {
    for (const RuleNode& node : nodes) {
      rule.nodes[at++] = node;
    }
  };
  (add(inner.nodes), ...);
  return rule;
}

}  // namespace sluice::orm
