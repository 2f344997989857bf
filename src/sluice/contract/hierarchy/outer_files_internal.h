// The tables of `_domain.yaml` and `_system.yaml`, and reading one with its diagnostics.
#pragma once

#include <optional>
#include <vector>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/hierarchy/hierarchy.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract::internal {

enum class OuterKind : std::uint8_t { Domain, System };

/// What was read of a file above a contract.
struct OuterRead {
  std::optional<Node> root;  // empty when it is no map
  std::vector<UnsupportedKey> unsupported;
};

/// The tree of the file, checked against its table. Adds to `out` as file number `number`.
OuterRead read_outer(const OuterFile& file, OuterKind kind, std::uint32_t number, Diagnostics& out);

}  // namespace sluice::contract::internal
