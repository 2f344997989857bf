// Type names of the standard.
#include <array>
#include <charconv>
#include <utility>

#include "sluice/contract/lower/lower.h"

namespace sluice::contract {
namespace {

using schema::LogicalType;

std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != ' ' && c != '\t') {
      text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return text;
}

LogicalType integer(int bits) { return {schema::Integer{.bits = bits}}; }

std::optional<LogicalType> plain_type(std::string_view name) {
  struct Named {
    std::string_view name;
    LogicalType type;
  };
  static const std::array kNames{
      Named{"string", {schema::Text{}}},
      Named{"text", {schema::Text{}}},
      Named{"char", {schema::Text{}}},
      Named{"varchar", {schema::Text{}}},
      Named{"tinyint", integer(8)},
      Named{"byte", integer(8)},
      Named{"smallint", integer(16)},
      Named{"short", integer(16)},
      Named{"int", integer(32)},
      Named{"integer", integer(32)},
      Named{"int32", integer(32)},
      Named{"bigint", integer(64)},
      Named{"long", integer(64)},
      Named{"int64", integer(64)},
      Named{"float", {schema::Float{.bits = 32}}},
      Named{"float32", {schema::Float{.bits = 32}}},
      Named{"real", {schema::Float{.bits = 32}}},
      Named{"double", {schema::Float{.bits = 64}}},
      Named{"float64", {schema::Float{.bits = 64}}},
      Named{"number", {schema::Float{.bits = 64}}},
      Named{"decimal", {schema::Float{.bits = 64}}},
      Named{"numeric", {schema::Float{.bits = 64}}},
      Named{"boolean", {schema::Boolean{}}},
      Named{"bool", {schema::Boolean{}}},
      Named{"date", {schema::Date{}}},
      Named{"time", {schema::Time{}}},
      Named{"timestamp", {schema::Timestamp{.utc = false}}},
      Named{"datetime", {schema::Timestamp{.utc = false}}},
      Named{"timestamp_ntz", {schema::Timestamp{.utc = false}}},
      Named{"timestamp_tz", {schema::Timestamp{.utc = true}}},
      Named{"timestamptz", {schema::Timestamp{.utc = true}}},
      Named{"binary", {schema::Bytes{}}},
      Named{"bytes", {schema::Bytes{}}},
      Named{"uuid", {schema::UuidType{}}},
      Named{"json", {schema::Json{}}},
      Named{"variant", {schema::Json{}}},
      Named{"array", {schema::List{LogicalType{schema::Text{}}}}},
      Named{"list", {schema::List{LogicalType{schema::Text{}}}}},
  };
  for (const Named& one : kNames) {
    if (one.name == name) {
      return one.type;
    }
  }
  return std::nullopt;
}

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? std::optional(number)
                                                                         : std::nullopt;
}

std::optional<LogicalType> decimal_type(std::string_view inside) {
  const std::size_t comma = inside.find(',');
  const std::optional<int> precision = number_in(inside.substr(0, comma));
  const std::optional<int> scale =
      comma == std::string_view::npos ? std::optional(0) : number_in(inside.substr(comma + 1));
  if (!precision || !scale || *precision < 1 || *precision > 38 || *scale < 0 ||
      *scale > *precision) {
    return std::nullopt;
  }
  return LogicalType{schema::Decimal{.precision = *precision, .scale = *scale}};
}

/// Parts at the outermost commas.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '<' || text[i] == '(' ? 1 : 0;
    depth -= text[i] == '>' || text[i] == ')' ? 1 : 0;
    if (text[i] == ',' && depth == 0) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

constexpr int kDepthMax = 16;

std::optional<LogicalType> type_of(std::string_view text, int depth);

std::optional<LogicalType> nested_type(std::string_view outer, std::string_view inside, int depth) {
  const std::vector<std::string_view> parts = parts_of(inside);
  if (outer == "array" || outer == "list") {
    auto element = type_of(inside, depth + 1);
    return element ? std::optional(LogicalType{schema::List{*std::move(element)}}) : std::nullopt;
  }
  if (outer == "map" && parts.size() == 2) {
    auto key = type_of(parts[0], depth + 1);
    auto value = type_of(parts[1], depth + 1);
    return key && value
               ? std::optional(LogicalType{schema::Map{*std::move(key), *std::move(value)}})
               : std::nullopt;
  }
  if (outer != "struct") {
    return std::nullopt;
  }
  schema::Struct members;
  for (const std::string_view part : parts) {
    const std::size_t colon = part.find(':');
    auto type =
        colon == std::string_view::npos ? std::nullopt : type_of(part.substr(colon + 1), depth + 1);
    if (!type) {
      return std::nullopt;
    }
    members.fields.push_back(
        {.name = std::string(part.substr(0, colon)), .type = *std::move(type)});
  }
  return LogicalType{std::move(members)};
}

std::optional<LogicalType> type_of(std::string_view text, int depth) {
  if (depth > kDepthMax) {
    return std::nullopt;
  }
  if (text.ends_with('>')) {
    const std::size_t open = text.find('<');
    return open == std::string_view::npos
               ? std::nullopt
               : nested_type(text.substr(0, open), text.substr(open + 1, text.size() - open - 2),
                             depth);
  }
  if (text.ends_with(')')) {
    const std::size_t open = text.find('(');
    const std::string_view outer = text.substr(0, open);
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    if (outer == "decimal" || outer == "numeric") {
      return decimal_type(inside);
    }
    // The length of a text is a rule's matter.
    return (outer == "varchar" || outer == "char") && number_in(inside)
               ? std::optional(LogicalType{schema::Text{}})
               : std::nullopt;
  }
  return plain_type(text);
}

}  // namespace

std::optional<LogicalType> lower_type(std::string_view name) { return type_of(folded(name), 0); }

}  // namespace sluice::contract
