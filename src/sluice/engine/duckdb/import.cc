#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/import_internal.h"

namespace sluice::engine {
namespace {

using Way = ImportedColumn::Way;

struct KnownFormat {
  std::string_view format;  // a timestamp's ends before its zone
  duckdb_type type;
  Way way;
  std::int64_t width = 0;
};

constexpr std::array kKnownFormats{
    KnownFormat{"b", DUCKDB_TYPE_BOOLEAN, Way::Bits},
    KnownFormat{"c", DUCKDB_TYPE_TINYINT, Way::Copied, 1},
    KnownFormat{"s", DUCKDB_TYPE_SMALLINT, Way::Copied, 2},
    KnownFormat{"i", DUCKDB_TYPE_INTEGER, Way::Copied, 4},
    KnownFormat{"l", DUCKDB_TYPE_BIGINT, Way::Copied, 8},
    KnownFormat{"C", DUCKDB_TYPE_UTINYINT, Way::Copied, 1},
    KnownFormat{"S", DUCKDB_TYPE_USMALLINT, Way::Copied, 2},
    KnownFormat{"I", DUCKDB_TYPE_UINTEGER, Way::Copied, 4},
    KnownFormat{"L", DUCKDB_TYPE_UBIGINT, Way::Copied, 8},
    KnownFormat{"f", DUCKDB_TYPE_FLOAT, Way::Copied, 4},
    KnownFormat{"g", DUCKDB_TYPE_DOUBLE, Way::Copied, 8},
    KnownFormat{"u", DUCKDB_TYPE_VARCHAR, Way::Texts},
    KnownFormat{"z", DUCKDB_TYPE_BLOB, Way::Texts},
    KnownFormat{"tdD", DUCKDB_TYPE_DATE, Way::Copied, 4},
    KnownFormat{"ttu", DUCKDB_TYPE_TIME, Way::Copied, 8},
    KnownFormat{"tsu:", DUCKDB_TYPE_TIMESTAMP, Way::Copied, 8},
    KnownFormat{"tsu:", DUCKDB_TYPE_TIMESTAMP_TZ, Way::Copied, 8},
};

ImportedColumn column_of(const ArrowSchema& arrow, DuckType type) {
  ImportedColumn column{.type = std::move(type)};
  if (arrow.dictionary != nullptr) {
    return column;
  }
  std::string_view format = arrow.format;
  format = format.starts_with("tsu:") ? format.substr(0, 4) : format;
  const duckdb_type id = duckdb_get_type_id(column.type.get());
  for (const KnownFormat& known : kKnownFormats) {
    if (known.format == format && known.type == id) {
      column.way = known.way;
      column.width = known.width;
    }
  }
  return column;
}

Status check_data(const DuckErrorData& data) {
  if (data.get() != nullptr && duckdb_error_data_has_error(data.get())) {
    return duckdb_error(duckdb_error_data_message(data.get()));
  }
  return {};
}

void release_nothing(ArrowArray* lent) { lent->release = nullptr; }
void keep_schema(ArrowSchema*) {}

/// Rows [begin, begin + count) of some columns of a batch, as arrays that own nothing.
class Slice {
 public:
  template <class Columns>
  Slice(const ArrowArray& batch, const Columns& which, std::int64_t begin, std::int64_t count) {
    columns_.reserve(which.size());
    for (const std::int64_t i : which) {
      ArrowArray& column = columns_.emplace_back(*batch.children[i]);
      column.offset += batch.offset + begin;
      column.length = count;
      column.release = release_nothing;
      pointers_.push_back(&column);
    }
    rows_ = batch;
    rows_.offset = 0;
    rows_.length = count;
    rows_.n_children = static_cast<std::int64_t>(pointers_.size());
    rows_.children = pointers_.data();
    rows_.release = release_nothing;
  }
  ArrowArray* rows() { return &rows_; }

 private:
  std::vector<ArrowArray> columns_;
  std::vector<ArrowArray*> pointers_;
  ArrowArray rows_{};
};

bool may_be_null(const ArrowArray& array) {
  return array.null_count != 0 && array.buffers[0] != nullptr;
}

bool bit_at(const std::uint8_t* bits, std::int64_t at) {
  return (bits[at >> 3] >> (at & 7) & 1) != 0;
}

/// DuckDB's validity is Arrow's: a set bit is a value.
void import_validity(const ArrowArray& array, std::int64_t first, std::int64_t count,
                     duckdb_vector out) {
  if (!may_be_null(array)) {
    return;
  }
  duckdb_vector_ensure_validity_writable(out);
  auto* to = reinterpret_cast<std::uint8_t*>(duckdb_vector_get_validity(out));
  const auto* from = static_cast<const std::uint8_t*>(array.buffers[0]);
  if (first % 8 == 0) {
    std::memcpy(to, from + first / 8, static_cast<std::size_t>((count + 7) / 8));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bit = static_cast<unsigned>(1U << (i & 7));
    to[i >> 3] =
        static_cast<std::uint8_t>(bit_at(from, first + i) ? to[i >> 3] | bit : to[i >> 3] & ~bit);
  }
}

void import_bits(const ArrowArray& array, std::int64_t first, std::int64_t count,
                 duckdb_vector out) {
  auto* to = static_cast<std::uint8_t*>(duckdb_vector_get_data(out));
  const auto* from = static_cast<const std::uint8_t*>(array.buffers[1]);
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::uint8_t>(bit_at(from, first + i));
  }
}

/// A text in DuckDB's form: up to 12 bytes within, longer ones where they are.
duckdb_string_t string_over(const char* bytes, std::uint32_t size) {
  constexpr std::uint32_t kInlinedMax = 12;
  duckdb_string_t text;
  std::memset(&text, 0, sizeof(text));
  text.value.inlined.length = size;
  if (size > kInlinedMax) {
    std::memcpy(text.value.pointer.prefix, bytes, sizeof(text.value.pointer.prefix));
    text.value.pointer.ptr = const_cast<char*>(bytes);
  } else {
    for (std::uint32_t i = 0; i < size; ++i) {
      text.value.inlined.inlined[i] = bytes[i];
    }
  }
  return text;
}

void import_texts(const ArrowArray& array, std::int64_t first, std::int64_t count,
                  duckdb_vector out) {
  auto* to = static_cast<duckdb_string_t*>(duckdb_vector_get_data(out));
  const auto* ends = static_cast<const std::int32_t*>(array.buffers[1]) + first;
  const auto* bytes = static_cast<const char*>(array.buffers[2]);
  const auto* valid =
      may_be_null(array) ? static_cast<const std::uint8_t*>(array.buffers[0]) : nullptr;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool there = valid == nullptr || bit_at(valid, first + i);
    const std::int32_t size = there ? ends[i + 1] - ends[i] : 0;
    to[i] = string_over(bytes + ends[i], static_cast<std::uint32_t>(size));
  }
}

}  // namespace

Result<ChunkImporter> ChunkImporter::make(DuckSession& session, ArrowSchema& schema,
                                          ArrowArray& first) {
  DuckArrowTypes types;
  SLUICE_CHECK(
      check_data(DuckErrorData(duckdb_schema_from_arrow(session.get(), &schema, types.out()))));
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    all.push_back(i);
  }
  Slice sample(first, all, 0, std::min<std::int64_t>(first.length, 1));
  DuckChunk chunk;
  SLUICE_CHECK(check_data(DuckErrorData(
      duckdb_data_chunk_from_arrow(session.get(), sample.rows(), types.get(), chunk.out()))));
  ChunkImporter importer(session);
  for (const std::int64_t i : all) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), static_cast<idx_t>(i));
    importer.columns_.push_back(
        column_of(*schema.children[i], DuckType(duckdb_vector_get_column_type(vector))));
    if (importer.columns_.back().way == Way::Converted) {
      importer.converted_.push_back(i);
    }
  }
  SLUICE_CHECK(importer.bind_converted(schema));
  return importer;
}

Status ChunkImporter::bind_converted(const ArrowSchema& schema) {
  if (converted_.empty()) {
    return {};
  }
  std::vector<ArrowSchema*> children;
  for (const std::int64_t i : converted_) {
    children.push_back(schema.children[i]);
  }
  ArrowSchema some = schema;
  some.n_children = static_cast<std::int64_t>(children.size());
  some.children = children.data();
  some.release = keep_schema;
  return check_data(
      DuckErrorData(duckdb_schema_from_arrow(session_->get(), &some, converted_types_.out())));
}

Status ChunkImporter::fill(const ArrowArray& batch, std::int64_t begin, std::int64_t count,
                           duckdb_data_chunk out) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ImportedColumn& column = columns_[i];
    if (column.way == Way::Converted) {
      continue;
    }
    const ArrowArray& array = *batch.children[i];
    const std::int64_t first = array.offset + batch.offset + begin;
    duckdb_vector vector = duckdb_data_chunk_get_vector(out, i);
    import_validity(array, first, count, vector);
    switch (column.way) {
      case Way::Copied:
        std::memcpy(duckdb_vector_get_data(vector),
                    static_cast<const std::byte*>(array.buffers[1]) + first * column.width,
                    static_cast<std::size_t>(count * column.width));
        break;
      case Way::Bits: import_bits(array, first, count, vector); break;
      case Way::Texts: import_texts(array, first, count, vector); break;
      case Way::Converted: break;
    }
  }
  return converted_.empty() ? Status{} : convert(batch, begin, count, out);
}

Status ChunkImporter::convert(const ArrowArray& batch, std::int64_t begin, std::int64_t count,
                              duckdb_data_chunk out) {
  Slice slice(batch, converted_, begin, count);
  DuckChunk chunk;
  SLUICE_CHECK(check_data(DuckErrorData(duckdb_data_chunk_from_arrow(
      session_->get(), slice.rows(), converted_types_.get(), chunk.out()))));
  for (std::size_t i = 0; i < converted_.size(); ++i) {
    // The vectors share the chunk's buffers, which outlive it.
    duckdb_vector_reference_vector(
        duckdb_data_chunk_get_vector(out, static_cast<idx_t>(converted_[i])),
        duckdb_data_chunk_get_vector(chunk.get(), i));
  }
  return {};
}

}  // namespace sluice::engine
