// Text and JSON of diagnostics. Nothing that a document holds reaches a terminal unchecked: control
// characters, also those of an escape sequence, become '?'.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/diagnostic/secret.h"
#include "sluice/contract/diagnostic/utf8.h"

namespace sluice::contract {
namespace {

constexpr std::size_t kLineBytesMax = 400;  // a longer source line is cut

struct Palette {
  std::string_view bold, severity, mark, plain;
};

Palette palette_of(Severity severity, bool colour) {
  if (!colour) {
    return {};
  }
  std::string_view shade = "\x1b[1;31m";
  switch (severity) {
    case Severity::Error: break;
    case Severity::Warning: shade = "\x1b[1;33m"; break;
    case Severity::Notice: shade = "\x1b[1;36m"; break;
    case Severity::Hint: shade = "\x1b[1;32m"; break;
  }
  return {"\x1b[1m", shade, "\x1b[1;32m", "\x1b[0m"};
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Characters that turn the direction of what follows: a line could show what it does not say.
bool turns_direction(std::string_view character) {
  constexpr std::array<std::string_view, 12> kTurning{"\u061C", "\u200E", "\u200F", "\u202A",
                                                      "\u202B", "\u202C", "\u202D", "\u202E",
                                                      "\u2066", "\u2067", "\u2068", "\u2069"};
  return std::ranges::find(kTurning, character) != kTurning.end();
}

/// Text that a terminal can show: bytes that are no characters and control characters become '?'.
std::string printable(std::string_view text, bool keeps_tabs = false) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_character_bytes(text, i);
    const std::string_view character = text.substr(i, length == 0 ? 1 : length);
    if (character == "\n") {
      out += "\\n";
    } else if (character == "\t" && keeps_tabs) {
      out += '\t';
    } else if (length == 0 || !is_yaml_character(character) || character == "\xC2\x85" ||
               character == "\r" || character == "\t" || turns_direction(character)) {
      out += '?';
    } else {
      out += character;
    }
    i += character.size();
  }
  return out;
}

/// The line of that number without its end; YAML ends lines with LF, CR LF or CR.
std::string_view line_of(std::string_view source, std::uint32_t number) {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = source.find_first_of("\r\n", begin);
    if (end == std::string_view::npos) {
      return {};
    }
    begin =
        end + (source[end] == '\r' && end + 1 < source.size() && source[end + 1] == '\n' ? 2 : 1);
  }
  const std::size_t end = source.find_first_of("\r\n", begin);
  std::string_view line = source.substr(begin, end == std::string_view::npos ? end : end - begin);
  if (number == 1 && line.starts_with("\xEF\xBB\xBF")) {
    line.remove_prefix(3);
  }
  return line;
}

/// Blanks as wide as the first `columns` characters of the line; tabs stay tabs.
std::string padding(std::string_view line, std::uint32_t columns) {
  std::string out;
  for (const char c : line) {
    if (is_continuation(c)) {
      continue;
    }
    if (columns-- == 0) {
      break;
    }
    out += c == '\t' ? '\t' : ' ';
  }
  return out;
}

std::uint32_t character_count(std::string_view text) {
  std::uint32_t count = 0;
  for (const char c : text) {
    count += is_continuation(c) ? 0U : 1U;
  }
  return count;
}

/// Leaves out characters at the beginning until `column` can be shown; `column` counts in what is
/// left.
std::string_view cut_line(std::string_view line, std::uint32_t& column) {
  constexpr std::uint32_t kBefore = 120;  // characters that stay in front of a far place
  if (line.size() > kLineBytesMax && column > kLineBytesMax / 2) {
    for (; column > kBefore && !line.empty(); --column) {
      do {
        line.remove_prefix(1);
      } while (!line.empty() && is_continuation(line.front()));
    }
  }
  line = line.substr(0, kLineBytesMax);
  while (!line.empty() && is_continuation(line.back())) {
    line.remove_suffix(1);  // the cut went through a character
  }
  return line;
}

std::string source_excerpt(const Diagnostic& diagnostic, std::string_view line,
                           const Palette& paint) {
  std::uint32_t column = diagnostic.at.column;
  line = cut_line(line, column);
  const std::uint32_t width = character_count(line);
  std::string out = fmt::format("{:>5} | {}\n", diagnostic.at.line, printable(line, true));
  if (column == 0 || column > width + 1) {
    return out;
  }
  const std::uint32_t room = width + 1 - column;
  const std::uint32_t length = diagnostic.length < room ? diagnostic.length : room;
  out += fmt::format("{:>5} | {}{}^{}{}", "", padding(line, column - 1), paint.mark,
                     std::string(length > 1 ? length - 1 : 0, '~'), paint.plain);
  if (!diagnostic.suggestion.empty()) {
    out += " " + printable(diagnostic.suggestion);
  }
  return out + "\n";
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string render(const Diagnostic& diagnostic, std::string_view source, bool colour) {
  const Palette paint = palette_of(diagnostic.severity, colour);
  std::string place = printable(diagnostic.at.file);
  if (diagnostic.at.line > 0) {
    place += fmt::format(":{}:{}", diagnostic.at.line, diagnostic.at.column);
  }
  std::string out =
      fmt::format("{}{}:{} {}{}[{} {}]{}: {}\n", paint.bold, place, paint.plain, paint.severity,
                  to_string(diagnostic.severity), code_id(diagnostic.code),
                  info_of(diagnostic.code).slug, paint.plain, printable(diagnostic.message));
  const bool has_line = diagnostic.at.line > 0 && !diagnostic.hides_source_line;
  const std::string_view line = has_line ? line_of(source, diagnostic.at.line) : std::string_view{};
  // A fault beside a secret shows its place, and not the line.
  const std::string excerpt =
      line.empty() || holds_secret(line) ? "" : source_excerpt(diagnostic, line, paint);
  out += excerpt;
  if (!diagnostic.suggestion.empty() && excerpt.find('^') == std::string::npos) {
    out += fmt::format("{:>5} = {}\n", "", printable(diagnostic.suggestion));
  }
  return out;
}

std::string render_json(const Diagnostic& diagnostic) {
  return fmt::format(
      R"({{"code": "{}", "slug": "{}", "severity": "{}", "file": {}, "line": {}, "column": {}, )"
      R"("length": {}, "message": {}, "suggestion": {}}})",
      code_id(diagnostic.code), info_of(diagnostic.code).slug, to_string(diagnostic.severity),
      json_text(diagnostic.at.file), diagnostic.at.line, diagnostic.at.column, diagnostic.length,
      json_text(diagnostic.message),
      diagnostic.suggestion.empty() ? "null" : json_text(diagnostic.suggestion));
}

std::string render_json(const Diagnostics& diagnostics) {
  std::string out = "[";
  for (const Diagnostic& each : diagnostics) {
    out += (out.size() > 1 ? ",\n " : "") + render_json(each);
  }
  return out + "]";
}

}  // namespace sluice::contract
