#include "sluice/contract/source/text_index.h"

#include <algorithm>

namespace sluice::contract {
namespace {

constexpr std::size_t kStep = 64;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

TextIndex::TextIndex(std::string_view text, std::uint32_t bytes_before)
    : text_(text), bytes_before_(bytes_before) {
  lines_.push_back({0, 0});
  std::size_t character = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i > 0 && is_continuation(c)) {  // a text that is no UTF-8 begins with a character, too
      continue;
    }
    if (character % kStep == 0) {
      checkpoints_.push_back(static_cast<std::uint32_t>(i));
    }
    ++character;
    const bool ends_line =
        c == '\n' || (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    if (ends_line) {
      lines_.push_back({static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(character)});
    }
  }
  characters_ = character;
  if (characters_ == text.size()) {
    checkpoints_.clear();
  }
}

std::size_t TextIndex::byte_of(std::size_t character) const {
  if (character >= characters_) {
    return text_.size();
  }
  if (checkpoints_.empty()) {
    return character;
  }
  std::size_t byte = checkpoints_[character / kStep];
  for (std::size_t left = character % kStep; left > 0; --left) {
    ++byte;
    while (byte < text_.size() && is_continuation(text_[byte])) {
      ++byte;
    }
  }
  return byte;
}

std::size_t TextIndex::character_of(std::size_t byte) const {
  if (checkpoints_.empty()) {
    return byte;
  }
  const auto after = std::upper_bound(checkpoints_.begin(), checkpoints_.end(), byte);
  const auto step = static_cast<std::size_t>(after - checkpoints_.begin()) - 1;
  std::size_t character = step * kStep;
  for (std::size_t i = checkpoints_[step] + 1; i <= byte && i < text_.size(); ++i) {
    character += is_continuation(text_[i]) ? 0U : 1U;
  }
  return byte >= text_.size() ? characters_ : character;
}

Mark TextIndex::make_mark(std::size_t byte, std::size_t character) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), byte,
                       [](std::size_t wanted, const Line& line) { return wanted < line.byte; });
  const auto line = static_cast<std::size_t>(after - lines_.begin());
  return {.offset = static_cast<std::uint32_t>(byte) + bytes_before_,
          .line = static_cast<std::uint32_t>(line),
          .column = static_cast<std::uint32_t>(character - lines_[line - 1].character + 1)};
}

Mark TextIndex::at_character(std::size_t character) const {
  const std::size_t bounded = std::min(character, characters_);
  return make_mark(byte_of(bounded), bounded);
}

Mark TextIndex::at_byte(std::size_t byte) const {
  const std::size_t bounded = std::min(byte, text_.size());
  return make_mark(bounded, character_of(bounded));
}

}  // namespace sluice::contract
