// Finds line and column of a place in a text. The YAML scanner counts characters and takes more
// things for a line break than an editor does; this index turns its character counts into byte
// offsets and the lines and columns that an editor shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/span.h"

namespace sluice::contract {

class TextIndex {
 public:
  /// `text` without a byte order mark; `bytes_before` is what the mark took.
  TextIndex(std::string_view text, std::uint32_t bytes_before);

  /// The place of the n-th character, 0-based; past the end is the end.
  Mark at_character(std::size_t character) const;
  Mark at_byte(std::size_t byte) const;

 private:
  struct Line {
    std::uint32_t byte;
    std::uint32_t character;
  };

  std::size_t byte_of(std::size_t character) const;
  std::size_t character_of(std::size_t byte) const;
  Mark make_mark(std::size_t byte, std::size_t character) const;

  std::string_view text_;
  std::uint32_t bytes_before_;
  std::size_t characters_ = 0;
  std::vector<std::uint32_t> checkpoints_;  // byte of each 64th character; empty for ASCII
  std::vector<Line> lines_;
};

}  // namespace sluice::contract
