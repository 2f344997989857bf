// From a C++ type to its descriptor: the templates behind orm/record/type.h. Each type makes one
// constexpr value and a few functions of three lines; what needs more than that lies in .cc files.
// A type that is no column does not compile, and the message says which member types there are.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sluice/orm/record/enum_names.h"
#include "sluice/orm/record/reflect.h"
#include "sluice/orm/record/text_values.h"
#include "sluice/orm/record/type.h"
#include "sluice/orm/record/values.h"

namespace sluice {

/// A member that is called something else in JSON.
struct JsonKey {
  std::string_view member;
  std::string_view key;
};

template <auto P>
constexpr JsonKey json_key(std::string_view key) {
  return {.member = internal::member_name<P>, .key = key};
}

/// What JSON calls the members of T that it does not call by their names:
/// template <> inline constexpr std::array sluice::json_keys<User>{json_key<&User::id>("userId")};
template <class T>
inline constexpr std::array<JsonKey, 0> json_keys{};

}  // namespace sluice

namespace sluice::orm {

/// The descriptor of T, made on first use.
template <class T>
const Record& record_of();

}  // namespace sluice::orm

namespace sluice::internal {

template <class M>
concept MapLike = requires {
  typename M::key_type;
  typename M::mapped_type;
  typename M::key_compare;
};

template <class M>
concept ListLike =
    !MapLike<M> && !std::is_same_v<M, std::string> && requires(M list, std::size_t n) {
      typename M::value_type;
      list.data();
      list.size();
      requires(std::tuple_size<M>::value > 0) || requires { list.resize(n); };
    };

template <class M>
inline constexpr bool is_bool_vector = false;
template <template <class...> class Vector, class Allocator>
inline constexpr bool is_bool_vector<Vector<bool, Allocator>> = true;

template <class M>
inline constexpr bool is_optional = false;
template <class X>
inline constexpr bool is_optional<std::optional<X>> = true;

template <class M>
struct DecimalTraits : std::false_type {};
template <int P, int S>
struct DecimalTraits<Decimal<P, S>> : std::true_type {
  static constexpr int kPrecision = P;
  static constexpr int kScale = S;
};

template <class M>
inline constexpr bool is_character =
    std::is_same_v<M, char> || std::is_same_v<M, wchar_t> || std::is_same_v<M, char8_t> ||
    std::is_same_v<M, char16_t> || std::is_same_v<M, char32_t>;

template <class M>
inline constexpr bool is_integer =
    std::is_integral_v<M> && !std::is_same_v<M, bool> && !is_character<M> && sizeof(M) <= 8;

template <class M>
constexpr std::optional<orm::Kind> plain_kind() {
  using orm::Kind;
  if constexpr (std::is_same_v<M, bool>) {
    return Kind::Bool;
  } else if constexpr (is_integer<M>) {
    constexpr int kStep = sizeof(M) == 1 ? 0 : sizeof(M) == 2 ? 1 : sizeof(M) == 4 ? 2 : 3;
    constexpr int kFirst = static_cast<int>(std::is_signed_v<M> ? Kind::Int8 : Kind::UInt8);
    return static_cast<Kind>(kFirst + kStep);
  } else if constexpr (std::is_same_v<M, float>) {
    return Kind::Float;
  } else if constexpr (std::is_same_v<M, double>) {
    return Kind::Double;
  } else if constexpr (DecimalTraits<M>::value) {
    return Kind::Decimal;
  } else if constexpr (std::is_same_v<M, std::string> || text_form<M> != nullptr) {
    return Kind::Text;
  } else if constexpr (std::is_same_v<M, std::chrono::sys_days>) {
    return Kind::Date;
  } else if constexpr (std::is_same_v<M, std::chrono::year_month_day>) {
    return Kind::CalendarDate;
  } else if constexpr (std::is_same_v<M, TimeOfDay>) {
    return Kind::Time;
  } else if constexpr (std::is_same_v<M, sys_micros>) {
    return Kind::Instant;
  } else if constexpr (std::is_same_v<M, local_micros>) {
    return Kind::LocalTime;
  } else if constexpr (std::is_same_v<M, Uuid>) {
    return Kind::Uuid;
  } else if constexpr (std::is_same_v<M, JsonText>) {
    return Kind::Json;
  } else if constexpr (std::is_enum_v<M> && !std::is_same_v<M, std::byte>) {
    return Kind::Enum;
  } else {
    return std::nullopt;
  }
}

template <class M>
inline constexpr bool is_byte = std::is_same_v<M, std::byte> || std::is_same_v<M, std::uint8_t>;

template <class M>
constexpr std::optional<orm::Kind> kind_of() {
  using orm::Kind;
  if constexpr (plain_kind<M>().has_value()) {
    return plain_kind<M>();
  } else if constexpr (is_optional<M>) {
    return Kind::Optional;
  } else if constexpr (is_bool_vector<M>) {
    return Kind::BoolList;
  } else if constexpr (MapLike<M>) {
    return Kind::Map;
  } else if constexpr (ListLike<M>) {
    return is_byte<typename M::value_type> && !requires { std::tuple_size<M>::value; } ? Kind::Bytes
                                                                                       : Kind::List;
  } else if constexpr (std::is_class_v<M> && std::is_aggregate_v<M>) {
    return Kind::Record;
  } else {
    return std::nullopt;
  }
}

template <class X>
inline constexpr orm::OptionalAccess optional_access{
    .find = [](const void* optional) -> const void* {
      const auto& held = *static_cast<const std::optional<X>*>(optional);
      return held.has_value() ? &*held : nullptr;
    },
    .emplace = [](void* optional) -> void* {
      return &static_cast<std::optional<X>*>(optional)->emplace();
    },
    .reset = [](void* optional) { static_cast<std::optional<X>*>(optional)->reset(); },
    .find_all =
        [](const void* first, std::size_t stride, std::size_t count, const void** found) {
          const auto* at = static_cast<const std::byte*>(first);
          for (std::size_t i = 0; i < count; ++i, at += stride) {
            const auto& held = *reinterpret_cast<const std::optional<X>*>(at);
            found[i] = held.has_value() ? &*held : nullptr;
          }
        },
};

template <class L>
inline constexpr orm::ListAccess list_access{
    .size = [](const void* list) -> std::size_t { return static_cast<const L*>(list)->size(); },
    .data = [](const void* list) -> const void* { return static_cast<const L*>(list)->data(); },
    .resize = [](void* list, std::size_t size) -> void* {
      L& held = *static_cast<L*>(list);
      if constexpr (requires { held.resize(size); }) {
        held.resize(size);
        return held.data();
      } else {
        return held.size() == size ? held.data() : nullptr;
      }
    },
};

/// An array of N that lives as long as a map is being made.
template <class N>
struct Scratch {
  explicit Scratch(std::size_t count) : items(new N[count]()) {}
  Scratch(const Scratch&) = delete;
  Scratch(Scratch&&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() { delete[] items; }
  N* items;
};

template <class M>
inline constexpr orm::MapAccess map_access{
    .size = [](const void* map) -> std::size_t { return static_cast<const M*>(map)->size(); },
    .find_all =
        [](const void* map, const void** keys, const void** values) {
          for (const auto& [key, value] : *static_cast<const M*>(map)) {
            *keys++ = &key;
            *values++ = &value;
          }
        },
    .emplace = [](void* map, void* key) -> void* {
      const auto [at, is_new] =
          static_cast<M*>(map)->try_emplace(std::move(*static_cast<typename M::key_type*>(key)));
      return is_new ? &at->second : nullptr;
    },
    .assign =
        [](void* map, std::size_t size, const orm::MapFill& fill) {
          const Scratch<typename M::key_type> keys(size);
          const Scratch<typename M::mapped_type> values(size);
          M& held = *static_cast<M*>(map);
          held.clear();
          bool good = fill.run(fill.state, keys.items, values.items);
          for (std::size_t i = 0; good && i < size; ++i) {
            good = held.try_emplace(std::move(keys.items[i]), std::move(values.items[i])).second;
          }
          return good;
        },
};

template <class M>
constexpr orm::Type make_type();

template <class M>
inline constexpr orm::Type type_of = make_type<M>();

template <class M>
constexpr void fill_container(orm::Type& type) {
  if constexpr (is_optional<M>) {
    using X = typename M::value_type;
    static_assert(!is_optional<X>, "an optional of an optional has one NULL too many");
    type.element = &type_of<X>;
    type.optional = &optional_access<X>;
  } else if constexpr (MapLike<M>) {
    static_assert(!is_optional<typename M::key_type>, "the key of a map cannot be NULL");
    type.key = &type_of<typename M::key_type>;
    type.element = &type_of<typename M::mapped_type>;
    type.map = &map_access<M>;
  } else if constexpr (ListLike<M>) {
    type.element = &type_of<typename M::value_type>;
    type.list = &list_access<M>;
  }
}

template <class M>
constexpr orm::Type make_type() {
  constexpr std::optional<orm::Kind> kKind = kind_of<M>();
  static_assert(kKind.has_value(),
                "no column type stands for the type of this member: docs/orm.md lists those that "
                "have one");
  orm::Type type{.kind = kKind.value_or(orm::Kind::Bool), .size = sizeof(M)};
  if constexpr (kKind == orm::Kind::Decimal) {
    type.precision = DecimalTraits<M>::kPrecision;
    type.scale = DecimalTraits<M>::kScale;
  } else if constexpr (kKind == orm::Kind::Enum) {
    static_assert(sizeof(M) <= 8 && !enum_names<M>.empty(),
                  "an enum is stored by name: this one has no enumerator within "
                  "sluice::enum_limits<E>");
    type.names = enum_names<M>;
    type.is_signed = std::is_signed_v<std::underlying_type_t<M>>;
  } else if constexpr (kKind == orm::Kind::Text) {
    type.form = text_form<M>;
  } else if constexpr (kKind == orm::Kind::Bytes) {
    type.list = &list_access<M>;
  } else if constexpr (kKind == orm::Kind::Record) {
    static_assert(member_count<M> > 0, "a struct without members is no column");
    type.record = &orm::record_of<M>;
  } else if constexpr (kKind != orm::Kind::BoolList) {
    fill_container<M>(type);
  }
  return type;
}

template <class T>
constexpr std::string_view json_key_of(std::string_view member) {
  for (const JsonKey& renamed : json_keys<T>) {
    if (renamed.member == member) {
      return renamed.key;
    }
  }
  return member;
}

template <class T, std::size_t... I>
std::array<orm::Member, sizeof...(I)> make_members(std::index_sequence<I...>) {
  const auto* start = reinterpret_cast<const std::byte*>(&unborn<T>.value);
  return {
      orm::Member{.name = member_names<T>[I],
                  .json_key = json_key_of<T>(member_names<T>[I]),
                  .offset = static_cast<std::size_t>(
                      reinterpret_cast<const std::byte*>(pointer_at<I>(unborn_members<T>)) - start),
                  .type = &type_of<MemberAt<T, I>>}...};
}

}  // namespace sluice::internal

namespace sluice::orm {

template <class T>
const Record& record_of() {
  static const auto members =
      internal::make_members<T>(std::make_index_sequence<internal::member_count<T>>{});
  static const Record record{.name = internal::type_name<T>, .size = sizeof(T), .members = members};
  return record;
}

}  // namespace sluice::orm
