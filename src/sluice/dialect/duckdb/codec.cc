#include "sluice/dialect/duckdb/codec.h"

namespace sluice::dialect {

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::Zstd: return "zstd";
    case Codec::Snappy: return "snappy";
    case Codec::Gzip: return "gzip";
    case Codec::None: return "uncompressed";
  }
  return {};
}

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
