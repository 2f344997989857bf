#include "sluice/contract/transform/sql_shape.h"

#include <algorithm>
#include <array>

#include "sluice/contract/transform/sql_tokens.h"

namespace sluice::contract {
namespace {

using Token = SqlToken;
using TokenKind = SqlTokenKind;

AliasedExpression make_expression(std::string_view sql, const std::vector<Token>& tokens,
                                  std::size_t first, std::size_t last) {
  AliasedExpression found;
  found.begin = tokens[first].begin;
  const Token& end = tokens[last - 1];
  found.length = end.begin + end.length - found.begin;
  const bool is_name = end.kind == TokenKind::Word || end.kind == TokenKind::QuotedName;
  if (last - first < 3 || !is_name || !is_sql_word(sql_text(sql, tokens[last - 2]), "AS")) {
    return found;
  }
  const Token& before_as = tokens[last - 3];
  found.length = before_as.begin + before_as.length - found.begin;
  found.alias = unquoted_sql(sql_text(sql, end));
  found.alias_begin = end.begin;
  found.alias_length = end.length;
  return found;
}

}  // namespace

bool is_statement(std::string_view sql) {
  constexpr std::array<std::string_view, 6> kBeginnings{"SELECT", "WITH",  "FROM",
                                                        "VALUES", "PIVOT", "UNPIVOT"};
  std::size_t at = skip_sql_gap(sql, 0);
  int open = 0;
  while (at < sql.size() && sql[at] == '(') {
    ++open;
    at = skip_sql_gap(sql, at + 1);
  }
  if (at >= sql.size()) {
    return false;
  }
  const std::string_view word = sql_text(sql, sql_token_at(sql, at));
  for (const std::string_view beginning : kBeginnings) {
    if (is_sql_word(word, beginning)) {
      // `(SELECT 1) AS x` is an expression: what follows the parenthesis is its name
      return open == 0 || !split_expressions(sql).front().alias;
    }
  }
  return false;
}

std::vector<AliasedExpression> split_expressions(std::string_view sql) {
  const std::vector<Token> tokens = sql_tokens(sql);
  std::vector<AliasedExpression> expressions;
  int depth = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    const char c =
        i < tokens.size() && tokens[i].kind == TokenKind::Symbol ? sql[tokens[i].begin] : '\0';
    depth += c == '(' || c == '[' || c == '{' ? 1 : 0;
    depth -= c == ')' || c == ']' || c == '}' ? 1 : 0;
    if (i == tokens.size() || (c == ',' && depth == 0)) {
      if (i > first) {
        expressions.push_back(make_expression(sql, tokens, first, i));
      }
      first = i + 1;
    }
  }
  return expressions;
}

std::optional<std::size_t> find_unbalanced(std::string_view sql) {
  std::vector<Token> open;
  std::size_t end = 0;
  for (const Token& token : sql_tokens(sql)) {
    const std::string_view text = sql_text(sql, token);
    if (!token.is_closed) {
      return token.begin;
    }
    const char c = token.kind == TokenKind::Symbol ? text.front() : '\0';
    if (c == '(' || c == '[' || c == '{') {
      open.push_back(token);
    } else if (c == ')' || c == ']' || c == '}') {
      const char partner = c == ')' ? '(' : static_cast<char>(c - 2);
      if (open.empty() || sql[open.back().begin] != partner) {
        return token.begin;
      }
      open.pop_back();
    }
    end = token.begin + token.length;
  }
  if (!open.empty()) {
    return open.back().begin;
  }
  return find_open_comment(sql, end);
}

std::vector<SqlName> names_in(std::string_view sql) {
  const std::vector<Token> tokens = sql_tokens(sql);
  std::vector<SqlName> names;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::Word && token.kind != TokenKind::QuotedName) {
      continue;
    }
    const bool is_call = i + 1 < tokens.size() && sql_text(sql, tokens[i + 1]) == "(";
    if (!is_call) {
      names.push_back({unquoted_sql(sql_text(sql, token)), token.begin, token.length,
                       token.kind == TokenKind::QuotedName});
    }
  }
  return names;
}

std::vector<std::size_t> find_froms(std::string_view sql) {
  constexpr std::array<std::string_view, 5> kCallsWithFrom{"TRIM", "EXTRACT", "SUBSTRING",
                                                           "OVERLAY", "POSITION"};
  struct Bracket {
    bool may_be_argument = false;
    bool has_select = false;
  };
  const std::vector<Token> tokens = sql_tokens(sql);
  const auto is = [&](std::size_t i, std::string_view word) {
    return i < tokens.size() && tokens[i].kind == TokenKind::Word &&
           is_sql_word(sql_text(sql, tokens[i]), word);
  };
  std::vector<std::size_t> froms;
  std::vector<Bracket> open{{}};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = sql_text(sql, tokens[i]);
    if (tokens[i].kind == TokenKind::Symbol && text == "(") {
      const bool is_such_call =
          i > 0 && std::ranges::any_of(kCallsWithFrom,
                                       [&](std::string_view name) { return is(i - 1, name); });
      open.push_back({.may_be_argument = is_such_call});
    } else if (tokens[i].kind == TokenKind::Symbol && text == ")" && open.size() > 1) {
      open.pop_back();
    }
    open.back().has_select = open.back().has_select || is(i, "SELECT");
    const bool is_comparison =
        i > 1 && is(i - 1, "DISTINCT") && (is(i - 2, "IS") || is(i - 2, "NOT"));
    const bool is_argument = open.back().may_be_argument && !open.back().has_select;
    if (is(i, "FROM") && !is_comparison && !is_argument) {
      froms.push_back(tokens[i].begin);
    }
  }
  return froms;
}

std::vector<SqlName> relations_in(std::string_view sql) {
  constexpr std::array<std::string_view, 12> kEnds{"WHERE",  "GROUP",   "HAVING", "ORDER",
                                                   "LIMIT",  "QUALIFY", "OFFSET", "WINDOW",
                                                   "SELECT", "UNION",   "EXCEPT", "INTERSECT"};
  const std::vector<Token> tokens = sql_tokens(sql);
  const std::vector<std::size_t> froms = find_froms(sql);
  const auto text_at = [&](std::size_t i) {
    return i < tokens.size() ? sql_text(sql, tokens[i]) : std::string_view{};
  };
  std::vector<SqlName> found;
  std::vector<bool> is_from{false};  // for each open bracket: behind its FROM
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = text_at(i);
    const bool is_word = tokens[i].kind == TokenKind::Word;
    const bool is_list = is_word && std::ranges::binary_search(froms, tokens[i].begin);
    const bool begins =
        is_list || (is_word && is_sql_word(text, "JOIN")) || (text == "," && is_from.back());
    if (text == "(") {
      is_from.push_back(false);
    } else if (text == ")" && is_from.size() > 1) {
      is_from.pop_back();
    } else if (is_list) {
      is_from.back() = true;
    } else if (is_word && std::ranges::any_of(kEnds, [&](std::string_view word) {
                 return is_sql_word(text, word);
               })) {
      is_from.back() = false;
    }
    std::size_t name = i + 1;
    while (begins && (text_at(name) == "{" || text_at(name) == "(")) {
      ++name;
    }
    if (begins && name < tokens.size() && tokens[name].is_name() && text_at(name + 1) != "(") {
      found.push_back({unquoted_sql(text_at(name)), tokens[name].begin, tokens[name].length,
                       tokens[name].kind == TokenKind::QuotedName});
    }
  }
  return found;
}

std::optional<SqlName> find_spreading_call(std::string_view sql) {
  constexpr std::array<std::string_view, 4> kSpreading{"UNNEST", "UNLIST", "GENERATE_SUBSCRIPTS",
                                                       "COLUMNS"};
  const std::vector<Token> tokens = sql_tokens(sql);
  const auto text_at = [&](std::size_t i) {
    return i < tokens.size() ? sql_text(sql, tokens[i]) : std::string_view{};
  };
  std::vector<bool> is_query;  // for each open parenthesis
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (text_at(i) == "(") {
      const bool is_inside = !is_query.empty() && is_query.back();
      is_query.push_back(is_inside || is_statement(text_at(i + 1)));
    } else if (text_at(i) == ")" && !is_query.empty()) {
      is_query.pop_back();
    }
    const bool is_call = tokens[i].kind == TokenKind::Word && text_at(i + 1) == "(";
    const bool is_free = is_query.empty() || !is_query.back();
    const auto is_same = [&](std::string_view word) { return is_sql_word(text_at(i), word); };
    if (is_call && is_free && std::any_of(kSpreading.begin(), kSpreading.end(), is_same)) {
      return SqlName{std::string(text_at(i)), tokens[i].begin, tokens[i].length, false};
    }
  }
  return std::nullopt;
}

std::optional<SqlName> find_position(std::string_view sql) {
  const std::vector<Token> tokens = sql_tokens(sql);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& next = tokens[i + 1];
    if (sql_text(sql, tokens[i]) == "#" && next.kind == TokenKind::Digits) {
      return SqlName{"#" + std::string(sql_text(sql, next)), tokens[i].begin,
                     next.begin + next.length - tokens[i].begin, false};
    }
  }
  return std::nullopt;
}

std::optional<SqlName> find_engine_name(std::string_view sql) {
  constexpr std::array<std::string_view, 25> kCalls{
      "CURRENT_SETTING",  "GETVARIABLE",    "QUERY",           "QUERY_TABLE",
      "SNIFF_CSV",        "WHICH_SECRET",   "WRITE_LOG",       "CURRENT_QUERY",
      "CURRENT_DATABASE", "CURRENT_SCHEMA", "CURRENT_SCHEMAS", "CURRENT_CATALOG",
      "CURRENT_USER",     "SESSION_USER",   "VERSION",         "JSON_EXECUTE_SERIALIZED_SQL",
      "NEXTVAL",          "CURRVAL",        "TXID_CURRENT",    "CHECKPOINT",
      "FORCE_CHECKPOINT", "ENABLE_LOGGING", "SEQ_SCAN",        "CURRENT_CONNECTION_ID",
      "CURRENT_QUERY_ID"};
  constexpr std::array<std::string_view, 3> kCallBeginnings{"DUCKDB_", "PRAGMA_", "PG_"};
  constexpr std::array<std::string_view, 2> kCatalogs{"INFORMATION_SCHEMA", "PG_CATALOG"};
  constexpr std::array<std::string_view, 4> kViews{"SQLITE_MASTER", "SQLITE_SCHEMA",
                                                   "SQLITE_TEMP_MASTER", "SQLITE_TEMP_SCHEMA"};
  constexpr std::array<std::string_view, 3> kNamings{"WITH", "RECURSIVE", "AS"};
  const std::vector<Token> tokens = sql_tokens(sql);
  const auto text_at = [&](std::size_t i) {
    return i < tokens.size() ? sql_text(sql, tokens[i]) : std::string_view{};
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::Word && tokens[i].kind != TokenKind::QuotedName) {
      continue;
    }
    const std::string name = unquoted_sql(text_at(i));
    const auto is_one_of = [&](const auto& words, std::string_view text) {
      return std::ranges::any_of(words,
                                 [&](std::string_view word) { return is_sql_word(text, word); });
    };
    const bool begins_like = std::ranges::any_of(kCallBeginnings, [&](std::string_view word) {
      return is_sql_word(std::string_view(name).substr(0, word.size()), word);
    });
    const bool is_named_here = i > 0 && is_one_of(kNamings, text_at(i - 1));
    const bool is_read =
        i > 0 && (is_sql_word(text_at(i - 1), "FROM") || is_sql_word(text_at(i - 1), "JOIN"));
    const bool is_call = text_at(i + 1) == "(" && !is_named_here &&
                         (begins_like || is_one_of(kCalls, std::string_view(name)));
    const bool is_catalog = text_at(i + 1) == "." && is_one_of(kCatalogs, std::string_view(name));
    const bool is_view = is_read && (is_one_of(kViews, std::string_view(name)) || begins_like);
    if (is_call || is_catalog || is_view) {
      return SqlName{name, tokens[i].begin, tokens[i].length,
                     tokens[i].kind == TokenKind::QuotedName};
    }
  }
  return std::nullopt;
}

}  // namespace sluice::contract
