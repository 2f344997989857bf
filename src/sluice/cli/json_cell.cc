#include "sluice/cli/json_cell.h"

#include <charconv>
#include <cmath>
#include <variant>

#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using Json = nlohmann::json;

/// Beyond it not every whole number is one of the 64 bits that most readers have for them.
constexpr std::int64_t kWholeMax = std::int64_t{1} << 53;
/// Any decimal of so many digits is told from any other by those bits.
constexpr int kDigitsMax = 15;

template <class Number>
std::optional<Number> read(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, number);
  return fault == std::errc{} && at == end ? std::optional(number) : std::nullopt;
}

Json decimal(const std::string& text) {
  int digits = 0;
  for (const char c : text) {
    const bool is_leading = c == '0' && digits == 0;
    digits += c >= '0' && c <= '9' && !is_leading ? 1 : 0;
  }
  const auto whole = read<std::int64_t>(text);
  if (digits > kDigitsMax) {
    return text;
  }
  const auto number = read<double>(text);
  return whole ? Json(*whole) : number ? Json(*number) : Json(text);
}

Json cell(const std::optional<std::string>& text, const schema::LogicalType& type) {
  if (!text) {
    return {};
  }
  if (std::holds_alternative<schema::Boolean>(type.kind)) {
    return *text == "true" ? Json(true) : *text == "false" ? Json(false) : Json(*text);
  }
  if (std::holds_alternative<schema::Integer>(type.kind)) {
    const auto number = read<std::int64_t>(*text);
    return number && *number <= kWholeMax && *number >= -kWholeMax ? Json(*number) : Json(*text);
  }
  if (std::holds_alternative<schema::Float>(type.kind)) {
    const auto number = read<double>(*text);
    return number && std::isfinite(*number) ? Json(*number) : Json(*text);
  }
  return std::holds_alternative<schema::Decimal>(type.kind) ? decimal(*text) : Json(*text);
}

}  // namespace

std::string json_cell(const std::optional<std::string>& text, const schema::LogicalType& type) {
  return cell(text, type).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::cli
