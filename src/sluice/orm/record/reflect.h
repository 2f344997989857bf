// Reflection of plain aggregates: how many members, what they are called, where they lie. Nothing
// is asked of the struct: no macro, no base class, no registration. C++ before 26 has no
// reflection, so the count comes from how many initialisers the aggregate takes, the members from
// structured bindings, and the names from the compiler's spelling of a pointer to each. All of it
// happens at compile time, and all of it hides behind this header, so that C++26 can replace it.
//
// Limits, each a compile error: 64 members, no base class, no C array (use std::array).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sluice/orm/record/bind_members.h"

namespace sluice::internal {

// Of a model in an unnamed namespace Clang says that these are used and not defined: no code that
// runs uses them.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

/// Becomes whatever an initialiser of T must be, but T itself and its bases. Never defined.
template <class T>
struct AnyMember {
  template <class U>
    requires(!std::is_same_v<std::remove_cvref_t<U>, T> && !std::is_base_of_v<U, T>)
  operator U() const noexcept;  // NOLINT(google-explicit-constructor): it is its use
};

template <class T>
struct AnyBase {
  template <class U>
    requires(!std::is_same_v<std::remove_cvref_t<U>, T> && std::is_base_of_v<U, T>)
  operator U() const noexcept;  // NOLINT(google-explicit-constructor): it is its use
};

#ifdef __clang__
#pragma clang diagnostic pop
#endif

template <class T>
constexpr bool has_base_class() {
  return requires(AnyBase<T> any) { T{any}; };
}

template <class T, std::size_t... I>
constexpr bool takes_initialisers(std::index_sequence<I...>) {
  return requires(AnyMember<T> any) { T{(static_cast<void>(I), any)...}; };
}

template <class T, std::size_t Low, std::size_t High>
constexpr std::size_t count_members() {
  if constexpr (High - Low <= 1) {
    return Low;
  } else {
    constexpr std::size_t kMiddle = Low + (High - Low) / 2;
    if constexpr (takes_initialisers<T>(std::make_index_sequence<kMiddle>{})) {
      return count_members<T, kMiddle, High>();
    } else {
      return count_members<T, Low, kMiddle>();
    }
  }
}

/// How many members the aggregate T has.
template <class T>
inline constexpr std::size_t member_count = [] {
  static_assert(std::is_aggregate_v<T> && !std::is_array_v<T>,
                "a model is a plain aggregate: no constructor, no private member");
  static_assert(!has_base_class<T>(), "a model has no base class: make it a member instead");
  constexpr std::size_t kCount = count_members<T, 0, kMembersMax + 2>();
  static_assert(kCount <= kMembersMax, "a model has at most 64 members: nest some of them");
  return kCount;
}();

/// Storage of a T that is never constructed: its members have addresses and names, no values.
template <class T>
union Unborn {
  char nothing;
  T value;
  constexpr Unborn() : nothing(0) {}
  constexpr ~Unborn() {}  // NOLINT(modernize-use-equals-default): a union member may need it
  Unborn(const Unborn&) = delete;
  Unborn(Unborn&&) = delete;
  Unborn& operator=(const Unborn&) = delete;
  Unborn& operator=(Unborn&&) = delete;
};

template <class T>
inline constinit Unborn<T> unborn;

template <class T>
inline constexpr auto unborn_members = bind_members<member_count<T>>(unborn<T>.value);

template <auto P>
consteval std::string_view spelled_value() {
  return __PRETTY_FUNCTION__;
}

template <class T>
consteval std::string_view spelled_type() {
  return __PRETTY_FUNCTION__;
}

/// The identifier at the end of "... P = (& unborn<User>.Unborn<User>::value.User::id); ...".
consteval std::string_view last_identifier(std::string_view spelled) {
  const std::size_t other = spelled.find(';');
  spelled = spelled.substr(0, other == std::string_view::npos ? spelled.size() - 1 : other);
  while (!spelled.empty() && (spelled.back() == ')' || spelled.back() == ']')) {
    spelled.remove_suffix(1);
  }
  const std::size_t before = spelled.find_last_of(":.& >");
  return before == std::string_view::npos ? spelled : spelled.substr(before + 1);
}

/// "Page<User>" of "... T = shop::Page<User>; ...": without namespaces, with its arguments.
consteval std::string_view last_type_name(std::string_view spelled) {
  spelled.remove_prefix(spelled.find(" T = ") + 5);
  const std::size_t other = spelled.find(';');
  spelled = spelled.substr(0, other == std::string_view::npos ? spelled.size() - 1 : other);
  const std::size_t head = spelled.substr(0, spelled.find('<')).rfind("::");
  return head == std::string_view::npos ? spelled : spelled.substr(head + 2);
}

/// "id" for &User::id. Written out once per name, so that the compiler's long text is not kept.
template <auto P>
inline constexpr auto member_name_text = [] {
  constexpr std::string_view kName = last_identifier(spelled_value<P>());
  std::array<char, kName.size() + 1> text{};
  for (std::size_t i = 0; i < kName.size(); ++i) {
    text[i] = kName[i];
  }
  return text;
}();

template <auto P>
inline constexpr std::string_view member_name{member_name_text<P>.data(),
                                              member_name_text<P>.size() - 1};

template <class T>
inline constexpr std::string_view type_name = last_type_name(spelled_type<T>());

template <class T, std::size_t... I>
consteval auto member_names_of(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{
      member_name<pointer_at<I>(unborn_members<T>)>...};
}

/// The names of the members of T, in order.
template <class T>
inline constexpr auto member_names =
    member_names_of<T>(std::make_index_sequence<member_count<T>>{});

template <class T, std::size_t I>
using MemberAt = std::remove_pointer_t<decltype(pointer_at<I>(unborn_members<T>))>;

template <class T>
constexpr std::size_t find_member(std::string_view name) {
  for (std::size_t i = 0; i < member_names<T>.size(); ++i) {
    if (member_names<T>[i] == name) {
      return i;
    }
  }
  return member_names<T>.size();
}

template <class P>
struct MemberPointer;

template <class M, class T>
struct MemberPointer<M T::*> {
  using Class = T;
  using Member = M;
};

/// User, of &User::id.
template <auto P>
using ClassOf = typename MemberPointer<std::remove_cv_t<decltype(P)>>::Class;
/// std::string, of &User::id.
template <auto P>
using MemberOf = typename MemberPointer<std::remove_cv_t<decltype(P)>>::Member;

}  // namespace sluice::internal
