// C++ values as plan values: parameters of SQL and literals of typed conditions. They are bound,
// never spliced into a text. What has no plan value does not compile.
// Copies what it is given; safe from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sluice/orm/record/type_of.h"
#include "sluice/plan/value.h"

namespace sluice::orm {

plan::Value date_value(std::chrono::sys_days day);
plan::Value decimal_value(Int128 unscaled, int scale);

template <class V>
inline constexpr bool no_plan_value = false;

/// `value` as it stands in a statement; an empty optional is NULL.
template <class V>
plan::Value value_of(const V& value) {
  if constexpr (internal::is_optional<V>) {
    return value.has_value() ? value_of(*value) : plan::Value{plan::Null{}};
  } else if constexpr (std::is_same_v<V, std::nullopt_t> || std::is_same_v<V, plan::Null>) {
    return plan::Null{};
  } else if constexpr (std::is_same_v<V, bool>) {
    return value;
  } else if constexpr (internal::is_integer<V>) {
    using Wide = std::conditional_t<std::is_signed_v<V>, std::int64_t, std::uint64_t>;
    return static_cast<Wide>(value);
  } else if constexpr (std::is_floating_point_v<V>) {
    return static_cast<double>(value);
  } else if constexpr (internal::DecimalTraits<V>::value) {
    return decimal_value(value.unscaled, internal::DecimalTraits<V>::kScale);
  } else if constexpr (std::is_enum_v<V>) {
    for (const EnumName& name : internal::enum_names<V>) {
      if (name.value == static_cast<std::int64_t>(value)) {
        return std::string(name.name);
      }
    }
    return plan::Null{};
  } else if constexpr (std::is_convertible_v<const V&, std::string_view>) {
    return std::string(std::string_view(value));
  } else if constexpr (std::is_same_v<V, std::chrono::sys_days>) {
    return date_value(value);
  } else if constexpr (std::is_same_v<V, std::chrono::year_month_day>) {
    return date_value(std::chrono::sys_days(value));
  } else if constexpr (std::is_same_v<V, TimeOfDay>) {
    return plan::TimeValue{.micros_of_day = value.since_midnight.count()};
  } else if constexpr (std::is_same_v<V, sys_micros> || std::is_same_v<V, Uuid>) {
    return value;
  } else if constexpr (std::is_same_v<V, plan::BytesValue>) {
    return value;
  } else {
    static_assert(no_plan_value<V>, "a value of this type cannot be bound to a statement");
  }
}

}  // namespace sluice::orm
