// Whether a zstd file is whole: its frames are gone through from head to head, and nothing is
// unpacked. Who unpacks a stream takes a frame that breaks off behind one of its blocks for all
// there is, and a checksum need not be there. Safe from any thread.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "sluice/base/result.h"

namespace sluice::contract {

/// Corrupt: of `bytes` bytes the last is not the last one of a frame.
Status check_zstd(std::istream& zstd, std::uint64_t bytes);

}  // namespace sluice::contract
