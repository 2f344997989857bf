// Operands: literals, names, parentheses, CASE, elements of lists; and what stands where.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract::internal {
namespace {

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text.append(c == '"' ? 2 : 1, c);
  }
  return text + '"';
}

}  // namespace

bool SparkTranslator::is_sign(std::size_t at, std::string_view sign) const {
  return at < tokens_.list.size() && token(at).kind == SparkTokenKind::Sign &&
         token(at).text == sign;
}

bool SparkTranslator::is_word(std::size_t at, std::string_view word) const {
  return at < tokens_.list.size() && token(at).kind == SparkTokenKind::Word &&
         token(at).text == word;
}

bool SparkTranslator::is_call(std::size_t at) const {
  if (token(at).kind != SparkTokenKind::Word || !is_sign(at + 1, "(")) {
    return false;
  }
  const std::string& word = token(at).text;
  const bool is_behind_operand = at > 0 && ends_operand(at - 1);
  if (word == "LEFT" || word == "RIGHT") {
    return true;
  }
  if (word == "REGEXP" || word == "RLIKE" || word == "FILTER") {
    return !is_behind_operand &&
           !(at > 0 && is_word(at - 1, "NOT") && at > 1 && ends_operand(at - 2));
  }
  if (word == "EXISTS") {
    return !is_word(at + 2, "SELECT") && !is_word(at + 2, "WITH") && !is_word(at + 2, "FROM");
  }
  return !is_spark_keyword(word) && word.front() != '{';
}

bool SparkTranslator::begins_operand(std::size_t at) const {
  const SparkToken& here = token(at);
  switch (here.kind) {
    case SparkTokenKind::Name:
    case SparkTokenKind::String:
    case SparkTokenKind::Number: return true;
    case SparkTokenKind::Sign: return here.text == "(";
    case SparkTokenKind::Word: return is_call(at) || !is_spark_keyword(here.text);
  }
  return false;
}

bool SparkTranslator::ends_operand(std::size_t at) const {
  const SparkToken& here = token(at);
  switch (here.kind) {
    case SparkTokenKind::Name:
    case SparkTokenKind::String:
    case SparkTokenKind::Number: return true;
    case SparkTokenKind::Sign: return here.text == ")" || here.text == "]";
    case SparkTokenKind::Word: return !is_spark_keyword(here.text) || here.text == "END";
  }
  return false;
}

bool SparkTranslator::is_arithmetic(std::size_t at) const {
  constexpr auto kSigns =
      std::to_array<std::string_view>({"+", "-", "*", "/", "%", "||", "&", "|"});
  return (token(at).kind == SparkTokenKind::Sign &&
          std::ranges::find(kSigns, token(at).text) != kSigns.end()) ||
         is_word(at, "DIV");
}

std::vector<TokenRange> SparkTranslator::split(TokenRange range) const {
  std::vector<TokenRange> parts;
  std::size_t first = range.first;
  for (std::size_t at = range.first; at < range.last; ++at) {
    at = std::max(at, tokens_.partner[at]);  // over brackets
    if (is_sign(at, ",")) {
      parts.push_back({.first = first, .last = at});
      first = at + 1;
    }
  }
  if (!range.is_empty()) {
    parts.push_back({.first = first, .last = range.last});
  }
  return parts;
}

std::optional<std::size_t> SparkTranslator::find_word(TokenRange range,
                                                      std::string_view word) const {
  for (std::size_t at = range.first; at < range.last; ++at) {
    at = std::max(at, tokens_.partner[at]);
    if (is_word(at, word)) {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<std::string> SparkTranslator::literal_of(TokenRange range) const {
  if (range.is_empty()) {
    return std::nullopt;
  }
  std::string text;
  for (std::size_t at = range.first; at < range.last; ++at) {
    if (token(at).kind != SparkTokenKind::String) {
      return std::nullopt;
    }
    text += token(at).text;
  }
  return text;
}

void SparkTranslator::fault(std::size_t at, std::string message, std::string hint) {
  faults_.push_back({.begin = token(at).begin,
                     .length = token(at).length,
                     .message = std::move(message),
                     .hint = std::move(hint)});
}

SparkPiece SparkTranslator::refused(std::size_t at, std::string message, std::string hint) {
  fault(at, std::move(message), std::move(hint));
  return {.text = "NULL", .origins = {}};
}

SparkPiece SparkTranslator::operand(std::size_t& at, std::size_t last) {
  SparkPiece value = primary(at, last);
  while (at < last) {
    const bool has_next = at + 1 < last;
    if (is_sign(at, "[")) {
      value = element_of(value, at);
      at = tokens_.partner[at] + 1;
    } else if (is_sign(at, ".") && has_next && is_sign(at + 1, "*")) {
      value.add_verbatim(".*", token(at).begin);
      at += 2;
    } else if (is_sign(at, ".") && has_next && token(at + 1).kind != SparkTokenKind::Sign) {
      value.add_verbatim(".", token(at).begin);
      const SparkToken& name = token(at + 1);
      if (name.kind == SparkTokenKind::Name) {
        value.add(quoted_name(name.text), name.begin, name.length);
      } else {
        value.add_verbatim(sql_.substr(name.begin, name.length), name.begin);
      }
      at += 2;
    } else {
      break;
    }
  }
  return value;
}

SparkPiece SparkTranslator::primary(std::size_t& at, std::size_t last) {
  const SparkToken& here = token(at);
  SparkPiece value;
  if (here.kind == SparkTokenKind::String) {
    return text_literal(at, last);
  }
  if (here.kind == SparkTokenKind::Number) {
    return number(at++);
  }
  if (here.kind == SparkTokenKind::Name) {
    value.add(quoted_name(here.text), here.begin, here.length);
    ++at;
    return value;
  }
  if (here.kind == SparkTokenKind::Sign) {  // an opening parenthesis
    const std::size_t close = tokens_.partner[at];
    value.add_verbatim("(", here.begin);
    value.add(walk({.first = at + 1, .last = close}));
    value.add_verbatim(")", token(close).begin);
    at = close + 1;
    return value;
  }
  if (here.text == "CASE") {
    return case_of(at, last);
  }
  if (is_call(at)) {
    return call(at);
  }
  const bool is_literal = at + 1 < last && token(at + 1).kind == SparkTokenKind::String;
  if (is_literal && (here.text == "DATE" || here.text == "TIMESTAMP")) {
    const bool is_date = here.text == "DATE";
    value.add(is_date ? "DATE " : "CAST(TIMESTAMPTZ ", here.begin, here.length);
    ++at;
    value.add(text_literal(at, last));
    value.add(is_date ? "" : " AS TIMESTAMP)", here.begin, here.length);
    return value;
  }
  constexpr auto kBare = std::to_array<std::string_view>(
      {"CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "CURRENT_USER", "SESSION_USER"});
  if (std::ranges::find(kBare, here.text) != kBare.end()) {
    const SparkCall bare{.token = at++, .name = here.text, .arguments = {}};
    for (const SparkFunction& function : spark_date_functions()) {
      if (function.name == bare.name) {
        return fill(bare, function.spelling);
      }
    }
    return refused(bare.token, "who runs the contract is nothing that its SQL may ask");
  }
  if (is_literal && here.text == "X") {
    return refused(at++, "a binary literal is not translated from Spark's SQL");
  }
  value.add_verbatim(sql_.substr(here.begin, here.length), here.begin);
  ++at;
  return value;
}

/// Literals that follow each other are one.
SparkPiece SparkTranslator::text_literal(std::size_t& at, std::size_t last) {
  const std::size_t begin = token(at).begin;
  std::string text;
  std::size_t end = begin;
  for (; at < last && token(at).kind == SparkTokenKind::String; ++at) {
    text += token(at).text;
    end = token(at).begin + token(at).length;
  }
  SparkPiece value;
  value.add(spark_literal(text), begin, end - begin);
  return value;
}

SparkPiece SparkTranslator::number(std::size_t at) {
  const SparkToken& here = token(at);
  const std::size_t digits = here.text.find_last_of("0123456789.") + 1;
  const std::string plain = here.text.substr(0, digits);
  std::string suffix = here.text.substr(digits);
  std::ranges::transform(suffix, suffix.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSuffixes{
      {{"L", "BIGINT"}, {"S", "SMALLINT"}, {"Y", "TINYINT"}, {"D", "DOUBLE"}, {"F", "FLOAT"}}};
  SparkPiece value;
  if (suffix.empty() || suffix == "BD") {
    value.add(plain, here.begin, here.length);
    return value;
  }
  for (const auto& [letter, type] : kSuffixes) {
    if (suffix == letter) {
      value.add(fmt::format("CAST({} AS {})", plain, type), here.begin, here.length);
      return value;
    }
  }
  return refused(at, "a number of this form is not known to Spark: '" + here.text + "'");
}

SparkPiece SparkTranslator::case_of(std::size_t& at, std::size_t last) {
  const std::size_t begin = at;
  int depth = 0;
  for (std::size_t i = at; i < last; ++i) {
    i = std::max(i, tokens_.partner[i]);
    const bool is_named = i > 0 && is_sign(i - 1, ".");
    if (is_word(i, "CASE") && !is_named) {
      if (++depth > 50) {
        break;
      }
    } else if (is_word(i, "END") && !is_named && --depth == 0) {
      SparkPiece value;
      value.add("CASE", token(begin).begin, token(begin).length);
      value.add(" ", token(begin).begin, 0);
      value.add(walk({.first = begin + 1, .last = i}));
      value.add(" END", token(i).begin, token(i).length);
      at = i + 1;
      return value;
    }
  }
  at = last;
  return refused(begin, "CASE has no END", "close each CASE with END");
}

/// Lists count from zero there and from one here; beyond the end is an error there.
SparkPiece SparkTranslator::element_of(const SparkPiece& list, std::size_t open) {
  const TokenRange inner{.first = open + 1, .last = tokens_.partner[open]};
  SparkPiece value = list;
  if (const std::optional<std::string> key = literal_of(inner)) {
    const SparkToken& literal = token(inner.first);
    value.add("[" + spark_literal(*key) + "]", literal.begin, literal.length);
    return value;
  }
  std::size_t index = 0;
  const bool is_one =
      inner.last == inner.first + 1 && token(inner.first).kind == SparkTokenKind::Number;
  const std::string digits = is_one ? token(inner.first).text : std::string();
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const bool is_number = !digits.empty() && read.ec == std::errc{} &&
                         read.ptr == digits.data() + digits.size() && index < 1'000'000;
  if (!is_number) {
    return refused(open, "an index that is no number is not translated from Spark's SQL",
                   "write get(list, index), which gives NULL beyond the end");
  }
  const bool is_first_part = index == 0 && list.text.starts_with("regexp_split_to_array(");
  if (is_first_part) {
    value.add("[1]", token(open).begin, 1);
    return value;
  }
  return fill(open,
              fmt::format("($1)[CASE WHEN len($1) <= {} THEN CAST('no element of this index' AS "
                          "BIGINT) ELSE {} END]",
                          index, index + 1),
              {&list, 1});
}

}  // namespace sluice::contract::internal
