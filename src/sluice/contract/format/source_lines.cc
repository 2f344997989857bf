#include "sluice/contract/format/source_lines.h"

#include <algorithm>

namespace sluice::contract {

std::string_view without_end_blanks(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view{} : line.substr(0, end + 1);
}

SourceLines::SourceLines(std::string_view text, const Node& root) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines_.push_back(text.substr(begin, end - begin));
    begins_.push_back(begin);
    begin = end + 1;
  }
  inside_.resize(lines_.size());
  mark_inside(root);
}

void SourceLines::mark_inside(const Node& node) {
  if ((node.is_scalar() || node.is_flow) && node.span.is_written()) {
    // A block scalar ends where the next line begins.
    const bool ends_before = node.span.end.column <= 1;
    const std::size_t end =
        std::min<std::size_t>(node.span.end.line - (ends_before ? 1U : 0U), lines_.size());
    for (std::size_t line = node.span.begin.line; line < end; ++line) {
      inside_[line] = true;
    }
    return;
  }
  for (const Node& item : node.items) {
    mark_inside(item);
  }
  for (const Entry& entry : node.entries) {
    mark_inside(entry.value);
  }
}

bool SourceLines::is_blank(std::size_t line) const {
  return !inside_[line] && without_end_blanks(lines_[line]).empty();
}

bool SourceLines::is_comment(std::size_t line) const {
  const std::size_t first = lines_[line].find_first_not_of(" \t");
  return !inside_[line] && first != std::string_view::npos && lines_[line][first] == '#';
}

std::size_t SourceLines::indent_of(std::size_t line) const {
  return std::min(lines_[line].find_first_not_of(' '), lines_[line].size());
}

std::size_t SourceLines::lead_of(std::size_t line, std::size_t first, std::size_t column) const {
  std::size_t lead = line;
  while (lead > first &&
         (is_blank(lead - 1) || (is_comment(lead - 1) && indent_of(lead - 1) <= column))) {
    --lead;
  }
  return lead;
}

std::string SourceLines::moved_line(std::size_t line, std::size_t from, std::size_t to) const {
  const std::string_view text = lines_[line];
  const std::size_t indent = indent_of(line);
  if (indent == text.size()) {  // blanks only
    return inside_[line] && indent > from ? std::string(indent - from + to, ' ') : std::string();
  }
  const std::size_t target = indent + to > from ? indent + to - from : 0;
  const std::string_view rest = text.substr(indent);
  return std::string(target, ' ').append(inside_[line] ? rest : without_end_blanks(rest));
}

std::vector<std::string> SourceLines::moved(std::size_t begin, std::size_t end, std::size_t from,
                                            std::size_t to) const {
  std::vector<std::string> out;
  for (std::size_t line = begin; line < end; ++line) {
    if (line == begin && !is_comment(line)) {
      const bool opens_scalar = line + 1 < lines_.size() && inside_[line + 1];
      const std::string_view rest = lines_[line].substr(std::min(from, lines_[line].size()));
      out.push_back(std::string(to, ' ').append(opens_scalar ? rest : without_end_blanks(rest)));
    } else if (!is_blank(line) || (!out.empty() && !out.back().empty())) {
      out.push_back(moved_line(line, from, to));
    }
  }
  while (!out.empty() && out.back().empty() && !inside_[end - 1]) {
    out.pop_back();
  }
  return out;
}

}  // namespace sluice::contract
