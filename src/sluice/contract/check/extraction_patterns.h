// What `extraction: {provider: regex}` looks for, by the column that it makes. A contract says it
// in two places: in the block, which wins, and as the first example of a field. Pure; safe to call
// from any thread.
#pragma once

#include "sluice/contract/model/contract.h"

namespace sluice::contract {

/// A pattern of the block, else the first example of a field that is a labelled value.
TextMap patterns_of(const Contract& contract);

/// Whether a pattern says which part of its match is the value; one that is no pattern does.
bool has_group(const std::string& pattern);

}  // namespace sluice::contract
