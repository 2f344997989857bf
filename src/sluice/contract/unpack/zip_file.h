// Files inside a zip, for readers that know none: each member that is asked for becomes a file of
// its own in a folder of the caller's. A deflated member becomes a gzip file: its compressed bytes
// are copied as they are between a header and a checksum that the archive has, so nothing is
// inflated here and a bomb does not go off. Nothing is named after a member, so no name can lead
// out of the folder. The caller owns the folder and what lies in it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::contract {

struct UnpackedFile {
  std::string path;
  std::string told;  // "orders.zip/orders_1.csv"
};

/// The members that `is_wanted` takes, in order of their names. The ending of a name is kept, and
/// `.gz` stands behind it where the bytes are compressed. Corrupt: it is no zip, or a broken one;
/// Unsupported: a member that is encrypted or compressed by another method than deflate.
Result<std::vector<UnpackedFile>> unpack_zip(
    const Context& context, const std::string& path, const std::string& folder,
    const std::function<bool(std::string_view member)>& is_wanted);

/// What one member holds, inflated; empty: the archive has none of this name. ResourceExhausted
/// when it is longer than `bytes_max`.
Result<std::optional<std::string>> find_zip_member(const std::string& path, std::string_view name,
                                                   std::uint64_t bytes_max);

}  // namespace sluice::contract
