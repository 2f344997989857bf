#include "sluice/base/uuid.h"

#include <span>

#include <fmt/format.h>

namespace sluice {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

Uuid make_uuid_v7(const Clock& clock, Random& random) {
  const std::int64_t micros = clock.now().time_since_epoch().count();
  const auto millis = static_cast<std::uint64_t>(micros / 1000);
  const auto fraction = static_cast<std::uint64_t>(micros % 1000) * 4096 / 1000;
  Uuid id;
  random.fill(std::span(id.bytes).subspan(8));
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
  id.bytes[7] = static_cast<std::uint8_t>(fraction);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

std::string to_string(const Uuid& id) {
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : id.bytes) {
    if (is_dash_position(text.size())) {
      text += '-';
    }
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0x0f];
  }
  return text;
}

Result<Uuid> parse_uuid(std::string_view text) {
  Uuid id;
  std::size_t nibble = 0;
  bool valid = text.size() == 36;
  for (std::size_t i = 0; valid && i < text.size(); ++i) {
    if (is_dash_position(i)) {
      valid = text[i] == '-';
      continue;
    }
    const int value = hex_value(text[i]);
    valid = value >= 0;
    id.bytes[nibble / 2] = static_cast<std::uint8_t>((id.bytes[nibble / 2] << 4) | (value & 0x0f));
    ++nibble;
  }
  if (!valid) {
    return make_error(ErrorCode::InvalidArgument, fmt::format("expected a UUID, got '{}'", text));
  }
  return id;
}

}  // namespace sluice
