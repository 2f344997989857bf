// Casts that lose nothing: a text that is no number, a number that would be rounded and an offset
// that would be cut off give NULL, and the row says why.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using schema::LogicalType;

template <class Kind>
bool is(const LogicalType& type) {
  return std::holds_alternative<Kind>(type.kind);
}

/// So many decimal digits are the same after a way through a double.
constexpr int kDigitsOfDouble = 15;

/// DuckDB rounds; a value that is no whole number does not equal its rounding.
std::string exact_integer(const std::string& text, const std::string& exact,
                          const std::string& to) {
  return fmt::format("WHEN {1} = TRY_CAST({0} AS {2}) THEN TRY_CAST({0} AS {2})", text, exact, to);
}

std::string integer_cast(const std::string& text, const LogicalType& from, const std::string& to) {
  if (is<schema::Integer>(from) || is<schema::Boolean>(from)) {
    return fmt::format("TRY_CAST({} AS {})", text, to);
  }
  const std::string exact =
      is<schema::Decimal>(from) ? text : fmt::format("TRY_CAST({} AS DOUBLE)", text);
  return fmt::format("CASE {} END", exact_integer(text, exact, to));
}

/// `1e3` is a whole number, `1.5e0` is none. The engine rounds what is no whole number, which a
/// double tells of a number with few digits alone; others are whole as they are written.
std::string exponent_of_text(const std::string& text, const std::string& to) {
  const std::string digits = fmt::format(
      "trim(regexp_replace(regexp_extract({}, '^[^eE]*'), '[^0-9]', '', 'g'), '0')", text);
  return fmt::format(
      "CASE WHEN regexp_full_match(_sluice_trim({0}), '[+-]?[0-9]+([.]0*)?[eE][+]?[0-9]+') THEN "
      "TRY_CAST({0} AS {1}) WHEN length({2}) <= {3} THEN CASE {4} END END",
      text, to, digits, kDigitsOfDouble,
      exact_integer(text, fmt::format("TRY_CAST({} AS DOUBLE)", text), to));
}

/// Digits alone, as most are, want no second look. As arms of one CASE: of a coalesce the engine
/// would share what stands twice, and work it out for every row. A fraction is seen in the digits,
/// which a double may have lost.
std::string integer_of_text(const std::string& text, const std::string& to) {
  const std::string whole = fmt::format("_sluice_whole({})", text);
  return fmt::format(
      "CASE WHEN {0} IS NOT NULL THEN {0} WHEN regexp_full_match(_sluice_trim({1}), "
      "'[+-]?[0-9]*([.]0*)?') THEN TRY_CAST({1} AS {2}) WHEN regexp_matches({1}, '[eE]') AND NOT "
      "contains({1}, '_') THEN {3} END",
      to == "BIGINT" ? whole : fmt::format("TRY_CAST({} AS {})", whole, to), text, to,
      exponent_of_text(text, to));
}

/// Plain digits are read at once. Of others the engine makes an infinity where they do not fit; one
/// that is written as a word is meant. And it reads 1_000, which is a name.
std::string float_of_text(const std::string& text, const std::string& to) {
  const std::string plain =
      to == "DOUBLE"
          ? fmt::format("WHEN _sluice_number({0}) IS NOT NULL THEN _sluice_number({0}) ", text)
          : "";
  return fmt::format(
      "CASE {2}WHEN contains({0}, '_') OR (isinf(TRY_CAST({0} AS {1})) AND regexp_matches({0}, "
      "'[0-9]')) THEN NULL ELSE TRY_CAST({0} AS {1}) END",
      text, to, plain);
}

std::string decimal_of_text(const std::string& text, const std::string& to) {
  return fmt::format("CASE WHEN NOT contains({0}, '_') THEN TRY_CAST({0} AS {1}) END", text, to);
}

/// The engine would cut an offset off; Z says what all times are.
std::string time_of_text(const std::string& text) {
  return fmt::format(
      "CASE WHEN regexp_full_match(_sluice_trim({0}), "
      "'[0-9]{{1,2}}:[0-9]{{1,2}}(:[0-9]{{1,2}}([.][0-9]*)?)?[Zz]?') THEN "
      "TRY_CAST(rtrim(_sluice_trim({0}), 'Zz') AS TIME) END",
      text);
}

/// The text where it begins with a year of our era and names neither an era nor a zone, else NULL:
/// the engine also reads words (epoch, infinity) and years before it, which an offset makes of the
/// first hours of the first.
std::string dated(const std::string& text) {
  return fmt::format(
      "CASE WHEN _sluice_is_stamp({0}) THEN {0} WHEN regexp_full_match({0}, "
      "'\\s*0*[1-9][0-9:.+T\\s/-]*Z?\\s*') AND coalesce(TRY_CAST({0} AS TIMESTAMPTZ) >= "
      "TIMESTAMPTZ '0001-01-01 00:00:00+00', true) THEN {0} END",
      text);
}

/// The text where it ends with the name of a zone, else NULL. Such texts are read apart: the engine
/// keeps the zone for the rows after them that have none.
std::string dated_in_zone(const std::string& text) {
  return fmt::format(
      "CASE WHEN regexp_full_match({0}, "
      "'\\s*0*[1-9][0-9:.T\\s/-]*\\s[A-Za-z][A-Za-z0-9_/+-]*\\s*') THEN {0} END",
      text);
}

/// `value`, else what `other` gives of the text: it is worked out where the first is NULL alone, as
/// an arm of a CASE, of which the engine shares nothing.
std::string or_else(const std::string& text, const std::string& value, const std::string& other) {
  return fmt::format("coalesce({}, CASE WHEN {} IS NOT NULL THEN {} END)", value, text, other);
}

}  // namespace

/// The session's zone is UTC; TIMESTAMP itself would cut an offset off. The engine takes blanks
/// before an instant, minutes without an offset alone, and of Z the large one.
std::string instant_of_text(const std::string& text) {
  const std::string with_seconds =
      fmt::format(R"(regexp_replace(regexp_replace(_sluice_trim({}), '(\d)z$', '\1Z'), )"
                  R"('^(\S+[ T]\d\d?:\d\d)(Z|[+-]\d\d(:?\d\d)?)$', '\1:00\2'))",
                  text);
  return or_else(text, fmt::format("TRY_CAST({} AS TIMESTAMPTZ)", dated(text)),
                 fmt::format("coalesce(TRY_CAST({} AS TIMESTAMPTZ), TRY_CAST({} AS TIMESTAMPTZ))",
                             dated(with_seconds), dated_in_zone(text)));
}

namespace {

/// Days as most are written, days with a time, and others.
std::string day_of_text(const std::string& text) {
  const std::string trimmed = fmt::format("_sluice_trim({})", text);
  const auto other_day = [](const std::string& value) {
    return fmt::format("TRY_CAST({} AS DATE)", dated(value));
  };
  const std::string day = fmt::format(
      "coalesce(_sluice_day({0}), CASE WHEN length({0}) > 10 THEN CAST({1} AS DATE) ELSE {2} END)",
      text, instant_of_text(text), other_day(text));
  return or_else(
      text, day,
      fmt::format("CASE WHEN length({}) <= 10 THEN {} END", trimmed, other_day(trimmed)));
}

}  // namespace

std::string cast_of_text(const std::string& text, const LogicalType& to, const std::string& name) {
  std::string direct = fmt::format("TRY_CAST({} AS {})", text, name);
  return std::visit(
      overloaded{
          [&](const schema::Integer&) { return integer_of_text(text, name); },
          [&](const schema::Boolean&) {
            return fmt::format("TRY_CAST(_sluice_trim({}) AS BOOLEAN)", text);
          },
          [&](const schema::Date&) { return day_of_text(text); },
          [&](const schema::Timestamp& timestamp) {
            const std::string instant = instant_of_text(text);
            return timestamp.utc ? instant : fmt::format("CAST({} AS TIMESTAMP)", instant);
          },
          [&](const schema::Bytes&) { return fmt::format("encode({})", text); },
          [&](const schema::List&) { return direct; },
          [&](const schema::Map&) { return direct; },
          [&](const schema::Struct&) { return direct; },
          [&](const schema::Text&) { return text; },
          [&](const schema::Json&) { return direct; },
          [&](const schema::Float&) { return float_of_text(text, name); },
          [&](const schema::Decimal&) { return decimal_of_text(text, name); },
          [&](const schema::Time&) { return time_of_text(text); },
          [&](const schema::UuidType&) {
            return or_else(text, direct, fmt::format("TRY_CAST(_sluice_trim({}) AS UUID)", text));
          },
      },
      to.kind);
}

namespace {

/// How many digits stand behind the point, without zeros at the end.
int scale_of(std::string_view number) {
  const std::size_t point = number.find('.');
  const std::size_t last = number.find_last_not_of('0');
  return point == std::string_view::npos || last <= point ? 0 : static_cast<int>(last - point);
}

/// Digits alone; the last `digits` of them stand behind the point.
std::string implied_decimals(const std::string& text, std::int64_t digits) {
  const std::string bare = fmt::format("ltrim(trim({}), '+-')", text);
  const std::string padded =
      fmt::format("lpad({0}, greatest(length({0}), {1})::INTEGER, '0')", bare, digits + 1);
  return fmt::format(
      "CASE WHEN regexp_full_match(trim({0}), '[+-]?[0-9]+') THEN (CASE WHEN trim({0})[1] = '-' "
      "THEN '-' ELSE '' END) || left({1}, -{2}) || '.' || right({1}, {2}) END",
      text, padded, digits);
}

/// The engine reads years of one to four digits, and a pattern means four: 26 is no year 0026.
std::string date_pattern(const std::string& text, const plan::DatePattern& pattern) {
  const std::string parsed =
      fmt::format("try_strptime(trim({}), {})", text, quote_literal(pattern.strptime));
  const std::string whole =
      pattern.strptime.find("%Y") == std::string::npos
          ? parsed
          : fmt::format(
                "CASE WHEN year({0}) >= 1000 OR contains({1}, strftime({0}, '%Y')) "
                "THEN {0} END",
                parsed, text);
  return fmt::format("strftime({}, {})", whole,
                     quote_literal(pattern.has_time ? "%Y-%m-%d %H:%M:%S.%f" : "%Y-%m-%d"));
}

std::string decimal_comma(const std::string& text) {
  return fmt::format(
      "CASE WHEN regexp_full_match(trim({0}), "
      "'[+-]?([0-9]+|[0-9]{{1,3}}([.][0-9]{{3}})+)?(,[0-9]+)?([eE][+-]?[0-9]+)?') AND trim({0}) "
      "<> '' THEN replace(replace(trim({0}), '.', ''), ',', '.') END",
      text);
}

}  // namespace

std::string mismatch_text(const std::string& column, const std::string& type_name,
                          const LogicalType& to) {
  return is<schema::Decimal>(to)
             ? fmt::format("Type Mismatch: {} exceeds {} or is not a number: '", column, type_name)
             : fmt::format("Type Mismatch: {} cannot be cast to {}: '", column, type_name);
}

std::string render_respelled(const std::string& text, const plan::Spelling& from) {
  return std::visit(overloaded{
                        [&](const plan::ImpliedDecimals& one) {
                          return one.digits == 0 ? text : implied_decimals(text, one.digits);
                        },
                        [&](const plan::DatePattern& one) { return date_pattern(text, one); },
                        [&](const plan::DecimalComma&) { return decimal_comma(text); },
                    },
                    from);
}

std::string render_as_text(const std::string& text, const LogicalType& from) {
  if (is<schema::Text>(from)) {
    return text;
  }
  if (is<schema::Json>(from)) {
    // The engine would write what is nested, and numbers, anew, and change digits.
    return fmt::format(R"(CASE WHEN regexp_matches(CAST({0} AS VARCHAR), '^[\[{{0-9-]') THEN )"
                       "CAST({0} AS VARCHAR) ELSE ({0} ->> '$') END",
                       text);
  }
  if (is_nested(from)) {
    return fmt::format("CAST(to_json({}) AS VARCHAR)", text);
  }
  return fmt::format("CAST({} AS VARCHAR)", text);
}

Result<std::string> render_cast(const std::string& text, const LogicalType& from,
                                const LogicalType& to) {
  if (from == to) {
    return text;
  }
  if (is_nested(to)) {
    return nested_cast(text, from, to);
  }
  SLUICE_TRY(const std::string name, duckdb_dialect().render_type(to));
  if (is<schema::Bytes>(from)) {
    return cast_of_text(fmt::format("TRY(decode({}))", text), to, name);
  }
  if (is<schema::Text>(to)) {
    return render_as_text(text, from);
  }
  if (is<schema::Json>(to) && !is<schema::Text>(from)) {
    return fmt::format("to_json({})", text);
  }
  if (is<schema::Json>(from)) {
    return cast_of_text(render_as_text(text, from), to, name);
  }
  if (is<schema::Text>(from)) {
    return cast_of_text(text, to, name);
  }
  if (is<schema::Integer>(to)) {
    return integer_cast(text, from, name);
  }
  // A double has the digits that tell it apart, and no more of them than it was written with.
  const auto* decimal = std::get_if<schema::Decimal>(&to.kind);
  const bool is_text_closer =
      decimal != nullptr && decimal->precision > kDigitsOfDouble && is<schema::Float>(from);
  return fmt::format("TRY_CAST({} AS {})", is_text_closer ? render_as_text(text, from) : text,
                     name);
}

namespace {

const LogicalType& type_of(const Rows& input, const std::string& column) {
  static const LogicalType text{schema::Text{}};
  const schema::Field* field = input.columns.find(column);
  return field == nullptr ? text : field->type;
}

/// Numbers whose last digits a double may not hold.
bool is_long_number(const LogicalType& type) {
  const auto* whole = std::get_if<schema::Integer>(&type.kind);
  return is<schema::Decimal>(type) || (whole != nullptr && whole->bits > 32);
}

bool are_one_of_doubles(const Rows& input, const std::vector<std::string>& columns,
                        bool has_fraction) {
  const auto any = [&](const auto& asked) {
    return std::ranges::any_of(
        columns, [&](const std::string& column) { return asked(type_of(input, column)); });
  };
  return (has_fraction || any(is<schema::Float>)) &&
         any([](const LogicalType& type) { return is_long_number(type); });
}

}  // namespace

std::vector<std::string> as_one_type(const Rows& input, const std::vector<std::string>& columns,
                                     bool has_fraction) {
  const bool as_double = are_one_of_doubles(input, columns, has_fraction);
  std::vector<std::string> values;
  for (const std::string& column : columns) {
    const LogicalType& type = type_of(input, column);
    const bool is_number =
        is<schema::Integer>(type) || is<schema::Decimal>(type) || is<schema::Float>(type);
    values.push_back(as_double && is_number
                         ? fmt::format("CAST({} AS DOUBLE)", quote_identifier(column))
                         : quote_identifier(column));
  }
  return values;
}

std::string inexact(const Rows& input, const std::vector<std::string>& columns, bool has_fraction,
                    const std::string& column) {
  const LogicalType& type = type_of(input, column);
  if (!is_long_number(type) || !are_one_of_doubles(input, columns, has_fraction)) {
    return {};
  }
  const auto name = duckdb_dialect().render_type(type);
  const std::string back = is<schema::Integer>(type) || !name ? "HUGEINT" : *name;
  return fmt::format(
      "{0} IS NOT NULL AND TRY_CAST(CAST({0} AS DOUBLE) AS {1}) IS DISTINCT FROM {0}",
      quote_identifier(column), back);
}

Result<std::string> is_value(const std::string& column, const LogicalType& type,
                             const std::string& spelled) {
  const std::string literal = quote_literal(spelled);
  std::string same_text = fmt::format("{} = {}", render_as_text(column, type), literal);
  if (is<schema::Text>(type) || is<schema::Bytes>(type) || is_nested(type)) {
    return same_text;
  }
  if (is<schema::Json>(type)) {
    // A number of JSON has no type but its own: 1.0 is the 1 of a mapping. Whole ones are compared
    // as such, and a double is asked of others.
    const std::string text = render_as_text(column, type);
    return fmt::format(
        "({0} OR CASE WHEN json_type({1}) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN CASE WHEN {2} IS "
        "NULL AND {3} IS NULL THEN TRY_CAST({4} AS DOUBLE) = TRY_CAST({5} AS DOUBLE) ELSE "
        "{2} = {3} END END)",
        same_text, column, integer_of_text(text, "HUGEINT"), integer_of_text(literal, "HUGEINT"),
        text, literal);
  }
  const auto* decimal = std::get_if<schema::Decimal>(&type.kind);
  if (decimal != nullptr && spelled.find_first_of("eE") == std::string::npos &&
      scale_of(spelled) > decimal->scale) {
    return "FALSE";  // the engine would round it to a value of the column
  }
  // With its time of day: one that is not midnight is no day.
  const bool is_day = is<schema::Date>(type);
  const LogicalType compared = is_day ? LogicalType{schema::Timestamp{}} : type;
  SLUICE_TRY(const std::string value, render_cast(literal, LogicalType{schema::Text{}}, compared));
  return fmt::format("{} = {}", is_day ? fmt::format("CAST({} AS TIMESTAMP)", column) : column,
                     value);
}

}  // namespace sluice::dialect
