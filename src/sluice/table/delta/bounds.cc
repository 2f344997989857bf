#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/overloaded.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/bounds_internal.h"

namespace sluice::table::delta {
namespace {

using nlohmann::json;
using Bound = std::optional<json>;

enum class Side { Min, Max };

/// The last character that there is: behind the begin of a text it is above all that begin so.
constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";

/// Where the character after `count` others begins; the text's end when it has fewer.
std::size_t find_character(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (text[at] & 0xC0) != 0x80;
    if (begins && count-- == 0) {
      return at;
    }
  }
  return at;
}

Bound render_text(std::string_view text, Side side) {
  const std::size_t end = find_character(text, kBoundCharactersMax);
  std::string kept(text.substr(0, end));
  if (end < text.size() && side == Side::Max) {
    if (text.substr(end).starts_with(kLastCharacter)) {
      return std::nullopt;
    }
    kept += kLastCharacter;
  }
  const std::string whole = json(kept).dump(-1, ' ', false, json::error_handler_t::ignore);
  if (json::parse(whole) != json(kept)) {  // cut within a character
    return std::nullopt;
  }
  return json(std::move(kept));
}

bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char one) {
           return one == 'd' ? c >= '0' && c <= '9' : c == one;
         });
}

Bound render_date(std::string_view text) {
  return has_form(text, "dddd-dd-dd") ? Bound(json(text)) : std::nullopt;
}

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + digits, number);
  return number;
}

/// Whole milliseconds, as every writer of a log has them.
Bound render_instant(std::string_view text, bool utc, Side side) {
  constexpr std::string_view kSeconds = "dddd-dd-dd dd:dd:dd";
  constexpr std::string_view kZone = "+00";
  using std::chrono::milliseconds;
  if (utc && !text.ends_with(kZone)) {
    return std::nullopt;
  }
  text.remove_suffix(utc ? kZone.size() : 0);
  const std::string_view rest = text.substr(std::min(text.size(), kSeconds.size()));
  const bool has_part = rest.size() > 1 && rest.size() <= 7 && rest[0] == '.' &&
                        rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!has_form(text.substr(0, kSeconds.size()), kSeconds) || !(rest.empty() || has_part)) {
    return std::nullopt;
  }
  const std::string micros = has_part ? fmt::format("{:0<6}", rest.substr(1)) : "000000";
  const std::chrono::year_month_day day(
      std::chrono::year(number_at(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(number_at(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(number_at(text, 8, 2))));
  const sys_micros exact = std::chrono::sys_days(day) + std::chrono::hours(number_at(text, 11, 2)) +
                           std::chrono::minutes(number_at(text, 14, 2)) +
                           std::chrono::seconds(number_at(text, 17, 2)) +
                           std::chrono::microseconds(number_at(micros, 0, 6));
  // The end of time has no millisecond behind it: readers know that bounds are cut to milliseconds.
  constexpr std::string_view kLast = "9999-12-31 23:59:59.999";
  const bool is_cut = side == Side::Min || text.starts_with(kLast);
  const auto rounded =
      is_cut ? std::chrono::floor<milliseconds>(exact) : std::chrono::ceil<milliseconds>(exact);
  const auto midnight = std::chrono::floor<std::chrono::days>(rounded);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss time(rounded - midnight);
  return json(fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
      time.minutes().count(), time.seconds().count(), time.subseconds().count(), utc ? "Z" : ""));
}

template <typename Number>
Bound render_float(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool stands = read.ec == std::errc{} && read.ptr == end && std::isfinite(number);
  return stands ? Bound(json(static_cast<double>(number))) : std::nullopt;
}

Bound render_whole(std::string_view text) {
  const auto number = parse_count(std::string(text));
  return number.has_value() ? Bound(json(*number)) : std::nullopt;
}

/// A text for the kernel, which keeps all digits and writes a number.
Bound render_decimal(std::string_view text) {
  const bool stands = !text.empty() && text.find_first_not_of("-.0123456789") == text.npos;
  return stands ? Bound(json(text)) : std::nullopt;
}

Bound render_truth(std::string_view text) {
  if (text == "1" || text == "true") {
    return json(true);
  }
  return text == "0" || text == "false" ? Bound(json(false)) : std::nullopt;
}

Bound render_bound(const schema::LogicalType& type, std::string_view text, Side side) {
  return std::visit(
      overloaded{
          [&](const schema::Boolean&) { return render_truth(text); },
          [&](const schema::Integer&) { return render_whole(text); },
          [&](const schema::Float& one) {
            return one.bits == 32 ? render_float<float>(text) : render_float<double>(text);
          },
          [&](const schema::Decimal&) { return render_decimal(text); },
          [&](const schema::Text&) { return render_text(text, side); },
          [&](const schema::Date&) { return render_date(text); },
          [&](const schema::Timestamp& one) { return render_instant(text, one.utc, side); },
          [](const auto&) { return Bound(); },
      },
      type.kind);
}

}  // namespace

Bounds render_bounds(const schema::LogicalType& type, const plan::ColumnStats& column) {
  if (!column.min.has_value() || !column.max.has_value()) {
    return {};
  }
  const Bound min = render_bound(type, *column.min, Side::Min);
  const Bound max = render_bound(type, *column.max, Side::Max);
  return min.has_value() && max.has_value() ? Bounds{min->dump(), max->dump()} : Bounds{};
}

}  // namespace sluice::table::delta
