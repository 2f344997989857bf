// The items of a SELECT's list: their columns as far as words tell. Only spellings that are known
// have a name here; of all others the engine alone knows what their columns are called.
#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "sluice/contract/lower/plain_select_internal.h"
#include "sluice/contract/transform/sql_tokens.h"

namespace sluice::contract::internal {
namespace {

using Tokens = std::span<const SqlToken>;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

class Items {
 public:
  explicit Items(std::string_view list) : list_(list), all_(sql_tokens(list)) {}

  std::vector<SelectItem> read() {
    for (const Tokens& item : split(without_distinct(all_))) {
      if (!read_star(item)) {
        read_item(item);
      }
    }
    return std::move(out_);
  }

 private:
  std::string_view text(const SqlToken& token) const { return sql_text(list_, token); }
  std::string text(Tokens tokens) const {
    return tokens.empty() ? ""
                          : std::string(list_.substr(
                                tokens.front().begin,
                                tokens.back().begin + tokens.back().length - tokens.front().begin));
  }
  bool is(Tokens tokens, std::size_t at, std::string_view symbol) const {
    return at < tokens.size() && tokens[at].kind == SqlTokenKind::Symbol &&
           text(tokens[at]) == symbol;
  }
  bool is_word(Tokens tokens, std::size_t at, std::string_view word) const {
    return at < tokens.size() && tokens[at].kind == SqlTokenKind::Word &&
           is_sql_word(text(tokens[at]), word);
  }
  /// A name that is none of SQL's own words.
  bool is_name(Tokens tokens, std::size_t at) const {
    return at < tokens.size() && tokens[at].is_name() &&
           (tokens[at].kind == SqlTokenKind::QuotedName ||
            !is_sql_keyword(lower_case(text(tokens[at]))));
  }
  std::string name(const SqlToken& token) const { return unquoted_sql(text(token)); }

  /// How deep the brackets are behind a token.
  int depth_behind(const SqlToken& token, int depth) const {
    if (token.kind != SqlTokenKind::Symbol) {
      return depth;
    }
    const char c = list_[token.begin];
    return depth + (c == '(' || c == '[' || c == '{' ? 1 : 0) -
           (c == ')' || c == ']' || c == '}' ? 1 : 0);
  }
  /// Behind the bracket that closes the one at `at`.
  std::size_t closed(Tokens tokens, std::size_t at) const {
    int depth = 0;
    for (; at < tokens.size(); ++at) {
      depth = depth_behind(tokens[at], depth);
      if (depth <= 0) {
        return at + 1;
      }
    }
    return tokens.size();
  }

  Tokens without_distinct(Tokens tokens) const {
    if (is_word(tokens, 0, "ALL")) {
      return tokens.subspan(1);
    }
    if (!is_word(tokens, 0, "DISTINCT")) {
      return tokens;
    }
    const bool has_keys = is_word(tokens, 1, "ON") && is(tokens, 2, "(");
    return tokens.subspan(has_keys ? closed(tokens, 2) : 1);
  }

  std::vector<Tokens> split(Tokens tokens) const {
    std::vector<Tokens> parts;
    int depth = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i <= tokens.size(); ++i) {
      if (i == tokens.size() || (depth == 0 && is(tokens, i, ","))) {
        if (i > first) {
          parts.push_back(tokens.subspan(first, i - first));
        }
        first = i + 1;
      } else {
        depth = depth_behind(tokens[i], depth);
      }
    }
    return parts;
  }

  /// `*` and `name.*`, EXCLUDE names, REPLACE and RENAME items in parentheses.
  bool read_star(Tokens item) {
    const bool is_of_one = is_name(item, 0) && is(item, 1, ".") && is(item, 2, "*");
    if (!is_of_one && !is(item, 0, "*")) {
      return false;
    }
    std::vector<Tokens> made;
    for (std::size_t at = is_of_one ? 3 : 1; at < item.size();) {
      const bool is_exclude = is_word(item, at, "EXCLUDE");
      if (is_exclude && is_name(item, at + 1)) {
        at += 2;
        continue;
      }
      if (!(is_exclude || is_word(item, at, "REPLACE") || is_word(item, at, "RENAME")) ||
          !is(item, at + 1, "(")) {
        return false;
      }
      const std::size_t end = closed(item, at + 1);
      if (!is_exclude && end > at + 3) {
        std::ranges::copy(split(item.subspan(at + 2, end - at - 3)), std::back_inserter(made));
      }
      at = end;
    }
    out_.push_back({.column = "", .expression = is_of_one ? name(item[0]) : "", .is_star = true});
    for (const Tokens& each : made) {
      read_item(each);
    }
    return true;
  }

  void add(std::string column, Tokens expression) {
    out_.push_back({.column = std::move(column), .expression = text(expression)});
  }

  /// An `AS` that is not the alias's own and stands in no bracket: another spelling than is known.
  bool has_as(Tokens tokens) const {
    int depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (depth == 0 && is_word(tokens, i, "AS")) {
        return true;
      }
      depth = depth_behind(tokens[i], depth);
    }
    return false;
  }

  /// What gives several columns, or names them by itself, whatever the alias says.
  bool names_itself(Tokens item) const {
    constexpr std::array<std::string_view, 3> kNaming{"columns", "unnest", "unlist"};
    const std::string lower = lower_case(text(item));
    return std::ranges::any_of(kNaming,
                               [&](std::string_view word) { return lower.contains(word); });
  }

  /// `a`, `t.a`, `s.t.a`: how many tokens from the first on.
  std::size_t reference(Tokens item) const {
    if (!is_name(item, 0)) {
      return 0;
    }
    std::size_t size = 1;
    while (is(item, size, ".") && size + 1 < item.size() && item[size + 1].is_name()) {
      size += 2;
    }
    return size;
  }

  void read_item(Tokens item) {
    const std::size_t size = item.size();
    std::optional<std::string> column;
    Tokens expression = item;
    const std::size_t named = reference(item);
    if (is_alias_in_front(item)) {
      column = name(item[0]);
      expression = item.subspan(2);
    } else if (size > 2 && item.back().is_name() && is_word(item, size - 2, "AS")) {
      column = name(item.back());
      expression = item.first(size - 2);
    } else if (named > 0 && (named == size || (named + 1 == size && is_name(item, named)))) {
      column = name(item.back());
      expression = item.first(named);
    }
    if (column && !has_as(expression) && !names_itself(item)) {
      add(std::move(*column), expression);
      return;
    }
    add("", item);
    if (column || item.back().is_name()) {
      add(column ? std::move(*column) : name(item.back()), item);
    }
  }

  bool is_alias_in_front(Tokens item) const {
    return item.size() > 2 && item[0].is_name() && is(item, 1, ":") &&
           !(item[2].begin == item[1].begin + 1 && (is(item, 2, ":") || is(item, 2, "=")));
  }

  std::string_view list_;
  std::vector<SqlToken> all_;
  std::vector<SelectItem> out_;
};

}  // namespace

std::vector<SelectItem> select_items(std::string_view list) { return Items(list).read(); }

bool is_sql_keyword(std::string_view word) {
  static const std::set<std::string, std::less<>> kWords{
      "all",           "analyse",     "analyze",   "and",        "anti",         "any",
      "array",         "as",          "asc",       "asof",       "asymmetric",   "at",
      "authorization", "binary",      "both",      "by",         "case",         "cast",
      "check",         "collate",     "collation", "column",     "concurrently", "constraint",
      "create",        "cross",       "default",   "deferrable", "desc",         "describe",
      "distinct",      "do",          "else",      "end",        "except",       "false",
      "fetch",         "for",         "foreign",   "freeze",     "from",         "full",
      "glob",          "group",       "having",    "ilike",      "in",           "initially",
      "inner",         "intersect",   "into",      "is",         "isnull",       "join",
      "lambda",        "lateral",     "leading",   "left",       "like",         "limit",
      "natural",       "not",         "notnull",   "null",       "offset",       "on",
      "only",          "or",          "order",     "outer",      "overlaps",     "pivot",
      "pivot_longer",  "pivot_wider", "placing",   "positional", "primary",      "qualify",
      "references",    "returning",   "right",     "select",     "semi",         "show",
      "similar",       "some",        "summarize", "symmetric",  "table",        "tablesample",
      "then",          "to",          "trailing",  "true",       "union",        "unique",
      "unpack",        "unpivot",     "using",     "variadic",   "verbose",      "when",
      "where",         "window",      "with"};
  return kWords.contains(word);
}

std::vector<std::string> listed_columns(std::string_view query) {
  const std::vector<std::size_t> froms = find_froms(query);
  std::size_t begin = std::string_view::npos;
  std::size_t end = query.size();
  int depth = 0;
  for (const SqlToken& token : sql_tokens(query)) {
    const std::string_view text = sql_text(query, token);
    depth += text == "(" ? 1 : text == ")" ? -1 : 0;
    if (depth != 0 || token.kind != SqlTokenKind::Word) {
      continue;
    }
    if (is_sql_word(text, "UNION") || is_sql_word(text, "INTERSECT") ||
        is_sql_word(text, "EXCEPT")) {
      return {};
    }
    if (is_sql_word(text, "SELECT")) {
      begin = token.begin + token.length;
      end = query.size();
    } else if (end == query.size() && std::ranges::binary_search(froms, token.begin)) {
      end = token.begin;
    }
  }
  std::vector<std::string> columns;
  if (begin < end) {
    for (SelectItem& item : select_items(query.substr(begin, end - begin))) {
      columns.push_back(std::move(item.column));
    }
  }
  return columns;
}

}  // namespace sluice::contract::internal
