#include "sluice/orm/record/utf8.h"

#include <cstdint>
#include <cstring>

namespace sluice::orm {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0;
}

bool continues(std::uint8_t byte) { return (byte & 0xc0) == 0x80; }

/// Bytes of the character that starts at `i`; 0 when it is none.
std::size_t character_size(std::string_view bytes, std::size_t i) {
  const std::uint8_t lead = byte_at(bytes, i);
  const std::uint8_t second = byte_at(bytes, i + 1);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xc2 && lead <= 0xdf) {
    return continues(second) ? 2 : 0;
  }
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second > 0x9f;
    return continues(second) && continues(byte_at(bytes, i + 2)) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && second < 0x90;
    const bool too_high = lead == 0xf4 && second > 0x8f;
    return continues(second) && continues(byte_at(bytes, i + 2)) &&
                   continues(byte_at(bytes, i + 3)) && !overlong && !too_high
               ? 4
               : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    std::uint64_t word = 0;
    if (i + sizeof(word) <= bytes.size()) {
      std::memcpy(&word, bytes.data() + i, sizeof(word));
      if ((word & kHighBits) == 0) {
        i += sizeof(word);
        continue;
      }
    }
    const std::size_t size = character_size(bytes, i);
    if (size == 0) {
      return false;
    }
    i += size;
  }
  return true;
}

std::size_t count_characters(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) {
    characters += static_cast<std::size_t>(!continues(static_cast<std::uint8_t>(c)));
  }
  return characters;
}

}  // namespace sluice::orm
