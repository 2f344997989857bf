// The walk over one level of brackets: operators, keywords and clauses.
#include <algorithm>
#include <array>
#include <utility>

#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract {
namespace internal {
namespace {

constexpr unsigned kPlus = 1;
constexpr unsigned kConcat = 2;
constexpr unsigned kBitAnd = 4;
constexpr unsigned kBitOr = 8;

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"ALL",      "AND",       "ANTI",   "AS",        "ASC",       "BETWEEN", "BY",
     "CROSS",    "CUBE",      "DESC",   "DISTINCT",  "DIV",       "ELSE",    "END",
     "ESCAPE",   "EXCEPT",    "EXISTS", "FILTER",    "FOLLOWING", "FROM",    "FULL",
     "GROUP",    "GROUPING",  "HAVING", "ILIKE",     "IN",        "INNER",   "INTERSECT",
     "INTERVAL", "IS",        "JOIN",   "LATERAL",   "LEFT",      "LIKE",    "LIMIT",
     "MINUS",    "NATURAL",   "NOT",    "NULLS",     "OFFSET",    "ON",      "OR",
     "ORDER",    "OUTER",     "OVER",   "PARTITION", "PRECEDING", "QUALIFY", "RECURSIVE",
     "REGEXP",   "RIGHT",     "RLIKE",  "ROLLUP",    "SELECT",    "SEMI",    "SETS",
     "THEN",     "UNBOUNDED", "UNION",  "USING",     "VALUES",    "WHEN",    "WHERE",
     "WINDOW",   "WITH"});

/// Words that end a list behind ORDER BY.
constexpr auto kEndsOfOrder = std::to_array<std::string_view>(
    {"LIMIT", "OFFSET", "ROWS", "RANGE", "UNION", "EXCEPT", "INTERSECT", "MINUS", "WINDOW"});

struct SignMeaning {
  std::string_view sign;
  std::string_view meaning;
};

constexpr std::array kComparisons{
    SignMeaning{"=", "="},   SignMeaning{"<", "<"},   SignMeaning{">", ">"},
    SignMeaning{"<=", "<="}, SignMeaning{">=", ">="}, SignMeaning{"<>", "<>"},
    SignMeaning{"!=", "<>"}, SignMeaning{"==", "="},  SignMeaning{"<=>", "IS NOT DISTINCT FROM"},
    SignMeaning{"!", "NOT"},
};

struct RefusedSign {
  std::string_view sign;
  std::string_view hint;
};

constexpr std::array kRefusedSigns{
    RefusedSign{"->", "functions of functions are not translated: use a derive with 'sql_duckdb'"},
    RefusedSign{"=>", "give the arguments in their order"},
    RefusedSign{"::", "write CAST(value AS type)"},
    RefusedSign{":", "write get_json_object(value, '$.name')"},
    RefusedSign{"^", "use a derive with 'sql_duckdb': xor(a, b)"},
    RefusedSign{"<<", "multiply by a power of two"},
    RefusedSign{">>", "divide by a power of two"},
    RefusedSign{";", "one statement is all that is run"},
    RefusedSign{"[", "a list is written array(a, b)"},
};

}  // namespace

bool is_spark_keyword(std::string_view word) {
  return std::ranges::find(kKeywords, word) != kKeywords.end();
}

SparkTranslation SparkTranslator::translate() {
  SparkTranslation result;
  SparkPiece whole = walk({.first = 0, .last = tokens_.list.size()});
  std::ranges::stable_sort(faults_, {}, &SparkFault::begin);
  result.text = std::move(whole.text);
  result.origins = std::move(whole.origins);
  result.faults = std::move(faults_);
  return result;
}

SparkPiece SparkTranslator::walk(TokenRange range) {
  constexpr int kDepthMax = 120;
  if (depth_ > kDepthMax) {
    return refused(range.first, "an expression nests too deep", "split it over several columns");
  }
  ++depth_;
  Walk walk{.range = range, .at = range.first, .out = {}, .operand = std::nullopt};
  while (walk.at < range.last) {
    step(walk);
  }
  end_sort_item(walk);
  --depth_;
  return std::move(walk.out);
}

void SparkTranslator::step(Walk& walk) {
  const SparkToken& here = token(walk.at);
  const bool is_word = here.kind == SparkTokenKind::Word;
  const bool ends_order =
      is_word && walk.is_sorted && std::ranges::find(kEndsOfOrder, here.text) != kEndsOfOrder.end();
  if (is_word && refuse_clause(walk)) {
    ++walk.at;
  } else if (begins_operand(walk.at) && !ends_order) {
    take_operand(walk);
  } else if (is_word) {
    take_word(walk);
  } else {
    take_sign(walk);
  }
}

/// Adds words for the tokens at hand, and steps behind them.
void SparkTranslator::put(Walk& walk, std::string_view words, std::size_t count) {
  const SparkToken& first = token(walk.at);
  const SparkToken& last = token(walk.at + count - 1);
  if (!words.empty()) {
    const std::size_t length = last.begin + last.length - first.begin;
    walk.out.add(walk.out.text.empty() ? "" : " ", first.begin, 0);
    walk.out.add(words, first.begin, length);
  }
  walk.at += count;
}

void SparkTranslator::take_operand(Walk& walk) {
  walk.out.add(walk.out.text.empty() ? "" : " ", token(walk.at).begin, 0);
  walk.operand = walk.at;
  walk.operand_begin = walk.out.text.size();
  walk.out.add(operand(walk.at, walk.range.last));
}

/// Signs of one rank there and of several here.
void SparkTranslator::note_sign(Walk& walk, unsigned sign) {
  const unsigned before = std::exchange(walk.signs, walk.signs | sign);
  if (before != 0 && walk.signs != before) {
    fault(walk.at, "signs of different rank stand beside each other: '" + token(walk.at).text + "'",
          "put parentheses around what belongs together");
  }
}

void SparkTranslator::take_sign(Walk& walk) {
  const std::string& sign = token(walk.at).text;
  const auto comparison = std::ranges::find(kComparisons, sign, &SignMeaning::sign);
  if (comparison != kComparisons.end()) {
    walk.signs = 0;
    put(walk, comparison->meaning);
    return;
  }
  const bool is_binary = walk.at > walk.range.first && ends_operand(walk.at - 1);
  if (sign == ",") {
    end_sort_item(walk);
    walk.signs = 0;
    put(walk, ",");
  } else if (sign == "+" || sign == "-") {
    if (is_binary) {
      note_sign(walk, kPlus);
    }
    put(walk, sign);
  } else if (sign == "||" || sign == "&" || sign == "|") {
    note_sign(walk, sign == "||" ? kConcat : sign == "&" ? kBitAnd : kBitOr);
    put(walk, sign);
  } else if (sign == "*" || sign == "~") {
    put(walk, sign);
  } else if (sign == ";" && walk.at + 1 == tokens_.list.size()) {
    ++walk.at;
  } else if (sign == "/" || sign == "%") {
    take_divisor(walk, sign);
  } else {
    const auto refused = std::ranges::find(kRefusedSigns, sign, &RefusedSign::sign);
    fault(walk.at, "a sign that is not translated from Spark's SQL: '" + sign + "'",
          refused == kRefusedSigns.end() ? std::string() : std::string(refused->hint));
    ++walk.at;
  }
}

/// What follows a sign of division: zero is an error there, and infinite here.
void SparkTranslator::take_divisor(Walk& walk, std::string_view sign) {
  const std::size_t place = walk.at;
  put(walk, sign);
  SparkPiece prefix;
  while (walk.at < walk.range.last && (is_sign(walk.at, "-") || is_sign(walk.at, "+"))) {
    prefix.add(token(walk.at).text, token(walk.at).begin, 1);
    ++walk.at;
  }
  if (walk.at >= walk.range.last || !begins_operand(walk.at)) {
    fault(place, "nothing stands behind the sign: '" + token(place).text + "'");
    return;
  }
  const bool is_number = token(walk.at).kind == SparkTokenKind::Number &&
                         token(walk.at).text.find_first_of("123456789") != std::string::npos;
  prefix.add(operand(walk.at, walk.range.last));
  walk.out.add(" ", token(place).begin, 0);
  walk.out.add(is_number ? prefix
                         : fill(place,
                                "CASE WHEN ($1) = 0 THEN CAST('division by zero' AS INTEGER) ELSE "
                                "$1 END",
                                {&prefix, 1}));
}

/// Clauses that another step of a contract does.
bool SparkTranslator::refuse_clause(const Walk& walk) {
  struct Clause {
    std::string_view word;
    std::string_view next;
    std::string_view hint;
  };
  static constexpr std::array kClauses{
      Clause{"LATERAL", "VIEW", "use a step: explode: {field: ...}"},
      Clause{"SORT", "BY", "the order of rows is not kept: leave it out"},
      Clause{"CLUSTER", "BY", "the order of rows is not kept: leave it out"},
      Clause{"DISTRIBUTE", "BY", "rows are not spread over machines: leave it out"},
      Clause{"WITH", "ROLLUP", "write GROUP BY ROLLUP (...)"},
      Clause{"WITH", "CUBE", "write GROUP BY CUBE (...)"},
      Clause{"TABLESAMPLE", "(", "filter by a hash of the key"},
      Clause{"PIVOT", "(", "use a step: pivot"},
      Clause{"UNPIVOT", "(", "use a step: unpivot"},
  };
  for (const Clause& clause : kClauses) {
    const std::size_t next = walk.at + 1;
    if (is_word(walk.at, clause.word) && next < walk.range.last &&
        (is_word(next, clause.next) || is_sign(next, clause.next))) {
      fault(walk.at,
            "a clause that is not translated from Spark's SQL: '" + std::string(clause.word) +
                (clause.next == "(" ? "" : " " + std::string(clause.next)) + "'",
            std::string(clause.hint));
      return true;
    }
  }
  return false;
}

void SparkTranslator::take_word(Walk& walk) {
  const std::string& word = token(walk.at).text;
  const bool has_next = walk.at + 1 < walk.range.last;
  const auto next_is = [&](std::string_view wanted) {
    return has_next && is_word(walk.at + 1, wanted);
  };
  if (walk.is_sorted && std::ranges::find(kEndsOfOrder, word) != kEndsOfOrder.end()) {
    end_sort_item(walk);
    walk.is_sorted = false;
  }
  if (word == "DIV") {
    take_divisor(walk, "//");
    return;
  }
  walk.signs = 0;
  if (word == "RLIKE" || word == "REGEXP") {
    take_rlike(walk);
  } else if (word == "LIKE" || word == "ILIKE") {
    take_like(walk);
  } else if (word == "ORDER" && next_is("BY")) {
    put(walk, "ORDER BY", 2);
    walk.is_sorted = true;
    walk.operand.reset();
  } else if (word == "NOT" && (next_is("RLIKE") || next_is("REGEXP")) && walk.operand &&
             ends_operand(walk.at - 1)) {
    walk.is_negated = true;
    ++walk.at;
  } else if (word == "LEFT" && (next_is("SEMI") || next_is("ANTI"))) {
    ++walk.at;
  } else if (word == "MINUS") {
    put(walk, "EXCEPT");
  } else if (word == "EXCEPT" && walk.at > walk.range.first && is_sign(walk.at - 1, "*")) {
    put(walk, "EXCLUDE");
  } else {
    put(walk, word);
  }
}

void SparkTranslator::take_like(Walk& walk) {
  const std::size_t place = walk.at;
  put(walk, token(place).text);
  for (const std::string_view word : {"ANY", "SOME", "ALL"}) {
    if (walk.at < walk.range.last && is_word(walk.at, word)) {
      fault(place, "LIKE with a list of patterns is not translated from Spark's SQL",
            "write one LIKE for each, joined by OR or AND");
      ++walk.at;
      return;
    }
  }
  const std::size_t first = walk.at;
  SparkPiece pattern;
  while (walk.at < walk.range.last && begins_operand(walk.at)) {
    pattern.add(operand(walk.at, walk.range.last));
    if (walk.at >= walk.range.last || !is_sign(walk.at, "||")) {
      break;
    }
    pattern.add(" || ", token(walk.at).begin, token(walk.at).length);
    ++walk.at;
  }
  const std::optional<std::string> literal = literal_of({.first = first, .last = walk.at});
  const bool has_escapes = !literal || literal->find('\\') != std::string::npos;
  const bool says_escape = walk.at < walk.range.last && is_word(walk.at, "ESCAPE");
  walk.out.add(" ", token(place).begin, 0);
  walk.out.add(pattern);
  if (has_escapes && !says_escape && walk.at > first) {
    walk.out.add(" ESCAPE '\\'", token(place).begin, token(place).length);
  }
}

void SparkTranslator::take_rlike(Walk& walk) {
  const std::size_t place = walk.at;
  ++walk.at;
  const bool is_negated = std::exchange(walk.is_negated, false);
  const bool has_operands = walk.operand && walk.at < walk.range.last && begins_operand(walk.at);
  if (!has_operands) {
    fault(place, "expected a value on both sides of RLIKE");
    return;
  }
  const std::size_t left = *walk.operand;
  SparkPiece value = walk.out.behind(walk.operand_begin);
  walk.out.shorten(walk.operand_begin);
  const SparkPiece pattern = operand(walk.at, walk.range.last);
  const bool is_part = (left > walk.range.first && is_arithmetic(left - 1)) ||
                       (walk.at < walk.range.last && is_arithmetic(walk.at));
  if (is_part) {
    fault(place, "RLIKE stands between parts of longer expressions",
          "put parentheses around both of its sides");
  }
  const std::array<SparkPiece, 2> sides{std::move(value), pattern};
  walk.out.add(
      fill(place, is_negated ? "(NOT regexp_matches($1, $2))" : "regexp_matches($1, $2)", sides));
}

/// NULLs come first there, and last when the order is descending.
void SparkTranslator::end_sort_item(Walk& walk) {
  if (!walk.is_sorted || walk.at == walk.range.first) {
    return;
  }
  const std::size_t last = walk.at - 1;
  const bool says_nulls = last > walk.range.first && is_word(last - 1, "NULLS");
  if (!says_nulls && !is_word(last, "BY")) {
    walk.out.add(is_word(last, "DESC") ? " NULLS LAST" : " NULLS FIRST", token(last).begin,
                 token(last).length);
  }
}

}  // namespace internal

SparkTranslation translate_spark(std::string_view sql) {
  internal::SparkTokens tokens = internal::tokens_of_spark(sql);
  if (!tokens.faults.empty()) {
    return {.text = {}, .origins = {}, .faults = std::move(tokens.faults)};
  }
  return internal::SparkTranslator(sql, tokens).translate();
}

}  // namespace sluice::contract
