#include "sluice/dialect/duckdb/codec.h"

namespace sluice::dialect {

std::string_view render_codec(Codec codec) {
  switch (codec) {
    case Codec::Zstd: return "COMPRESSION zstd, COMPRESSION_LEVEL 2";
    case Codec::Snappy: return "COMPRESSION snappy";
    case Codec::Gzip: return "COMPRESSION gzip";
    case Codec::None: return "COMPRESSION uncompressed";
  }
  return {};
}

}  // namespace sluice::dialect
