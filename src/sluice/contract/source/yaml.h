// YAML text -> tree. Reading never throws and never stops at the first fault where it can go on:
// bad bytes are reported and read as '_', duplicate keys are reported and the last one is kept;
// after a fault of syntax the tree holds what stood before it and `is_complete` is false. Hostile
// documents are expected: bytes, depth and nodes (with aliases expanded) are bounded by
// base/limits.h, and each bound is a diagnostic.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract {

struct Document {
  std::optional<Node> root;  // empty when there is nothing in the text
  bool is_complete = true;   // false when a fault of syntax or a limit cut it off
};

/// Reads one document. `file` is the number of the file in `out`, for the spans.
Document read_yaml(std::string_view text, Diagnostics& out, std::uint32_t file = 0);

}  // namespace sluice::contract
