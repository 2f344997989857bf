#include "sluice/orm/codec/decode.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/orm/codec/array_internal.h"
#include "sluice/orm/codec/binding_internal.h"
#include "sluice/orm/json/read.h"
#include "sluice/orm/record/enum_value.h"
#include "sluice/orm/record/text_values.h"
#include "sluice/orm/record/utf8.h"
#include "sluice/orm/record/values.h"
#include "sluice/schema/schema.h"

namespace sluice::orm {
namespace {

/// Which rows of an array are read: `count` from `first`, or those listed.
struct Rows {
  std::int64_t first = 0;
  std::size_t count = 0;
  const std::int64_t* listed = nullptr;

  std::int64_t operator[](std::size_t i) const {
    return listed == nullptr ? first + static_cast<std::int64_t>(i) : listed[i];
  }
};

/// Where values go: at equal distances, or wherever; nullptr is left out.
struct Strided {
  static constexpr bool kMayBeNull = false;
  std::byte* first;
  std::size_t stride;

  void* operator[](std::size_t i) const { return first + i * stride; }
};

struct Scattered {
  static constexpr bool kMayBeNull = true;
  void* const* values;

  void* operator[](std::size_t i) const { return values[i]; }
};

/// What stopped the decoding of a column, and at which of its rows.
struct Fault {
  std::size_t at = 0;
  std::string message;
  std::string path;
};

bool fail(Fault& fault, const Binding& binding, std::size_t at, std::string message) {
  fault = {.at = at, .message = std::move(message), .path = binding.path};
  return false;
}

bool may_be_null(const ArrowArray& array) {
  return array.null_count != 0 && array.n_buffers > 0 && array.buffers[0] != nullptr;
}

bool is_null(const ArrowArray& array, std::int64_t row) {
  return may_be_null(array) && !bit_at(array.buffers[0], row);
}

template <class V>
V value_at(const ArrowArray& array, std::int64_t row) {
  V value;
  std::memcpy(&value, static_cast<const V*>(array.buffers[1]) + row, sizeof(V));
  return value;
}

/// Any whole number as 128 bits.
Int128 whole_at(const Binding& binding, const ArrowArray& array, std::int64_t row) {
  switch (binding.layout) {
    case Layout::Int8: return value_at<std::int8_t>(array, row);
    case Layout::Int16: return value_at<std::int16_t>(array, row);
    case Layout::Int32: return value_at<std::int32_t>(array, row);
    case Layout::Int64: return value_at<std::int64_t>(array, row);
    case Layout::UInt8: return value_at<std::uint8_t>(array, row);
    case Layout::UInt16: return value_at<std::uint16_t>(array, row);
    case Layout::UInt32: return value_at<std::uint32_t>(array, row);
    case Layout::UInt64: return value_at<std::uint64_t>(array, row);
    case Layout::Decimal128: return value_at<Int128>(array, row);
    case Layout::Null:
    case Layout::Bit:
    case Layout::Float:
    case Layout::Double:
    case Layout::Text:
    case Layout::LargeText:
    case Layout::TextView:
    case Layout::FixedBytes:
    case Layout::List:
    case Layout::LargeList:
    case Layout::Struct: break;
  }
  return 0;
}

/// The bytes of one value of a text or bytes column.
std::string_view bytes_at(const Binding& binding, const ArrowArray& array, std::int64_t row) {
  const auto* data = static_cast<const char*>(array.n_buffers > 2 ? array.buffers[2] : nullptr);
  if (binding.layout == Layout::FixedBytes) {
    const auto* fixed = static_cast<const char*>(array.buffers[1]);
    return {fixed + row * binding.width, static_cast<std::size_t>(binding.width)};
  }
  if (binding.layout == Layout::Text) {
    const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]) + row;
    return {data + offsets[0], static_cast<std::size_t>(offsets[1] - offsets[0])};
  }
  if (binding.layout == Layout::LargeText) {
    const auto* offsets = static_cast<const std::int64_t*>(array.buffers[1]) + row;
    return {data + offsets[0], static_cast<std::size_t>(offsets[1] - offsets[0])};
  }
  // A view: length, then the text itself or a prefix, a buffer and an offset.
  const auto* view = static_cast<const std::int32_t*>(array.buffers[1]) + row * 4;
  const auto size = static_cast<std::size_t>(view[0]);
  if (size <= 12) {
    return {reinterpret_cast<const char*>(view + 1), size};
  }
  return {static_cast<const char*>(array.buffers[2 + view[2]]) + view[3], size};
}

template <class Out>
class ColumnDecoder {
 public:
  ColumnDecoder(const Binding& binding, const ArrowArray& array, Rows rows, Out out, Fault& fault)
      : binding_(binding), array_(array), rows_(rows), out_(out), fault_(fault) {}

  bool run();

 private:
  bool fail_at(std::size_t i, std::string message) {
    return fail(fault_, binding_, i, std::move(message));
  }
  /// Calls `each(to, row)` for every value; a NULL is an error.
  template <class F>
  bool for_each(F each);
  template <class V>
  bool plain(Layout natural);
  template <class V>
  bool integer(Layout natural);
  template <class V>
  bool real(Layout natural);
  bool decimal();
  bool text();
  bool enumeration();
  bool uuid();
  bool json();
  bool bytes();
  bool date();
  bool micros();
  bool optional();
  bool list();
  bool bits();
  bool map();
  bool record();
  bool dictionary();
  std::pair<std::int64_t, std::int64_t> range_at(std::int64_t row) const;

  const Binding& binding_;
  const ArrowArray& array_;
  Rows rows_;
  Out out_;
  Fault& fault_;
};

template <class Out>
bool decode(const Binding& binding, const ArrowArray& array, Rows rows, Out out, Fault& fault) {
  return ColumnDecoder<Out>(binding, array, rows, out, fault).run();
}

template <class Out>
template <class F>
bool ColumnDecoder<Out>::for_each(F each) {
  if constexpr (!Out::kMayBeNull) {
    if (rows_.listed == nullptr && !may_be_null(array_)) {
      const Out out = out_;
      const std::int64_t first = rows_.first;
      const std::size_t count = rows_.count;
      for (std::size_t i = 0; i < count; ++i) {
        if (!each(out[i], first + static_cast<std::int64_t>(i), i)) [[unlikely]] {
          return false;
        }
      }
      return true;
    }
  }
  for (std::size_t i = 0; i < rows_.count; ++i) {
    void* to = out_[i];
    if (to == nullptr) {
      continue;
    }
    const std::int64_t row = rows_[i];
    if (is_null(array_, row)) [[unlikely]] {
      return fail_at(i, "a value was expected in a member that is not optional, got NULL");
    }
    if (!each(to, row, i)) [[unlikely]] {
      return false;
    }
  }
  return true;
}

template <class Out>
template <class V>
bool ColumnDecoder<Out>::plain(Layout natural) {
  static_cast<void>(natural);
  const auto* values = static_cast<const V*>(array_.buffers[1]);
  return for_each([values](void* to, std::int64_t row, std::size_t) {
    std::memcpy(to, values + row, sizeof(V));
    return true;
  });
}

template <class Out>
template <class V>
bool ColumnDecoder<Out>::integer(Layout natural) {
  if (binding_.layout == natural) {
    return plain<V>(natural);
  }
  const Int128 step = power_of_ten(binding_.scale);
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const Int128 whole = whole_at(binding_, array_, row);
    const Int128 number = whole / step;
    const auto value = static_cast<V>(number);
    std::memcpy(to, &value, sizeof(V));
    return (value == number && number * step == whole) ||
           fail_at(i, fmt::format("a number that fits the integer was expected, got {}",
                                  decimal_text(whole, binding_.scale)));
  });
}

template <class Out>
template <class V>
bool ColumnDecoder<Out>::real(Layout natural) {
  if (binding_.layout == natural) {
    return plain<V>(natural);
  }
  const bool is_float = binding_.layout == Layout::Float;
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    if (is_float) {
      const auto value = static_cast<V>(value_at<float>(array_, row));
      std::memcpy(to, &value, sizeof(V));
      return true;
    }
    const Int128 whole = whole_at(binding_, array_, row);
    const auto value = static_cast<V>(whole);
    std::memcpy(to, &value, sizeof(V));
    constexpr double kExact = 0x1p126;
    return (std::abs(static_cast<double>(value)) < kExact && static_cast<Int128>(value) == whole) ||
           fail_at(i, fmt::format("a whole number that floating point holds exactly was expected, "
                                  "got {}",
                                  decimal_text(whole, 0)));
  });
}

template <class Out>
bool ColumnDecoder<Out>::decimal() {
  const int shift = binding_.type->scale - binding_.scale;
  const Int128 step = power_of_ten(shift < 0 ? -shift : shift);
  const Int128 bound = power_of_ten(binding_.type->precision);
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const Int128 from = whole_at(binding_, array_, row);
    Int128 value = from / (shift < 0 ? step : 1);
    const bool exact =
        shift < 0 ? value * step == from : !__builtin_mul_overflow(from, step, &value);
    std::memcpy(to, &value, sizeof(value));
    return (exact && value < bound && value > -bound) ||
           fail_at(i, fmt::format("a decimal({},{}) was expected, got {}", binding_.type->precision,
                                  binding_.type->scale, decimal_text(from, binding_.scale)));
  });
}

template <class Out>
bool ColumnDecoder<Out>::text() {
  const TextForm* form = binding_.type->form;
  if (binding_.layout == Layout::Text && form == nullptr) {
    const auto* ends = static_cast<const std::int32_t*>(array_.buffers[1]);
    const auto* bytes = static_cast<const char*>(array_.buffers[2]);
    return for_each([ends, bytes](void* to, std::int64_t row, std::size_t) {
      assign_text(*static_cast<std::string*>(to), bytes + ends[row],
                  static_cast<std::size_t>(ends[row + 1] - ends[row]));
      return true;
    });
  }
  const bool is_uuid = binding_.layout == Layout::FixedBytes;
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const std::string_view bytes = bytes_at(binding_, array_, row);
    auto& text = *static_cast<std::string*>(to);
    if (is_uuid) {
      Uuid id;
      std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
      text = to_string(id);
    } else {
      text.assign(bytes);
    }
    return form == nullptr || form->holds(text) ||
           fail_at(i, fmt::format("{}, got '{}'", form->wanted, text));
  });
}

template <class Out>
bool ColumnDecoder<Out>::enumeration() {
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const std::string_view name = bytes_at(binding_, array_, row);
    return store_enum_by_name(*binding_.type, to, name) ||
           fail_at(i, fmt::format("the name of a value of the enum was expected, got '{}'", name));
  });
}

template <class Out>
bool ColumnDecoder<Out>::uuid() {
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const std::string_view bytes = bytes_at(binding_, array_, row);
    auto& id = *static_cast<Uuid*>(to);
    if (binding_.layout == Layout::FixedBytes) {
      std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
      return true;
    }
    const Result<Uuid> parsed = parse_uuid(bytes);
    if (!parsed.has_value()) {
      return fail_at(i, fmt::format("a UUID was expected, got '{}'", bytes));
    }
    id = *parsed;
    return true;
  });
}

template <class Out>
bool ColumnDecoder<Out>::json() {
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const Status read = read_json(bytes_at(binding_, array_, row), *binding_.type, to);
    return read.has_value() || fail_at(i, read.error().message);
  });
}

template <class Out>
bool ColumnDecoder<Out>::bytes() {
  return for_each([&](void* to, std::int64_t row, std::size_t) {
    const std::string_view bytes = bytes_at(binding_, array_, row);
    void* data = binding_.type->list->resize(to, bytes.size());
    if (!bytes.empty()) {
      std::memcpy(data, bytes.data(), bytes.size());
    }
    return true;
  });
}

template <class Out>
bool ColumnDecoder<Out>::date() {
  const bool is_calendar = binding_.type->kind == Kind::CalendarDate;
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const std::chrono::sys_days day(std::chrono::days(value_at<std::int32_t>(array_, row)));
    if (!is_calendar) {
      std::memcpy(to, &day, sizeof(day));
      return true;
    }
    const std::chrono::year_month_day date(day);
    std::memcpy(to, &date, sizeof(date));
    return std::chrono::sys_days(date) == day ||
           fail_at(i, "a date within the calendar's years was expected");
  });
}

/// Times of day, instants and local times: 64-bit microseconds all.
template <class Out>
bool ColumnDecoder<Out>::micros() {
  if (binding_.layout == Layout::Int64 && binding_.micros_up == 1 && binding_.micros_down == 1) {
    return plain<std::int64_t>(Layout::Int64);
  }
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const auto from = static_cast<std::int64_t>(whole_at(binding_, array_, row));
    std::int64_t value = from / binding_.micros_down;
    const bool exact = value * binding_.micros_down == from &&
                       !__builtin_mul_overflow(value, binding_.micros_up, &value);
    std::memcpy(to, &value, sizeof(value));
    return exact || fail_at(i, "a time in whole microseconds was expected");
  });
}

template <class Out>
bool ColumnDecoder<Out>::optional() {
  const OptionalAccess& access = *binding_.type->optional;
  std::vector<void*> held(rows_.count);
  for (std::size_t i = 0; i < rows_.count; ++i) {
    void* to = out_[i];
    if (to == nullptr) {
      continue;
    }
    if (binding_.layout == Layout::Null || is_null(array_, rows_[i])) {
      access.reset(to);
    } else {
      held[i] = access.emplace(to);
    }
  }
  return decode(binding_.inner.front(), array_, rows_, Scattered{held.data()}, fault_);
}

template <class Out>
std::pair<std::int64_t, std::int64_t> ColumnDecoder<Out>::range_at(std::int64_t row) const {
  if (binding_.layout == Layout::LargeList) {
    const auto* offsets = static_cast<const std::int64_t*>(array_.buffers[1]) + row;
    return {offsets[0], offsets[1]};
  }
  const auto* offsets = static_cast<const std::int32_t*>(array_.buffers[1]) + row;
  return {offsets[0], offsets[1]};
}

template <class Out>
bool ColumnDecoder<Out>::list() {
  const Type& element = *binding_.type->element;
  const ArrowArray& child = *array_.children[0];
  std::vector<void*> to_all;
  std::vector<std::int64_t> rows;
  std::vector<std::size_t> owner;
  const bool sized = for_each([&](void* to, std::int64_t row, std::size_t i) {
    const auto [first, last] = range_at(row);
    const auto size = static_cast<std::size_t>(last - first);
    auto* at = static_cast<std::byte*>(binding_.type->list->resize(to, size));
    if (at == nullptr && size > 0) {
      return fail_at(i,
                     fmt::format("as many elements as the array has were expected, got {}", size));
    }
    for (std::int64_t k = first; k < last; ++k, at += element.size) {
      to_all.push_back(at);
      rows.push_back(child.offset + k);
      owner.push_back(i);
    }
    return true;
  });
  if (!sized) {
    return false;
  }
  const Rows all{.count = rows.size(), .listed = rows.data()};
  if (!decode(binding_.inner.front(), child, all, Scattered{to_all.data()}, fault_)) {
    fault_.at = owner[fault_.at];
    return false;
  }
  return true;
}

template <class Out>
bool ColumnDecoder<Out>::bits() {
  const ArrowArray& child = *array_.children[0];
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    auto& bits = *static_cast<std::vector<bool>*>(to);
    const auto [first, last] = range_at(row);
    bits.clear();
    for (std::int64_t k = first; k < last; ++k) {
      if (is_null(child, child.offset + k)) {
        return fail_at(i, "true or false was expected in a list of bool, got NULL");
      }
      bits.push_back(bit_at(child.buffers[1], child.offset + k));
    }
    return true;
  });
}

template <class Out>
bool ColumnDecoder<Out>::map() {
  const ArrowArray& entries = *array_.children[0];
  struct State {
    const Binding& binding;
    const ArrowArray& entries;
    std::int64_t first;
    std::size_t size;
    Fault& fault;
    bool good = true;
  };
  return for_each([&](void* to, std::int64_t row, std::size_t i) {
    const auto [first, last] = range_at(row);
    State state{binding_, entries, first, static_cast<std::size_t>(last - first), fault_};
    const MapFill fill{.state = &state, .run = [](void* raw, void* keys, void* values) {
                         auto& now = *static_cast<State*>(raw);
                         const Type& type = *now.binding.type;
                         const auto part = [&](std::size_t which, void* at, const Type& held) {
                           const ArrowArray& child = *now.entries.children[which];
                           const Rows rows{.first = child.offset + now.entries.offset + now.first,
                                           .count = now.size};
                           return decode(now.binding.inner[which], child, rows,
                                         Strided{static_cast<std::byte*>(at), held.size},
                                         now.fault);
                         };
                         now.good = part(0, keys, *type.key) && part(1, values, *type.element);
                         return now.good;
                       }};
    if (binding_.type->map->assign(to, state.size, fill)) {
      return true;
    }
    if (state.good) {
      return fail_at(i, "each key of a map once was expected");
    }
    fault_.at = i;
    return false;
  });
}

template <class Out>
bool ColumnDecoder<Out>::record() {
  std::vector<void*> inner(rows_.count);
  const bool there = for_each([](void*, std::int64_t, std::size_t) { return true; });
  if (!there) {
    return false;
  }
  std::vector<std::int64_t> rows(rows_.count);
  for (const Binding& member : binding_.inner) {
    const ArrowArray& child = *array_.children[member.child];
    for (std::size_t i = 0; i < rows_.count; ++i) {
      void* to = out_[i];
      inner[i] = to == nullptr ? nullptr : static_cast<std::byte*>(to) + member.offset;
      rows[i] = rows_[i] + child.offset;
    }
    const Rows listed{.count = rows_.count, .listed = rows.data()};
    if (!decode(member, child, listed, Scattered{inner.data()}, fault_)) {
      return false;
    }
  }
  return true;
}

template <class Out>
bool ColumnDecoder<Out>::dictionary() {
  const ArrowArray& values = *array_.dictionary;
  std::vector<std::int64_t> rows(rows_.count);
  const bool there = for_each([&](void*, std::int64_t row, std::size_t i) {
    rows[i] = values.offset + static_cast<std::int64_t>(whole_at(binding_, array_, row));
    return true;
  });
  const Rows listed{.count = rows_.count, .listed = rows.data()};
  return there && decode(*binding_.dictionary, values, listed, out_, fault_);
}

template <class Out>
bool ColumnDecoder<Out>::run() {
  if (binding_.type->kind == Kind::Optional) {
    return optional();
  }
  if (binding_.dictionary != nullptr) {
    return dictionary();
  }
  if (binding_.layout == Layout::Null) {
    for (std::size_t i = 0; i < rows_.count; ++i) {
      if (out_[i] != nullptr) {
        return fail_at(i, "a value was expected in a member that is not optional, got NULL");
      }
    }
    return true;
  }
  if (binding_.is_json) {
    return json();
  }
  switch (binding_.type->kind) {
    case Kind::Bool:
      return for_each([&](void* to, std::int64_t row, std::size_t) {
        *static_cast<bool*>(to) = bit_at(array_.buffers[1], row);
        return true;
      });
    case Kind::Int8: return integer<std::int8_t>(Layout::Int8);
    case Kind::Int16: return integer<std::int16_t>(Layout::Int16);
    case Kind::Int32: return integer<std::int32_t>(Layout::Int32);
    case Kind::Int64: return integer<std::int64_t>(Layout::Int64);
    case Kind::UInt8: return integer<std::uint8_t>(Layout::UInt8);
    case Kind::UInt16: return integer<std::uint16_t>(Layout::UInt16);
    case Kind::UInt32: return integer<std::uint32_t>(Layout::UInt32);
    case Kind::UInt64: return integer<std::uint64_t>(Layout::UInt64);
    case Kind::Float: return real<float>(Layout::Float);
    case Kind::Double: return real<double>(Layout::Double);
    case Kind::Decimal: return decimal();
    case Kind::Text: return text();
    case Kind::Bytes: return bytes();
    case Kind::Date:
    case Kind::CalendarDate: return date();
    case Kind::Time:
    case Kind::Instant:
    case Kind::LocalTime: return micros();
    case Kind::Uuid: return uuid();
    case Kind::Json:
      return for_each([&](void* to, std::int64_t row, std::size_t) {
        static_cast<JsonText*>(to)->text.assign(bytes_at(binding_, array_, row));
        return true;
      });
    case Kind::Enum: return enumeration();
    case Kind::List: return list();
    case Kind::BoolList: return bits();
    case Kind::Map: return map();
    case Kind::Record: return record();
    case Kind::Optional: break;  // went first
  }
  return false;
}

Status check_distinct(const ArrowSchema& schema) {
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    for (std::int64_t k = i + 1; k < schema.n_children; ++k) {
      if (schema::same_column(schema.children[i]->name, schema.children[k]->name)) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("each column of a result once was expected, got '{}' twice",
                                      schema.children[k]->name))
            .with_hint("give one of them another name with AS");
      }
    }
  }
  return {};
}

Status check_no_extra(const TableModel& model, const ArrowSchema& schema) {
  std::string extra;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    if (model.find_column(schema.children[i]->name) == nullptr) {
      extra += fmt::format("{}'{}'", extra.empty() ? "" : ", ", schema.children[i]->name);
    }
  }
  if (extra.empty()) {
    return {};
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("only columns of '{}' were expected, got also {}",
                                model.record->name, extra))
      .with_hint("select the columns by name, or leave refuse_extra_columns off");
}

}  // namespace

struct Decoder::Bound {
  std::vector<Binding> columns;
};

Decoder::Decoder(std::unique_ptr<Bound> bound) : bound_(std::move(bound)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::bind(const TableModel& model, const ArrowSchema& schema,
                              const DecodeOptions& options) {
  SLUICE_CHECK(check_distinct(schema));
  if (options.refuse_extra_columns) {
    SLUICE_CHECK(check_no_extra(model, schema));
  }
  auto bound = std::make_unique<Bound>();
  std::string missing;
  for (const Column& column : model.columns) {
    std::int64_t index = -1;
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
      index = schema::same_column(schema.children[i]->name, column.name) ? i : index;
    }
    if (index < 0) {
      if (options.may_lack_defaults && (column.is_defaulted || column.stamp != Stamp::None)) {
        continue;
      }
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", column.name);
      continue;
    }
    SLUICE_TRY(Binding binding, bind_type(*column.member->type, *schema.children[index],
                                          column.name, column.is_json));
    binding.offset = column.member->offset;
    binding.child = index;
    bound->columns.push_back(std::move(binding));
  }
  if (!missing.empty()) {
    return make_error(
               ErrorCode::InvalidArgument,
               fmt::format("every member of '{}' needs a column of the result, got none for {}",
                           model.record->name, missing))
        .with_hint("select the columns, or read into a struct without them");
  }
  return Decoder(std::move(bound));
}

Status Decoder::decode(const ArrowArray& batch, void* first, std::size_t stride,
                       std::size_t first_row) const {
  for (const Binding& column : bound_->columns) {
    const ArrowArray& array = *batch.children[column.child];
    const Rows rows{.first = batch.offset + array.offset,
                    .count = static_cast<std::size_t>(batch.length)};
    const Strided out{static_cast<std::byte*>(first) + column.offset, stride};
    Fault fault;
    if (!orm::decode(column, array, rows, out, fault)) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("{} in column '{}' of row {}", fault.message, fault.path,
                                    first_row + fault.at))
          .with_hint("what a query gives must fit the struct that it is read into");
    }
  }
  return {};
}

}  // namespace sluice::orm
