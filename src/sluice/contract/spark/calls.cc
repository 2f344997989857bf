// Calls: found in the tables and filled into their spellings; and the pieces that they are made of.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract::internal {
namespace {

/// A text whose calls repeat their arguments can grow with each level; no person writes one.
constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;

std::string small(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

const std::array<std::span<const SparkFunction>, 3>& tables() {
  static const std::array<std::span<const SparkFunction>, 3> kTables{
      spark_value_functions(), spark_date_functions(), spark_aggregate_functions()};
  return kTables;
}

std::string advice_for(std::string_view name) {
  for (const SparkAdvice& advice : spark_advice()) {
    if (advice.name == name) {
      return std::string(advice.hint);
    }
  }
  std::string near = did_you_mean(small(name), spark_function_names());
  return near.empty() ? "use one of the functions in docs/spark-sql.md, or a derive with "
                        "'sql_duckdb'"
                      : near;
}

}  // namespace

std::string spark_literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    literal.append(c == '\'' ? 2 : 1, c);
  }
  return literal + '\'';
}

void SparkPiece::add(std::string_view words, std::size_t begin, std::size_t length) {
  if (words.empty()) {
    return;
  }
  origins.push_back({.begin = static_cast<std::uint32_t>(text.size()),
                     .length = static_cast<std::uint32_t>(words.size()),
                     .written_begin = static_cast<std::uint32_t>(begin),
                     .written_length = static_cast<std::uint32_t>(length)});
  text += words;
}

void SparkPiece::add_verbatim(std::string_view words, std::size_t begin) {
  add(words, begin, words.size());
  if (!words.empty()) {
    origins.back().is_verbatim = true;
  }
}

void SparkPiece::add(const SparkPiece& piece) {
  const auto shift = static_cast<std::uint32_t>(text.size());
  for (SqlOrigin origin : piece.origins) {
    origin.begin += shift;
    origins.push_back(origin);
  }
  text += piece.text;
}

void SparkPiece::shorten(std::size_t length) {
  text.resize(length);
  std::erase_if(origins, [&](const SqlOrigin& origin) { return origin.begin >= length; });
}

SparkPiece SparkPiece::behind(std::size_t length) const {
  SparkPiece rest{.text = text.substr(length), .origins = {}};
  for (SqlOrigin origin : origins) {
    if (origin.begin >= length) {
      origin.begin -= static_cast<std::uint32_t>(length);
      rest.origins.push_back(origin);
    }
  }
  return rest;
}

SparkPiece SparkTranslator::call(std::size_t& at) {
  SparkCall call{.token = at, .name = token(at).text, .arguments = {}};
  const std::size_t close = tokens_.partner[at + 1];
  TokenRange inner{.first = at + 2, .last = close};
  at = close + 1;
  if (inner.first < inner.last &&
      (is_word(inner.first, "DISTINCT") || is_word(inner.first, "ALL"))) {
    call.is_distinct = is_word(inner.first, "DISTINCT");
    ++inner.first;
  }
  call.arguments = split(inner);
  const std::size_t count = call.arguments.size();
  for (const TokenRange& argument : call.arguments) {
    if (argument.is_empty()) {
      return refused(call.token, "an argument is empty: '" + small(call.name) + "'");
    }
  }
  bool is_known = false;
  for (const SpecialCall& special : special_calls()) {
    is_known = is_known || special.name == call.name;
    if (special.name == call.name && count >= special.arguments_min &&
        count <= special.arguments_max && !call.is_distinct) {
      return (this->*special.make)(call);
    }
  }
  for (const std::span<const SparkFunction> table : tables()) {
    for (const SparkFunction& function : table) {
      is_known = is_known || function.name == call.name;
      const bool fits = function.name == call.name &&
                        count >= static_cast<std::size_t>(function.arguments_min) &&
                        count <= static_cast<std::size_t>(function.arguments_max);
      const bool may_be_distinct =
          !call.is_distinct || (function.kind == CallKind::Aggregate &&
                                function.spelling.find("$*") != std::string_view::npos);
      if (fits && may_be_distinct) {
        return fill(call, function.spelling);
      }
    }
  }
  if (is_known) {
    return refused(call.token,
                   fmt::format("a call of this form is not translated from Spark's SQL, with {} "
                               "argument{}{}: '{}'",
                               count, count == 1 ? "" : "s",
                               call.is_distinct ? " and DISTINCT" : "", small(call.name)),
                   "docs/spark-sql.md shows the forms");
  }
  return refused(call.token,
                 "a function that is not translated from Spark's SQL: '" + small(call.name) + "'",
                 advice_for(call.name));
}

std::vector<SparkPiece> SparkTranslator::pieces_of(const SparkCall& call) {
  std::vector<SparkPiece> pieces;
  for (const TokenRange& argument : call.arguments) {
    pieces.push_back(walk(argument));
  }
  return pieces;
}

SparkPiece SparkTranslator::fill(const SparkCall& call, std::string_view spelling) {
  const std::vector<SparkPiece> pieces = pieces_of(call);
  return fill(call.token, spelling, pieces, call.is_distinct);
}

SparkPiece SparkTranslator::fill(std::size_t place, std::string_view spelling,
                                 std::span<const SparkPiece> arguments, bool is_distinct) {
  const SparkToken& name = token(place);
  SparkPiece out;
  const auto ours = [&](std::string_view words) { out.add(words, name.begin, name.length); };
  const auto join = [&](std::string_view before, std::string_view between, std::string_view after) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      ours(i == 0 ? before : between);
      out.add(arguments[i]);
    }
    ours(arguments.empty() ? "" : after);
  };
  while (!spelling.empty() && out.text.size() <= kTextBytesMax) {
    const std::size_t mark = std::min(spelling.find('$'), spelling.size());
    ours(spelling.substr(0, mark));
    spelling.remove_prefix(mark);
    if (spelling.empty()) {
      break;
    }
    const char which = spelling.size() > 1 ? spelling[1] : '\0';
    spelling.remove_prefix(2);
    if (which == '*') {
      ours(is_distinct ? "DISTINCT " : "");
      join("", ", ", "");
      continue;
    }
    if (which == '+') {
      join("(", ") || (", ")");
      continue;
    }
    const char form = spelling.empty() ? '\0' : spelling.front();
    const bool has_form = form == 'd' || form == 't' || form == 'p';
    ours(form == 'd'   ? "CAST(CAST(regexp_replace(trim(CAST("
         : form == 't' ? "CAST(CAST("
         : form == 'p' ? "("
                       : "");
    out.add(arguments[static_cast<std::size_t>(which - '1')]);
    // Through an instant: TIMESTAMP alone would cut an offset off. A date is the day that is
    // written, whatever time and offset follow it.
    ours(form == 'd'   ? " AS VARCHAR)), '[ T].*', '') AS TIMESTAMP) AS DATE)"
         : form == 't' ? " AS TIMESTAMPTZ) AS TIMESTAMP)"
         : form == 'p' ? ")"
                       : "");
    spelling.remove_prefix(has_form ? 1 : 0);
  }
  if (out.text.size() > kTextBytesMax) {
    return refused(place, "an expression is too long when it is translated from Spark's SQL",
                   "split it over several columns");
  }
  return out;
}

}  // namespace sluice::contract::internal

namespace sluice::contract {

std::vector<std::string_view> spark_function_names() {
  // small letters, as people write them; kept for the life of the process
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& table : internal::tables()) {
      for (const internal::SparkFunction& function : table) {
        names.push_back(internal::small(function.name));
      }
    }
    for (const std::string_view name : internal::spark_special_names()) {
      names.push_back(internal::small(name));
    }
    std::ranges::sort(names);
    const auto same = std::ranges::unique(names);
    names.erase(same.begin(), same.end());
    return names;
  }();
  return {kNames.begin(), kNames.end()};
}

}  // namespace sluice::contract
