#include "sluice/report/shown_text.h"

#include <algorithm>
#include <array>

namespace sluice::report {
namespace {

/// Letters that turn the direction of writing, and the ends of lines and paragraphs.
constexpr std::array<std::string_view, 14> kTurning{
    "\u061C", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
    "\u202E", "\u2028", "\u2029", "\u2066", "\u2067", "\u2068", "\u2069"};

/// Bytes of the letter in front that a terminal obeys; 0 for any other.
std::size_t obeyed(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7F) {
    return 1;
  }
  // From U+0080 to U+009F; U+009B begins an escape sequence as ESC [ does.
  if (byte(0) == 0xC2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) < 0xA0) {
    return 2;
  }
  const auto* const found = std::ranges::find_if(
      kTurning, [&](std::string_view letter) { return text.starts_with(letter); });
  return found == kTurning.end() ? 0 : found->size();
}

}  // namespace

std::string shown_text(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = obeyed(text.substr(at));
    shown += bytes == 0 ? text[at] : ' ';
    at += std::max<std::size_t>(bytes, 1);
  }
  return shown;
}

}  // namespace sluice::report
