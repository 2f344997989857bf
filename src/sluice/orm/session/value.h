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

// Not inline: a user's file does without the constructors of plan::Value.
plan::Value null_value();
plan::Value bool_value(bool value);
plan::Value integer_value(std::int64_t value);
plan::Value unsigned_value(std::uint64_t value);
plan::Value real_value(double value);
plan::Value text_value(std::string_view value);
plan::Value time_value(TimeOfDay time);
plan::Value date_value(std::chrono::sys_days day);
plan::Value decimal_value(Int128 unscaled, int scale);

template <class V>
inline constexpr bool no_plan_value = false;

/// `value` as it stands in a statement; an empty optional is NULL.
template <class V>
plan::Value value_of(const V& value) {
  if constexpr (internal::is_optional<V>) {
    return value.has_value() ? value_of(*value) : null_value();
  } else if constexpr (std::is_same_v<V, std::nullopt_t> || std::is_same_v<V, plan::Null>) {
    return null_value();
  } else if constexpr (std::is_same_v<V, bool>) {
    return bool_value(value);
  } else if constexpr (internal::is_integer<V>) {
    if constexpr (std::is_signed_v<V>) {
      return integer_value(value);
    } else {
      return unsigned_value(value);
    }
  } else if constexpr (std::is_floating_point_v<V>) {
    return real_value(static_cast<double>(value));
  } else if constexpr (internal::DecimalTraits<V>::value) {
    return decimal_value(value.unscaled, internal::DecimalTraits<V>::kScale);
  } else if constexpr (std::is_enum_v<V>) {
    for (const EnumName& name : internal::enum_names<V>) {
      if (name.value == static_cast<std::int64_t>(value)) {
        return text_value(name.name);
      }
    }
    return null_value();
  } else if constexpr (internal::text_form<V> != nullptr) {
    return text_value(value.text);
  } else if constexpr (std::is_convertible_v<const V&, std::string_view>) {
    return text_value(value);
  } else if constexpr (std::is_same_v<V, std::chrono::sys_days>) {
    return date_value(value);
  } else if constexpr (std::is_same_v<V, std::chrono::year_month_day>) {
    return date_value(std::chrono::sys_days(value));
  } else if constexpr (std::is_same_v<V, TimeOfDay>) {
    return time_value(value);
  } else if constexpr (std::is_same_v<V, sys_micros> || std::is_same_v<V, Uuid>) {
    return value;
  } else if constexpr (std::is_same_v<V, plan::BytesValue>) {
    return value;
  } else {
    static_assert(no_plan_value<V>, "a value of this type cannot be bound to a statement");
  }
}

}  // namespace sluice::orm
