#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "sluice/engine/fake/rows.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

__extension__ using Wide = __int128;

std::string cell_text(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row);

template <class T>
T value_at(const ArrowArray& array, std::int64_t row, int buffer = 1) {
  T value;
  const auto* bytes = static_cast<const char*>(array.buffers[buffer]);
  std::memcpy(&value, bytes + (row + array.offset) * static_cast<std::int64_t>(sizeof(T)),
              sizeof(T));
  return value;
}

bool bit_at(const void* bits, std::int64_t at) {
  return (static_cast<const std::uint8_t*>(bits)[at >> 3] >> (at & 7) & 1) != 0;
}

std::string_view bytes_at(const ArrowArray& array, std::int64_t row) {
  const auto begin = value_at<std::int32_t>(array, row);
  const auto end = value_at<std::int32_t>(array, row + 1);
  return {static_cast<const char*>(array.buffers[2]) + begin,
          static_cast<std::size_t>(end - begin)};
}

std::string decimal_text(const ArrowArray& array, std::int64_t row, std::string_view format) {
  const std::size_t comma = format.find(',');
  const auto scale = static_cast<std::size_t>(std::stoi(std::string(format.substr(comma + 1))));
  auto number = value_at<Wide>(array, row);
  const bool negative = number < 0;
  std::string digits;
  do {
    const int digit = static_cast<int>(number % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + std::abs(digit)));
    number /= 10;
  } while (number != 0 || digits.size() <= scale);
  if (scale > 0) {
    digits.insert(digits.size() - scale, ".");
  }
  return negative ? "-" + digits : digits;
}

std::string list_text(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row) {
  const auto begin = value_at<std::int32_t>(array, row);
  const auto end = value_at<std::int32_t>(array, row + 1);
  std::string text;
  for (std::int32_t i = begin; i < end; ++i) {
    text += text.empty() ? "" : ", ";
    text += cell_text(*schema.children[0], *array.children[0], i);
  }
  return "[" + text + "]";
}

std::string struct_text(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row) {
  std::string text;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", schema.children[i]->name,
                        cell_text(*schema.children[i], *array.children[i], row + array.offset));
  }
  return "{" + text + "}";
}

std::string value_text(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row) {
  const std::string_view format = schema.format;
  const auto as_text = [](auto value) { return plan::to_string(plan::Value(std::move(value))); };
  if (format.starts_with("d:")) {
    return decimal_text(array, row, format);
  }
  if (format.starts_with("tsu:")) {
    const sys_micros instant{std::chrono::microseconds{value_at<std::int64_t>(array, row)}};
    const std::string text = as_text(instant);
    return format.size() > 4 ? text : text.substr(0, text.size() - 1);
  }
  if (format == "w:16") {
    return as_text(value_at<Uuid>(array, row));
  }
  if (format == "u") {
    return as_text(std::string(bytes_at(array, row)));
  }
  if (format == "z") {
    const std::string_view bytes = bytes_at(array, row);
    return as_text(plan::BytesValue(bytes.begin(), bytes.end()));
  }
  if (format == "tdD") {
    return as_text(plan::DateValue{value_at<std::int32_t>(array, row)});
  }
  if (format == "ttu") {
    return as_text(plan::TimeValue{value_at<std::int64_t>(array, row)});
  }
  if (format == "+l" || format == "+m") {
    return list_text(schema, array, row);
  }
  if (format == "+s") {
    return struct_text(schema, array, row);
  }
  switch (format[0]) {
    case 'b': return bit_at(array.buffers[1], row + array.offset) ? "true" : "false";
    case 'c': return fmt::format("{}", static_cast<int>(value_at<std::int8_t>(array, row)));
    case 'C': return fmt::format("{}", static_cast<int>(value_at<std::uint8_t>(array, row)));
    case 's': return fmt::format("{}", value_at<std::int16_t>(array, row));
    case 'S': return fmt::format("{}", value_at<std::uint16_t>(array, row));
    case 'i': return fmt::format("{}", value_at<std::int32_t>(array, row));
    case 'I': return fmt::format("{}", value_at<std::uint32_t>(array, row));
    case 'l': return fmt::format("{}", value_at<std::int64_t>(array, row));
    case 'L': return fmt::format("{}", value_at<std::uint64_t>(array, row));
    case 'f': return fmt::format("{}", value_at<float>(array, row));
    case 'g': return fmt::format("{}", value_at<double>(array, row));
    default: return fmt::format("<Arrow type '{}'>", format);
  }
}

std::string cell_text(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row) {
  const void* valid = array.n_buffers > 0 ? array.buffers[0] : nullptr;
  const bool present =
      array.null_count == 0 || valid == nullptr || bit_at(valid, row + array.offset);
  return present ? value_text(schema, array, row) : "null";
}

}  // namespace

Result<std::vector<std::string>> read_rows(ColumnStream stream) {
  SLUICE_TRY(const ArrowSchemaOwned schema, stream.schema());
  std::vector<std::string> lines;
  while (true) {
    SLUICE_TRY(const std::optional<ArrowBatch> batch, stream.next());
    if (!batch.has_value()) {
      return lines;
    }
    for (std::int64_t row = 0; row < (*batch)->length; ++row) {
      std::string& line = lines.emplace_back();
      for (std::int64_t i = 0; i < schema->n_children; ++i) {
        line += i == 0 ? "" : " | ";
        line += cell_text(*schema->children[i], *(*batch)->children[i], row + (*batch)->offset);
      }
    }
  }
}

}  // namespace sluice::engine
