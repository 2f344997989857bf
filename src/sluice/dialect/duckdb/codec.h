// The codecs of Parquet files, as DuckDB's COPY is told them. Zstandard is asked for at level 2:
// what it writes is no larger than at the engine's default of 3, in a tenth to a quarter less time
// (docs/decisions/020-zstandard-at-level-two.md).
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::dialect {

enum class Codec : std::uint8_t { Zstd, Snappy, Gzip, None };

/// "snappy", as DuckDB calls it; none is "uncompressed".
std::string_view codec_name(Codec codec);

/// The options of a COPY, with static lifetime: "COMPRESSION snappy".
std::string_view render_codec(Codec codec);

}  // namespace sluice::dialect
