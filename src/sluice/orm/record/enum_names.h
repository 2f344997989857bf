// Names of the enumerators of a scoped enum, found at compile time: an enum member is stored by
// name, so that a renumbering never changes what a table says. Values from 0 to 127 are looked at;
// an enum that goes beyond says so: template <> inline constexpr sluice::EnumLimits
// sluice::enum_limits<E>{-1, 300};
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sluice/orm/record/reflect.h"

namespace sluice {

/// The first and the last value that may have a name.
struct EnumLimits {
  int first = 0;
  int last = 127;
};

/// Specialise it for an enum whose values lie outside 0 to 127.
template <class E>
inline constexpr EnumLimits enum_limits{};

}  // namespace sluice

namespace sluice::orm {

struct EnumName {
  std::int64_t value = 0;
  std::string_view name;
};

}  // namespace sluice::orm

namespace sluice::internal {

template <class E, E... Values>
consteval std::string_view spelled_values() {
  return __PRETTY_FUNCTION__;
}

template <class E>
struct EnumScan {
  static constexpr int kFirst = enum_limits<E>.first;
  static constexpr std::size_t kCount =
      static_cast<std::size_t>(enum_limits<E>.last - enum_limits<E>.first + 1);

  template <std::size_t... I>
  static consteval std::string_view spelled(std::index_sequence<I...>) {
    return spelled_values<E, static_cast<E>(kFirst + static_cast<int>(I))...>();
  }

  /// The list between the braces of "E ...Values = {Color::Red, (Color)1, ...}".
  static consteval std::string_view list() {
    std::string_view text = spelled(std::make_index_sequence<kCount>{});
    const std::size_t open = text.find("Values = {");
    text.remove_prefix(open == std::string_view::npos ? text.find("Values = <") + 10 : open + 10);
    return text;
  }

  /// Calls `found(index, name)` for each value that has a name.
  template <class F>
  static constexpr void for_each(F found) {
    std::string_view rest = list();
    for (std::size_t i = 0; i < kCount; ++i) {
      std::size_t end = rest.find_first_of(",}>");
      std::string_view item = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      while (!item.empty() && item.front() == ' ') {
        item.remove_prefix(1);
      }
      if (item.empty() || item.front() == '(') {
        continue;
      }
      const std::size_t scope = item.rfind(':');
      found(i, scope == std::string_view::npos ? item : item.substr(scope + 1));
    }
  }

  static constexpr std::size_t kNamed = [] {
    std::size_t named = 0;
    for_each([&](std::size_t, std::string_view) { ++named; });
    return named;
  }();

  static constexpr std::size_t kCharacters = [] {
    std::size_t characters = 0;
    for_each([&](std::size_t, std::string_view name) { characters += name.size(); });
    return characters;
  }();

  /// The names alone, so that the compiler's long text is not kept in the program.
  static constexpr auto kText = [] {
    std::array<char, kCharacters + 1> text{};
    std::size_t at = 0;
    for_each([&](std::size_t, std::string_view name) {
      for (const char c : name) {
        text[at++] = c;
      }
    });
    return text;
  }();

  static constexpr auto kNames = [] {
    std::array<orm::EnumName, kNamed> names{};
    std::size_t n = 0;
    std::size_t at = 0;
    for_each([&](std::size_t i, std::string_view name) {
      names[n].value = kFirst + static_cast<std::int64_t>(i);
      names[n].name = std::string_view(kText.data() + at, name.size());
      at += name.size();
      ++n;
    });
    return names;
  }();
};

/// Value and name of every enumerator of E within its limits.
template <class E>
inline constexpr const auto& enum_names = EnumScan<E>::kNames;

}  // namespace sluice::internal
