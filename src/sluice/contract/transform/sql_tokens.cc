#include "sluice/contract/transform/sql_tokens.h"

#include <algorithm>
#include <array>

namespace sluice::contract {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// How many bytes of a blank stand here; the engine reads blanks of Unicode as blanks, too.
std::size_t blank_at(std::string_view sql, std::size_t at) {
  constexpr std::array<std::string_view, 6> kWide{"\xC2\xA0",     "\xE2\x80\xAF", "\xE2\x81\x9F",
                                                  "\xE2\x81\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"};
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("\xE2\x80") && rest.size() > 2) {
    const auto last = static_cast<unsigned char>(rest[2]);
    if (last >= 0x80 && last <= 0x8D) {
      return 3;
    }
  }
  for (const std::string_view wide : kWide) {
    if (rest.starts_with(wide)) {
      return wide.size();
    }
  }
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  return !rest.empty() && kBlanks.contains(rest.front()) ? 1 : 0;
}

struct Stretch {
  std::size_t end;
  bool is_closed = true;
};

/// A quoted stretch; a doubled quote stands for itself, and after a backslash any one where the
/// text says that it escapes.
Stretch skip_quoted(std::string_view sql, std::size_t at, char quote, bool escapes = false) {
  for (++at; at < sql.size(); ++at) {
    if (escapes && sql[at] == '\\') {
      ++at;
    } else if (sql[at] == quote) {
      if (at + 1 >= sql.size() || sql[at + 1] != quote) {
        return {at + 1};
      }
      ++at;
    }
  }
  return {sql.size(), false};
}

/// A block comment; one within another is counted, as the engine counts it.
Stretch skip_comment(std::string_view sql, std::size_t at) {
  for (int depth = 0; at + 1 < sql.size();) {
    const std::string_view two = sql.substr(at, 2);
    depth += two == "/*" ? 1 : two == "*/" ? -1 : 0;
    at += two == "/*" || two == "*/" ? 2 : 1;
    if (depth == 0) {
      return {at};
    }
  }
  return {sql.size(), false};
}

/// $$ ... $$ and $tag$ ... $tag$; nothing when it is none.
std::optional<Stretch> skip_dollar_quoted(std::string_view sql, std::size_t at) {
  std::size_t tag_end = at + 1;
  while (tag_end < sql.size() &&
         (is_letter(sql[tag_end]) || (tag_end > at + 1 && is_digit(sql[tag_end])))) {
    ++tag_end;
  }
  if (tag_end >= sql.size() || sql[tag_end] != '$') {
    return std::nullopt;
  }
  const std::string_view tag = sql.substr(at, tag_end - at + 1);
  const std::size_t end = sql.find(tag, tag_end + 1);
  return end == std::string_view::npos ? Stretch{sql.size(), false} : Stretch{end + tag.size()};
}

/// Blanks and comments; closed unless a block comment does not end.
struct Gap {
  std::size_t end;
  std::optional<std::size_t> open_comment;
};

Gap skip_gap(std::string_view sql, std::size_t at) {
  at = std::min(at, sql.size());
  for (;;) {
    const std::string_view rest = sql.substr(at);
    if (const std::size_t blank = blank_at(sql, at); blank > 0) {
      at += blank;
    } else if (rest.starts_with("--")) {
      at = std::min(sql.find_first_of("\r\n", at), sql.size());
    } else if (rest.starts_with("/*")) {
      const Stretch comment = skip_comment(sql, at);
      if (!comment.is_closed) {
        return {sql.size(), at};
      }
      at = comment.end;
    } else {
      return {at, std::nullopt};
    }
  }
}

/// A string; one on a later line, with nothing but blanks between, goes on with it.
Stretch skip_string(std::string_view sql, std::size_t at, bool escapes) {
  for (Stretch piece = skip_quoted(sql, at, '\'', escapes);;) {
    const std::size_t next = skip_gap(sql, piece.end).end;
    if (next >= sql.size() || sql[next] != '\'' ||
        sql.substr(piece.end, next - piece.end).find_first_of("\r\n") == std::string_view::npos) {
      return piece;
    }
    piece = skip_quoted(sql, next, '\'', escapes);
  }
}

SqlToken quoted(SqlTokenKind kind, std::size_t at, const Stretch& stretch) {
  return {kind, at, stretch.end - at, stretch.is_closed};
}

}  // namespace

std::size_t skip_sql_gap(std::string_view sql, std::size_t at) { return skip_gap(sql, at).end; }

std::optional<std::size_t> find_open_comment(std::string_view sql, std::size_t at) {
  return skip_gap(sql, at).open_comment;
}

SqlToken sql_token_at(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  if (c == '\'') {
    return quoted(SqlTokenKind::String, at, skip_string(sql, at, false));
  }
  if (upper(c) == 'E' && at + 1 < sql.size() && sql[at + 1] == '\'') {
    return quoted(SqlTokenKind::String, at, skip_string(sql, at + 1, true));
  }
  if (c == '"' || c == '`') {
    return quoted(SqlTokenKind::QuotedName, at, skip_quoted(sql, at, c));
  }
  if (c == '$') {
    const std::optional<Stretch> text = skip_dollar_quoted(sql, at);
    return text ? quoted(SqlTokenKind::String, at, *text) : SqlToken{SqlTokenKind::Symbol, at, 1};
  }
  std::size_t end = at + 1;
  if (is_letter(c) || is_digit(c)) {
    while (end < sql.size() && (is_letter(sql[end]) || is_digit(sql[end]) || sql[end] == '$') &&
           blank_at(sql, end) == 0) {
      ++end;
    }
    return {is_digit(c) ? SqlTokenKind::Digits : SqlTokenKind::Word, at, end - at};
  }
  return {SqlTokenKind::Symbol, at, 1};
}

std::vector<SqlToken> sql_tokens(std::string_view sql) {
  std::vector<SqlToken> tokens;
  for (std::size_t at = skip_sql_gap(sql, 0); at < sql.size();) {
    tokens.push_back(sql_token_at(sql, at));
    at = skip_sql_gap(sql, at + tokens.back().length);
  }
  return tokens;
}

std::string_view sql_text(std::string_view sql, const SqlToken& token) {
  return sql.substr(token.begin, token.length);
}

bool is_sql_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, upper);
}

std::string unquoted_sql(std::string_view text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '`')) {
    return std::string(text);
  }
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == text.front()) {
      ++i;
    }
  }
  return name;
}

}  // namespace sluice::contract
