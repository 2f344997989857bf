// The lines of a text, and which of them belong to a scalar or a flow collection that spans several
// lines: those are moved as a whole and never changed inside. Views into the caller's text, which
// must outlive it; read-only after construction.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/source/node.h"

namespace sluice::contract {

class SourceLines {
 public:
  SourceLines(std::string_view text, const Node& root);

  std::size_t size() const { return lines_.size(); }
  std::string_view operator[](std::size_t line) const { return lines_[line]; }
  std::size_t line_of(const Mark& mark) const { return mark.line - 1; }
  /// In bytes, from 0.
  std::size_t column_of(const Mark& mark) const { return mark.offset - begins_[line_of(mark)]; }

  bool is_inside(std::size_t line) const { return inside_[line]; }
  bool is_blank(std::size_t line) const;
  bool is_comment(std::size_t line) const;
  std::size_t indent_of(std::size_t line) const;

  /// Where the comments and blank lines above `line` begin that belong to it: not those deeper than
  /// `column`, and none before `first`.
  std::size_t lead_of(std::size_t line, std::size_t first, std::size_t column) const;

  /// Lines [begin, end) moved from column `from` to column `to`; what stands before `from` in the
  /// first line is left out.
  std::vector<std::string> moved(std::size_t begin, std::size_t end, std::size_t from,
                                 std::size_t to) const;

 private:
  void mark_inside(const Node& node);
  std::string moved_line(std::size_t line, std::size_t from, std::size_t to) const;

  std::vector<std::string_view> lines_;
  std::vector<std::size_t> begins_;
  std::vector<bool> inside_;
};

std::string_view without_end_blanks(std::string_view line);

}  // namespace sluice::contract
