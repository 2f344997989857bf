// C++ values as plan values: parameters of SQL and literals of typed conditions. They are bound,
// never spliced into a text. What has no plan value does not compile.
// Copies what it is given; safe from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sluice/base/box.h"
#include "sluice/orm/record/type_of.h"

namespace sluice::plan {
struct Null;
}

namespace sluice::orm {

/// A plan::Value, defined in value_internal.h: a user's file does without its alternatives.
struct BoundValue;
}  // namespace sluice::orm

namespace sluice {
extern template class Opaque<orm::BoundValue>;
}

namespace sluice::orm {
using Parameter = Opaque<BoundValue>;

Parameter null_value();
Parameter bool_value(bool value);
Parameter integer_value(std::int64_t value);
Parameter unsigned_value(std::uint64_t value);
Parameter real_value(double value);
Parameter text_value(std::string_view value);
Parameter bytes_value(std::span<const std::uint8_t> value);
Parameter time_value(TimeOfDay time);
Parameter date_value(std::chrono::sys_days day);
Parameter timestamp_value(sys_micros time);
Parameter uuid_value(const Uuid& value);
Parameter decimal_value(Int128 unscaled, int scale);

template <class V>
inline constexpr bool no_plan_value = false;

/// `value` as it stands in a statement; an empty optional is NULL.
template <class V>
Parameter value_of(const V& value) {
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
  } else if constexpr (std::is_same_v<V, sys_micros>) {
    return timestamp_value(value);
  } else if constexpr (std::is_same_v<V, Uuid>) {
    return uuid_value(value);
  } else if constexpr (std::is_same_v<V, std::vector<std::uint8_t>>) {
    return bytes_value(value);
  } else {
    static_assert(no_plan_value<V>, "a value of this type cannot be bound to a statement");
  }
}

}  // namespace sluice::orm
