#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/clock.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/bounds_internal.h"

namespace sluice::table::delta {
namespace {

/// Characters of a text that a log keeps.
constexpr std::size_t kTextMax = 32;
/// Behind a text that was cut this is greater than what was cut off: no character is above it.
constexpr std::string_view kAbove = "\xF4\x8F\xBF\xBF";

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char wanted) {
           return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted;
         });
}

/// Where the characters end that a log keeps; a byte that goes on with one is none.
std::size_t find_cut(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && ++characters > kTextMax) {
      return i;
    }
  }
  return text.size();
}

std::string render_text(const std::string& value, Bound bound) {
  const std::size_t cut = find_cut(value);
  if (cut == value.size()) {
    return quoted(value);
  }
  const std::string_view rest = std::string_view(value).substr(cut);
  if (bound == Bound::Greatest && rest.starts_with(kAbove)) {
    return "";  // nothing short is above it
  }
  return quoted(value.substr(0, cut) +
                (bound == Bound::Greatest ? std::string(kAbove) : std::string()));
}

std::string render_float(const std::string& value, Bound bound) {
  double number = 0;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(number)) {
    return "";
  }
  if (number == 0) {  // of both zeros either is the other's neighbour
    return bound == Bound::Least ? "-0.0" : "0.0";
  }
  return nlohmann::json(number).dump();
}

std::string render_instant(const schema::Timestamp& type, const std::string& value, Bound bound) {
  constexpr std::string_view kSeconds = "dddd-dd-dd dd:dd:dd";
  constexpr std::string_view kZone = "+00";
  std::string_view text = value;
  if (type.utc) {
    if (!text.ends_with(kZone)) {
      return "";
    }
    text.remove_suffix(kZone.size());
  }
  if (!has_form(text.substr(0, kSeconds.size()), kSeconds)) {
    return "";
  }
  std::string written(text);
  written[10] = 'T';
  const auto instant = parse_instant(written + "Z");
  if (!instant.has_value()) {
    return "";
  }
  using std::chrono::milliseconds;
  const auto rounded = bound == Bound::Least ? std::chrono::floor<milliseconds>(*instant)
                                             : std::chrono::ceil<milliseconds>(*instant);
  const auto second = std::chrono::floor<std::chrono::seconds>(rounded);
  return fmt::format("\"{:%Y-%m-%dT%H:%M:%S}.{:03}{}\"", second, (rounded - second).count(),
                     type.utc ? "Z" : "");
}

bool is_decimal(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  text.remove_prefix(is_negative ? 1 : 0);
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::ranges::count(text, '.') <= 1 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

std::string render_bound(const schema::LogicalType& type, const std::string& value, Bound bound) {
  if (std::holds_alternative<schema::Integer>(type.kind)) {
    return parse_count(value).has_value() ? value : "";
  }
  if (std::holds_alternative<schema::Float>(type.kind)) {
    return render_float(value, bound);
  }
  if (std::holds_alternative<schema::Decimal>(type.kind)) {
    return is_decimal(value) ? quoted(value) : "";
  }
  if (std::holds_alternative<schema::Boolean>(type.kind)) {
    const bool is_true = value == "1" || value == "true";
    return is_true ? "true" : value == "0" || value == "false" ? "false" : "";
  }
  if (std::holds_alternative<schema::Date>(type.kind)) {
    return has_form(value, "dddd-dd-dd") ? quoted(value) : "";
  }
  if (const auto* instant = std::get_if<schema::Timestamp>(&type.kind)) {
    return render_instant(*instant, value, bound);
  }
  return std::holds_alternative<schema::Text>(type.kind) ? render_text(value, bound) : "";
}

bool may_have_bounds(const schema::LogicalType& type) {
  using schema::List;
  using schema::Map;
  using schema::Struct;
  return !std::holds_alternative<List>(type.kind) && !std::holds_alternative<Map>(type.kind) &&
         !std::holds_alternative<Struct>(type.kind) &&
         !std::holds_alternative<schema::Bytes>(type.kind);
}

}  // namespace sluice::table::delta
