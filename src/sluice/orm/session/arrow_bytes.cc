#include <cstring>
#include <string_view>

#include "sluice/orm/session/arrow_bytes_internal.h"

namespace sluice::orm {
namespace {

/// Bits of one value of fixed width; 0: not of fixed width.
std::uint64_t bits_of(std::string_view format) {
  if (format.starts_with("td")) {
    return format == "tdD" ? 32 : 64;
  }
  if (format.starts_with("tt")) {
    return format == "tts" || format == "ttm" ? 32 : 64;
  }
  switch (format.empty() ? '\0' : format.front()) {
    case 'b': return 1;
    case 'c':
    case 'C': return 8;
    case 's':
    case 'S':
    case 'e': return 16;
    case 'i':
    case 'I':
    case 'f': return 32;
    case 'l':
    case 'L':
    case 'g':
    case 't': return 64;
    case 'd': return 128;
    default: return 0;
  }
}

std::uint64_t text_bytes(const ArrowArray& array) {
  if (array.buffers[1] == nullptr) {
    return 0;
  }
  std::int32_t end = 0;
  const auto* offsets = static_cast<const std::byte*>(array.buffers[1]);
  const auto last = static_cast<std::size_t>(array.offset + array.length);
  std::memcpy(&end, offsets + last * sizeof(end), sizeof(end));
  return static_cast<std::uint64_t>(end) + (last + 1) * sizeof(end);
}

}  // namespace

std::uint64_t arrow_bytes(const ArrowSchema& schema, const ArrowArray& array) {
  const std::string_view format(schema.format);
  const auto rows = static_cast<std::uint64_t>(array.length);
  std::uint64_t bytes = array.n_buffers > 0 && array.buffers[0] != nullptr ? (rows + 7) / 8 : 0;
  if (format == "u" || format == "z") {
    bytes += text_bytes(array);
  } else if (format == "+l" || format == "+m") {
    bytes += (rows + 1) * sizeof(std::int32_t);
  } else {
    bytes += (rows * bits_of(format) + 7) / 8;
  }
  for (std::int64_t i = 0; i < array.n_children && i < schema.n_children; ++i) {
    bytes += arrow_bytes(*schema.children[i], *array.children[i]);
  }
  return bytes;
}

}  // namespace sluice::orm
