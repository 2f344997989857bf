#include "sluice/contract/diagnostic/utf8.h"

#include <cstdint>

namespace sluice::contract {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_trail(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xC0U) == 0x80U;
}

std::uint32_t decode(std::string_view character) {
  const std::uint32_t lead = byte_at(character, 0);
  std::uint32_t value = lead;
  if (character.size() > 1) {
    value = lead & (0xFFU >> (character.size() + 1));
  }
  for (std::size_t i = 1; i < character.size(); ++i) {
    value = (value << 6U) | (byte_at(character, i) & 0x3FU);
  }
  return value;
}

}  // namespace

std::size_t utf8_character_bytes(std::string_view text, std::size_t at) {
  const std::uint32_t lead = byte_at(text, at);
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_trail(text, at + i)) {
      return 0;
    }
  }
  const std::uint32_t value = decode(text.substr(at, length));
  const std::uint32_t smallest = length == 3 ? 0x800 : length == 4 ? 0x10000 : 0x80;
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < smallest || value > 0x10FFFF || is_surrogate ? 0 : length;
}

bool is_yaml_character(std::string_view character) {
  const std::uint32_t value = decode(character);
  if (value < 0x20) {
    return value == '\t' || value == '\n' || value == '\r';
  }
  return value != 0x7F && (value < 0x80 || value >= 0xA0 || value == 0x85) && value != 0xFEFF &&
         value != 0xFFFE && value != 0xFFFF;
}

}  // namespace sluice::contract
