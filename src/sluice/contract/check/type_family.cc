// Type names of contracts and what columns of them hold.
#include <algorithm>
#include <array>
#include <string>

#include "sluice/contract/check/formats.h"

namespace sluice::contract {
namespace {

struct Named {
  std::string_view name;
  TypeFamily family;
};

constexpr std::array kTypes{
    Named{"string", TypeFamily::Textual},     Named{"text", TypeFamily::Textual},
    Named{"char", TypeFamily::Textual},       Named{"varchar", TypeFamily::Textual},
    Named{"uuid", TypeFamily::Textual},       Named{"tinyint", TypeFamily::Whole},
    Named{"byte", TypeFamily::Whole},         Named{"smallint", TypeFamily::Whole},
    Named{"short", TypeFamily::Whole},        Named{"int", TypeFamily::Whole},
    Named{"integer", TypeFamily::Whole},      Named{"int8", TypeFamily::Whole},
    Named{"int16", TypeFamily::Whole},        Named{"int32", TypeFamily::Whole},
    Named{"int64", TypeFamily::Whole},        Named{"bigint", TypeFamily::Whole},
    Named{"long", TypeFamily::Whole},         Named{"float", TypeFamily::Fractional},
    Named{"float32", TypeFamily::Fractional}, Named{"real", TypeFamily::Fractional},
    Named{"double", TypeFamily::Fractional},  Named{"float64", TypeFamily::Fractional},
    Named{"number", TypeFamily::Fractional},  Named{"decimal", TypeFamily::Fractional},
    Named{"numeric", TypeFamily::Fractional}, Named{"boolean", TypeFamily::Logical},
    Named{"bool", TypeFamily::Logical},       Named{"date", TypeFamily::Date},
    Named{"timestamp", TypeFamily::Time},     Named{"datetime", TypeFamily::Time},
    Named{"timestamp_ntz", TypeFamily::Time}, Named{"timestamp_tz", TypeFamily::Time},
    Named{"timestamptz", TypeFamily::Time},   Named{"time", TypeFamily::Time},
    Named{"binary", TypeFamily::Bytes},       Named{"bytes", TypeFamily::Bytes},
    Named{"json", TypeFamily::Json},          Named{"variant", TypeFamily::Json},
    Named{"array", TypeFamily::Nested},       Named{"list", TypeFamily::Nested},
    Named{"struct", TypeFamily::Nested},      Named{"map", TypeFamily::Nested},
    Named{"object", TypeFamily::Nested},
};

std::string simplified(std::string_view type) {
  std::string out;
  for (const char c : type) {
    if (c != ' ' && c != '\t') {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

bool is_number(std::string_view text, int most) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > most) {
      return false;
    }
    value = value * 10 + (c - '0');
  }
  return !text.empty() && value <= most;
}

TypeFamily family_of(std::string_view type, int depth);

/// (20) of varchar, (10,2) of decimal.
TypeFamily family_with_size(std::string_view name, std::string_view size) {
  const std::size_t comma = size.find(',');
  if (name == "varchar" || name == "char" || name == "string") {
    return is_number(size, 100'000'000) && size != "0" ? TypeFamily::Textual : TypeFamily::Unknown;
  }
  const bool is_decimal = name == "decimal" || name == "numeric";
  const std::string_view digits = size.substr(0, comma);
  const std::string_view scale = comma == std::string_view::npos ? "0" : size.substr(comma + 1);
  if (!is_decimal || !is_number(digits, 38) || !is_number(scale, 38) || digits == "0") {
    return TypeFamily::Unknown;
  }
  const bool fits =
      digits.size() > scale.size() || (digits.size() == scale.size() && digits >= scale);
  return fits ? TypeFamily::Fractional : TypeFamily::Unknown;
}

/// Every part of `inside`, cut at the commas that are not in brackets, is a type (after a name).
bool are_types(std::string_view inside, bool have_names, int depth) {
  int open = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= inside.size(); ++i) {
    const char c = i < inside.size() ? inside[i] : ',';
    open += c == '<' || c == '(' ? 1 : 0;
    open -= c == '>' || c == ')' ? 1 : 0;
    if (c != ',' || open != 0) {
      continue;
    }
    std::string_view part = inside.substr(begin, i - begin);
    if (have_names) {
      const std::size_t colon = part.find(':');
      if (colon == std::string_view::npos || colon == 0) {
        return false;
      }
      part.remove_prefix(colon + 1);
    }
    if (family_of(part, depth + 1) == TypeFamily::Unknown) {
      return false;
    }
    begin = i + 1;
  }
  return open == 0;
}

TypeFamily family_of(std::string_view type, int depth) {
  constexpr int kDepthMax = 16;
  if (depth > kDepthMax || type.empty()) {
    return TypeFamily::Unknown;
  }
  if (type.ends_with("[]")) {
    const TypeFamily item = family_of(type.substr(0, type.size() - 2), depth + 1);
    return item == TypeFamily::Unknown ? item : TypeFamily::Nested;
  }
  const std::size_t open = type.find_first_of("<(");
  const std::string_view name = type.substr(0, open);
  if (open == std::string_view::npos) {
    const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                    [&](const Named& each) { return each.name == name; });
    return found == kTypes.end() ? TypeFamily::Unknown : found->family;
  }
  const std::string_view inside = type.substr(open + 1, type.size() - open - 2);
  if (type[open] == '(' && type.back() == ')') {
    return family_with_size(name, inside);
  }
  const bool is_nested = name == "array" || name == "list" || name == "struct" || name == "map";
  const bool is_whole = type.back() == '>' && !inside.empty();
  return is_nested && is_whole && are_types(inside, name == "struct", depth) ? TypeFamily::Nested
                                                                             : TypeFamily::Unknown;
}

}  // namespace

TypeFamily type_family(std::string_view type) { return family_of(simplified(type), 0); }

}  // namespace sluice::contract
