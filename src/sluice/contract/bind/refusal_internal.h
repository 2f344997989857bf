// What the engine says of SQL that it cannot bind, taken apart: which kind of fault, about which
// name, and where in the statement. Plain values; reads the engine's texts and nothing else.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::contract::internal {

enum class RefusalKind : std::uint8_t {
  Column,    // no such column
  Function,  // no such function
  Table,     // no such relation
  Syntax,    // not SQL, or several statements
  Reach,     // a file, an address, a setting
  Other,     // types, GROUP BY, arity
};

struct Refusal {
  RefusalKind kind = RefusalKind::Other;
  std::string name;                   // of the column, function or relation
  std::string reason;                 // the engine's sentence, first line, without its kind
  std::optional<std::size_t> offset;  // byte of the statement
};

/// `statement` is the text that was bound; empty for an error that is not about it (stopped, no
/// memory, a fault of ours).
std::optional<Refusal> refusal_of(const Error& error, std::string_view statement);

}  // namespace sluice::contract::internal
