// The shape of data as a plain value: what both doors declare, what every engine and format is
// asked for. Types are logical; how each is spelled in SQL, Arrow and Parquet is the dialect's and
// the engine's matter. Columns are told apart without regard to case, as lake catalogs do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/base/box.h"
#include "sluice/base/result.h"

namespace sluice::schema {

struct Field;
struct LogicalType;

struct Boolean {
  friend bool operator==(const Boolean&, const Boolean&) = default;
};
struct Integer {
  int bits = 64;  // 8, 16, 32, 64
  bool is_signed = true;
  friend bool operator==(const Integer&, const Integer&) = default;
};
struct Float {
  int bits = 64;  // 32, 64
  friend bool operator==(const Float&, const Float&) = default;
};
struct Decimal {
  int precision = 38;  // 1..38
  int scale = 0;       // 0..precision
  friend bool operator==(const Decimal&, const Decimal&) = default;
};
struct Text {
  friend bool operator==(const Text&, const Text&) = default;
};
struct Bytes {
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct Date {
  friend bool operator==(const Date&, const Date&) = default;
};
struct Time {  // of day, microseconds
  friend bool operator==(const Time&, const Time&) = default;
};
struct Timestamp {  // microseconds; an instant in UTC, or local without a zone
  bool utc = true;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};
struct UuidType {
  friend bool operator==(const UuidType&, const UuidType&) = default;
};
struct Json {  // text that holds one JSON value
  friend bool operator==(const Json&, const Json&) = default;
};
struct List {
  Box<LogicalType> element;  // elements may be NULL
  friend bool operator==(const List&, const List&) = default;
};
struct Map {
  Box<LogicalType> key;  // never NULL
  Box<LogicalType> value;
  friend bool operator==(const Map&, const Map&) = default;
};
struct Struct {
  std::vector<Field> fields;
  friend bool operator==(const Struct&, const Struct&);
};

struct LogicalType {
  std::variant<Boolean, Integer, Float, Decimal, Text, Bytes, Date, Time, Timestamp, UuidType, Json,
               List, Map, Struct>
      kind;
  friend bool operator==(const LogicalType&, const LogicalType&) = default;
};

struct Field {
  std::string name;
  LogicalType type;
  bool nullable = true;
  /// Survives a rename; 0 until a table format has given one.
  std::int32_t id = 0;
  std::string comment;
  friend bool operator==(const Field&, const Field&) = default;
};

struct Schema {
  std::vector<Field> fields;

  /// By name, without regard to case; nullptr when there is none.
  const Field* find(std::string_view name) const;
  friend bool operator==(const Schema&, const Schema&) = default;
};

/// No column twice, every name within limits, every type within its bounds.
Status validate(const Schema& schema);

/// "decimal(10,2)", "list<text>", "struct<a: int64, b: text not null>".
std::string to_string(const LogicalType& type);
std::string to_string(const Schema& schema);

/// True when `a` and `b` name the same column.
bool same_column(std::string_view a, std::string_view b);

}  // namespace sluice::schema
