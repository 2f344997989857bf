// What the C++ type of a member means as a column: a constexpr descriptor per type. Templates make
// descriptors and nothing else; encoding, decoding, validating and JSON are plain code in .cc files
// that walk them, a column at a time. A closed set of kinds; what is not among them does not
// compile.
//
// Descriptors are immutable and live as long as the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/orm/record/enum_names.h"

namespace sluice::orm {

enum class Kind : std::uint8_t {
  Bool,
  Int8,
  Int16,
  Int32,
  Int64,
  UInt8,
  UInt16,
  UInt32,
  UInt64,
  Float,
  Double,
  Decimal,       // Decimal<p, s>: a 128-bit integer
  Text,          // std::string; SortableId, Location, TableName
  Bytes,         // std::vector of std::byte or std::uint8_t
  Date,          // std::chrono::sys_days
  CalendarDate,  // std::chrono::year_month_day
  Time,          // TimeOfDay
  Instant,       // sys_micros
  LocalTime,     // local_micros
  Uuid,
  Json,  // JsonText
  Enum,
  Optional,
  List,
  BoolList,  // std::vector<bool>, which has no addressable elements
  Map,
  Record,
};

struct Type;
struct Record;
struct TextForm;  // orm/record/text_values.h

/// How to reach into a std::optional<X> without knowing X.
struct OptionalAccess {
  /// The value, or nullptr.
  const void* (*find)(const void* optional);
  /// Makes it hold a fresh value; where that is.
  void* (*emplace)(void* optional);
  void (*reset)(void* optional);
  /// `find` for `count` optionals that lie `stride` bytes apart.
  void (*find_all)(const void* first, std::size_t stride, std::size_t count, const void** found);
};

/// How to reach into a std::vector<X> or std::array<X, n>.
struct ListAccess {
  std::size_t (*size)(const void* list);
  const void* (*data)(const void* list);
  /// Makes it hold `size` elements; nullptr when it cannot (std::array).
  void* (*resize)(void* list, std::size_t size);
};

/// What fills the keys and values of a map that is being made.
struct MapFill {
  void* state;
  bool (*run)(void* state, void* keys, void* values);
};

/// How to reach into a std::map<K, V>.
struct MapAccess {
  std::size_t (*size)(const void* map);
  /// Where each key and each value lies, in key order.
  void (*find_all)(const void* map, const void** keys, const void** values);
  /// Makes room for a key that is moved from; where its value is, nullptr when the key is there.
  void* (*emplace)(void* map, void* key);
  /// Makes it hold `size` entries that `fill` writes; false when `fill` failed or a key came twice.
  bool (*assign)(void* map, std::size_t size, const MapFill& fill);
};

struct Type {
  Kind kind = Kind::Bool;
  std::uint8_t precision = 0;  // of a decimal
  std::uint8_t scale = 0;
  std::uint32_t size = 0;         // sizeof
  const Type* element = nullptr;  // of an optional or list; the value of a map
  const Type* key = nullptr;      // of a map
  const OptionalAccess* optional = nullptr;
  const ListAccess* list = nullptr;
  const MapAccess* map = nullptr;
  std::span<const EnumName> names;      // of an enum
  bool is_signed = true;                // of an enum's integer
  const Record& (*record)() = nullptr;  // of a nested aggregate
  const TextForm* form = nullptr;       // of a text that is not any text
};

struct Member {
  std::string_view name;
  std::string_view json_key;
  std::size_t offset = 0;
  const Type* type = nullptr;
};

/// One aggregate: what lies where.
struct Record {
  std::string_view name;
  std::size_t size = 0;
  std::span<const Member> members;

  /// By the exact name; nullptr when there is none.
  const Member* find(std::string_view member) const;
};

}  // namespace sluice::orm
