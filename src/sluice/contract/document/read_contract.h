// A YAML tree -> the typed contract, with everything that was odd about it said. Shorthands of
// LakeLogic's spelling become the standard's; nothing is checked here that needs two places at
// once, that is check/.
#pragma once

#include <string_view>
#include <vector>

#include "sluice/contract/model/contract.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract {

struct ReadContract {
  Contract contract;
  std::vector<UnsupportedKey> unsupported;
};

/// Reads the root map of the document. `text` is the document's text.
ReadContract read_contract(const Document& document, std::string_view text, bool lenient,
                           Diagnostics& out);

/// The table of the root, from which all others can be reached.
const Shape& contract_shape();

}  // namespace sluice::contract
