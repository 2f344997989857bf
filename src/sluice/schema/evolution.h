// What turns one schema into another, as a list of changes that a table format can apply or refuse.
// Pure: it looks at two schemas and at no table. Fields are matched by id where both have one, else
// by name.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sluice/schema/schema.h"

namespace sluice::schema {

struct AddColumn {
  Field field;
  friend bool operator==(const AddColumn&, const AddColumn&) = default;
};
struct DropColumn {
  Field field;
  friend bool operator==(const DropColumn&, const DropColumn&) = default;
};
struct RenameColumn {  // found by field id
  std::string from;
  std::string to;
  friend bool operator==(const RenameColumn&, const RenameColumn&) = default;
};
struct WidenColumn {  // every value of `from` is a value of `to`
  std::string name;
  LogicalType from;
  LogicalType to;
  friend bool operator==(const WidenColumn&, const WidenColumn&) = default;
};
struct RetypeColumn {  // values may be lost
  std::string name;
  LogicalType from;
  LogicalType to;
  friend bool operator==(const RetypeColumn&, const RetypeColumn&) = default;
};
struct ChangeNullability {
  std::string name;
  bool nullable = true;
  friend bool operator==(const ChangeNullability&, const ChangeNullability&) = default;
};

using Change =
    std::variant<AddColumn, DropColumn, RenameColumn, WidenColumn, RetypeColumn, ChangeNullability>;

/// Changes in the order of `to`, dropped columns last. Columns are matched by id where both have
/// one, else by name. Order of columns and comments are no change.
std::vector<Change> diff(const Schema& from, const Schema& to);

/// True when every value of `from` is a value of `to`.
bool widens(const LogicalType& from, const LogicalType& to);

/// "add column note: text", "widen fare from float32 to float64".
std::string to_string(const Change& change);

}  // namespace sluice::schema
