// The tokens of a SQL text as the engine's own reader splits it: strings with and without escapes,
// dollar quotes, quoted names, comments, blanks of Unicode. A text that is split otherwise than the
// engine does hides names, and what is masked by name would come out. Offsets are bytes of the
// text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::contract {

enum class SqlTokenKind : unsigned char { Word, QuotedName, String, Digits, Symbol };

struct SqlToken {
  SqlTokenKind kind;
  std::size_t begin;
  std::size_t length;
  bool is_closed = true;  // false: it is quoted and its quote does not end

  bool is_name() const { return kind == SqlTokenKind::Word || kind == SqlTokenKind::QuotedName; }
};

std::vector<SqlToken> sql_tokens(std::string_view sql);

/// The token that begins at `at`, which is no blank.
SqlToken sql_token_at(std::string_view sql, std::size_t at);

/// Behind the blanks and comments from `at` on.
std::size_t skip_sql_gap(std::string_view sql, std::size_t at);

/// Where a comment begins, among the blanks and comments from `at` on, that does not end.
std::optional<std::size_t> find_open_comment(std::string_view sql, std::size_t at);

std::string_view sql_text(std::string_view sql, const SqlToken& token);

/// The text is this word, which is given in capitals.
bool is_sql_word(std::string_view text, std::string_view word);

/// A name without its quotes.
std::string unquoted_sql(std::string_view text);

}  // namespace sluice::contract
