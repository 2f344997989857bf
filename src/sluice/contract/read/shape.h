// A map of the contract language described as a table: its keys, what each takes, whether a run
// acts on it, and how its value reaches the typed model. One table serves the reader, the "did you
// mean" suggestions, the JSON Schema, `explain` and the annotated template: what is not in a table
// does not exist. Tables are const data; a key is one line.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/contract/source/node.h"

namespace sluice::contract {

class Reader;
struct Shape;

/// Required: nothing sensible without it. Standard: the standard asks for it, and LakeLogic's own
/// spelling may leave it out, which is a notice that names the default.
enum class Need : std::uint8_t { Optional, Required, Standard };

/// What happens to a key that is understood.
enum class Support : std::uint8_t {
  Acted,      // a run acts on it
  Recorded,   // it is documentation: kept, shown, exported; there is nothing to execute
  Later,      // no run executes it yet; a run warns
  LaterRows,  // no run executes it yet and it decides which rows are read or written; a run refuses
};

std::string_view to_string(Support support);

/// What a key takes, for messages and for the JSON Schema.
enum class ValueKind : std::uint8_t {
  String,
  Boolean,
  Whole,
  Real,
  AnyScalar,
  Sql,
  Word,
  StringList,
  WholeList,
  RealList,
  ScalarList,
  StringMap,
  WholeMap,
  ScalarMap,
  SqlMap,
  Object,
  ObjectList,
  ObjectMap,
  Anything,
};

/// "text", "a list of texts", "true or false" ...
std::string_view expected_kind(ValueKind kind);

struct Key {
  std::string_view name;
  std::string_view summary;
  ValueKind kind = ValueKind::Anything;
  Need need = Need::Optional;
  Support support = Support::Acted;
  /// The shape of the object, of the list's items or of the map's values.
  const Shape& (*child)() = nullptr;
  /// The allowed words.
  std::span<const std::string_view> (*words)() = nullptr;
  /// Reads the value into the member of the object that `object` points to.
  void (*read)(Reader&, const Node&, void* object) = nullptr;
  /// What is taken when a key of need Standard is left out, for the notice.
  std::string_view fallback = {};
  bool is_null_a_value = false;
};

struct Shape {
  std::string_view name;  // "materialization.scd2"; for messages and docs
  std::span<const Key> keys;

  const Key* find(std::string_view key) const;
};

/// The shape of a struct of the model; specialised where its table is.
template <class T>
const Shape& shape_of();

}  // namespace sluice::contract
