// Calls whose arguments decide how they are written: types, units, patterns, words inside the
// parentheses.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract::internal {
namespace {

struct Names {
  std::string_view spark;
  std::string_view ours;
};

constexpr std::array kTypes{
    Names{"STRING", "VARCHAR"},
    Names{"INT", "INTEGER"},
    Names{"INTEGER", "INTEGER"},
    Names{"BIGINT", "BIGINT"},
    Names{"LONG", "BIGINT"},
    Names{"SMALLINT", "SMALLINT"},
    Names{"SHORT", "SMALLINT"},
    Names{"TINYINT", "TINYINT"},
    Names{"BYTE", "TINYINT"},
    Names{"FLOAT", "FLOAT"},
    Names{"REAL", "FLOAT"},
    Names{"DOUBLE", "DOUBLE"},
    Names{"BOOLEAN", "BOOLEAN"},
    Names{"DATE", "DATE"},
    Names{"TIMESTAMP", "TIMESTAMP"},
    Names{"TIMESTAMP_NTZ", "TIMESTAMP"},
    Names{"TIMESTAMP_LTZ", "TIMESTAMP"},
};

constexpr auto kDecimals = std::to_array<std::string_view>({"DECIMAL", "DEC", "NUMERIC"});

template <class Table>
std::string_view find_name(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, &Names::spark);
  return found == table.end() ? std::string_view{} : found->ours;
}

bool is_whole(std::string_view type) { return type.ends_with("INT") || type == "INTEGER"; }

/// Java's $1 and \$ -> RE2's \1 and $.
std::string rewrite_of(std::string_view java) {
  std::string text;
  for (std::size_t i = 0; i < java.size(); ++i) {
    const bool has_next = i + 1 < java.size();
    if (java[i] == '\\' && has_next) {
      ++i;
      text += java[i] == '\\' ? std::string("\\\\") : std::string(1, java[i]);
    } else if (java[i] == '$' && has_next && java[i + 1] >= '0' && java[i + 1] <= '9') {
      text += '\\';
    } else {
      text += java[i];
    }
  }
  return text;
}

}  // namespace

std::span<const SparkTranslator::SpecialCall> SparkTranslator::special_calls() {
  using T = SparkTranslator;
  constexpr std::size_t kMany = 1'000;
  static constexpr auto kCalls = std::to_array<SpecialCall>({
      {"CAST", 1, 1, &T::cast_call},
      {"TRY_CAST", 1, 1, &T::cast_call},
      {"INT", 1, 1, &T::cast_function},
      {"BIGINT", 1, 1, &T::cast_function},
      {"SMALLINT", 1, 1, &T::cast_function},
      {"TINYINT", 1, 1, &T::cast_function},
      {"FLOAT", 1, 1, &T::cast_function},
      {"DOUBLE", 1, 1, &T::cast_function},
      {"BOOLEAN", 1, 1, &T::cast_function},
      {"STRING", 1, 1, &T::cast_function},
      {"DATE", 1, 1, &T::cast_function},
      {"TIMESTAMP", 1, 1, &T::cast_function},
      {"CONCAT_WS", 1, kMany, &T::concat_ws},
      {"REGEXP_REPLACE", 3, 3, &T::regexp_replace},
      {"SHA2", 2, 2, &T::sha2},
      {"DECODE", 3, kMany, &T::decode},
      {"ELEMENT_AT", 2, 2, &T::element_at},
      {"NAMED_STRUCT", 2, kMany, &T::named_struct},
      {"SORT_ARRAY", 2, 2, &T::sort_array},
      {"FIRST", 2, 2, &T::first_or_last},
      {"FIRST_VALUE", 2, 2, &T::first_or_last},
      {"LAST", 2, 2, &T::first_or_last},
      {"LAST_VALUE", 2, 2, &T::first_or_last},
      {"TRIM", 1, 1, &T::trim_from},
      {"SUBSTRING", 1, 1, &T::substring_from},
      {"SUBSTR", 1, 1, &T::substring_from},
      {"DATE_FORMAT", 2, 2, &T::date_format},
      {"FROM_UNIXTIME", 2, 2, &T::date_format},
      {"TO_DATE", 2, 2, &T::parse_date},
      {"TO_TIMESTAMP", 2, 2, &T::parse_date},
      {"UNIX_TIMESTAMP", 2, 2, &T::parse_date},
      {"TO_UNIX_TIMESTAMP", 2, 2, &T::parse_date},
      {"TRUNC", 2, 2, &T::truncate_date},
      {"DATE_TRUNC", 2, 2, &T::truncate_date},
      {"EXTRACT", 1, 1, &T::extract},
      {"DATE_PART", 2, 2, &T::extract},
      {"DATEPART", 2, 2, &T::extract},
      {"DATEADD", 3, 3, &T::add_units},
      {"DATE_ADD", 3, 3, &T::add_units},
      {"TIMESTAMPADD", 3, 3, &T::add_units},
      {"DATEDIFF", 3, 3, &T::count_units},
      {"DATE_DIFF", 3, 3, &T::count_units},
      {"TIMESTAMPDIFF", 3, 3, &T::count_units},
  });
  return kCalls;
}

std::vector<std::string_view> spark_special_names() {
  std::vector<std::string_view> names;
  for (const auto& call : SparkTranslator::special_calls()) {
    names.push_back(call.name);
  }
  return names;
}

// ---- types

std::string SparkTranslator::type_name(TokenRange type) {
  const std::size_t count = type.last - type.first;
  if (type.is_empty() || token(type.first).kind != SparkTokenKind::Word) {
    return {};
  }
  const std::string& word = token(type.first).text;
  if (word == "ARRAY" && count > 3 && is_sign(type.first + 1, "<") && is_sign(type.last - 1, ">")) {
    const std::string item = type_name({.first = type.first + 2, .last = type.last - 1});
    return item.empty() ? item : item + "[]";
  }
  const bool is_decimal = std::ranges::find(kDecimals, word) != kDecimals.end();
  if (is_decimal && count == 1) {
    return "DECIMAL(10, 0)";
  }
  const bool has_size = count > 3 && is_sign(type.first + 1, "(") && is_sign(type.last - 1, ")");
  if (is_decimal && has_size) {
    std::string sizes;
    for (std::size_t at = type.first + 2; at + 1 < type.last; ++at) {
      const SparkToken& part = token(at);
      const bool is_size = part.kind == SparkTokenKind::Number &&
                           part.text.find_first_not_of("0123456789") == std::string::npos;
      if (!is_size && !is_sign(at, ",")) {
        return {};
      }
      sizes += part.text;
    }
    const bool has_scale = sizes.find(',') != std::string::npos;
    return "DECIMAL(" + sizes + (has_scale ? ")" : ", 0)");
  }
  if ((word == "VARCHAR" || word == "CHAR") && has_size) {
    return "VARCHAR";
  }
  return count == 1 ? std::string(find_name(kTypes, word)) : std::string();
}

/// A number loses its fraction there and is rounded here; a text must be a whole number.
SparkPiece SparkTranslator::cast(std::size_t place, const SparkPiece& value, std::string_view type,
                                 bool is_try) {
  const std::string_view verb = is_try ? "TRY_CAST" : "CAST";
  if (is_whole(type)) {
    constexpr std::string_view kNoNumber =
        "typeof($1) = 'VARCHAR' AND NOT regexp_full_match(CAST($1 AS VARCHAR), "
        "'\\s*[+-]?[0-9]+\\s*')";
    const std::string_view otherwise =
        is_try ? "NULL" : "CAST('not a whole number' AS DECIMAL(38, 18))";
    return fill(place,
                fmt::format("{0}(CASE WHEN {1} THEN {2} ELSE trunc({0}($1 AS DECIMAL(38, 18))) END "
                            "AS {3})",
                            verb, kNoNumber, otherwise, type),
                {&value, 1});
  }
  if (type == "DATE") {
    return fill(place,
                fmt::format("CAST({}(regexp_replace(trim(CAST($1 AS VARCHAR)), '[ T].*', '') AS "
                            "TIMESTAMP) AS DATE)",
                            verb),
                {&value, 1});
  }
  if (type == "TIMESTAMP") {
    return fill(place, fmt::format("CAST({}($1 AS TIMESTAMPTZ) AS TIMESTAMP)", verb), {&value, 1});
  }
  return fill(place, fmt::format("{}($1 AS {})", verb, type), {&value, 1});
}

SparkPiece SparkTranslator::cast_call(const SparkCall& call) {
  const TokenRange argument = call.arguments.front();
  std::optional<std::size_t> as;
  for (std::size_t at = argument.first; at < argument.last; ++at) {
    at = std::max(at, tokens_.partner[at]);
    as = is_word(at, "AS") ? std::optional(at) : as;
  }
  if (!as || *as == argument.first || *as + 1 == argument.last) {
    return refused(call.token, "expected CAST(value AS type)");
  }
  const std::string type = type_name({.first = *as + 1, .last = argument.last});
  if (type.empty()) {
    return refused(*as + 1, "a type that is not translated from Spark's SQL",
                   "string, int, bigint, smallint, tinyint, float, double, decimal(p,s), boolean, "
                   "date and timestamp are, and arrays of them");
  }
  return cast(call.token, walk({.first = argument.first, .last = *as}), type,
              call.name == "TRY_CAST");
}

SparkPiece SparkTranslator::cast_function(const SparkCall& call) {
  return cast(call.token, walk(call.arguments.front()), find_name(kTypes, call.name), false);
}

// ---- texts and lists

/// A list as an argument is joined, too.
SparkPiece SparkTranslator::concat_ws(const SparkCall& call) {
  constexpr auto kLists = std::to_array<std::string_view>(
      {"COLLECT_LIST", "COLLECT_SET", "ARRAY_AGG", "ARRAY", "SPLIT", "SORT_ARRAY", "ARRAY_SORT",
       "FLATTEN", "MAP_KEYS", "MAP_VALUES", "REGEXP_EXTRACT_ALL"});
  std::vector<SparkPiece> pieces = pieces_of(call);
  bool has_list = false;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    const std::size_t first = call.arguments[i].first;
    has_list = has_list ||
               (is_call(first) && std::ranges::find(kLists, token(first).text) != kLists.end());
  }
  if (has_list && pieces.size() == 2) {
    return fill(call.token,
                "coalesce(array_to_string($2, $1), CASE WHEN ($1) IS NOT NULL THEN '' END)",
                pieces);
  }
  if (has_list) {
    return refused(call.token, "concat_ws with a list beside other values is not translated",
                   "join the list alone: concat_ws(',', list)");
  }
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    // A list would be written as a text with brackets; this refuses it.
    pieces[i] = fill(call.token, "(($1) || '')", {&pieces[i], 1});
  }
  return fill(call.token, pieces.size() == 1 ? "concat_ws($1, NULL)" : "concat_ws($*)", pieces);
}

SparkPiece SparkTranslator::regexp_replace(const SparkCall& call) {
  const std::optional<std::string> by = literal_of(call.arguments[2]);
  if (!by) {
    return refused(call.arguments[2].first,
                   "regexp_replace is translated with a text as its replacement",
                   "write the replacement as a text in quotes");
  }
  std::vector<SparkPiece> pieces = pieces_of(call);
  const SparkToken& literal = token(call.arguments[2].first);
  pieces[2] = {};
  pieces[2].add(spark_literal(rewrite_of(*by)), literal.begin, literal.length);
  return fill(call.token, "regexp_replace($1, $2, $3, 'g')", pieces);
}

SparkPiece SparkTranslator::sha2(const SparkCall& call) {
  const TokenRange bits = call.arguments[1];
  const bool is_one = bits.last == bits.first + 1;
  if (!is_one || (token(bits.first).text != "256" && token(bits.first).text != "0")) {
    return refused(bits.first, "sha2 is translated with 256 bits", "write sha2(value, 256)");
  }
  return fill(call, "sha256($1)");
}

SparkPiece SparkTranslator::decode(const SparkCall& call) {
  const std::vector<SparkPiece> pieces = pieces_of(call);
  const SparkToken& name = token(call.token);
  SparkPiece out;
  const auto ours = [&](std::string_view words) { out.add(words, name.begin, name.length); };
  ours("CASE");
  std::size_t at = 1;
  for (; at + 1 < pieces.size(); at += 2) {
    ours(" WHEN (");
    out.add(pieces[0]);
    ours(") IS NOT DISTINCT FROM (");
    out.add(pieces[at]);
    ours(") THEN ");
    out.add(pieces[at + 1]);
  }
  if (at < pieces.size()) {
    ours(" ELSE ");
    out.add(pieces[at]);
  }
  ours(" END");
  return out;
}

SparkPiece SparkTranslator::element_at(const SparkCall& call) {
  if (literal_of(call.arguments[1])) {
    return fill(call, "($1)[$2]");
  }
  const TokenRange index = call.arguments[1];
  const std::size_t last = index.last - 1;
  const bool is_number =
      token(last).kind == SparkTokenKind::Number &&
      token(last).text.find_first_of("123456789") != std::string::npos &&
      (last == index.first || (last == index.first + 1 && is_sign(index.first, "-")));
  if (!is_number) {
    return refused(index.first, "element_at is translated with a number or a text as its index",
                   "write get(list, index), which counts from 0 and gives NULL beyond the end");
  }
  return fill(call,
              "($1)[CASE WHEN len($1) < abs($2) THEN CAST('no element of this index' AS BIGINT) "
              "ELSE $2 END]");
}

SparkPiece SparkTranslator::named_struct(const SparkCall& call) {
  const std::vector<SparkPiece> pieces = pieces_of(call);
  const SparkToken& name = token(call.token);
  SparkPiece out;
  for (std::size_t i = 0; i < pieces.size(); i += 2) {
    if (!literal_of(call.arguments[i]) || i + 1 == pieces.size()) {
      return refused(call.arguments[i].first, "expected named_struct('name', value, ...)");
    }
    out.add(i == 0 ? "{" : ", ", name.begin, name.length);
    out.add(pieces[i]);
    out.add(": ", name.begin, name.length);
    out.add(pieces[i + 1]);
  }
  out.add("}", name.begin, name.length);
  return out;
}

SparkPiece SparkTranslator::sort_array(const SparkCall& call) {
  const std::size_t order = call.arguments[1].first;
  if (is_word(order, "TRUE")) {
    return fill(call, "list_sort($1, 'ASC', 'NULLS FIRST')");
  }
  return is_word(order, "FALSE") ? fill(call, "list_sort($1, 'DESC', 'NULLS LAST')")
                                 : refused(order, "expected sort_array(list, true) or false");
}

SparkPiece SparkTranslator::first_or_last(const SparkCall& call) {
  const std::size_t skips = call.arguments[1].first;
  const bool is_first = call.name.starts_with("FIRST");
  if (is_word(skips, "TRUE")) {
    return fill(call, is_first ? "any_value($1)" : "last($1) FILTER (WHERE ($1) IS NOT NULL)");
  }
  return is_word(skips, "FALSE") ? fill(call, is_first ? "first($1)" : "last($1)")
                                 : refused(skips, "expected true or false: are NULLs skipped?");
}

/// trim(BOTH 'x' FROM value)
SparkPiece SparkTranslator::trim_from(const SparkCall& call) {
  const TokenRange argument = call.arguments.front();
  const std::optional<std::size_t> from = find_word(argument, "FROM");
  if (!from) {
    return fill(call, "trim($1, ' ')");
  }
  const std::size_t side = argument.first;
  const bool says_side =
      is_word(side, "BOTH") || is_word(side, "LEADING") || is_word(side, "TRAILING");
  const TokenRange characters{.first = side + (says_side ? 1 : 0), .last = *from};
  SparkPiece blank;
  blank.add("' '", token(side).begin, token(side).length);
  const std::array<SparkPiece, 2> pieces{walk({.first = *from + 1, .last = argument.last}),
                                         characters.is_empty() ? blank : walk(characters)};
  return fill(call.token,
              is_word(side, "LEADING")    ? "ltrim($1, $2)"
              : is_word(side, "TRAILING") ? "rtrim($1, $2)"
                                          : "trim($1, $2)",
              pieces);
}

/// substring(value FROM 2 FOR 3)
SparkPiece SparkTranslator::substring_from(const SparkCall& call) {
  const TokenRange argument = call.arguments.front();
  const std::optional<std::size_t> from = find_word(argument, "FROM");
  if (!from) {
    return refused(call.token, "expected substring(value, position, length)");
  }
  const std::optional<std::size_t> length = find_word(argument, "FOR");
  std::vector<SparkPiece> pieces{
      walk({.first = argument.first, .last = *from}),
      walk({.first = *from + 1, .last = length.value_or(argument.last)})};
  if (length) {
    pieces.push_back(walk({.first = *length + 1, .last = argument.last}));
  }
  return fill(call.token,
              length ? "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END, greatest($3, 0))"
                     : "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END)",
              pieces);
}

}  // namespace sluice::contract::internal
