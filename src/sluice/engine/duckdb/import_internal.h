// Arrow columns as DuckDB's vectors. Numbers and times are copied as they are, texts are pointed
// to, and what has another form on the other side (nested types, decimals, UUIDs, dictionaries) is
// converted by DuckDB itself. A vector of texts is valid as long as its batch.
//
// Bound once per stream to its schema; used by one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/engine/duckdb/database_internal.h"

namespace sluice::engine {

/// How one column gets into its vector.
struct ImportedColumn {
  enum class Way : std::uint8_t { Copied, Bits, Texts, Converted };
  DuckType type;
  Way way = Way::Converted;
  std::int64_t width = 0;  // of a copied value
};

class ChunkImporter {
 public:
  /// Asks DuckDB for the types, of which `first` is the first batch.
  static Result<ChunkImporter> make(DuckSession& session, ArrowSchema& schema, ArrowArray& first);

  const std::vector<ImportedColumn>& columns() const { return columns_; }

  /// Fills `out` with rows [begin, begin + count) of the batch; `count` is at most a vector's size.
  Status fill(const ArrowArray& batch, std::int64_t begin, std::int64_t count,
              duckdb_data_chunk out);

 private:
  explicit ChunkImporter(DuckSession& session) : session_(&session) {}
  Status bind_converted(const ArrowSchema& schema);
  Status convert(const ArrowArray& batch, std::int64_t begin, std::int64_t count,
                 duckdb_data_chunk out);

  DuckSession* session_;
  std::vector<ImportedColumn> columns_;
  std::vector<std::int64_t> converted_;  // which columns DuckDB converts
  DuckArrowTypes converted_types_;
};

}  // namespace sluice::engine
