#include "sluice/engine/fake/rows.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

__extension__ using Wide = __int128;

/// One column of one batch while it grows; then what its ArrowArray points to.
struct Column {
  std::vector<std::uint8_t> valid;
  std::vector<std::uint8_t> data;
  std::vector<std::int32_t> offsets;  // of texts and bytes
  std::vector<const void*> buffers;
  std::int64_t rows = 0;
  std::int64_t nulls = 0;

  void mark(bool present) {
    if (rows % 8 == 0) {
      valid.push_back(0);
    }
    valid.back() = static_cast<std::uint8_t>(valid.back() | (present ? 1U << (rows % 8) : 0U));
    nulls += present ? 0 : 1;
    ++rows;
  }
  template <class T>
  void append(const T& value) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    data.insert(data.end(), bytes, bytes + sizeof(T));
  }
  template <class Bytes>
  void append_bytes(const Bytes& bytes) {
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
};

struct Batch {
  std::vector<Column> columns;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
  const void* no_validity = nullptr;
};

void release_child(ArrowArray* child) { child->release = nullptr; }

void release_batch(ArrowArray* batch) {
  delete static_cast<Batch*>(batch->private_data);
  batch->release = nullptr;
}

ArrowArray finish(Column& column) {
  column.buffers.push_back(column.nulls == 0 ? nullptr : column.valid.data());
  if (!column.offsets.empty()) {
    column.buffers.push_back(column.offsets.data());
  }
  column.buffers.push_back(column.data.data());
  ArrowArray array{};
  array.length = column.rows;
  array.null_count = column.nulls;
  array.n_buffers = static_cast<std::int64_t>(column.buffers.size());
  array.buffers = column.buffers.data();
  array.release = release_child;
  return array;
}

ArrowBatch finish(std::unique_ptr<Batch> batch, std::int64_t rows) {
  for (Column& column : batch->columns) {
    batch->children.push_back(finish(column));
  }
  for (ArrowArray& child : batch->children) {
    batch->pointers.push_back(&child);
  }
  ArrowArray array{};
  array.length = rows;
  array.n_buffers = 1;
  array.n_children = static_cast<std::int64_t>(batch->children.size());
  array.buffers = &batch->no_validity;
  array.children = batch->pointers.data();
  array.release = release_batch;
  array.private_data = batch.release();
  return ArrowBatch(std::move(array));
}

/// The digits of "-12.5" as a whole number of `scale` places: -1250 for scale 2.
Result<Wide> unscaled(const std::string& digits, int scale) {
  Wide number = 0;
  int places = -1;
  for (const char c : digits) {
    if (c == '.') {
      places = 0;
    } else if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      places += places >= 0 ? 1 : 0;
    }
  }
  for (places = std::max(places, 0); places < scale; ++places) {
    number *= 10;
  }
  if (places > scale) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("a decimal has more places than its column: '{}'", digits));
  }
  return digits.starts_with('-') ? -number : number;
}

class Builder {
 public:
  Builder(const schema::Field& field, Column& column) : field_(field), column_(column) {
    if (has_offsets()) {
      column_.offsets.push_back(0);
    }
  }

  Status append(const plan::Value& value) {
    if (std::holds_alternative<plan::Null>(value)) {
      append_null();
    } else {
      SLUICE_CHECK(append_value(value));
    }
    if (has_offsets()) {
      column_.offsets.push_back(static_cast<std::int32_t>(column_.data.size()));
    }
    column_.mark(!std::holds_alternative<plan::Null>(value));
    return {};
  }

 private:
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(field_.type.kind);
  }
  bool has_offsets() const {
    return is<schema::Text>() || is<schema::Json>() || is<schema::Bytes>();
  }

  Error does_not_fit(const plan::Value& value) const {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the column '{}' of type {} cannot hold {}", field_.name,
                                  schema::to_string(field_.type), plan::to_string(value)));
  }

  std::size_t width() const {
    return std::visit(
        overloaded{
            [](const schema::Integer& integer) {
              return static_cast<std::size_t>(integer.bits) / 8;
            },
            [](const schema::Float& number) { return static_cast<std::size_t>(number.bits) / 8; },
            [](const schema::Decimal&) { return std::size_t{16}; },
            [](const schema::UuidType&) { return std::size_t{16}; },
            [](const schema::Date&) { return std::size_t{4}; },
            [](const schema::Time&) { return std::size_t{8}; },
            [](const schema::Timestamp&) { return std::size_t{8}; },
            [](const schema::Text&) { return std::size_t{0}; },
            [](const schema::Json&) { return std::size_t{0}; },
            [](const schema::Bytes&) { return std::size_t{0}; },
            [](const schema::Boolean&) { return std::size_t{0}; },
            [](const schema::List&) { return std::size_t{0}; },
            [](const schema::Map&) { return std::size_t{0}; },
            [](const schema::Struct&) { return std::size_t{0}; },
        },
        field_.type.kind);
  }

  void append_null() {
    if (is<schema::Boolean>()) {
      append_bit(false);
    }
    column_.data.insert(column_.data.end(), width(), 0);
  }

  void append_bit(bool bit) {
    if (column_.rows % 8 == 0) {
      column_.data.push_back(0);
    }
    column_.data.back() =
        static_cast<std::uint8_t>(column_.data.back() | (bit ? 1U << (column_.rows % 8) : 0U));
  }

  /// The low bytes of a number, as the column's width asks.
  Status append_integer(const plan::Value& value, Wide number) {
    const auto* integer = std::get_if<schema::Integer>(&field_.type.kind);
    if (integer == nullptr) {
      return does_not_fit(value);
    }
    const Wide most = (Wide{1} << (integer->bits - (integer->is_signed ? 1 : 0))) - 1;
    const Wide least = integer->is_signed ? -most - 1 : 0;
    if (number < least || number > most) {
      return does_not_fit(value);
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&number);  // little-endian, as Arrow
    column_.data.insert(column_.data.end(), bytes, bytes + width());
    return {};
  }

  template <class T, class V>
  Status append_as(const plan::Value& value, const V& raw) {
    if (!is<T>()) {
      return does_not_fit(value);
    }
    column_.append(raw);
    return {};
  }

  Status append_value(const plan::Value& value) {
    return std::visit(
        overloaded{
            [](plan::Null) { return Status{}; },
            [&](bool truth) -> Status {
              if (!is<schema::Boolean>()) {
                return does_not_fit(value);
              }
              append_bit(truth);
              return {};
            },
            [&](std::int64_t number) { return append_integer(value, number); },
            [&](std::uint64_t number) { return append_integer(value, number); },
            [&](double number) {
              return width() == 4 ? append_as<schema::Float>(value, static_cast<float>(number))
                                  : append_as<schema::Float>(value, number);
            },
            [&](const plan::DecimalValue& decimal) -> Status {
              const auto* type = std::get_if<schema::Decimal>(&field_.type.kind);
              if (type == nullptr) {
                return does_not_fit(value);
              }
              SLUICE_TRY(const Wide number, unscaled(decimal.digits, type->scale));
              column_.append(number);
              return {};
            },
            [&](const std::string& text) -> Status {
              if (!is<schema::Text>() && !is<schema::Json>()) {
                return does_not_fit(value);
              }
              column_.append_bytes(text);
              return {};
            },
            [&](const plan::BytesValue& bytes) -> Status {
              if (!is<schema::Bytes>()) {
                return does_not_fit(value);
              }
              column_.append_bytes(bytes);
              return {};
            },
            [&](plan::DateValue date) {
              return append_as<schema::Date>(value, date.days_since_1970);
            },
            [&](plan::TimeValue time) {
              return append_as<schema::Time>(value, time.micros_of_day);
            },
            [&](sys_micros instant) {
              return append_as<schema::Timestamp>(value, instant.time_since_epoch().count());
            },
            [&](const Uuid& id) { return append_as<schema::UuidType>(value, id.bytes); },
        },
        value);
  }

  const schema::Field& field_;
  Column& column_;
};

bool is_nested(const schema::LogicalType& type) {
  return std::holds_alternative<schema::List>(type.kind) ||
         std::holds_alternative<schema::Map>(type.kind) ||
         std::holds_alternative<schema::Struct>(type.kind);
}

class ReadySource final : public ColumnSource {
 public:
  ReadySource(schema::Schema schema, std::vector<ArrowBatch> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}

  Result<ArrowSchemaOwned> schema() override { return schema::to_arrow(schema_); }
  Result<std::optional<ArrowBatch>> next() override {
    if (next_ == batches_.size()) {
      return std::optional<ArrowBatch>{};
    }
    return std::optional<ArrowBatch>(std::move(batches_[next_++]));
  }

 private:
  schema::Schema schema_;
  std::vector<ArrowBatch> batches_;
  std::size_t next_ = 0;
};

Result<ArrowBatch> make_batch(const schema::Schema& schema, std::span<const Row> rows) {
  auto batch = std::make_unique<Batch>();
  batch->columns.resize(schema.fields.size());
  std::vector<Builder> builders;
  builders.reserve(schema.fields.size());
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    builders.emplace_back(schema.fields[i], batch->columns[i]);
  }
  for (const Row& row : rows) {
    if (row.size() != builders.size()) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("expected {} values in a row, got {}", builders.size(), row.size()));
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      SLUICE_CHECK(builders[i].append(row[i]));
    }
  }
  return finish(std::move(batch), static_cast<std::int64_t>(rows.size()));
}

}  // namespace

Result<ColumnStream> make_rows(const schema::Schema& schema, const std::vector<Row>& rows,
                               std::size_t batch_rows_max) {
  for (const schema::Field& field : schema.fields) {
    if (is_nested(field.type)) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("values have no nested columns, got '{}' of type {}",
                                    field.name, schema::to_string(field.type)));
    }
  }
  std::vector<ArrowBatch> batches;
  const std::span<const Row> all(rows);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_rows_max) {
    const std::size_t count = std::min(batch_rows_max, rows.size() - begin);
    SLUICE_TRY(ArrowBatch batch, make_batch(schema, all.subspan(begin, count)));
    batches.push_back(std::move(batch));
  }
  return ColumnStream(std::make_unique<ReadySource>(schema, std::move(batches)));
}

}  // namespace sluice::engine
