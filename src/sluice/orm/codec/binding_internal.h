// What a member reads from: an Arrow type, resolved once per result.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/arrow_abi.h"
#include "sluice/base/result.h"
#include "sluice/orm/record/type.h"

namespace sluice::orm {

/// The Arrow layouts that are read.
enum class Layout : std::uint8_t {
  Null,
  Bit,
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
  Decimal128,
  Text,       // 32-bit offsets; also bytes
  LargeText,  // 64-bit offsets
  TextView,
  FixedBytes,
  List,
  LargeList,
  Struct,
};

struct Binding {
  const Type* type = nullptr;
  Layout layout = Layout::Null;
  int scale = 0;                        // of a decimal
  std::int64_t width = 0;               // of fixed bytes
  std::int64_t micros_up = 1;           // units to microseconds: multiply
  std::int64_t micros_down = 1;         // or divide, without a rest
  bool is_json = false;                 // the member is stored as JSON text
  std::size_t offset = 0;               // of the member in its record
  std::int64_t child = 0;               // which child of the Arrow struct
  std::string path;                     // "home.street", for messages
  std::vector<Binding> inner;           // list: element; map: key, value; record: members
  std::unique_ptr<Binding> dictionary;  // the values that indices point to
};

/// Resolves one member against the Arrow type it is read from.
Result<Binding> bind_type(const Type& type, const ArrowSchema& arrow, std::string path,
                          bool is_json);

}  // namespace sluice::orm
