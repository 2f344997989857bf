#include "sluice/contract/source/syntax_fault.h"

#include <array>
#include <string>

#include <yaml.h>

namespace sluice::contract {
namespace {

/// What the scanner says, what that means, and what helps.
struct Known {
  std::string_view problem;
  std::string_view message;
  std::string_view suggestion;
};

constexpr std::array kKnown{
    Known{"mapping values are not allowed in this context",
          "a ':' followed by a blank stands inside a plain value",
          "put the value in quotes, or check the indentation of this line"},
    Known{"did not find expected key", "expected a key of the map that began above",
          "check the indentation of this line, and the quotes and brackets above it"},
    Known{"did not find expected '-' indicator",
          "expected the next item of the list that began above, '- '",
          "check the indentation of this line"},
    Known{"did not find expected ',' or '}'", "expected ',' or '}' in the map that began above",
          "a text that begins with '{' must stand in quotes"},
    Known{"did not find expected ',' or ']'", "expected ',' or ']' in the list that began above",
          "a text that begins with '[' must stand in quotes"},
    Known{"could not find expected ':'", "expected ':' after the key",
          "a key is followed by ': ', a list item by '- '"},
    Known{"found unexpected end of stream", "a quote that was opened is never closed", ""},
    Known{"block sequence entries are not allowed in this context",
          "a list cannot begin on the line of its key", "put the list on the next line"},
    Known{"did not find URI escape octet", "a tag is malformed", "write the value without a tag"},
    Known{"found unknown escape character", "an escape that YAML does not know",
          "in double quotes a backslash is written twice; single quotes take it as it is"},
    Known{"found undefined tag handle", "a tag that contracts do not know",
          "put a text that begins with '!' in quotes"},
};

Mark problem_mark(const yaml_parser_t& parser, const TextIndex& index) {
  if (parser.error == YAML_READER_ERROR) {
    return index.at_byte(parser.problem_offset);
  }
  return index.at_character(parser.problem_mark.index);
}

/// True when only blanks and tabs stand between the beginning of the line and the tab at `at`.
bool is_tab_in_indentation(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '\t') {
    return false;
  }
  const std::size_t before = text.substr(0, at).find_last_not_of(" \t");
  return before == std::string_view::npos || text[before] == '\n' || text[before] == '\r';
}

/// False when no line from `at` on begins with a tab and goes on with a value.
bool report_tabs(std::string_view text, std::size_t at, const TextIndex& index, std::uint32_t file,
                 Diagnostics& out) {
  const std::size_t before = out.size();
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::size_t content = text.find_first_not_of(" \t", at);
    const std::size_t tab = text.find('\t', at);
    if (tab < content && content < end) {
      out.add(Code::TabIndentation, Span{index.at_byte(tab), index.at_byte(tab + 1), file},
              "expected blanks in front of the line, and here is a tab",
              "indent with blanks; two for each level");
    }
    at = text.find_first_not_of("\r\n", end);
  }
  return out.size() > before;
}

/// The line above the one at `at` opens a text (`sql: |`) that should go on, indented, where it
/// ended.
bool is_below_block_text(std::string_view text, std::size_t at) {
  const std::size_t begin = text.substr(0, std::min(at, text.size())).rfind('\n');
  if (begin == std::string_view::npos) {
    return false;
  }
  const std::string_view before = text.substr(0, begin);
  const std::size_t last = before.find_last_not_of(" \t\r\n+-0123456789");
  const std::size_t line = before.rfind('\n');
  const bool is_on_it = last != std::string_view::npos &&
                        (line == std::string_view::npos || last > line || before.size() == line);
  return is_on_it && last > 0 && (before[last] == '|' || before[last] == '>') &&
         (before[last - 1] == ' ' || before[last - 1] == '\t');
}

std::string context_of(const yaml_parser_t& parser, const TextIndex& index) {
  if (parser.context == nullptr || parser.context_mark.index == parser.problem_mark.index) {
    return {};
  }
  const Mark mark = index.at_character(parser.context_mark.index);
  return " (which began in line " + std::to_string(mark.line) + ")";
}

}  // namespace

void report_syntax_fault(const yaml_parser_s& parser, std::string_view text, const TextIndex& index,
                         std::uint32_t file, Diagnostics& out) {
  const Mark mark = problem_mark(parser, index);
  const std::size_t at = mark.offset - index.at_byte(0).offset;
  if (is_tab_in_indentation(text, at)) {
    const std::size_t line = text.substr(0, at).find_last_of("\r\n");
    if (report_tabs(text, line == std::string_view::npos ? 0 : line + 1, index, file, out)) {
      return;
    }
  }
  const std::string_view problem = parser.problem == nullptr ? "" : parser.problem;
  const Span span{mark, index.at_byte(at + 1), file};
  const std::size_t context =
      parser.context == nullptr
          ? at
          : index.at_character(parser.context_mark.index).offset - index.at_byte(0).offset;
  for (const std::size_t place : {context, at}) {
    if (is_below_block_text(text, place)) {
      out.add(Code::YamlSyntax, Span{index.at_byte(place), index.at_byte(place + 1), file},
              "expected the lines of the text that begins above, indented, and this line is not",
              "indent each line of the text below its key");
      return;
    }
  }
  for (const Known& known : kKnown) {
    if (problem.starts_with(known.problem)) {
      out.add(Code::YamlSyntax, span, std::string(known.message) + context_of(parser, index),
              std::string(known.suggestion));
      return;
    }
  }
  if (problem.starts_with("found character that cannot start any token") && at < text.size()) {
    out.add(Code::YamlSyntax, span,
            "a plain value cannot begin with '" + std::string(text.substr(at, 1)) + "'",
            "put the value in quotes");
    return;
  }
  out.add(Code::YamlSyntax, span,
          "the text is not YAML here: " + std::string(problem) + context_of(parser, index));
}

}  // namespace sluice::contract
