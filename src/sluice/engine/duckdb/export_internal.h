// DuckDB's vectors as Arrow columns, in memory of their own: a batch outlives its chunk, its
// connection and its engine. Numbers, times and texts are copied here, all columns of a batch into
// one piece of memory; what has another form on the other side (nested types, decimals, UUIDs,
// enums) is converted by DuckDB itself and mended.
//
// Made once per result; used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/engine/duckdb/column_internal.h"
#include "sluice/engine/duckdb/handle_internal.h"

namespace sluice::engine {

class ChunkExporter {
 public:
  ChunkExporter(DuckArrowOptions options, std::vector<DuckColumn> columns,
                std::vector<DuckType> types);

  const std::vector<DuckColumn>& columns() const { return columns_; }
  /// That DuckDB's Arrow form is the one expected: a session may have changed it by a setting.
  Status check_form() const;
  Result<ArrowBatch> export_chunk(const DuckChunk& chunk);

 private:
  enum class Way : std::uint8_t { Copied, Bits, Texts, Converted };
  /// One column of the chunk at hand.
  struct Part {
    const void* data = nullptr;
    const std::uint64_t* valid = nullptr;  // nullptr: every row has a value
    idx_t nulls = 0;
    std::size_t text_bytes = 0;
    std::size_t bytes = 0;  // of all its buffers
  };

  static Way way_of(const DuckColumn& column, duckdb_type type, std::size_t& width);
  Part measure(std::size_t column, const DuckChunk& chunk, idx_t rows) const;
  void lay_out(std::size_t column, std::byte* at, idx_t rows, ArrowArray& out) const;
  Status convert(const DuckChunk& chunk, idx_t rows, std::vector<ArrowArray>& out) const;

  DuckArrowOptions options_;
  std::vector<DuckColumn> columns_;
  std::vector<DuckType> types_;
  std::vector<Way> ways_;
  std::vector<std::size_t> widths_;     // of copied values
  std::vector<std::size_t> converted_;  // which columns DuckDB converts
  std::vector<Part> parts_;
};

}  // namespace sluice::engine
