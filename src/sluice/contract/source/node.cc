#include "sluice/contract/source/node.h"

#include <charconv>
#include <cmath>

namespace sluice::contract {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    text.remove_prefix(1);
  }
  return text;
}

bool is_all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_integer_text(std::string_view text) {
  if (text.starts_with("0x")) {
    return is_all_of(text.substr(2), "0123456789abcdefABCDEF");
  }
  if (text.starts_with("0o")) {
    return is_all_of(text.substr(2), "01234567");
  }
  return is_all_of(without_sign(text), "0123456789");
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal_text(std::string_view text) {
  text = without_sign(text);
  const std::size_t whole = skip_digits(text, 0);
  std::size_t at = whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    fraction = end - at - 1;
    at = end;
  }
  if (whole + fraction == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const std::string_view exponent = without_sign(text.substr(at + 1));
    return is_all_of(exponent, "0123456789");
  }
  return at == text.size();
}

bool is_special_float(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return true;
  }
  text = without_sign(text);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

bool is_bool_text(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
         text == "FALSE";
}

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

ScalarType type_of_plain(std::string_view text) {
  if (is_null_text(text)) {
    return ScalarType::Null;
  }
  if (is_bool_text(text)) {
    return ScalarType::Bool;
  }
  if (is_integer_text(text)) {
    return ScalarType::Int;
  }
  return is_decimal_text(text) || is_special_float(text) ? ScalarType::Float : ScalarType::String;
}

/// The text without a plus sign, which std::from_chars does not take.
std::string_view for_from_chars(std::string_view text) {
  return text.starts_with('+') ? text.substr(1) : text;
}

}  // namespace

bool Node::is_null() const { return is_scalar() && scalar_type(*this) == ScalarType::Null; }

const Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) {
      return &entry;
    }
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

bool operator==(const Node& left, const Node& right) {
  return left.kind == right.kind && left.text == right.text &&
         (left.kind != NodeKind::Scalar || scalar_type(left) == scalar_type(right)) &&
         left.items == right.items && left.entries == right.entries;
}

bool operator==(const Entry& left, const Entry& right) {
  return left.key == right.key && left.value == right.value;
}

ScalarType scalar_type(const Node& scalar) {
  const std::string_view tag = scalar.tag;
  if (tag.starts_with(kCoreTag)) {
    const std::string_view name = tag.substr(kCoreTag.size());
    if (name == "str") {
      return ScalarType::String;
    }
    const ScalarType plain = type_of_plain(scalar.text);
    const bool fits = (name == "null" && plain == ScalarType::Null) ||
                      (name == "bool" && plain == ScalarType::Bool) ||
                      (name == "int" && plain == ScalarType::Int);
    if (fits) {
      return plain;
    }
    const bool is_float =
        name == "float" && (plain == ScalarType::Int || plain == ScalarType::Float);
    return is_float ? ScalarType::Float : ScalarType::String;
  }
  return scalar.style == ScalarStyle::Plain && tag.empty() ? type_of_plain(scalar.text)
                                                           : ScalarType::String;
}

std::optional<bool> as_bool(const Node& node) {
  if (!node.is_scalar() || scalar_type(node) != ScalarType::Bool) {
    return std::nullopt;
  }
  return node.text.front() == 't' || node.text.front() == 'T';
}

std::optional<std::int64_t> as_integer(const Node& node) {
  if (!node.is_scalar() || scalar_type(node) != ScalarType::Int) {
    return std::nullopt;
  }
  std::string_view text = for_from_chars(node.text);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> as_number(const Node& node) {
  if (const std::optional<std::int64_t> integer = as_integer(node)) {
    return static_cast<double>(*integer);
  }
  if (!node.is_scalar() || scalar_type(node) == ScalarType::String) {
    return std::nullopt;
  }
  const std::string_view text = for_from_chars(node.text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case NodeKind::Sequence: return "a list";
    case NodeKind::Mapping: return "a map";
    case NodeKind::Scalar: break;
  }
  switch (scalar_type(node)) {
    case ScalarType::Null: return "null";
    case ScalarType::Bool: return "a boolean";
    case ScalarType::Int: return "a whole number";
    case ScalarType::Float: return "a number";
    case ScalarType::String: break;
  }
  return "text";
}

std::string describe(const Node& node) {
  constexpr std::size_t kShown = 60;
  std::string text(kind_name(node));
  if (!node.is_scalar() || node.is_null()) {
    return text;
  }
  std::string shown = node.text.substr(0, kShown);
  while (shown.size() == kShown && (static_cast<unsigned char>(shown.back()) & 0xC0U) == 0x80U) {
    shown.pop_back();
  }
  return text + " '" + shown + (shown.size() < node.text.size() ? "...'" : "'");
}

}  // namespace sluice::contract
