#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "sluice/engine/duckdb/column_internal.h"

namespace sluice::engine {
namespace {

__extension__ using Wide = __int128;

/// A new array over the parts of the one it replaces, which it keeps alive.
struct Replaced {
  ArrowArray original{};
  std::vector<std::int32_t> offsets;
  std::string text;
  std::vector<std::int32_t> numbers;
  std::vector<std::uint8_t> bits;
  const void* buffers[3] = {nullptr, nullptr, nullptr};

  Replaced() = default;
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;
  ~Replaced() {
    if (original.release != nullptr) {
      original.release(&original);
    }
  }
};

void release_replaced(ArrowArray* array) {
  delete static_cast<Replaced*>(array->private_data);
  array->release = nullptr;
}

std::unique_ptr<Replaced> take(ArrowArray& array) {
  auto replaced = std::make_unique<Replaced>();
  replaced->original = array;
  array.release = nullptr;
  return replaced;
}

/// `array` keeps its length, nulls and offset.
void put(ArrowArray& array, std::unique_ptr<Replaced> replaced, std::int64_t buffer_count) {
  array.n_buffers = buffer_count;
  array.buffers = replaced->buffers;
  array.dictionary = nullptr;
  array.private_data = replaced.release();
  array.release = release_replaced;
}

bool is_valid(const ArrowArray& array, std::int64_t row) {
  if (array.null_count == 0 || array.buffers[0] == nullptr) {
    return true;
  }
  const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  const std::int64_t at = row + array.offset;
  return (bits[at >> 3] >> (at & 7) & 1) != 0;
}

template <class T>
T* values_of(const ArrowArray& array) {
  return static_cast<T*>(const_cast<void*>(array.buffers[1])) + array.offset;
}

Error does_not_fit(const DuckColumn& column, std::string_view what) {
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("{}, in column '{}'", what, column.name));
}

Status check_hugeint(const DuckColumn& column, const ArrowArray& array) {
  Wide limit = 1;
  for (int i = 0; i < 38; ++i) {
    limit *= 10;
  }
  const auto* numbers = values_of<const duckdb_hugeint>(array);
  for (std::int64_t row = 0; row < array.length; ++row) {
    const Wide number = Wide{numbers[row].upper} << 64 | numbers[row].lower;
    if ((number >= limit || number <= -limit) && is_valid(array, row)) {
      return does_not_fit(column, "a HUGEINT has more than the 38 digits of a decimal")
          .with_hint("cast the column in the statement, for example to DOUBLE or VARCHAR");
    }
  }
  return {};
}

/// Bytes of 0 and 1 to bits, in place: bit i is written after byte i was read.
Status pack_booleans(ArrowArray& array) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kGather = 0x0102040810204080;  // bit 0 of byte i to bit i of the top byte
  auto* bytes = static_cast<std::uint8_t*>(const_cast<void*>(array.buffers[1]));
  const std::int64_t count = array.offset + array.length;
  std::int64_t row = 0;
  for (; row + 8 <= count; row += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes + row, sizeof(eight));
    bytes[row / 8] = static_cast<std::uint8_t>((eight & kOnes) * kGather >> 56);
  }
  std::uint8_t last = 0;
  for (std::int64_t i = row; i < count; ++i) {
    last = static_cast<std::uint8_t>(last | (bytes[i] & 1U) << (i - row));
  }
  if (row < count) {
    bytes[row / 8] = last;
  }
  return {};
}

bool is_infinite(std::int64_t instant) {
  constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
  return instant == kInfinity || instant == -kInfinity;
}

Status scale_up(const DuckColumn& column, ArrowArray& array, std::int64_t factor) {
  auto* instants = values_of<std::int64_t>(array);
  for (std::int64_t row = 0; row < array.length; ++row) {
    if (is_infinite(instants[row]) || !is_valid(array, row)) {
      continue;
    }
    if (__builtin_mul_overflow(instants[row], factor, &instants[row])) {
      return does_not_fit(column, "a timestamp is too far away to be counted in microseconds");
    }
  }
  return {};
}

Status scale_down(const DuckColumn& column, ArrowArray& array) {
  auto* instants = values_of<std::int64_t>(array);
  for (std::int64_t row = 0; row < array.length; ++row) {
    if (is_infinite(instants[row])) {
      continue;
    }
    if (instants[row] % 1000 != 0 && is_valid(array, row)) {
      return does_not_fit(column, "a timestamp has nanoseconds, which microseconds cannot hold")
          .with_hint("cast the column to TIMESTAMP in the statement to cut them off");
    }
    instants[row] /= 1000;
  }
  return {};
}

std::uint32_t index_at(const ArrowArray& array, char width, std::int64_t row) {
  switch (width) {
    case 'C': return values_of<std::uint8_t>(array)[row];
    case 'S': return values_of<std::uint16_t>(array)[row];
    default: return values_of<std::uint32_t>(array)[row];
  }
}

Status expand_dictionary(const DuckColumn& column, ArrowArray& array) {
  auto replaced = take(array);
  const ArrowArray& words = *array.dictionary;
  const auto* ends = values_of<std::int32_t>(words);
  const auto* text = static_cast<const char*>(words.buffers[2]);
  const char width = column.arrow_format[0];
  replaced->offsets.assign(static_cast<std::size_t>(array.offset) + 1, 0);
  replaced->offsets.reserve(static_cast<std::size_t>(array.offset + array.length) + 1);
  for (std::int64_t row = 0; row < array.length; ++row) {
    if (is_valid(array, row)) {
      const std::uint32_t word = index_at(array, width, row);
      replaced->text.append(text + ends[word],
                            static_cast<std::size_t>(ends[word + 1] - ends[word]));
    }
    replaced->offsets.push_back(static_cast<std::int32_t>(replaced->text.size()));
  }
  replaced->buffers[0] = array.buffers[0];
  replaced->buffers[1] = replaced->offsets.data();
  replaced->buffers[2] = replaced->text.data();
  put(array, std::move(replaced), 3);
  return {};
}

Status open_fixed_list(const DuckColumn& column, ArrowArray& array) {
  auto replaced = take(array);
  for (std::int64_t i = 0; i <= array.offset + array.length; ++i) {
    replaced->offsets.push_back(static_cast<std::int32_t>(i * column.list_size));
  }
  replaced->buffers[0] = array.buffers[0];
  replaced->buffers[1] = replaced->offsets.data();
  put(array, std::move(replaced), 2);
  return {};
}

Status type_nulls(ArrowArray& array) {
  auto replaced = take(array);
  const auto count = static_cast<std::size_t>(array.offset + array.length);
  replaced->numbers.assign(count, 0);
  replaced->bits.assign(count / 8 + 1, 0);
  replaced->buffers[0] = replaced->bits.data();
  replaced->buffers[1] = replaced->numbers.data();
  array.null_count = array.length;
  put(array, std::move(replaced), 2);
  return {};
}

Status mend_values(const DuckColumn& column, ArrowArray& array) {
  switch (column.mend) {
    case Mend::Nothing: return {};
    case Mend::PackBooleans: return pack_booleans(array);
    case Mend::CheckHugeint: return check_hugeint(column, array);
    case Mend::FromSeconds: return scale_up(column, array, 1'000'000);
    case Mend::FromMillis: return scale_up(column, array, 1'000);
    case Mend::FromNanos: return scale_down(column, array);
    case Mend::FromDictionary: return expand_dictionary(column, array);
    case Mend::FromFixedList: return open_fixed_list(column, array);
    case Mend::FromNull: return type_nulls(array);
  }
  return {};
}

}  // namespace

Status mend_array(const DuckColumn& column, ArrowArray& array) {
  if (!column.mends_within) {
    return {};
  }
  for (std::size_t i = 0; i < column.children.size(); ++i) {
    SLUICE_CHECK(mend_array(column.children[i], *array.children[i]));
  }
  return mend_values(column, array);
}

}  // namespace sluice::engine
