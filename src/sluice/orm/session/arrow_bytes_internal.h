// How many bytes the buffers of one Arrow array hold: what part sizes and counters go by. Knows the
// layouts that the encoder writes; validity bitmaps count too, foreign layouts count as nothing.
#pragma once

#include <cstdint>

#include "sluice/base/arrow_abi.h"

namespace sluice::orm {

std::uint64_t arrow_bytes(const ArrowSchema& schema, const ArrowArray& array);

}  // namespace sluice::orm
