#include "sluice/orm/codec/encode.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "sluice/orm/codec/array_internal.h"
#include "sluice/orm/json/read.h"
#include "sluice/orm/json/write.h"
#include "sluice/orm/record/enum_value.h"
#include "sluice/orm/record/text_values.h"
#include "sluice/orm/record/utf8.h"
#include "sluice/orm/record/values.h"
#include "sluice/schema/arrow.h"

namespace sluice::orm {
namespace {

/// What ended the encoding of a column, and at which of its values.
struct Fault {
  std::size_t at = 0;
  std::string_view wanted;
  std::string got;
  bool is_too_large = false;
};

/// Values that lie at equal distances; none is NULL.
struct Strided {
  static constexpr bool kMayBeNull = false;
  const std::byte* first;
  std::size_t stride;

  const void* operator[](std::size_t i) const { return first + i * stride; }
};

/// Values wherever they lie; nullptr is NULL.
struct Gathered {
  static constexpr bool kMayBeNull = true;
  const void* const* values;

  const void* operator[](std::size_t i) const { return values[i]; }
};

using Pointers = std::vector<const void*>;

template <class Values>
bool encode(const Type& type, Values values, std::size_t count, Array& out, Fault& fault);

template <class Values>
void add_validity(Values values, std::size_t count, Array& out) {
  out.length = static_cast<std::int64_t>(count);
  out.buffers.emplace_back();
  if constexpr (Values::kMayBeNull) {
    std::size_t nulls = 0;
    for (std::size_t i = 0; i < count; ++i) {
      nulls += static_cast<std::size_t>(values[i] == nullptr);
    }
    if (nulls == 0) {
      return;
    }
    out.null_count = static_cast<std::int64_t>(nulls);
    out.has_validity = true;
    std::uint8_t* bits = grow_bits(out.buffers.front(), count);
    for (std::size_t i = 0; i < count; ++i) {
      if (values[i] != nullptr) {
        set_bit(bits, i);
      }
    }
  }
}

/// Fixed-width values: `convert(const void*, V&)` is false for one that has no place in the column.
template <class V, class Values, class Convert>
bool encode_fixed(Values values, std::size_t count, Array& out, Fault& fault, Convert convert) {
  add_validity(values, count, out);
  V* to = out.buffers.emplace_back().template grow_as<V>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const void* value = values[i];
    if (Values::kMayBeNull && value == nullptr) {
      to[i] = V{};
    } else if (!convert(value, to[i])) [[unlikely]] {
      fault.at = i;
      return false;
    }
  }
  return true;
}

template <class V, class Values>
bool encode_plain(Values values, std::size_t count, Array& out, Fault& fault) {
  return encode_fixed<V>(values, count, out, fault, [](const void* value, V& to) {
    std::memcpy(&to, value, sizeof(V));
    return true;
  });
}

template <class Values>
bool encode_bool(Values values, std::size_t count, Array& out) {
  add_validity(values, count, out);
  std::uint8_t* bits = grow_bits(out.buffers.emplace_back(), count);
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] != nullptr && *static_cast<const bool*>(values[i])) {
      set_bit(bits, i);
    }
  }
  return true;
}

template <class Values>
bool encode_decimal(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  const Int128 bound = power_of_ten(type.precision);
  fault.wanted = "a decimal within the digits of its column was expected";
  return encode_fixed<Int128>(values, count, out, fault, [bound](const void* value, Int128& to) {
    std::memcpy(&to, value, sizeof(Int128));
    return to < bound && to > -bound;
  });
}

template <class Values>
bool encode_date(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  const bool is_calendar = type.kind == Kind::CalendarDate;
  fault.wanted = "a date that the calendar has was expected";
  return encode_fixed<std::int32_t>(
      values, count, out, fault, [is_calendar](const void* value, std::int32_t& to) {
        std::int64_t days = 0;
        if (is_calendar) {
          const auto& date = *static_cast<const std::chrono::year_month_day*>(value);
          if (!date.ok()) {
            return false;
          }
          days = std::chrono::sys_days(date).time_since_epoch().count();
        } else {
          days = static_cast<const std::chrono::sys_days*>(value)->time_since_epoch().count();
        }
        to = static_cast<std::int32_t>(days);
        return to == days;
      });
}

template <class Values>
bool encode_time(Values values, std::size_t count, Array& out, Fault& fault) {
  fault.wanted = "a time of day from 00:00 to before 24:00 was expected";
  return encode_fixed<std::int64_t>(values, count, out, fault,
                                    [](const void* value, std::int64_t& to) {
                                      std::memcpy(&to, value, sizeof(to));
                                      return to >= 0 && to < 86'400'000'000;
                                    });
}

/// Values of any length: `view(const void*)` gives the bytes, `good` checks them.
template <class Values, class View>
bool encode_bytes(Values values, std::size_t count, Array& out, Fault& fault, View view) {
  constexpr auto kBytesMax = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  constexpr std::size_t kUsualBytes = 16;  // more of them are grown for
  add_validity(values, count, out);
  out.buffers.resize(3);
  auto* offsets = out.buffers[1].grow_as<std::int32_t>(count + 1);
  Buffer& data = out.buffers[2];
  data.reserve(count * kUsualBytes);
  offsets[0] = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const void* value = values[i];
    std::string_view bytes;
    if (value != nullptr && !view(value, bytes)) [[unlikely]] {
      fault.at = i;
      return false;
    }
    if (bytes.size() > kBytesMax - data.size()) [[unlikely]] {
      fault.at = i;
      fault.is_too_large = true;
      return false;
    }
    copy_short(data.grow(bytes.size()), bytes.data(), bytes.size());
    offsets[i + 1] = static_cast<std::int32_t>(data.size());
  }
  data.reserve(1);  // a buffer has an address even when it is empty
  return true;
}

template <class Values>
bool encode_text(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  if (const TextForm* form = type.form; form != nullptr) {
    fault.wanted = form->wanted;
    return encode_bytes(values, count, out, fault,
                        [form](const void* value, std::string_view& bytes) {
                          bytes = *static_cast<const std::string*>(value);
                          return is_utf8(bytes) && form->holds(bytes);
                        });
  }
  fault.wanted = "text in UTF-8 was expected";
  return encode_bytes(values, count, out, fault, [](const void* value, std::string_view& bytes) {
    bytes = *static_cast<const std::string*>(value);
    return is_utf8(bytes);
  });
}

template <class Values>
bool encode_enum(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  fault.wanted = "a named value of the enum was expected";
  return encode_bytes(values, count, out, fault, [&](const void* value, std::string_view& bytes) {
    bytes = enum_name(type, value);
    if (bytes.empty()) {
      fault.got = fmt::format("{}", load_enum(type, value));
    }
    return !bytes.empty();
  });
}

template <class Values>
bool encode_json_text(Values values, std::size_t count, Array& out, Fault& fault) {
  fault.wanted = "one JSON value was expected";
  return encode_bytes(values, count, out, fault, [](const void* value, std::string_view& bytes) {
    bytes = static_cast<const JsonText*>(value)->text;
    return check_json(bytes).has_value();
  });
}

/// A member of any type, stored as JSON.
template <class Values>
bool encode_as_json(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  fault.wanted = "a value that JSON can say was expected";
  std::string text;
  return encode_bytes(values, count, out, fault, [&](const void* value, std::string_view& bytes) {
    text.clear();
    const bool good = append_json(text, type, value);
    bytes = text;
    return good && is_utf8(bytes);
  });
}

template <class Values>
bool encode_raw_bytes(const Type& type, Values values, std::size_t count, Array& out,
                      Fault& fault) {
  return encode_bytes(values, count, out, fault, [&](const void* value, std::string_view& bytes) {
    bytes = {static_cast<const char*>(type.list->data(value)), type.list->size(value)};
    return true;
  });
}

template <class Values>
bool encode_optional(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  Pointers found(count);
  if constexpr (Values::kMayBeNull) {
    for (std::size_t i = 0; i < count; ++i) {
      found[i] = values[i] == nullptr ? nullptr : type.optional->find(values[i]);
    }
  } else {
    type.optional->find_all(values.first, values.stride, count, found.data());
  }
  return encode(*type.element, Gathered{found.data()}, count, out, fault);
}

/// The offsets of a list or map column; false when there are more elements than one array holds.
template <class Values, class Size>
bool add_offsets(Values values, std::size_t count, Array& out, Fault& fault, Size size_of) {
  add_validity(values, count, out);
  auto* offsets = out.buffers.emplace_back().template grow_as<std::int32_t>(count + 1);
  offsets[0] = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = values[i] == nullptr ? 0 : size_of(values[i]);
    const auto room =
        static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() - offsets[i]);
    if (size > room) {
      fault.at = i;
      fault.is_too_large = true;
      return false;
    }
    offsets[i + 1] = offsets[i] + static_cast<std::int32_t>(size);
  }
  return true;
}

const std::int32_t* offsets_of(Array& array) {
  return reinterpret_cast<const std::int32_t*>(array.buffers[1].data());
}

/// Turns the place of a fault among the elements into that of the list that holds it.
bool fault_of_list(Array& array, std::size_t count, Fault& fault) {
  const std::int32_t* offsets = offsets_of(array);
  const std::int32_t* after =
      std::upper_bound(offsets, offsets + count + 1, static_cast<std::int32_t>(fault.at));
  fault.at = static_cast<std::size_t>(after - offsets) - 1;
  return false;
}

template <class Values>
bool encode_list(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  if (!add_offsets(values, count, out, fault, type.list->size)) {
    return false;
  }
  Pointers elements(static_cast<std::size_t>(offsets_of(out)[count]));
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] != nullptr) {
      const auto* at = static_cast<const std::byte*>(type.list->data(values[i]));
      for (std::size_t k = type.list->size(values[i]); k > 0; --k, at += type.element->size) {
        elements[next++] = at;
      }
    }
  }
  return encode(*type.element, Gathered{elements.data()}, elements.size(),
                out.children.emplace_back(), fault) ||
         fault_of_list(out, count, fault);
}

template <class Values>
bool encode_bits(Values values, std::size_t count, Array& out, Fault& fault) {
  const auto bits_of = [](const void* value) -> const std::vector<bool>& {
    return *static_cast<const std::vector<bool>*>(value);
  };
  if (!add_offsets(values, count, out, fault, [&](const void* v) { return bits_of(v).size(); })) {
    return false;
  }
  Array& child = out.children.emplace_back();
  child.length = offsets_of(out)[count];
  child.buffers.resize(2);
  std::uint8_t* bits = grow_bits(child.buffers[1], static_cast<std::size_t>(child.length));
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] == nullptr) {
      continue;
    }
    for (const bool bit : bits_of(values[i])) {
      if (bit) {
        set_bit(bits, next);
      }
      ++next;
    }
  }
  child.buffers[1].reserve(1);
  return true;
}

template <class Values>
bool encode_map(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  if (!add_offsets(values, count, out, fault, type.map->size)) {
    return false;
  }
  const auto size = static_cast<std::size_t>(offsets_of(out)[count]);
  Pointers keys(size);
  Pointers held(size);
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] != nullptr) {
      const auto at = static_cast<std::size_t>(offsets_of(out)[i]);
      type.map->find_all(values[i], keys.data() + at, held.data() + at);
    }
  }
  Array& entries = out.children.emplace_back();
  entries.length = static_cast<std::int64_t>(size);
  entries.buffers.emplace_back();
  entries.children.resize(2);
  return (encode(*type.key, Gathered{keys.data()}, size, entries.children[0], fault) &&
          encode(*type.element, Gathered{held.data()}, size, entries.children[1], fault)) ||
         fault_of_list(out, count, fault);
}

template <class Values>
bool encode_record(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  add_validity(values, count, out);
  const Record& record = type.record();
  out.children.resize(record.members.size());
  for (std::size_t m = 0; m < record.members.size(); ++m) {
    const Member& member = record.members[m];
    bool good = false;
    if constexpr (Values::kMayBeNull) {
      Pointers inner(count);
      for (std::size_t i = 0; i < count; ++i) {
        inner[i] = values[i] == nullptr ? nullptr
                                        : static_cast<const std::byte*>(values[i]) + member.offset;
      }
      good = encode(*member.type, Gathered{inner.data()}, count, out.children[m], fault);
    } else {
      good = encode(*member.type, Strided{values.first + member.offset, values.stride}, count,
                    out.children[m], fault);
    }
    if (!good) {
      return false;
    }
  }
  return true;
}

template <class Values>
bool encode(const Type& type, Values values, std::size_t count, Array& out, Fault& fault) {
  switch (type.kind) {
    case Kind::Bool: return encode_bool(values, count, out);
    case Kind::Int8:
    case Kind::UInt8: return encode_plain<std::uint8_t>(values, count, out, fault);
    case Kind::Int16:
    case Kind::UInt16: return encode_plain<std::uint16_t>(values, count, out, fault);
    case Kind::Int32:
    case Kind::UInt32:
    case Kind::Float: return encode_plain<std::uint32_t>(values, count, out, fault);
    case Kind::Int64:
    case Kind::UInt64:
    case Kind::Double:
    case Kind::Instant:
    case Kind::LocalTime: return encode_plain<std::uint64_t>(values, count, out, fault);
    case Kind::Decimal: return encode_decimal(type, values, count, out, fault);
    case Kind::Text: return encode_text(type, values, count, out, fault);
    case Kind::Bytes: return encode_raw_bytes(type, values, count, out, fault);
    case Kind::Date:
    case Kind::CalendarDate: return encode_date(type, values, count, out, fault);
    case Kind::Time: return encode_time(values, count, out, fault);
    case Kind::Uuid: return encode_plain<Uuid>(values, count, out, fault);
    case Kind::Json: return encode_json_text(values, count, out, fault);
    case Kind::Enum: return encode_enum(type, values, count, out, fault);
    case Kind::Optional: return encode_optional(type, values, count, out, fault);
    case Kind::List: return encode_list(type, values, count, out, fault);
    case Kind::BoolList: return encode_bits(values, count, out, fault);
    case Kind::Map: return encode_map(type, values, count, out, fault);
    case Kind::Record: return encode_record(type, values, count, out, fault);
  }
  return false;
}

/// The same value in every row.
Array constant_micros(sys_micros instant, std::size_t count) {
  Array array{.length = static_cast<std::int64_t>(count), .buffers = {}, .children = {}};
  array.buffers.resize(2);
  std::fill_n(array.buffers[1].grow_as<std::int64_t>(count), count,
              instant.time_since_epoch().count());
  return array;
}

Array constant_text(const std::string& text, std::size_t count) {
  Array array{.length = static_cast<std::int64_t>(count), .buffers = {}, .children = {}};
  array.buffers.resize(3);
  auto* offsets = array.buffers[1].grow_as<std::int32_t>(count + 1);
  std::byte* data = array.buffers[2].grow(text.size() * count);
  for (std::size_t i = 0; i <= count; ++i) {
    offsets[i] = static_cast<std::int32_t>(i * text.size());
  }
  for (std::size_t i = 0; i < count && !text.empty(); ++i) {
    std::memcpy(data + i * text.size(), text.data(), text.size());
  }
  array.buffers[2].reserve(1);  // a buffer has an address even when it is empty
  return array;
}

bool encode_column(const Column& column, Strided values, std::size_t count, const Stamps& stamps,
                   Array& out, Fault& fault) {
  const Type& type = *column.member->type;
  if (column.stamp != Stamp::None) {
    out = constant_micros(stamps.now, count);
    return true;
  }
  if (!column.is_json) {
    return encode(type, values, count, out, fault);
  }
  if (type.kind != Kind::Optional) {
    return encode_as_json(type, values, count, out, fault);
  }
  Pointers found(count);
  type.optional->find_all(values.first, values.stride, count, found.data());
  return encode_as_json(*type.element, Gathered{found.data()}, count, out, fault);
}

Error to_error(const Fault& fault, const Column& column, const Strided& values,
               std::size_t first_index) {
  if (fault.is_too_large) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("a batch holds at most 2 GiB of one column, got more in '{}'",
                                  column.name))
        .with_hint("write fewer records at once");
  }
  const std::string got =
      fault.got.empty() ? shown(*column.member->type, values[fault.at]) : fault.got;
  return make_error(
             ErrorCode::InvalidArgument,
             fmt::format("{}, got {} in column '{}' of record {}", fault.wanted,
                         is_utf8(got) ? got : "other bytes", column.name, first_index + fault.at))
      .with_hint("nothing was written; correct the record and insert again");
}

/// Batches of records that lie in memory.
class RecordSource final : public ColumnSource {
 public:
  RecordSource(const TableModel& model, const void* first, std::size_t stride, std::size_t count,
               Stamps stamps)
      : model_(model),
        first_(static_cast<const std::byte*>(first)),
        stride_(stride),
        count_(count),
        stamps_(std::move(stamps)) {}

  Result<ArrowSchemaOwned> schema() override {
    return schema::to_arrow(encoded_schema(model_, stamps_));
  }

  Result<std::optional<ArrowBatch>> next() override {
    while (at_ < count_) {
      const std::size_t rows = std::min(rows_, count_ - at_);
      Result<ArrowBatch> batch =
          encode_batch(model_, first_ + at_ * stride_, stride_, rows, stamps_, at_);
      if (batch.has_value()) {
        at_ += rows;
        return std::optional(*std::move(batch));
      }
      if (batch.error().code != ErrorCode::ResourceExhausted || rows == 1) {
        return std::move(batch).error();
      }
      rows_ = rows / 2;
    }
    return std::optional<ArrowBatch>{};
  }

 private:
  /// A multiple of the engines' vectors, small enough for the cache of one core.
  static constexpr std::size_t kBatchRows = 2048 * 2;

  const TableModel& model_;
  const std::byte* first_;
  std::size_t stride_;
  std::size_t count_;
  Stamps stamps_;
  std::size_t at_ = 0;
  std::size_t rows_ = kBatchRows;
};

}  // namespace

schema::Schema encoded_schema(const TableModel& model, const Stamps& stamps) {
  schema::Schema schema = lower_schema(model);
  if (stamps.leaves_ingest_id) {
    schema.fields.pop_back();
  }
  return schema;
}

Result<ArrowBatch> encode_batch(const TableModel& model, const void* first, std::size_t stride,
                                std::size_t count, const Stamps& stamps, std::size_t first_index) {
  Array batch{.length = static_cast<std::int64_t>(count), .buffers = {}, .children = {}};
  batch.buffers.emplace_back();
  for (const Column& column : model.columns) {
    const Strided values{static_cast<const std::byte*>(first) + column.member->offset, stride};
    Fault fault;
    if (!encode_column(column, values, count, stamps, batch.children.emplace_back(), fault)) {
      return to_error(fault, column, values, first_index);
    }
  }
  if (!stamps.leaves_ingest_id) {
    batch.children.push_back(constant_text(stamps.ingest_id, count));
  }
  return ArrowBatch(export_array(std::move(batch)));
}

ColumnStream encode_stream(const TableModel& model, const void* first, std::size_t stride,
                           std::size_t count, Stamps stamps) {
  return ColumnStream(
      std::make_unique<RecordSource>(model, first, stride, count, std::move(stamps)));
}

}  // namespace sluice::orm
