#include "sluice/dialect/duckdb/exact_key.h"

#include <string_view>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"

namespace sluice::dialect {
namespace {

std::string text_of(const std::string& key) { return fmt::format("CAST({} AS VARCHAR)", key); }

/// What a field of the type makes of the key's text.
std::string as_field(const std::string& key, const schema::LogicalType& type,
                     std::string_view name) {
  return cast_of_text(text_of(key), type, std::string(name));
}

/// Texts are read as those of a field are; other types have a cast of their own.
std::string text_or(const std::string& key, const std::string& of_text, const std::string& other) {
  return fmt::format("CASE WHEN typeof({}) = 'VARCHAR' THEN {} ELSE {} END", key, of_text, other);
}

std::string integer_key(const std::string& key, const schema::LogicalType& type, bool is_signed) {
  const std::string_view name = is_signed ? "BIGINT" : "HUGEINT";
  return fmt::format(
      "CASE WHEN typeof({0}) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN "
      "TRY_CAST({0} AS {1}) ELSE {2} END",
      key, name, as_field(key, type, name));
}

/// The engine would round a number with more digits behind the point than the type has.
std::string decimal_key(const std::string& key, const schema::LogicalType& type,
                        const schema::Decimal& number) {
  const std::string name = fmt::format("DECIMAL({}, {})", number.precision, number.scale);
  return fmt::format(
      "CASE WHEN typeof({key}) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN "
      "TRY_CAST({key} AS {name}) WHEN CASE WHEN regexp_matches({text}, '[eE]') THEN "
      "TRY_CAST({text} AS DOUBLE) = TRY_CAST(CAST(TRY_CAST({text} AS {name}) AS VARCHAR) AS "
      "DOUBLE) ELSE NOT regexp_matches({text}, '[.][0-9]{{{scale}}}[0-9]*[1-9]') END THEN {cast} "
      "END",
      fmt::arg("key", key), fmt::arg("text", text_of(key)), fmt::arg("name", name),
      fmt::arg("scale", number.scale), fmt::arg("cast", as_field(key, type, name)));
}

/// So few digits are never rounded. Of more of them the number has to be written as it is, or be
/// the same whole one.
std::string float_key(const std::string& key, const schema::LogicalType& type, int bits) {
  const std::string_view name = bits == 32 ? "FLOAT" : "DOUBLE";
  const std::string text =
      fmt::format("regexp_replace(_sluice_trim({}), '^[+]|[.]0*$|([.][0-9]*[1-9])0+$', '\\1', 'g')",
                  text_of(key));
  const std::string value = as_field(key, type, name);
  return fmt::format(
      "CASE WHEN typeof({key}) IN ({same}) THEN TRY_CAST({key} AS {name}) WHEN "
      "length(trim(regexp_replace(regexp_extract({text}, '^[^eE]*'), '[^0-9]', '', 'g'), '0')) <= "
      "{digits} OR CAST({value} AS VARCHAR) = {text} OR (regexp_full_match({text}, '-?[0-9]+') AND "
      "TRY_CAST({value} AS HUGEINT) = TRY_CAST({text} AS HUGEINT)) THEN {value} END",
      fmt::arg("key", key), fmt::arg("same", bits == 32 ? "'FLOAT'" : "'FLOAT', 'DOUBLE'"),
      fmt::arg("name", name), fmt::arg("text", text), fmt::arg("value", value),
      fmt::arg("digits", bits == 32 ? 6 : 15));
}

/// With its time of day, also of a day: one that is not midnight is none of the field's.
std::string instant_key(const std::string& key, bool is_day, bool is_utc) {
  const std::string_view name = is_utc ? "TIMESTAMPTZ" : "TIMESTAMP";
  const std::string text = text_of(key);
  std::string value = instant_of_text(text);
  if (is_day) {
    const std::string day = cast_of_text(text, schema::LogicalType{schema::Date{}}, "DATE");
    value = fmt::format(
        "CASE WHEN {0} IS NULL THEN CAST({1} AS TIMESTAMP) ELSE "
        "CAST({0} AS TIMESTAMP) END",
        value, day);
  } else if (!is_utc) {
    value = fmt::format("CAST({} AS TIMESTAMP)", value);
  }
  return text_or(key, value, fmt::format("TRY_CAST({} AS {})", key, name));
}

}  // namespace

std::string exact_key(const std::string& key, const schema::LogicalType& type) {
  return std::visit(
      overloaded{
          [&](const schema::Boolean&) { return as_field(key, type, "BOOLEAN"); },
          [&](const schema::Integer& number) { return integer_key(key, type, number.is_signed); },
          [&](const schema::Float& number) { return float_key(key, type, number.bits); },
          [&](const schema::Decimal& number) { return decimal_key(key, type, number); },
          [&](const schema::Text&) { return text_of(key); },
          // A text's bytes are what it is made of; bytes as a text are spelled in another way.
          [&](const schema::Bytes&) {
            return fmt::format(
                "CASE WHEN typeof({0}) = 'BLOB' THEN TRY_CAST({0} AS BLOB) ELSE encode({1}) END",
                key, text_of(key));
          },
          [&](const schema::Date&) { return instant_key(key, true, false); },
          [&](const schema::Timestamp& instant) { return instant_key(key, false, instant.utc); },
          // An instant is no time of day: the engine would cut its day off.
          [&](const schema::Time&) { return as_field(key, type, "TIME"); },
          [&](const schema::UuidType&) { return as_field(key, type, "UUID"); },
          [&](const schema::Json&) { return key; },
          [&](const schema::List&) { return key; },
          [&](const schema::Map&) { return key; },
          [&](const schema::Struct&) { return key; },
      },
      type.kind);
}

}  // namespace sluice::dialect
