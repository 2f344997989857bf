#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/export_internal.h"

namespace sluice::engine {
namespace {

constexpr std::size_t kAlignment = 8;
/// Texts are copied in steps that may write this far beyond their end.
constexpr std::size_t kSlack = 16;

using Memory = std::shared_ptr<std::byte[]>;

constexpr auto kTextBytesMax = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());

std::size_t bytes_of_bits(idx_t rows) { return (rows + 7) / 8; }
std::size_t bytes_of_offsets(idx_t rows) { return (rows + 1) * sizeof(std::int32_t); }
std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// What one exported column points to.
struct Column {
  Memory memory;
  const void* buffers[3] = {nullptr, nullptr, nullptr};
};

void release_column(ArrowArray* array) {
  delete static_cast<Column*>(array->private_data);  // NOLINT(*-owning-memory)
  array->release = nullptr;
}

/// What the struct array of a batch points to.
struct Rows {
  std::vector<ArrowArray> columns;
  std::vector<ArrowArray*> pointers;
  const void* buffers[1] = {nullptr};

  explicit Rows(std::size_t count) : columns(count) {
    for (ArrowArray& column : columns) {
      pointers.push_back(&column);
    }
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() {
    for (ArrowArray& column : columns) {
      if (column.release != nullptr) {
        column.release(&column);
      }
    }
  }
};

void release_rows(ArrowArray* array) {
  delete static_cast<Rows*>(array->private_data);  // NOLINT(*-owning-memory)
  array->release = nullptr;
}

bool bit_at(const std::uint64_t* bits, idx_t row) {
  return (bits[row >> 6] >> (row & 63) & 1) != 0;
}

idx_t count_nulls(const std::uint64_t* valid, idx_t rows) {
  idx_t there = 0;
  for (idx_t word = 0; word < rows / 64; ++word) {
    there += static_cast<idx_t>(std::popcount(valid[word]));
  }
  if (rows % 64 != 0) {
    const std::uint64_t mask = (std::uint64_t{1} << (rows % 64)) - 1;
    there += static_cast<idx_t>(std::popcount(valid[rows / 64] & mask));
  }
  return rows - there;
}

std::uint32_t size_of(const duckdb_string_t& text) { return text.value.inlined.length; }

/// Sizes of 16 and below in one step, the next in two; beyond that it is memcpy's.
void copy_text(std::byte* to, const duckdb_string_t& text) {
  constexpr std::uint32_t kInlinedMax = 12;
  const std::uint32_t size = size_of(text);
  if (size <= kInlinedMax) {
    std::memcpy(to, text.value.inlined.inlined, kInlinedMax);
    return;
  }
  const char* from = text.value.pointer.ptr;
  if (size < 16) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size <= 32) {
    std::memcpy(to, from, 16);
    std::memcpy(to + size - 16, from + size - 16, 16);
  } else {
    std::memcpy(to, from, size);
  }
}

void copy_bits(std::byte* to, const void* data, idx_t rows) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  std::memset(to, 0, (rows + 7) / 8);
  for (idx_t row = 0; row < rows; ++row) {
    to[row / 8] |= static_cast<std::byte>((from[row] & 1U) << (row % 8));
  }
}

void copy_texts(const duckdb_string_t* texts, const std::uint64_t* valid, idx_t rows,
                std::int32_t* ends, std::byte* to) {
  std::int32_t end = 0;
  for (idx_t row = 0; row < rows; ++row) {
    ends[row] = end;
    if (valid == nullptr || bit_at(valid, row)) {
      copy_text(to + end, texts[row]);
      end += static_cast<std::int32_t>(size_of(texts[row]));
    }
  }
  ends[rows] = end;
}

Status check_data(const DuckErrorData& data) {
  if (data.get() != nullptr && duckdb_error_data_has_error(data.get())) {
    return duckdb_error(duckdb_error_data_message(data.get()));
  }
  return {};
}

}  // namespace

ChunkExporter::ChunkExporter(DuckArrowOptions options, std::vector<DuckColumn> columns,
                             std::vector<DuckType> types)
    : options_(std::move(options)),
      columns_(std::move(columns)),
      types_(std::move(types)),
      parts_(columns_.size()) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = 0;
    ways_.push_back(way_of(columns_[i], duckdb_get_type_id(types_[i].get()), width));
    widths_.push_back(width);
    if (ways_.back() == Way::Converted) {
      converted_.push_back(i);
    }
  }
}

ChunkExporter::Way ChunkExporter::way_of(const DuckColumn& column, duckdb_type type,
                                         std::size_t& width) {
  if (column.mend == Mend::PackBooleans) {
    return Way::Bits;
  }
  if (column.mends_within) {
    return Way::Converted;
  }
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT: width = 1; return Way::Copied;
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT: width = 2; return Way::Copied;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DATE: width = 4; return Way::Copied;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ: width = 8; return Way::Copied;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB: return Way::Texts;
    default: return Way::Converted;  // the enum is DuckDB's, and grows
  }
}

Status ChunkExporter::check_form() const {
  std::vector<duckdb_logical_type> raw_types;
  std::vector<const char*> names;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    raw_types.push_back(types_[i].get());
    names.push_back(columns_[i].name.c_str());
  }
  ArrowSchemaOwned arrow;
  SLUICE_CHECK(check_data(DuckErrorData(duckdb_to_arrow_schema(
      options_.get(), raw_types.data(), names.data(), columns_.size(), arrow.get()))));
  return engine::check_form(columns_, *arrow.get());
}

/// Where the values lie, and how much memory they need.
ChunkExporter::Part ChunkExporter::measure(std::size_t column, const DuckChunk& chunk,
                                           idx_t rows) const {
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), column);
  Part part{.data = duckdb_vector_get_data(vector), .valid = duckdb_vector_get_validity(vector)};
  part.nulls = part.valid == nullptr ? 0 : count_nulls(part.valid, rows);
  part.valid = part.nulls == 0 ? nullptr : part.valid;
  part.bytes = part.valid == nullptr ? 0 : aligned(bytes_of_bits(rows));
  if (ways_[column] == Way::Copied) {
    part.bytes += aligned(rows * widths_[column]);
  } else if (ways_[column] == Way::Bits) {
    part.bytes += aligned(bytes_of_bits(rows));
  } else {
    const auto* texts = static_cast<const duckdb_string_t*>(part.data);
    for (idx_t row = 0; row < rows; ++row) {
      part.text_bytes += part.valid == nullptr || bit_at(part.valid, row) ? size_of(texts[row]) : 0;
    }
    part.bytes += aligned(bytes_of_offsets(rows)) + aligned(part.text_bytes + kSlack);
  }
  return part;
}

/// Writes the buffers of one column to `at`, which the array keeps.
void ChunkExporter::lay_out(std::size_t column, std::byte* at, idx_t rows, ArrowArray& out) const {
  const Part& part = parts_[column];
  auto& held = *static_cast<Column*>(out.private_data);
  out.length = static_cast<std::int64_t>(rows);
  out.null_count = static_cast<std::int64_t>(part.nulls);
  out.n_buffers = 2;
  out.buffers = held.buffers;
  if (part.valid != nullptr) {
    std::memcpy(at, part.valid, bytes_of_bits(rows));
    held.buffers[0] = at;
    at += aligned(bytes_of_bits(rows));
  }
  held.buffers[1] = at;
  switch (ways_[column]) {
    case Way::Copied: std::memcpy(at, part.data, rows * widths_[column]); return;
    case Way::Bits: copy_bits(at, part.data, rows); return;
    case Way::Texts:
      out.n_buffers = 3;
      held.buffers[2] = at + aligned(bytes_of_offsets(rows));
      copy_texts(static_cast<const duckdb_string_t*>(part.data), part.valid, rows,
                 reinterpret_cast<std::int32_t*>(at), at + aligned(bytes_of_offsets(rows)));
      return;
    case Way::Converted: return;
  }
}

Result<ArrowBatch> ChunkExporter::export_chunk(const DuckChunk& chunk) {
  const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    parts_[i] = ways_[i] == Way::Converted ? Part{} : measure(i, chunk, rows);
    if (parts_[i].text_bytes > kTextBytesMax) {
      return make_error(ErrorCode::ResourceExhausted,
                        fmt::format("a batch holds at most 2 GiB of one column, got more in '{}'",
                                    columns_[i].name));
    }
    bytes += parts_[i].bytes;
  }
  const Memory memory = std::make_shared_for_overwrite<std::byte[]>(bytes);
  auto batch = std::make_unique<Rows>(columns_.size());
  std::byte* at = memory.get();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (ways_[i] != Way::Converted) {
      batch->columns[i].private_data = std::make_unique<Column>(Column{.memory = memory}).release();
      batch->columns[i].release = release_column;
      lay_out(i, at, rows, batch->columns[i]);
      at += parts_[i].bytes;
    }
  }
  SLUICE_CHECK(convert(chunk, rows, batch->columns));
  ArrowArray raw{};
  raw.length = static_cast<std::int64_t>(rows);
  raw.n_buffers = 1;
  raw.buffers = batch->buffers;
  raw.n_children = static_cast<std::int64_t>(columns_.size());
  raw.children = batch->pointers.data();
  raw.private_data = batch.release();
  raw.release = release_rows;
  return ArrowBatch(std::move(raw));
}

Status ChunkExporter::convert(const DuckChunk& chunk, idx_t rows,
                              std::vector<ArrowArray>& out) const {
  if (converted_.empty()) {
    return {};
  }
  std::vector<duckdb_logical_type> types;
  for (const std::size_t i : converted_) {
    types.push_back(types_[i].get());
  }
  const DuckChunk some(duckdb_create_data_chunk(types.data(), types.size()));
  for (std::size_t k = 0; k < converted_.size(); ++k) {
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(some.get(), k),
                                   duckdb_data_chunk_get_vector(chunk.get(), converted_[k]));
  }
  duckdb_data_chunk_set_size(some.get(), rows);
  ArrowBatch batch;
  SLUICE_CHECK(check_data(
      DuckErrorData(duckdb_data_chunk_to_arrow(options_.get(), some.get(), batch.get()))));
  for (std::size_t k = 0; k < converted_.size(); ++k) {
    ArrowArray& column = out[converted_[k]];
    column = std::exchange(*batch->children[k], ArrowArray{});
    SLUICE_CHECK(mend_array(columns_[converted_[k]], column));
  }
  return {};
}

}  // namespace sluice::engine
