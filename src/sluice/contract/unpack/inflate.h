// Deflate, the packing inside of zip and gzip, undone in memory within a limit: for the parts of a
// spreadsheet and for XML, which are read here and not by the engine. Any bytes are a legal input.
// Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::contract {

/// Corrupt: the bytes are no deflate stream, or end before it does. ResourceExhausted: what they
/// hold is longer than `bytes_max`.
Result<std::string> inflate(std::string_view packed, std::uint64_t bytes_max);

/// The same of a gzip file of one member, whose checksum is compared.
Result<std::string> gunzip(std::string_view gzip, std::uint64_t bytes_max);

/// Goes through a gzip file of any size and number of members, in pieces: Corrupt unless all of it
/// is there and as it was packed. Gives the first `head_bytes` bytes of what it holds.
Result<std::string> check_gzip(std::istream& gzip, std::size_t head_bytes);

/// The checksum of zip and gzip.
std::uint32_t crc32_of(std::string_view bytes);

}  // namespace sluice::contract
