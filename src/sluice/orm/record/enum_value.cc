#include "sluice/orm/record/enum_value.h"

#include <cstring>

namespace sluice::orm {
namespace {

template <class Signed, class Unsigned>
std::int64_t load_as(const Type& type, const void* value) {
  if (type.is_signed) {
    Signed number;
    std::memcpy(&number, value, sizeof(number));
    return number;
  }
  Unsigned number;
  std::memcpy(&number, value, sizeof(number));
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::int64_t load_enum(const Type& type, const void* value) {
  switch (type.size) {
    case 1: return load_as<std::int8_t, std::uint8_t>(type, value);
    case 2: return load_as<std::int16_t, std::uint16_t>(type, value);
    case 4: return load_as<std::int32_t, std::uint32_t>(type, value);
    default: return load_as<std::int64_t, std::uint64_t>(type, value);
  }
}

void store_enum(const Type& type, void* value, std::int64_t number) {
  // Little-endian: the low bytes come first.
  std::memcpy(value, &number, type.size);
}

std::string_view enum_name(const Type& type, const void* value) {
  const std::int64_t number = load_enum(type, value);
  for (const EnumName& name : type.names) {
    if (name.value == number) {
      return name.name;
    }
  }
  return {};
}

bool store_enum_by_name(const Type& type, void* value, std::string_view name) {
  for (const EnumName& candidate : type.names) {
    if (candidate.name == name) {
      store_enum(type, value, candidate.value);
      return true;
    }
  }
  return false;
}

}  // namespace sluice::orm
