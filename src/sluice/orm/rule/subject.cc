#include <cstring>
#include <vector>

#include "sluice/orm/record/enum_value.h"
#include "sluice/orm/record/utf8.h"
#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/rule.h"

namespace sluice::orm {
namespace {

template <class V>
V load(const void* value) {
  V loaded;
  std::memcpy(&loaded, value, sizeof(V));
  return loaded;
}

Ordering ordering_of(bool less, bool greater) {
  return less ? Ordering::Less : greater ? Ordering::Greater : Ordering::Equal;
}

/// NaN is greater than every number, as the engines order it.
inline Ordering compare_doubles(double a, double b) {
  if (a != a || b != b) {
    return ordering_of(b != b && a == a, a != a && b == b);
  }
  return ordering_of(a<b, a> b);
}

}  // namespace

Number number_of(const Subject& subject) {
  const void* value = subject.value;
  const auto whole = [](Int128 number) {
    return Number{.whole = number, .real = static_cast<double>(number), .is_whole = true};
  };
  const auto real = [](double number) { return Number{.real = number}; };
  switch (subject.type->kind) {
    case Kind::Int8: return whole(load<std::int8_t>(value));
    case Kind::Int16: return whole(load<std::int16_t>(value));
    case Kind::Int32: return whole(load<std::int32_t>(value));
    case Kind::Int64: return whole(load<std::int64_t>(value));
    case Kind::UInt8: return whole(load<std::uint8_t>(value));
    case Kind::UInt16: return whole(load<std::uint16_t>(value));
    case Kind::UInt32: return whole(load<std::uint32_t>(value));
    case Kind::UInt64: return whole(load<std::uint64_t>(value));
    case Kind::Float: return real(static_cast<double>(load<float>(value)));
    case Kind::Double: return real(load<double>(value));
    case Kind::Decimal: {
      const auto unscaled = load<Int128>(value);
      const int scale = subject.type->scale;
      return {.whole = unscaled,
              .real = static_cast<double>(unscaled) / static_cast<double>(power_of_ten(scale)),
              .is_whole = true,
              .scale = scale};
    }
    case Kind::Bool: return whole(load<bool>(value) ? 1 : 0);
    case Kind::Text:
    case Kind::Bytes:
    case Kind::Date:
    case Kind::CalendarDate:
    case Kind::Time:
    case Kind::Instant:
    case Kind::LocalTime:
    case Kind::Uuid:
    case Kind::Json:
    case Kind::Enum:
    case Kind::Optional:
    case Kind::List:
    case Kind::BoolList:
    case Kind::Map:
    case Kind::Record: break;
  }
  return {};
}

Ordering compare(const Number& a, const Number& b) {
  if (!a.is_whole || !b.is_whole) {
    return compare_doubles(a.real, b.real);
  }
  // Scales are evened out where that fits; beyond it the whole parts differ already.
  const int up_a = b.scale > a.scale ? b.scale - a.scale : 0;
  const int up_b = a.scale > b.scale ? a.scale - b.scale : 0;
  Int128 left = 0;
  Int128 right = 0;
  if (__builtin_mul_overflow(a.whole, power_of_ten(up_a), &left) ||
      __builtin_mul_overflow(b.whole, power_of_ten(up_b), &right)) {
    return compare_doubles(a.real, b.real);
  }
  return ordering_of(left<right, left> right);
}

/// The usual columns against the usual parameters first, in their own arithmetic.
Ordering compare(const Subject& subject, const Operand& operand) {
  const Kind kind = subject.type->kind;
  if (operand.holds == Operand::Holds::Integer && (kind == Kind::Int64 || kind == Kind::Int32)) {
    const std::int64_t value =
        kind == Kind::Int64 ? load<std::int64_t>(subject.value) : load<std::int32_t>(subject.value);
    return ordering_of(value<operand.integer, value> operand.integer);
  }
  if (kind == Kind::Double) {
    return compare_doubles(load<double>(subject.value), operand.real);
  }
  return compare(number_of(subject), number_of(operand));
}

Number number_of(const Operand& operand) {
  const bool is_whole = operand.holds == Operand::Holds::Integer;
  return {.whole = operand.integer, .real = operand.real, .is_whole = is_whole};
}

std::string_view Subject::text() const {
  if (type->kind == Kind::Text) {
    return *static_cast<const std::string*>(value);
  }
  if (type->kind == Kind::Json) {
    return static_cast<const JsonText*>(value)->text;
  }
  return type->kind == Kind::Enum ? enum_name(*type, value) : std::string_view{};
}

std::size_t Subject::length() const {
  if (type->list != nullptr) {
    return type->list->size(value);
  }
  if (type->map != nullptr) {
    return type->map->size(value);
  }
  if (type->kind == Kind::BoolList) {
    return static_cast<const std::vector<bool>*>(value)->size();
  }
  return count_characters(text());
}

}  // namespace sluice::orm
