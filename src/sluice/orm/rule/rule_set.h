// Which rules stand on which members: part of a model, or a set of its own for one scenario.
//
//   inline constexpr auto kSignUp = sluice::rules<User>().check<&User::email>(sluice::email());
//   sluice::validate(users, kSignUp);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "sluice/orm/record/type_of.h"
#include "sluice/orm/rule/rule.h"

namespace sluice::orm {

/// A rule on one member: the node of that number in its set.
struct MemberRule {
  std::string_view member;
  std::uint16_t node = 0;
};

}  // namespace sluice::orm

namespace sluice {

template <class T, std::size_t Rules = 0, std::size_t Nodes = 0>
struct RuleSet {
  std::array<orm::MemberRule, Rules> rules{};
  std::array<orm::RuleNode, Nodes> nodes{};

  /// This set with `rule` on the member; several are all checked.
  template <auto Member, class... R>
  constexpr auto check(R... rule) const {
    static_assert(std::is_same_v<internal::ClassOf<Member>, T>,
                  "this member belongs to another model");
    static_assert(
        (orm::rule_fits(R::kDomain, internal::type_of<internal::MemberOf<Member>>) && ...),
        "this rule cannot check a member of this type");
    RuleSet<T, Rules + sizeof...(R), (Nodes + ... + std::tuple_size_v<decltype(R::nodes)>)> longer;
    std::size_t at = Nodes;
    std::size_t number = Rules;
    for (std::size_t i = 0; i < Rules; ++i) {
      longer.rules[i] = rules[i];
    }
    for (std::size_t i = 0; i < Nodes; ++i) {
      longer.nodes[i] = nodes[i];
    }
    const auto add = [&](const auto& added) {
      longer.rules[number++] = {.member = internal::member_name<Member>,
                                .node = static_cast<std::uint16_t>(at)};
      for (const orm::RuleNode& node : added) {
        longer.nodes[at++] = node;
      }
    };
    (add(rule.nodes), ...);
    return longer;
  }
};

/// An empty set of rules for T.
template <class T>
constexpr RuleSet<T> rules() {
  return {};
}

}  // namespace sluice
